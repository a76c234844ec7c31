// Records of one partition whose hooks overlap: by key, and without any order.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <map>
#include <random>
#include <set>
#include <span>

#include <sys/eventfd.h>

namespace paperboy
{
namespace
{

using namespace std::chrono_literals;
using test::hang_log;
using test::mock_fixture;
using test::outcome_of_run;

// What is known of one partition's records.
struct progress
{
    std::set<std::string> running_keys;
    std::map<std::string, std::int64_t> last_of_key;
    std::set<std::int64_t> finished;
    std::size_t begun = 0;
    std::size_t inside = 0;
    std::size_t most_inside = 0;
    std::size_t bulks = 0;
    int overlaps = 0;
    int disorders = 0;
};
using shared_progress = test::watched<std::map<std::int32_t, progress>>;

std::size_t finished_in(std::map<std::int32_t, progress> const& all)
{
    auto sum = std::size_t{0};
    for (auto const& [partition, each] : all)
        sum += each.finished.size();
    return sum;
}

// Waits a random moment per record, and fails now and then.
class keyed_handler
{
public:
    explicit keyed_handler(shared_progress& shared) : shared_{shared} {}

    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        auto const key = std::string{record.key()};
        auto pause = std::chrono::microseconds{0};
        auto fails = false;
        shared_.update(
            [&](auto& partitions)
            {
                auto& all = partitions[record.partition()];
                ++all.begun;
                all.most_inside = std::max(all.most_inside, ++all.inside);
                all.overlaps += all.running_keys.insert(key).second ? 0 : 1;
                auto& last = all.last_of_key.try_emplace(key, -1).first->second;
                all.disorders += last < record.offset() ? 0 : 1;
                last = record.offset();
                pause = std::chrono::microseconds{random_() % 3000};
                fails = random_() % 20 == 0;
            });
        auto const executor = co_await boost::asio::this_coro::executor;
        auto timer = boost::asio::steady_timer{executor, pause};
        co_await timer.async_wait(boost::asio::use_awaitable);
        if (fails)
            throw std::runtime_error{"no luck"};
    }

    error_action on_error(std::exception_ptr) { return error_action::skip; }

    void on_finished_handling(record_view const& record)
    {
        shared_.update(
            [&](auto& partitions)
            {
                auto& all = partitions[record.partition()];
                --all.inside;
                all.running_keys.erase(std::string{record.key()});
                all.finished.insert(record.offset());
            });
    }

protected:
    shared_progress& shared_;

private:
    std::minstd_rand random_{7};
};

// Takes in bulk what waits; a bulk must be alone in its partition.
class bulk_or_keyed_handler : public keyed_handler
{
public:
    using keyed_handler::keyed_handler;

    boost::asio::awaitable<void> on_bulk(std::span<record_view const> records)
    {
        auto const partition = records.front().partition();
        shared_.update([&](auto& all) { all[partition].overlaps += all[partition].inside == 0 ? 0 : 1; });
        co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
        shared_.update(
            [&](auto& all)
            {
                ++all[partition].bulks;
                all[partition].overlaps += all[partition].inside == 0 ? 0 : 1;
                for (auto const& each : records)
                    all[partition].finished.insert(each.offset());
            });
    }

    void on_finished_handling(std::span<record_view const> records)
    {
        if (records.size() == 1)
            keyed_handler::on_finished_handling(records.front());
    }
    void on_finished_handling(record_view const& record) { keyed_handler::on_finished_handling(record); }
};

// Compares every accepted commit with what had finished by then.
class commit_checker final : public observer
{
public:
    explicit commit_checker(shared_progress& shared) : shared_{shared} {}

    void on_commit(error_code result, std::span<partition_offset const> offsets) noexcept override
    {
        if (result)
            return;
        shared_.update(
            [&](auto& all)
            {
                for (auto const& each : offsets)
                {
                    auto const& finished = all[each.partition].finished;
                    auto const below = std::distance(finished.begin(), finished.lower_bound(each.offset));
                    too_early += below == each.offset ? 0 : 1;
                }
            });
        ++commits;
    }

    std::atomic<int> commits{0};
    std::atomic<int> too_early{0};

private:
    shared_progress& shared_;
};

handler_options by_key(std::size_t concurrency)
{
    auto options = handler_options{};
    options.ordering = ordering::key;
    options.max_concurrency = concurrency;
    return options;
}

struct ordering_fixture : mock_fixture
{
    shared_progress shared;
    std::shared_ptr<commit_checker> checker = std::make_shared<commit_checker>(shared);

