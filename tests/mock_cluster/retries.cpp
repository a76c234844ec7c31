// Failed records that are tried again while an engine runs.

#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>

namespace paperboy::retries_test
{
namespace
{

using namespace std::chrono_literals;
using test::mock_fixture;
using test::outcome_of_run;

struct attempts
{
    std::map<topic_partition, std::map<std::int64_t, int>> of;

    [[nodiscard]] std::size_t seen() const
    {
        auto sum = std::size_t{0};
        for (auto const& [where, offsets] : of)
            sum += offsets.size();
        return sum;
    }
};

// The record at offset 5 of partition 0 fails until it is let through.
class failing_handler
{
public:
    struct state
    {
        attempts tries;
        bool works = false;
    };

    failing_handler(test::watched<state>& shared, error_action const& answer) : shared_{&shared}, answer_{answer} {}

    void on_message(record_view const& record)
    {
        auto fails = false;
        shared_->update(
            [&](state& all)
            {
                ++all.tries.of[{std::string{record.topic()}, record.partition()}][record.offset()];
                fails = record.partition() == 0 && record.offset() == 5 && !all.works;
            });
        if (fails)
            throw std::runtime_error{"the database is away"};
    }
    error_action on_error(std::exception_ptr) const { return answer_; }

private:
    test::watched<state>* shared_;
    error_action answer_;
};

struct awaitable_failing_handler : failing_handler
{
    using failing_handler::failing_handler;

    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        failing_handler::on_message(record);
        co_return;
    }
};

error_action often(std::chrono::milliseconds pause, std::size_t attempts = 0)
{
    auto how = backoff{};
    how.first = pause;
    how.longest = pause;
    how.attempts = attempts;
    return error_action::retry(how);
}

struct retries_fixture : mock_fixture
{
    test::watched<failing_handler::state> shared;

    [[nodiscard]] bool tried(int times)
    {
        return shared.wait_until([&](auto const& all) { return tries_of_the_failing(all) >= times; });
    }
    [[nodiscard]] int tries_of_the_failing(failing_handler::state const& all) const
    {
        auto const partition = all.tries.of.find({topic, 0});
        if (partition == all.tries.of.end())
            return 0;
        auto const record = partition->second.find(5);
        return record == partition->second.end() ? 0 : record->second;
    }

    // One partition waits, the others do not, nothing in front of the record is lost and nothing behind it comes first.
    template <class Handler>
    void check(handler_options const& options, bool others_of_the_partition_wait)
    {
        for (std::int32_t partition = 0; partition < partitions; ++partition)
            for (auto i = 0; i < 20; ++i)
            {
                auto const key = std::to_string(i);
                cluster.produce(topic, {.key = key, .value = "v", .partition = partition, .headers = {}});
            }
        cluster.flush();
        auto settings = this->settings();
        settings.commit.interval = 10ms;
        auto consuming = engine{io.context(), settings};
        consuming.handle(topic, Handler{shared, often(5ms)}, options);
        auto run = outcome_of_run::start(consuming);
        BOOST_TEST(tried(4));
        auto const meanwhile = std::size_t{others_of_the_partition_wait ? 66U : 80U};
        BOOST_TEST(shared.wait_until([&](auto const& all) { return all.tries.seen() == meanwhile; }));
        BOOST_TEST(watcher->seen.wait_until([this](auto const& all)
                                            { return all.committed()[{topic, 0}] == 5 && all.lag.size() > 1; }));
        shared.update([](auto& all) { all.works = true; });
        BOOST_TEST(shared.wait_until([](auto const& all) { return all.tries.seen() == 80; }));
        BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == 20; }));
        BOOST_TEST(consuming.stats().retried >= 3U);
        consuming.stop();
        BOOST_TEST(run.get() == error_code{});
        for (auto const& [where, offsets] : shared.get().tries.of)
            for (auto const& [offset, times] : offsets)
                BOOST_TEST((times == 1 || (where.partition == 0 && offset == 5)));
        BOOST_TEST(log.count("the database is away; retry 1 in ") == 1U);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(retries_suite, retries_fixture)

