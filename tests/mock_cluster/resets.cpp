// Partitions that go on at a lower offset.

#include "mock_cluster/mock_fixture.hpp"

#include <paperboy/admin.hpp>

#include <boost/mpl/list.hpp>

#include <array>
#include <stdexcept>

namespace paperboy::resets_test
{
namespace
{

using namespace std::chrono_literals;
using test::outcome_of_run;
using test::watched;

constexpr std::int16_t fetch_request = 1;
constexpr int offset_out_of_range = 1;

struct passes
{
    std::size_t first_records = 0;
    // Where the second pass over the records waits.
    std::int64_t gate = 0;
    bool waits = false;
};

// Blocks its thread the second time that it sees the gate's offset, as long as there is one, and longer than the test
// waits for anything.
void pass(watched<passes>& seen, std::int64_t offset)
{
    auto waits = false;
    seen.update(
        [&](passes& all)
        {
            all.first_records += offset == 0 ? 1 : 0;
            waits = all.waits = all.first_records == 2 && offset == all.gate;
        });
    if (waits)
        static_cast<void>(seen.wait_until([](passes const& all) { return all.gate < 0; }, 2min));
}

struct plain
{
    watched<passes>& seen;

    static void choose(config&) {}
    static handler_options options() { return {}; }
    void on_message(record_view const& record) { pass(seen, record.offset()); }
};

struct in_lanes
{
    watched<passes>& seen;

    static void choose(config&) {}
    static handler_options options()
    {
        auto chosen = handler_options{};
        chosen.ordering = ordering::key;
        return chosen;
    }
    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        pass(seen, record.offset());
        co_return;
    }
};

struct in_bulk
{
    watched<passes>& seen;

    static void choose(config& chosen)
    {
        chosen.mode.mode = handling_mode::bulk;
        chosen.mode.max_wait = 10ms;
        chosen.mode.max_records = 1;
    }
    static handler_options options() { return {}; }
    void on_message(record_view const&) {}
    void on_bulk(std::span<record_view const> bulk) { pass(seen, bulk.front().offset()); }
};

// Fails on the first record, however often.
void try_first(watched<int>& tries, std::int64_t offset)
{
    if (offset > 0)
        return;
    tries.update([](int& count) { ++count; });
    throw std::runtime_error{"broken"};
}

struct plain_failing
{
    watched<int>& tries;

    static void choose(config&) {}
    static handler_options options() { return {}; }
    void on_message(record_view const& record) { try_first(tries, record.offset()); }
};

struct failing_in_a_lane
{
    watched<int>& tries;

    static void choose(config&) {}
    static handler_options options()
    {
        auto chosen = in_lanes::options();
        chosen.max_concurrency = 1;
        return chosen;
    }
    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        try_first(tries, record.offset());
        co_return;
    }
};

struct failing_in_bulk
{
    watched<int>& tries;

    static void choose(config& chosen) { in_bulk::choose(chosen); }
    static handler_options options() { return {}; }
    void on_message(record_view const&) {}
    void on_bulk(std::span<record_view const> bulk) { try_first(tries, bulk.front().offset()); }
};

using failing_handlers = boost::mpl::list<plain_failing, failing_in_a_lane, failing_in_bulk>;
using handlers = boost::mpl::list<plain, in_lanes, in_bulk>;

struct resets_fixture : test::own_cluster, test::mock_fixture
{
    resets_fixture() : mock_fixture{own} {}

    watched<passes> seen;

    // Whether this becomes what is committed of partition 0.
    [[nodiscard]] bool commits(std::int64_t offset) const
    {
        return watcher->seen.wait_until([&](test::observed const& all)
                                        { return all.committed()[{topic, 0}] == offset && !all.commits.empty(); });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(resets_suite, resets_fixture)

// 1. All is handled and committed; then the broker says that there is no such offset, and librdkafka goes on at the
//    oldest one.
// 2. The second pass waits in a hook: what is committed is what it has finished, not what the first pass had.
BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_committed_falls_with_the_position, Handler, handlers)
{
    produce(topic, 0, 5);
    for (auto const gate : {0, 2})
    {
        seen.update([&](passes& all) { all = {0, gate, false}; });
        watcher->seen.update([](test::observed& all) { all = {}; });
        auto chosen = settings();
        chosen.group_id += std::to_string(gate);
        chosen.commit.interval = 50ms;
        chosen.auto_offset_reset = offset_reset::earliest;
        Handler::choose(chosen);
        auto consuming = engine{io.context(), chosen};
        consuming.handle(topic, Handler{seen}, Handler::options());
        auto run = outcome_of_run::start(consuming);
        BOOST_TEST_REQUIRE(commits(5), log);
        cluster.fail_requests(fetch_request, {offset_out_of_range});
        BOOST_TEST(seen.wait_until([](passes const& all) { return all.waits; }), log);
        BOOST_TEST(commits(gate), log);
        seen.update([](passes& all) { all.gate = -1; });
        BOOST_TEST(commits(5), log);
        consuming.stop();
        BOOST_TEST(run.get() == error_code{});
    }
}

// Its offset is one that has used up its retries already, in another log.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_record_of_the_new_log_has_all_its_retries, Handler, failing_handlers)
{
    produce(topic, 0, 5);
    auto tries = watched<int>{0};
    auto chosen = settings();
    chosen.commit.interval = 50ms;
    Handler::choose(chosen);
    auto options = Handler::options();
    options.on_failure = error_action::retry({.first = 1ms, .attempts = 2}, error_action::skip);
    auto consuming = engine{io.context(), chosen};
    consuming.handle(topic, Handler{tries}, options);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(commits(5), log);
    BOOST_TEST(tries.get() == 3);
    cluster.fail_requests(fetch_request, {offset_out_of_range});
    BOOST_TEST(tries.wait_until([](int count) { return count >= 6; }), log);
    BOOST_TEST(commits(5), log);
    BOOST_TEST(tries.get() == 6);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

// The group is behind the end of a log that was cut off before this run. Were it left there, a later run that finds a
// longer log would pass over what is in front.
BOOST_AUTO_TEST_CASE(without_a_record_what_is_committed_falls_to_the_end_of_the_empty_log)
{
    auto chosen = settings();
    chosen.commit.interval = 50ms;
    auto view = admin{chosen};
    view.commit(chosen.group_id, std::array{partition_offset{topic, 0, 100}});
    auto consuming = engine{io.context(), chosen};
    consuming.handle(topic, plain{seen});
    auto run = outcome_of_run::start(consuming);
    auto const where = topic_partition{topic, 0};
    auto const fell = [&](test::observed const& all)
    {
        auto const committed = all.committed();
        return committed.contains(where) && committed.at(where) == 0;
    };
    BOOST_TEST(watcher->seen.wait_until(fell), log);
    produce(topic, 0, 5);
    BOOST_TEST(commits(5), log);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::resets_test