    void produce_keys(std::int32_t partition, int count, int keys)
    {
        for (auto i = 0; i < count; ++i)
        {
            auto const key = std::to_string(i * 7 % keys);
            cluster.produce(topic, {.key = key, .value = "v", .partition = partition, .headers = {}});
        }
        cluster.flush();
    }
    [[nodiscard]] config checked_settings() const
    {
        auto chosen = settings();
        chosen.watcher = checker;
        chosen.commit.interval = 10ms;
        chosen.batch_size = 64;
        return chosen;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(ordering_suite, ordering_fixture)

BOOST_AUTO_TEST_CASE(keys_overlap_keep_their_order_and_commits_wait_for_the_lowest_unfinished)
{
    for (std::int32_t partition = 0; partition < partitions; ++partition)
        produce_keys(partition, 1'000, 50);
    auto consuming = engine{io.context(), checked_settings()};
    consuming.handle(topic, keyed_handler{shared}, by_key(16));

    auto first = outcome_of_run::start(consuming);
    BOOST_TEST(shared.wait_until([](auto const& all) { return finished_in(all) >= 1'500; }));
    consuming.stop();
    BOOST_TEST(first.get() == error_code{});
    for (auto const& [partition, all] : shared.get())
        BOOST_TEST(all.inside == 0U);

    // What was finished behind an unfinished record may come again; nothing may be missing.
    shared.update(
        [](auto& all)
        {
            for (auto& [partition, each] : all)
                each.last_of_key.clear();
        });
    auto second = outcome_of_run::start(consuming);
    BOOST_TEST(shared.wait_until([](auto const& all) { return finished_in(all) == 4'000; }));
    consuming.stop();
    BOOST_TEST(second.get() == error_code{});
    for (auto const& [partition, all] : shared.get())
    {
        BOOST_TEST(all.finished.size() == 1'000U);
        BOOST_TEST(all.most_inside <= 16U);
        BOOST_TEST(all.most_inside > 8U);
        BOOST_TEST(all.overlaps == 0);
        BOOST_TEST(all.disorders == 0);
        BOOST_TEST(all.begun >= 1'000U);
    }
    BOOST_TEST(checker->commits > 2);
    BOOST_TEST(checker->too_early == 0);
    BOOST_TEST(consuming.stats().skipped > 0U);
}

BOOST_AUTO_TEST_CASE(a_stuck_key_holds_the_commit_and_nothing_else_and_cancellation_frees_it)
{
    produce_keys(0, 500, 500);
    auto hanging = test::watched<hang_log>{};
    auto settings = this->settings();
    settings.commit.interval = 10ms;
    settings.shutdown_timeout = 500ms;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, test::hanging_handler{hanging, 20}, by_key(8));

    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(hanging.wait_until([](auto const& all) { return all.finished.size() == 499; }));
    BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == 20; }));
    consuming.stop();
    BOOST_TEST(run.get() == make_error_code(errc::shutdown_timeout));
    BOOST_TEST(hanging.get().cancelled == 1);
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 20);
}

BOOST_AUTO_TEST_CASE(a_failure_stops_the_engine_in_front_of_its_record)
{
    struct failing_handler
    {
        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
            if (record.offset() == 100)
                throw std::runtime_error{"poison"};
        }
    };
    produce_keys(0, 300, 300);
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, failing_handler{}, by_key(8));
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    BOOST_TEST(consuming.last_failure().offset == 100);
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 100);
}

// A hook that hangs beside a failed one gets the time of any hook at the end, and not more.
BOOST_AUTO_TEST_CASE(a_failure_stops_the_engine_although_a_hook_of_another_key_hangs)
{
    struct failing_handler : test::hanging_handler
    {
        using test::hanging_handler::hanging_handler;
        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            co_await test::hanging_handler::on_message(record);
            if (record.offset() == 30)
                throw std::runtime_error{"poison"};
        }
    };
    produce_keys(0, 100, 100);
    auto hanging = test::watched<hang_log>{};
    auto settings = this->settings();
    settings.shutdown_timeout = 1s;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, failing_handler{hanging, 20}, by_key(8));
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    BOOST_TEST(consuming.last_failure().offset == 30);
    BOOST_TEST(hanging.get().cancelled == 1);
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 20);
}

// The step before lasts long enough for the whole partition, its end included, to wait in its queue. The hooks end
// without waiting, so each record is over before the next one is admitted.
BOOST_AUTO_TEST_CASE(a_partitions_end_is_not_taken_for_the_end_of_its_records)
{
    struct slow_handler
    {
        int& fails;
        void on_message(record_view const&)
        {
            if (fails-- > 0)
                throw std::runtime_error{"not yet"};
        }
        error_action on_error(std::exception_ptr)
        {
            auto how = backoff{};
            how.first = 500ms;
            return error_action::retry(how);
        }
    };
    struct failing_handler
    {
        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            if (record.offset() == 1)
                throw std::runtime_error{"poison"};
            co_return;
        }
    };
    auto const first = make_topic(1);
    produce(first, 0, 1);
    produce_keys(0, 10, 10);
    auto fails = 1;
    auto settings = this->settings();
    settings.properties["fetch.wait.max.ms"] = "20";
    settings.steps = {{first}, {topic}};
    auto consuming = engine{io.context(), settings};
    consuming.handle(first, slow_handler{fails});
    consuming.handle(topic, failing_handler{}, by_key(8));
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    BOOST_TEST((watcher->seen.get().committed()[{topic, 0}]) == 1);
}

