// Handlers and serdes that fail, in an engine.

#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace paperboy::failures_test
{
namespace
{

using namespace std::chrono_literals;
using test::at_least;
using test::collecting_handler;
using test::mock_fixture;
using test::offsets_of;
using test::outcome_of_run;
using test::seen_records;

// Throws on the record with offset 3.
struct failing_handler
{
    seen_records& seen;

    void on_message(record_view const& record)
    {
        if (record.offset() == 3)
            throw std::runtime_error{"the database is away"};
        collecting_handler{seen}.on_message(record);
    }
};

struct skipping_handler : failing_handler
{
    error_action on_error(std::exception_ptr) { return error_action::skip; }
};

struct awaitable_failing_handler
{
    seen_records& seen;

    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        auto const executor = co_await boost::asio::this_coro::executor;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
        if (record.offset() == 3)
            throw 42;
        collecting_handler{seen}.on_message(record);
    }
};

void check_failure(failure const& why, std::string const& text, std::string const& topic)
{
    BOOST_TEST(why.code == make_error_code(errc::handler_failed));
    BOOST_TEST(why.text == text);
    BOOST_TEST((why.cause != nullptr));
    BOOST_TEST(why.topic == topic);
    BOOST_TEST(why.partition == 0);
    BOOST_TEST(why.offset == 3);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(failures_suite, mock_fixture)

BOOST_AUTO_TEST_CASE(a_failed_hook_stops_the_engine_and_the_next_run_starts_with_its_record)
{
    produce(topic, 0, 6);
    auto seen = seen_records{};
    {
        auto failing = engine{io.context(), settings()};
        failing.handle(topic, failing_handler{seen});
        auto run = outcome_of_run::start(failing);
        BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
        auto const why = failing.last_failure();
        check_failure(why, topic + "[0]@3: on_message failed: the database is away", topic);
        BOOST_TEST(describe(why.cause) == "the database is away");
    }
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 3);
    auto const errors = watcher->seen.get().hook_errors;
    BOOST_REQUIRE(errors.size() == 1U);
    BOOST_TEST((errors[0].where == hook::on_message));
    BOOST_TEST(errors[0].text == "the database is away");
    BOOST_TEST(errors[0].offset == 3);
    BOOST_TEST(log.count("error: " + topic + "[0]@3: on_message failed: the database is away; the engine stops") == 1U,
               log);
    BOOST_TEST(log.count("error: stopped: a handler failed; engine::last_failure() says which") == 1U, log);

    auto again = engine{io.context(), settings()};
    again.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(again);
    BOOST_TEST(seen.wait_until(at_least(6)));
    BOOST_TEST(!again.last_failure().code);
    again.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(offsets_of(seen, 0) == test::offsets_from(0, 6), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_failed_awaitable_hook_that_throws_something_strange)
{
    produce(topic, 0, 6);
    auto seen = seen_records{};
    auto failing = engine{io.context(), settings()};
    failing.handle(topic, awaitable_failing_handler{seen});
    auto run = outcome_of_run::start(failing);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    check_failure(failing.last_failure(),
                  topic + "[0]@3: on_message failed: an exception that is not derived from std::exception", topic);
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 3);
}

BOOST_AUTO_TEST_CASE(a_skipped_record_is_counted_logged_and_left_behind)
{
    produce(topic, 0, 6);
    auto seen = seen_records{};
    auto skipping = engine{io.context(), settings()};
    skipping.handle(topic, skipping_handler{{seen}});
    auto run = outcome_of_run::start(skipping);
    BOOST_TEST(seen.wait_until(at_least(5)));
    skipping.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(offsets_of(seen, 0) == (std::vector<std::int64_t>{0, 1, 2, 4, 5}), boost::test_tools::per_element());
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 6);
    BOOST_TEST(skipping.stats().skipped == 1U);
    BOOST_TEST(skipping.stats().records == 6U);
    BOOST_TEST(watcher->seen.get().hook_errors.size() == 1U);
    BOOST_TEST(
        log.count("warning: " + topic + "[0]@3: on_message failed: the database is away; the record is skipped") == 1U,
        log);
}

BOOST_AUTO_TEST_CASE(an_undecodable_record_stops_the_engine)
{
    struct handler
    {
        void on_message(record<std::int64_t> const&) {}
    };
    for (auto i = 0; i < 3; ++i)
        cluster.produce(topic, {.key = {}, .value = "12345678", .partition = 0, .headers = {}});
    cluster.produce(topic, {.key = {}, .value = "1234", .partition = 0, .headers = {}});
    cluster.flush();
    auto decoding = engine{io.context(), settings()};
    decoding.handle(topic, integer<std::int64_t>{}, handler{});
    auto run = outcome_of_run::start(decoding);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    check_failure(decoding.last_failure(),
                  topic + "[0]@3: decoding the value failed: expected an integer of 8 bytes, found 4 bytes", topic);
}

BOOST_AUTO_TEST_CASE(a_factory_that_fails_stops_the_engine)
{
    struct broken_factory
    {
        seen_records& seen;
        collecting_handler operator()(topic_partition const& where) const
        {
            if (where.partition == 2)
                throw std::runtime_error{"no more connections"};
            return {seen};
        }
    };
    produce(topic, 0, 6);
    auto seen = seen_records{};
    auto broken = engine{io.context(), settings()};
    broken.handle(topic, per_partition{broken_factory{seen}});
    auto const started = std::chrono::steady_clock::now();
    auto run = outcome_of_run::start(broken);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    BOOST_TEST((std::chrono::steady_clock::now() - started < settings().shutdown_timeout));
    auto const why = broken.last_failure();
    BOOST_TEST(why.code == make_error_code(errc::handler_failed));
    BOOST_TEST(why.text == "cannot start on the assigned partitions: no more connections");
    BOOST_TEST(seen.get().empty());
}

BOOST_AUTO_TEST_CASE(settings_that_librdkafka_refuses_together_end_the_run_with_its_reason)
{
    auto seen = seen_records{};
    auto settings = this->settings();
    settings.properties["max.poll.interval.ms"] = "1000";
    auto refused = engine{io.context(), settings};
    refused.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(refused);
    BOOST_TEST(run.get() == make_error_code(errc::invalid_config));
    auto const why = refused.last_failure();
    BOOST_TEST(why.text.find("max.poll.interval.ms") != std::string::npos, why.text);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::failures_test
