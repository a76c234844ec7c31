// One by one while a partition is caught up, in bulk while it lags, on a real broker.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ranges>
#include <span>
#include <utility>

namespace paperboy::test::modes_test
{
namespace
{

using namespace std::chrono_literals;

// What a handler got of each partition, and whether every record came once and in order.
class deliveries
{
public:
    struct partition
    {
        std::int64_t next = 0;
        std::size_t single = 0;
        std::size_t in_bulk = 0;
        std::vector<std::size_t> bulk_sizes;
        std::vector<handling_mode> modes;
        std::vector<std::int64_t> reasons; // how many records waited at each turn
    };

    void took(record_view const& record, bool bulk)
    {
        auto const lock = std::scoped_lock{mutex_};
        auto& where = partitions_[record.partition()];
        if (record.offset() != where.next)
            ++disorders_;
        where.next = record.offset() + 1;
        ++(bulk ? where.in_bulk : where.single);
        ++total_;
        if (!bulk)
            changed_.notify_all();
    }
    void took(std::span<record_view const> bulk)
    {
        for (auto const& each : bulk)
            took(each, true);
        auto const lock = std::scoped_lock{mutex_};
        disorders_ += static_cast<std::size_t>(std::ranges::count_if(
            bulk, [&](auto const& each) { return each.partition() != bulk.front().partition(); }));
        partitions_[bulk.front().partition()].bulk_sizes.push_back(bulk.size());
        changed_.notify_all();
    }
    void turned(std::int32_t number, handling_mode mode, std::int64_t waiting)
    {
        auto const lock = std::scoped_lock{mutex_};
        partitions_[number].modes.push_back(mode);
        partitions_[number].reasons.push_back(waiting);
        changed_.notify_all();
    }

    [[nodiscard]] bool await(std::function<bool(deliveries const&)> const& condition,
                             std::chrono::milliseconds deadline = 60s) const
    {
        auto lock = std::unique_lock{mutex_};
        return changed_.wait_for(lock, deadline, [&] { return condition(*this); });
    }

    // Inside a condition of await(), or when the engine has stopped.
    [[nodiscard]] partition const& of(std::int32_t number) const
    {
        static auto const nothing = partition{};
        auto const found = partitions_.find(number);
        return found == partitions_.end() ? nothing : found->second;
    }
    [[nodiscard]] std::size_t total() const { return total_; }
    [[nodiscard]] std::size_t disorders() const { return disorders_; }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::map<std::int32_t, partition> partitions_;
    std::size_t total_ = 0;
    std::size_t disorders_ = 0;
};

struct bulk_handler
{
    deliveries& seen;

    void on_message(record_view const& record) { seen.took(record, false); }
    void on_bulk(std::span<record_view const> bulk) { seen.took(bulk); }
};

[[nodiscard]] bool others_have(deliveries const& all, std::size_t each)
{
    return std::ranges::all_of(std::views::iota(1, 8), [&](auto number) { return all.of(number).single >= each; });
}

// Of the partition that has a million: in the middle of it, waits until the others have had what came meanwhile.
struct waiting_handler
{
    static constexpr std::int64_t middle = 500'000;
    static constexpr std::size_t awaited = 110;

    deliveries& seen;
    std::atomic<bool>& others_went_on;

    void on_message(record_view const& record) { seen.took(record, false); }
    void on_bulk(std::span<record_view const> bulk)
    {
        seen.took(bulk);
        if (bulk.front().partition() == 0 && bulk.front().offset() <= middle && bulk.back().offset() >= middle)
            others_went_on = seen.await([](auto const& all) { return others_have(all, awaited); }, 30s);
    }
};

class mode_observer final : public observer
{
public:
    explicit mode_observer(deliveries& seen) : seen_{seen} {}

    void on_mode(topic_partition const& where, handling_mode mode, std::int64_t waiting) noexcept override
    {
        seen_.turned(where.partition, mode, waiting);
    }

private:
    deliveries& seen_;
};

struct fixture
{
    std::string topic = cluster{}.make_topic("modes", 8);
    producer sender;
    deliveries seen;