BOOST_AUTO_TEST_CASE(bulks_and_overlapping_records_take_turns)
{
    produce_keys(0, 3'000, 40);
    auto settings = checked_settings();
    settings.mode.enter_above_lag = 100;
    settings.mode.leave_below_lag = 10;
    settings.mode.min_dwell = 0ms;
    settings.mode.max_records = 500;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, bulk_or_keyed_handler{shared}, by_key(16));
    auto run = outcome_of_run::start(consuming);
    for (auto round = 1; round <= 3; ++round)
    {
        auto const wanted = static_cast<std::size_t>(3'000 * round + 20 * (round - 1));
        BOOST_TEST(shared.wait_until([&](auto const& all) { return finished_in(all) == wanted; }));
        produce_keys(0, 20, 5);
        BOOST_TEST(shared.wait_until([&](auto const& all) { return finished_in(all) == wanted + 20; }));
        if (round < 3)
            produce_keys(0, 3'000, 40);
    }
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    auto const all = shared.get().at(0);
    BOOST_TEST(all.bulks > 0U);
    BOOST_TEST(all.begun > 0U);
    BOOST_TEST(all.overlaps == 0);
    BOOST_TEST(all.disorders == 0);
    BOOST_TEST(checker->too_early == 0);
    BOOST_TEST((checker->commits > 0));
}

BOOST_AUTO_TEST_CASE(paused_nothing_begins_and_resumed_all_goes_on)
{
    produce_keys(0, 1'000, 50);
    auto consuming = engine{io.context(), checked_settings()};
    consuming.handle(topic, keyed_handler{shared}, by_key(4));
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(shared.wait_until([](auto const& all) { return finished_in(all) >= 100; }));
    consuming.pause();
    BOOST_TEST(shared.wait_until([](auto const& all) { return all.at(0).inside == 0; }));
    auto const paused_at = shared.get().at(0).begun;
    BOOST_TEST(paused_at < 1'000U);
    BOOST_TEST(!shared.wait_until([&](auto const& all) { return all.at(0).begun > paused_at + 4; }, 100ms));
    consuming.resume();
    BOOST_TEST(shared.wait_until([](auto const& all) { return finished_in(all) == 1'000; }));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

// Hooks on_message wait until they are let go; bulks are counted.
struct gated_bulk_handler
{
    struct state
    {
        bool open = false;
        std::size_t inside = 0;
        std::size_t bulks = 0;
        std::size_t finished = 0;
    };

    boost::asio::awaitable<void> on_message(record_view const&)
    {
        shared.update([](auto& all) { ++all.inside; });
        auto timer = boost::asio::steady_timer{co_await boost::asio::this_coro::executor};
        while (!shared.get().open)
        {
            timer.expires_after(1ms);
            co_await timer.async_wait(boost::asio::use_awaitable);
        }
        shared.update(
            [](auto& all)
            {
                --all.inside;
                ++all.finished;
            });
    }
    void on_bulk(std::span<record_view const> bulk)
    {
        shared.update(
            [&](auto& all)
            {
                ++all.bulks;
                all.finished += bulk.size();
            });
    }

    test::watched<state>& shared;
};

BOOST_AUTO_TEST_CASE(a_bulk_that_waits_for_overlapping_records_does_not_begin_when_paused)
{
    auto gate = test::watched<gated_bulk_handler::state>{};
    auto settings = checked_settings();
    settings.mode.enter_above_lag = 100;
    settings.mode.leave_below_lag = 10;
    settings.mode.max_wait = 1ms;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, gated_bulk_handler{gate}, by_key(16));
    auto run = outcome_of_run::start(consuming);
    produce_keys(0, 1, 1);
    BOOST_TEST(gate.wait_until([](auto const& all) { return all.inside == 1; }));
    produce_keys(0, 500, 50);
    BOOST_TEST(log.wait_for("now bulk"));
    consuming.pause();
    auto const held = [&]
    {
        auto const all = consuming.stats().partitions;
        return std::ranges::all_of(all, [](auto const& each) { return each.held; });
    };
    BOOST_TEST(test::eventually(held));
    gate.update([](auto& all) { all.open = true; });
    BOOST_TEST(gate.wait_until([](auto const& all) { return all.inside == 0; }));
    auto const cpu = std::clock();
    BOOST_TEST(!gate.wait_until([](auto const& all) { return all.bulks > 0; }, 300ms));
    BOOST_TEST(std::clock() - cpu < CLOCKS_PER_SEC / 6);
    consuming.resume();
    BOOST_TEST(gate.wait_until([](auto const& all) { return all.finished == 501; }));
    BOOST_TEST(gate.get().bulks > 0U);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

// The frames of hooks that wait go with the io_context, and the pipeline with them.
BOOST_AUTO_TEST_CASE(an_io_context_that_goes_away_takes_the_overlapping_hooks_with_it)
{
    produce_keys(0, 100, 100);
    auto hanging = test::watched<hang_log>{};
    {
        auto own = test::io_threads{};
        auto consuming = engine{own.context(), settings()};
        consuming.handle(topic, test::hanging_handler{hanging, 20}, by_key(8));
        consuming.async_run([](error_code) {});
        BOOST_TEST(hanging.wait_until([](auto const& all) { return all.finished.size() == 99; }));
        own.halt();
    }
    BOOST_TEST(hanging.get().left == 1);
}

// Also when nobody but the run has the handler any more: it outlives the frames of its hooks.
BOOST_AUTO_TEST_CASE(a_handler_outlives_its_overlapping_hooks_when_the_io_context_goes_away)
{
    struct lifetimes
    {
        int handlers = 0;
        int waiting = 0;
        int orphans = 0;
        int left = 0;
    };
    struct counted_handler
    {
        struct leaving
        {
            test::watched<lifetimes>* log;
            ~leaving()
            {
                log->update(
                    [](auto& all)
                    {
                        ++all.left;
                        all.orphans += all.handlers == 0 ? 1 : 0;
                    });
            }
        };
        using descriptor = boost::asio::posix::stream_descriptor;
        counted_handler(test::watched<lifetimes>& to, descriptor& on) : log{&to}, waits_on{&on} { count(1); }
        counted_handler(counted_handler const& other) : log{other.log}, waits_on{other.waits_on} { count(1); }
        ~counted_handler() { count(-1); }
        void count(int by)
        {
            log->update([by](auto& all) { all.handlers += by; });
        }

        boost::asio::awaitable<void> on_message(record_view const&)
        {
            auto const guard = leaving{log};
            log->update([](auto& all) { ++all.waiting; });
            co_await waits_on->async_wait(descriptor::wait_read, boost::asio::use_awaitable);
        }

        test::watched<lifetimes>* log;
        descriptor* waits_on;
    };
    produce_keys(0, 8, 8);
    auto seen = test::watched<lifetimes>{};
    {
        auto own = test::io_threads{};
        // Older than the engine's own descriptors, so its waits are the last to be given up.
        auto silent = boost::asio::posix::stream_descriptor{own.context(), ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
        auto consuming = engine{own.context(), settings()};
        consuming.handle(topic, counted_handler{seen, silent}, by_key(8));
        consuming.async_run([](error_code) {});
        BOOST_TEST(seen.wait_until([](auto const& all) { return all.waiting == 8; }));
        own.halt();
    }
    BOOST_TEST(seen.get().left == 8);
    BOOST_TEST(seen.get().orphans == 0);
    BOOST_TEST(seen.get().handlers == 0);
}

BOOST_AUTO_TEST_CASE(options_that_cannot_work_are_refused_with_the_reason)
{
    auto consuming = engine{io.context(), settings()};
    struct plain_handler
    {
        void on_message(record_view const&) {}
    };
    auto const refused = [](std::string const& part)
    {
        return [part](setup_error const& error)
        { return std::string_view{error.what()}.find(part) != std::string_view::npos; };
    };
    BOOST_CHECK_EXCEPTION(consuming.handle("a", plain_handler{}, by_key(4)), setup_error,
                          refused("ordering in the options of \"a\" is key, but no hook of the handler is awaitable"));
    BOOST_CHECK_EXCEPTION(consuming.handle("a", keyed_handler{shared}, by_key(0)), setup_error,
                          refused("max_concurrency in the options of \"a\" is 0; set it to 1 to 10000"));
    auto narrow = by_key(64);
    narrow.max_unfinished = 63;
    BOOST_CHECK_EXCEPTION(consuming.handle("a", keyed_handler{shared}, narrow), setup_error,
                          refused("max_unfinished in the options of \"a\" is 63; set it to 64 to 10000000"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy
