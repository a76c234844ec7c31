// Pauses that come while the records of a block are in their hooks.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"

#include <set>

namespace paperboy::pausing_test
{
namespace
{

using namespace std::chrono_literals;
using test::mock_fixture;
using test::outcome_of_run;

constexpr int records = 100;
constexpr int pauses_at = 10;
// There are others on both sides of it.
constexpr std::int32_t busy = 1;

struct progress
{
    std::vector<std::int64_t> handled;
    int of_another = 0;
    bool inside = false;
    bool open = false;
};

// Notes the offsets, and waits in one of them until it is let go; of other topics it counts the records.
class noting
{
public:
    noting(test::watched<progress>& seen, std::string topic) : seen_{&seen}, topic_{std::move(topic)} {}

protected:
    [[nodiscard]] bool waits_in(record_view const& record) const
    {
        auto const waits = record.topic() == topic_ && record.offset() == pauses_at;
        if (waits)
            seen_->update([](progress& all) { all.inside = true; });
        return waits;
    }
    void note(record_view const& record) const
    {
        seen_->update(
            [&](progress& all)
            {
                if (record.topic() == topic_)
                    all.handled.push_back(record.offset());
                else
                    ++all.of_another;
            });
    }
    [[nodiscard]] bool is_open() const { return seen_->get().open; }
    void wait() const
    {
        static_cast<void>(seen_->wait_until([](progress const& all) { return all.open; }));
    }

private:
    test::watched<progress>* seen_;
    std::string topic_;
};

struct plain_handler : noting
{
    using noting::noting;

    void on_message(record_view const& record)
    {
        if (waits_in(record))
            wait();
        note(record);
    }
};

struct awaitable_handler : noting
{
    using noting::noting;

    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        auto const goes_on = [this, waits = waits_in(record)] { return !waits || is_open(); };
        co_await test::until(goes_on);
        note(record);
    }
};

struct pausing_fixture : mock_fixture
{
    // All but the busy one, which may be blocked, show that they are held: those before and those after it.
    [[nodiscard]] bool others_are_held(engine const& consuming) const
    {
        auto const all = consuming.stats().partitions;
        return std::ranges::all_of(all, [this](auto const& each)
                                   { return each.topic != topic || each.partition == busy || each.held; });
    }

    [[nodiscard]] partition_stats of_busy(engine const& consuming) const
    {
        auto const all = consuming.stats().partitions;
        auto const found = std::ranges::find_if(all, [this](auto const& each)
                                                { return each.topic == topic && each.partition == busy; });
        return found == all.end() ? partition_stats{} : *found;
    }

    template <class Handler>
    void pause_in_the_middle()
    {
        auto const other = make_topic(1);
        produce(topic, busy, records);
        auto consuming = engine{io.context(), settings()};
        consuming.handle(topic, Handler{seen, topic}).handle(other, Handler{seen, topic});
        auto run = outcome_of_run::start(consuming);
        BOOST_TEST(seen.wait_until([](progress const& all) { return all.inside; }), log);
        consuming.pause(topic);
        BOOST_TEST(test::eventually([&] { return others_are_held(consuming); }));
        seen.update([](progress& all) { all.open = true; });
        BOOST_TEST(seen.wait_until([](progress const& all) { return all.handled.size() > pauses_at; }));
        // Time for what must not go on.
        produce(other, 0, records);
        BOOST_TEST(seen.wait_until([](progress const& all) { return all.of_another == records; }));
        BOOST_TEST(seen.get().handled.size() == pauses_at + 1U);
        BOOST_TEST(test::eventually([&] { return of_busy(consuming).records == pauses_at + 1U; }));
        BOOST_TEST(watcher->seen.wait_until(
            [this](auto const& all) { return all.committed()[topic_partition{topic, busy}] == pauses_at + 1; }));
        end(consuming, run);
    }