    void produce(std::int32_t partition, int count)
    {
        for (auto i = 0; i < count; ++i)
            sender.send(topic, {partition, {}, std::to_string(i)});
        sender.flush();
    }
    [[nodiscard]] config settings(mode_policy const& policy)
    {
        auto chosen = test_config(unique_name("modes"));
        chosen.mode = policy;
        chosen.watcher = std::make_shared<mode_observer>(seen);
        return chosen;
    }
    [[nodiscard]] running_engine::set_up handler()
    {
        return [this](engine& e) { e.handle(topic, bulk_handler{seen}); };
    }
};

mode_policy fixed_bulk()
{
    auto policy = mode_policy{};
    policy.mode = handling_mode::bulk;
    return policy;
}

using modes = std::vector<handling_mode>;

} // namespace

BOOST_FIXTURE_TEST_CASE(a_million_waiting_come_in_bulk_then_single_then_a_burst_in_bulk_again, fixture)
{
    constexpr auto waiting = 1'000'000;
    produce(0, waiting);
    for (auto partition = 1; partition < 8; ++partition)
        produce(partition, 100);
    auto policy = mode_policy{};
    policy.enter_above_lag = 5'000;
    policy.leave_below_lag = 500;
    auto others_went_on = std::atomic<bool>{false};
    auto engine = running_engine{"engine", settings(policy),
                                 [&](auto& e) { e.handle(topic, waiting_handler{seen, others_went_on}); }, 2};

    BOOST_TEST(seen.await([](auto const& all) { return all.of(0).in_bulk > std::size_t{waiting_handler::middle}; }));
    for (auto partition = 1; partition < 8; ++partition)
        produce(partition, 10);
    BOOST_TEST(seen.await([](auto const& all) { return others_have(all, waiting_handler::awaited); }));
    auto const back = modes{handling_mode::bulk, handling_mode::single};
    BOOST_TEST(seen.await([&](auto const& all) { return all.of(0).modes == back; }));
    produce(0, 10);
    BOOST_TEST(seen.await([&](auto const& all) { return all.total() == waiting + 770 + 10; }));
    produce(3, 50'000);
    BOOST_TEST(seen.await([&](auto const& all) { return all.total() == waiting + 770 + 10 + 50'000; }));
    BOOST_TEST(seen.await([&](auto const& all) { return all.of(3).modes == back; }));
    BOOST_TEST(!engine.stop());

    BOOST_TEST(others_went_on);
    BOOST_TEST(seen.disorders() == 0U);
    BOOST_TEST(seen.of(0).in_bulk >= static_cast<std::size_t>(waiting) * 99 / 100);
    BOOST_TEST(seen.of(0).single >= 10U);
    BOOST_TEST(seen.of(3).in_bulk > 0U);
    for (auto const partition : {1, 2, 4, 5, 6, 7})
    {
        BOOST_TEST(seen.of(partition).single == 110U);
        BOOST_TEST(seen.of(partition).modes.empty());
    }
    for (auto const partition : {0, 3})
    {
        auto const& reasons = seen.of(partition).reasons;
        BOOST_TEST(reasons.front() > 5'000);
        BOOST_TEST(reasons.back() < 500);
        auto const line = "[" + std::to_string(partition) + "]: now ";
        BOOST_TEST(engine.logged(line + "bulk: " + std::to_string(reasons.front()) + " records wait, more than 5000"));
        BOOST_TEST(engine.logged(line + "single: " + std::to_string(reasons.back()) + " records wait, fewer than 500"));
    }
}

// The queue of a partition never has as many of them as one look could take.
BOOST_FIXTURE_TEST_CASE(large_records_that_wait_come_in_bulk_too, fixture)
{
    constexpr auto waiting = 3'000;
    auto const value = std::string(20'000, 'v');
    for (auto i = 0; i < waiting; ++i)
        sender.send(topic, {0, {}, value});
    sender.flush();
    auto policy = mode_policy{};
    policy.enter_above_lag = 1'000;
    policy.leave_below_lag = 100;
    auto engine = running_engine{"engine", settings(policy), handler()};
    BOOST_TEST(seen.await([](auto const& all) { return all.total() == waiting; }));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.disorders() == 0U);
    BOOST_TEST((seen.of(0).modes.front() == handling_mode::bulk));
    BOOST_TEST(seen.of(0).in_bulk >= static_cast<std::size_t>(waiting) / 2);
}

BOOST_FIXTURE_TEST_CASE(a_bulk_ends_with_max_records, fixture)
{
    produce(0, 1'000);
    auto policy = fixed_bulk();
    policy.max_records = 300;
    policy.even_bulks = false;
    policy.max_wait = 5s;
    auto engine = running_engine{"engine", settings(policy), handler()};
    BOOST_TEST(seen.await([](auto const& all) { return all.total() == 1'000; }));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.of(0).bulk_sizes == (std::vector<std::size_t>{300, 300, 300, 100}),
               boost::test_tools::per_element());
}

// The partition's end, which the queue counts as well, is no record to wait for.
BOOST_FIXTURE_TEST_CASE(what_waits_is_divided_evenly_and_nothing_waits_for_more, fixture)
{
    produce(0, 1'000);
    auto policy = fixed_bulk();
    policy.max_records = 300;
    policy.max_wait = 60s;
    auto chosen = settings(policy);
    chosen.properties["enable.partition.eof"] = "true";
    auto engine = running_engine{"engine", chosen, [this](auto& e)
                                 {
                                     e.handle(topic, bulk_handler{seen});
                                     e.pause();
                                 }};
    BOOST_TEST(eventually(
        [&]
        {
            auto const partitions = engine->stats().partitions;
            return std::ranges::any_of(partitions, [](auto const& each) { return each.prefetched == 1'001; });
        }));
    engine->resume();
    BOOST_TEST(seen.await([](auto const& all) { return all.total() == 1'000; }, 20s));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.of(0).bulk_sizes == (std::vector<std::size_t>{300, 300, 200, 200}),
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_partition_that_lags_again_is_handled_in_bulk_again, fixture)
{
    produce(0, 20'000);
    auto policy = mode_policy{};
    policy.enter_above_lag = 5'000;
    policy.leave_below_lag = 500;
    policy.min_dwell = 0ms;
    auto engine = running_engine{"engine", settings(policy), handler()};
    auto in_bulk = std::size_t{0};
    for (auto round = std::size_t{1}; round <= 2; ++round)
    {
        BOOST_TEST(seen.await(
            [&](auto const& all)
            {
                auto const& first = all.of(0);
                auto const over = all.total() == round * 20'000 && first.in_bulk > in_bulk && !first.modes.empty() &&
                                  first.modes.back() == handling_mode::single;
                in_bulk = over ? first.in_bulk : in_bulk;
                return over;
            }));
        if (round == 2)
            break;
        engine->pause();
        produce(0, 20'000);
        engine->resume();
    }
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.disorders() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_bulk_ends_before_it_exceeds_max_bytes, fixture)
{
    for (auto i = 0; i < 100; ++i)
        sender.send(topic, {0, std::string(40, 'k'), std::string(60, 'v')});
    sender.flush();
    for (auto const& [max_bytes, records] : {std::pair{1'000U, 10U}, std::pair{999U, 9U}})
    {
        auto const before = seen.of(0).bulk_sizes.size();
        auto policy = fixed_bulk();
        policy.max_bytes = max_bytes;
        auto engine = running_engine{"engine", settings(policy), handler()};
        BOOST_TEST(seen.await([&](auto const& all) { return all.total() == (before == 0 ? 100U : 200U); }));
        BOOST_TEST(!engine.stop());
        auto const sizes = std::span{seen.of(0).bulk_sizes}.subspan(before);
        BOOST_TEST(std::ranges::max(sizes) == records);
        BOOST_TEST(sizes.size() == (100 + records - 1) / records);
    }
}

BOOST_FIXTURE_TEST_CASE(a_bulk_ends_with_max_wait, fixture)
{
    auto policy = fixed_bulk();
    policy.max_wait = 3s;
    auto engine = running_engine{"engine", settings(policy), handler()};
    produce(0, 1);
    BOOST_TEST(seen.await([](auto const& all) { return all.total() == 1; }));
    auto const begun = std::chrono::steady_clock::now();
    produce(0, 3);
    BOOST_TEST(seen.await([](auto const& all) { return all.total() == 4; }, policy.max_wait + 10s));
    BOOST_TEST((std::chrono::steady_clock::now() - begun >= policy.max_wait));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.of(0).bulk_sizes == (std::vector<std::size_t>{1, 3}), boost::test_tools::per_element());
}

// Each record waits for its bulk's max_wait, not for another record.
BOOST_FIXTURE_TEST_CASE(a_trickle_comes_within_max_wait, fixture)
{
    auto policy = fixed_bulk();
    policy.max_wait = 50ms;
    auto engine = running_engine{"engine", settings(policy), handler()};
    for (auto i = std::size_t{1}; i <= 5; ++i)
    {
        produce(0, 1);
        // The first one waits for the group, too.
        auto const deadline = i == 1 ? 60s : 10s;
        BOOST_TEST(seen.await([&](auto const& all) { return all.total() == i; }, policy.max_wait + deadline));
    }
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.of(0).in_bulk == 5U);
}

// In automatic mode a trickle that follows a lag still comes in bulk, until the minimum dwell is over, and then one by
// one. The partition turns back by itself, with no record to wake it.
BOOST_FIXTURE_TEST_CASE(a_trickle_after_a_lag_comes_within_max_wait_and_then_one_by_one, fixture)
{
    produce(0, 2'000);
    auto policy = mode_policy{};
    policy.enter_above_lag = 500;
    policy.leave_below_lag = 50;
    policy.min_dwell = 2s;
    policy.max_wait = 50ms;
    auto engine = running_engine{"engine", settings(policy), handler()};
    auto const comes = [&](std::size_t total)
    { return seen.await([=](auto const& all) { return all.total() == total; }, policy.max_wait + 10s); };
    BOOST_TEST(seen.await([](auto const& all) { return all.total() == 2'000; }));
    BOOST_TEST(seen.await([](auto const& all) { return !all.of(0).modes.empty(); }));
    auto sent = std::size_t{2'000};
    for (auto seconds = 0; seconds < 3; ++seconds)
    {
        produce(0, 1);
        BOOST_TEST(comes(++sent));
        static_cast<void>(seen.await([](auto const& all) { return all.of(0).modes.size() > 1; }, 1s));
    }
    BOOST_TEST(seen.await([](auto const& all)
                          { return all.of(0).modes == modes{handling_mode::bulk, handling_mode::single}; }));
    produce(0, 1);
    BOOST_TEST(comes(++sent));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.disorders() == 0U);
    BOOST_TEST(seen.of(0).in_bulk > 0U);
    BOOST_TEST(seen.of(0).single >= 1U);
}

BOOST_FIXTURE_TEST_CASE(single_mode_never_calls_on_bulk_and_a_handler_may_differ_from_the_engine, fixture)
{
    produce(0, 20'000);
    auto options = handler_options{};
    options.mode = mode_policy{};
    options.mode->mode = handling_mode::single;
    auto engine = running_engine{"engine", settings(fixed_bulk()),
                                 [&](auto& e) { e.handle(topic, bulk_handler{seen}, options); }};
    BOOST_TEST(seen.await([](auto const& all) { return all.total() == 20'000; }));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.of(0).single == 20'000U);
    BOOST_TEST(seen.disorders() == 0U);
}

} // namespace paperboy::test::modes_test
