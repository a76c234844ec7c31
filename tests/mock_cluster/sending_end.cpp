// async_send at the end of a run.

#include "mock_cluster/mock_fixture.hpp"

namespace paperboy::sending_end_test
{
namespace
{

using namespace std::chrono_literals;
using test::outcome_of_run;
using test::watched;

constexpr std::int16_t produce_request = 0;
constexpr int not_leader = 6;

struct sending_fixture : test::own_cluster, test::mock_fixture
{
    sending_fixture() : mock_fixture{own} {}

    struct answer
    {
        int count = 0;
        error_code result;
        bool on_engine = false;
    };
    watched<answer> told;
    test::seen_records seen;

    // Sends with a plain callback, which has no executor of its own.
    void send(topic_producer<> const& to)
    {
        to.async_send("key", "value",
                      [this](error_code result, produced)
                      {
                          auto const here = io.context().get_executor().running_in_this_thread();
                          told.update([&](answer& all) { all = {all.count + 1, result, here}; });
                      });
    }
    [[nodiscard]] bool answered(int count) const
    {
        return told.wait_until([&](answer const& all) { return all.count == count; });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sending_end_suite, sending_fixture)

BOOST_AUTO_TEST_CASE(a_callback_without_an_executor_is_called_on_the_engines)
{
    auto consuming = engine{io.context(), settings()};
    auto const to = consuming.make_producer(make_topic(1));
    consuming.handle(topic, test::collecting_handler{seen});
    send(to);
    BOOST_TEST_REQUIRE(answered(1));
    BOOST_TEST(told.get().result == make_error_code(errc::not_running));
    BOOST_TEST(told.get().on_engine);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(watcher->seen.wait_until([](auto const& all) { return !all.assigned.empty(); }), log);
    send(to);
    BOOST_TEST_REQUIRE(answered(2), log);
    BOOST_TEST(told.get().result == error_code{});
    BOOST_TEST(told.get().on_engine);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(what_is_not_acknowledged_in_time_is_named)
{
    auto chosen = settings();
    chosen.shutdown_timeout = 8s;
    auto consuming = engine{io.context(), chosen};
    auto const output = make_topic(1);
    auto const to = consuming.make_producer(output);
    consuming.handle(topic, test::collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(watcher->seen.wait_until([](auto const& all) { return !all.assigned.empty(); }), log);
    cluster.fail_requests(produce_request, std::vector<int>(1'000, not_leader));
    send(to);
    consuming.stop();
    BOOST_TEST(run.get() == make_error_code(errc::shutdown_timeout));
    auto const why = consuming.last_failure().text;
    BOOST_TEST(why.starts_with("1 record for \"" + output + "\": not acknowledged within config::shutdown_timeout"),
               why);
    BOOST_TEST_REQUIRE(answered(1));
    BOOST_TEST(told.get().result == make_error_code(boost::asio::error::operation_aborted));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::sending_end_test