    // Once more behind what was fetched before the pause: its wakeup comes while the pipeline is held.
    void end(engine& consuming, outcome_of_run& run)
    {
        produce(topic, busy, records);
        consuming.resume(topic);
        BOOST_TEST(seen.wait_until([](progress const& all) { return all.handled.size() >= 2U * records; }), log);
        consuming.stop();
        BOOST_TEST(run.get() == error_code{});
        auto const handled = seen.get().handled;
        BOOST_TEST(handled.size() == 2U * records);
        BOOST_TEST(std::ranges::is_sorted(handled));
        BOOST_TEST((std::set<std::int64_t>{handled.begin(), handled.end()}.size() == 2U * records));
    }

    test::watched<progress> seen;
};

struct gates
{
    std::set<std::int64_t> closed;
    std::set<std::int64_t> come;
    bool later = false;
};

// Waits at closed gates.
struct stepping_handler
{
    test::watched<gates>& seen;

    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        auto const offset = record.offset();
        seen.update([&](gates& all) { all.come.insert(offset); });
        auto const is_open = [this, offset] { return !seen.get().closed.contains(offset); };
        co_await test::until(is_open);
    }
};

struct later_handler
{
    test::watched<gates>& seen;

    void on_message(record_view const&)
    {
        seen.update([](gates& all) { all.later = true; });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pausing_suite, pausing_fixture)

BOOST_AUTO_TEST_CASE(a_pause_ends_a_block_of_plain_hooks_behind_the_record_that_is_in_them)
{
    pause_in_the_middle<plain_handler>();
}

BOOST_AUTO_TEST_CASE(a_pause_ends_a_block_of_awaitable_hooks_behind_the_record_that_is_in_them)
{
    pause_in_the_middle<awaitable_handler>();
}

BOOST_AUTO_TEST_CASE(a_stop_ends_a_partition_that_was_paused_in_the_middle_of_a_block)
{
    produce(topic, busy, records);
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, awaitable_handler{seen, topic});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(seen.wait_until([](progress const& all) { return all.inside; }), log);
    consuming.pause(topic_partition{topic, busy});
    BOOST_TEST(test::eventually(
        [&]
        {
            auto const all = consuming.stats().partitions;
            return std::ranges::any_of(all, [](auto const& each) { return each.held; });
        }));
    seen.update([](progress& all) { all.open = true; });
    BOOST_TEST(seen.wait_until([](progress const& all) { return all.handled.size() > pauses_at; }));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(seen.get().handled.size() == pauses_at + 1U);
    auto const committed = watcher->seen.get().committed()[topic_partition{topic, busy}];
    BOOST_TEST(committed == pauses_at + 1);
}

// The step ends at offset 10, in the middle of the third block.
BOOST_AUTO_TEST_CASE(a_step_ends_though_its_partition_is_held_in_the_middle_of_the_block_of_its_end)
{
    auto shared = test::watched<gates>{gates{{0, 9}, {}, false}};
    auto const other = make_topic(1);
    produce(topic, busy, 10);
    produce(other, 0, 1);
    auto chosen = settings();
    chosen.steps = {{topic}};
    chosen.batch_size = 4;
    auto consuming = engine{io.context(), chosen};
    consuming.handle(topic, stepping_handler{shared}).handle(other, later_handler{shared});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(shared.wait_until([](gates const& all) { return all.come.contains(0); }), log);
    BOOST_TEST(test::eventually([&] { return consuming.stats().step_left == 10U; }), log);
    produce(topic, busy, 10);
    BOOST_TEST(test::eventually([&] { return of_busy(consuming).prefetched >= 16U; }));
    shared.update([](gates& all) { all.closed = {9}; });
    BOOST_TEST(shared.wait_until([](gates const& all) { return all.come.contains(9); }), log);
    consuming.pause(topic);
    BOOST_TEST(test::eventually([&] { return others_are_held(consuming); }));
    shared.update([](gates& all) { all.closed.clear(); });
    BOOST_TEST(shared.wait_until([](gates const& all) { return all.later; }), log);
    BOOST_TEST(!shared.get().come.contains(10));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pausing_test
