// Tokens that engines log in with. There is no broker: librdkafka asks for them all the same.

#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

namespace paperboy::tokens_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::outcome_of_run;

using clock = std::chrono::steady_clock;

constexpr auto life = 3s;

struct tokens_fixture : test::mock_fixture
{
    [[nodiscard]] config by_token(oauth_source source) const
    {
        auto chosen = settings();
        chosen.bootstrap_servers = "127.0.0.1:1";
        chosen.properties["security.protocol"] = "sasl_plaintext";
        chosen.properties["sasl.mechanism"] = "OAUTHBEARER";
        chosen.shutdown_timeout = 2s;
        chosen.oauth = std::move(source);
        return chosen;
    }

    test::seen_records seen;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(tokens_suite, tokens_fixture)

BOOST_AUTO_TEST_CASE(a_token_is_renewed_before_it_expires_again_and_again)
{
    auto asked = test::watched<std::vector<clock::time_point>>{};
    auto const source = [&asked]() -> asio::awaitable<oauth_token>
    {
        asked.update([](auto& all) { all.push_back(clock::now()); });
        co_return oauth_token{"a-token", std::chrono::system_clock::now() + life, "alice"};
    };
    auto consuming = engine{io.context(), by_token(source)};
    consuming.handle(topic, test::collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(asked.wait_until(test::at_least(3)), log);
    consuming.stop();
    static_cast<void>(run.get());
    // Neither at once, as after a failure of the source, nor late; librdkafka looks at its tokens once a second.
    auto const times = asked.get();
    for (std::size_t i = 1; i < 3; ++i)
        BOOST_TEST((times[i] - times[i - 1] > life / 2 && times[i] - times[i - 1] < life + 5s));
    BOOST_TEST(log.count("gave no usable token") == 0U, log);
}

// It does not even heed its cancellation.
BOOST_AUTO_TEST_CASE(a_source_that_hangs_is_told_of)
{
    auto const hanging = std::make_shared<asio::steady_timer>(io.context(), clock::time_point::max());
    auto const source = [hanging]() -> asio::awaitable<oauth_token>
    {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation{});
        auto ignored = error_code{};
        co_await hanging->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        throw std::runtime_error{"let go"};
    };
    auto consuming = engine{io.context(), by_token(source)};
    consuming.handle(topic, test::collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(log.wait_for("warning: config::oauth has given no token for 30 s; its call is cancelled", 45s), log);
    consuming.stop();
    static_cast<void>(run.get());
    asio::post(io.context(), [hanging] { hanging->cancel(); });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tokens_test