BOOST_AUTO_TEST_CASE(a_plain_handlers_record_is_tried_until_it_works_and_other_partitions_go_on)
{
    check<failing_handler>({}, true);
}

BOOST_AUTO_TEST_CASE(an_awaitable_handlers_record_is_tried_until_it_works_and_other_partitions_go_on)
{
    check<awaitable_failing_handler>({}, true);
}

BOOST_AUTO_TEST_CASE(with_key_ordering_only_the_key_waits)
{
    auto options = handler_options{};
    options.ordering = ordering::key;
    check<awaitable_failing_handler>(options, false);
}

BOOST_AUTO_TEST_CASE(used_up_retries_fail_the_engine_with_the_handlers_exception)
{
    produce(topic, 0, 10);
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, failing_handler{shared, often(1ms, 3)});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    BOOST_TEST(tries_of_the_failing(shared.get()) == 4);
    BOOST_TEST(consuming.last_failure().offset == 5);
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 5);
    BOOST_TEST(log.wait_for("the engine stops after 3 retries"));
}

// A pause of an hour does not keep a stop waiting, whatever kind of handler is in it.
BOOST_AUTO_TEST_CASE(a_stop_ends_the_pause_in_front_of_a_retry)
{
    produce(topic, 0, 10);
    auto by_key = handler_options{};
    by_key.ordering = ordering::key;
    auto const check_stop = [&](auto handler, handler_options const& options)
    {
        auto settings = this->settings();
        settings.group_id += "-" + std::to_string(tries_of_the_failing(shared.get()));
        auto consuming = engine{io.context(), settings};
        auto const before = tries_of_the_failing(shared.get());
        consuming.handle(topic, std::move(handler), options);
        auto run = outcome_of_run::start(consuming);
        BOOST_TEST(tried(before + 1));
        auto const began = std::chrono::steady_clock::now();
        consuming.stop();
        BOOST_TEST(run.get() == error_code{});
        BOOST_TEST((std::chrono::steady_clock::now() - began < settings.shutdown_timeout));
        BOOST_TEST(tries_of_the_failing(shared.get()) == before + 1);
    };
    check_stop(failing_handler{shared, often(1h)}, {});
    check_stop(awaitable_failing_handler{shared, often(1h)}, {});
    check_stop(awaitable_failing_handler{shared, often(1h)}, by_key);
}

// However short the pauses are, the thread gets to do something else.
BOOST_AUTO_TEST_CASE(a_record_that_is_tried_for_ever_leaves_its_only_thread_time_to_stop)
{
    produce(topic, 0, 10);
    auto own = test::io_threads{1};
    auto consuming = engine{own.context(), settings()};
    consuming.handle(topic, failing_handler{shared, often(1ms)});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(tried(10));
    consuming.stop();
    BOOST_TEST(run.get(10s) == error_code{});
}

// The step before lasts long enough for the whole partition, its end included, to wait in its queue; the step's own end
// becomes known while the record waits for its next attempt.
BOOST_AUTO_TEST_CASE(a_step_does_not_pass_a_record_that_is_tried_again)
{
    auto const first = make_topic(1);
    produce(first, 0, 1);
    produce(topic, 0, 10);
    auto settings = this->settings();
    settings.commit.interval = 10ms;
    settings.properties["fetch.wait.max.ms"] = "20";
    settings.steps = {{first}, {topic}};
    auto consuming = engine{io.context(), settings};
    auto fails = 1;
    struct slow_handler
    {
        int& fails;
        void on_message(record_view const&)
        {
            if (fails-- > 0)
                throw std::runtime_error{"not yet"};
        }
        error_action on_error(std::exception_ptr) { return often(500ms); }
    };
    consuming.handle(first, slow_handler{fails});
    consuming.handle(topic, failing_handler{shared, often(300ms)});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(tried(4));
    for (auto const& each : consuming.stats().partitions)
        if (each.topic == topic && each.partition == 0)
            BOOST_TEST((each.position == 5));
    shared.update([](auto& all) { all.works = true; });
    BOOST_TEST(log.wait_for("all steps are over"));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 10);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::retries_test
