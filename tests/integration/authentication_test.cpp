// Logging in at a broker.

#include "integration/faults.hpp"
#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::test::authentication_test
{
namespace
{

using namespace std::chrono_literals;

struct fixture
{
    own_broker const& broker = victim();
    std::string address = broker.file("bootstrap.sasl");
    std::string topic = cluster{broker.servers()}.make_topic("login", 1);
    journal log;

    fixture()
    {
        auto sender = producer{broker.servers()};
        sender.send(topic, {.value = "value"});
        sender.flush();
    }
    void produce(int count)
    {
        auto sender = producer{broker.servers()};
        sender.send_numbered(topic, 1, 0, count);
        sender.flush();
    }
    [[nodiscard]] std::unique_ptr<running_engine> run(std::string const& password,
                                                      std::size_t memory_limit = config{}.memory_limit)
    {
        auto settings = test_config(unique_name("login"), address);
        settings.properties.insert({{"security.protocol", "sasl_plaintext"},
                                    {"sasl.mechanism", "PLAIN"},
                                    {"sasl.username", "alice"},
                                    {"sasl.password", password}});
        settings.memory_limit = memory_limit;
        settings.watcher = std::make_shared<journaling_observer>(log, "engine");
        return std::make_unique<running_engine>("engine", std::move(settings), [this](engine& e)
                                                { e.handle(topic, journaling_handler{log, "engine"}); });
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_right_password_lets_in, fixture)
{
    auto const engine = run("secret");
    BOOST_TEST(log.await([&] { return log.finished_count() == 1; }));
    BOOST_TEST(!engine->stop());
}

BOOST_FIXTURE_TEST_CASE(a_wrong_password_ends_the_engine_with_what_to_check, fixture)
{
    auto const engine = run("wrong-password");
    BOOST_TEST((engine->wait() == errc::authentication_failed));
    auto const text = (*engine)->last_failure().text;
    BOOST_TEST(text.find(address) != std::string::npos, text);
    BOOST_TEST(text.find("sasl.password") != std::string::npos, text);
    BOOST_TEST(text.find("wrong-password") == std::string::npos, text);
    BOOST_TEST(!engine->logged("wrong-password"));
    BOOST_TEST(log.finished_count() == 0U);
}

// With queues this small the fetcher is woken many times over, where librdkafka needs that: it is given the credentials
// anew each time, and later logins use them.
BOOST_FIXTURE_TEST_CASE(later_logins_succeed_while_queues_fill_and_drain, fixture)
{
    constexpr int count = 10'000;
    produce(count);
    auto const engine = run("secret", std::size_t{16} << 20);
    BOOST_TEST(log.await([&] { return log.finished_count() > count / 2; }));
    broker.kill();
    broker.start();
    produce(count);
    BOOST_TEST(log.await([&] { return log.finished_count() == 2 * count + 1; }));
    BOOST_TEST(!engine->stop());
    BOOST_TEST(log.violations() == "");
}

} // namespace paperboy::test::authentication_test
