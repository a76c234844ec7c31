#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <random>
#include <set>

namespace paperboy::consume_test
{
namespace
{

using namespace std::chrono_literals;
using test::at_least;
using test::collecting_handler;
using test::mock_fixture;
using test::offsets_from;
using test::offsets_of;
using test::outcome_of_run;
using test::seen_records;

// Waits a random moment per record; knows what is finished and whether hooks of a partition ever overlap.
class delaying_handler
{
public:
    struct state
    {
        std::map<std::int32_t, std::vector<std::int64_t>> begun;
        std::map<std::int32_t, std::set<std::int64_t>> finished;
        std::set<std::int32_t> inside;
        int overlaps = 0;
        std::size_t count = 0;
    };

    explicit delaying_handler(test::watched<state>& shared) : shared_{shared} {}

    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        auto const where = record.partition();
        auto pause = std::chrono::microseconds{0};
        shared_.update(
            [&](state& all)
            {
                all.overlaps += all.inside.insert(where).second ? 0 : 1;
                all.begun[where].push_back(record.offset());
                pause = std::chrono::microseconds{random_() % 1500};
            });
        auto const executor = co_await boost::asio::this_coro::executor;
        auto timer = boost::asio::steady_timer{executor, pause};
        co_await timer.async_wait(boost::asio::use_awaitable);
        shared_.update([&](state& all) { all.inside.erase(where); });
    }

    void on_finished_handling(record_view const& record)
    {
        shared_.update(
            [&](state& all)
            {
                all.finished[record.partition()].insert(record.offset());
                ++all.count;
            });
    }

private:
    test::watched<state>& shared_;
    std::minstd_rand random_{7};
};

// Compares every accepted commit with what had finished by then.
class commit_checker final : public observer
{
public:
    explicit commit_checker(test::watched<delaying_handler::state>& shared) : shared_{shared} {}

    void on_commit(error_code result, std::span<partition_offset const> offsets) noexcept override
    {
        if (result)
            return;
        ++commits;
        shared_.update(
            [&](auto& all)
            {
                for (auto const& each : offsets)
                    for (std::int64_t offset = 0; offset < each.offset; ++offset)
                        too_early += all.finished[each.partition].contains(offset) ? 0 : 1;
            });
    }

    std::atomic<int> commits{0};
    std::atomic<int> too_early{0};

private:
    test::watched<delaying_handler::state>& shared_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(consume_suite, mock_fixture)

BOOST_AUTO_TEST_CASE(every_record_in_order_and_again_from_where_it_stopped)
{
    for (std::int32_t partition = 0; partition < partitions; ++partition)
        produce(topic, partition, 300);
    auto seen = seen_records{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, collecting_handler{seen});

    auto first = outcome_of_run::start(consuming);
    BOOST_TEST(seen.wait_until(at_least(1200)));
    consuming.stop();
    BOOST_TEST(first.get() == error_code{});
    for (std::int32_t partition = 0; partition < partitions; ++partition)
        BOOST_TEST(offsets_of(seen, partition) == offsets_from(0, 300), boost::test_tools::per_element());

    for (std::int32_t partition = 0; partition < partitions; ++partition)
        produce(topic, partition, 5);
    auto second = outcome_of_run::start(consuming);
    BOOST_TEST(seen.wait_until(at_least(1220)));
    consuming.stop();
    BOOST_TEST(second.get() == error_code{});
    for (std::int32_t partition = 0; partition < partitions; ++partition)
    {
        BOOST_TEST(offsets_of(seen, partition) == offsets_from(0, 305), boost::test_tools::per_element());
        BOOST_TEST((watcher->seen.get().committed()[{topic, partition}]) == 305);
    }
    BOOST_TEST(!consuming.last_failure().code);
}

BOOST_AUTO_TEST_CASE(awaitable_hooks_with_random_delays_keep_order_and_commits_wait_for_them)
{
    auto const wide = make_topic(8);
    for (std::int32_t partition = 0; partition < 8; ++partition)
        produce(wide, partition, 200);
    auto shared = test::watched<delaying_handler::state>{};
    auto const checker = std::make_shared<commit_checker>(shared);
    auto settings = this->settings();
    settings.watcher = checker;
    settings.commit.interval = 10ms;
    settings.batch_size = 20;
    auto consuming = engine{io.context(), settings};
    consuming.handle(wide, delaying_handler{shared});

    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(shared.wait_until([](auto const& all) { return all.count >= 1600; }));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    auto const all = shared.get();
    for (auto const& [partition, offsets] : all.begun)
        BOOST_TEST(offsets == offsets_from(0, 200), boost::test_tools::per_element());
    BOOST_TEST(all.begun.size() == 8U);
    BOOST_TEST(all.overlaps == 0);
    BOOST_TEST(checker->commits > 1);
    BOOST_TEST(checker->too_early == 0);
}

BOOST_AUTO_TEST_CASE(keys_values_tombstones_headers_and_times_come_through)
{
    struct handler
    {
        test::watched<std::vector<std::string>>& seen;

        void note(std::string text)
        {
            seen.update([&](auto& all) { all.push_back(std::move(text)); });
        }
        void on_message(record<std::string_view, std::string_view> const& record)
        {
            auto text = std::string{record.key().value_or("(no key)")} + "=" + std::string{record.value()};
            for (auto const& [name, value] : record.headers())
                text += " " + std::string{name} + ":" + std::string{value.value_or("(null)")};
            note(text + (record.timestamp() && *record.timestamp() > timestamp{} ? "" : " without a time"));
        }
        void on_tombstone(keyed_record<std::string_view> const& record)
        {
            note(std::string{record.key().value_or("(no key)")} + " deleted");
        }
    };
    auto const partition = std::optional<std::int32_t>{0};
    cluster.produce(topic, {.key = "a", .value = "1", .partition = partition, .headers = {{"trace", "x"}, {"e", ""}}});
    cluster.produce(topic, {.key = {}, .value = "2", .partition = partition, .headers = {}});
    cluster.produce(topic, {.key = "", .value = "", .partition = partition, .headers = {}});
    cluster.produce(topic, {.key = "a", .value = {}, .partition = partition, .headers = {}});
    cluster.flush();
    auto seen = test::watched<std::vector<std::string>>{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, text{}, text{}, handler{seen});

    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(seen.wait_until(at_least(4)));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(seen.get() == (std::vector<std::string>{"a=1 trace:x e:", "(no key)=2", "=", "a deleted"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_pattern_takes_every_topic_that_has_no_handler_of_its_own)
{
    auto const other = make_topic(1);
    auto const third = make_topic(1);
    produce(topic, 0, 1);
    produce(other, 0, 2);
    produce(third, 0, 3);
    auto named = seen_records{};
    auto matched = seen_records{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle("^" + name + "-.*", collecting_handler{matched}).handle(other, collecting_handler{named});

    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(matched.wait_until(at_least(4)));
    BOOST_TEST(named.wait_until(at_least(2)));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(matched.get().size() == 4U);
    BOOST_TEST(named.get().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_factory_makes_a_handler_for_each_partition_and_they_end_with_it)
{
    struct counts
    {
        std::map<topic_partition, int> records;
        int alive = 0;
    };
    class handler
    {
    public:
        handler(topic_partition where, test::watched<counts>& shared) : where_{std::move(where)}, shared_{&shared}
        {
            shared_->update([](counts& all) { ++all.alive; });
        }
        handler(handler&& other) noexcept
            : where_{std::move(other.where_)}, shared_{std::exchange(other.shared_, nullptr)}
        {
        }
        handler& operator=(handler&&) = delete;
        ~handler()
        {
            if (shared_ != nullptr)
                shared_->update([](counts& all) { --all.alive; });
        }

        void on_message(record_view const& record)
        {
            if (record.partition() == where_.partition)
                shared_->update([this](counts& all) { ++all.records[where_]; });
        }

    private:
        topic_partition where_;
        test::watched<counts>* shared_;
    };
    for (std::int32_t partition = 0; partition < partitions; ++partition)
        produce(topic, partition, 10 + partition);
    auto shared = test::watched<counts>{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, per_partition{[&](topic_partition const& where) { return handler{where, shared}; }});

    auto run = outcome_of_run::start(consuming);
    auto const all_seen = [](counts const& all)
    {
        auto total = 0;
        for (auto const& [where, count] : all.records)
            total += count;
        return total == 10 + 11 + 12 + 13 && all.alive == partitions;
    };
    BOOST_TEST(shared.wait_until(all_seen));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
    io.join();
    BOOST_TEST(shared.get().alive == 0);
    BOOST_TEST((shared.get().records[{topic, 3}]) == 13);
}

BOOST_AUTO_TEST_CASE(a_number_of_records_brings_a_commit_before_the_interval)
{
    produce(topic, 0, 100);
    auto seen = seen_records{};
    auto settings = this->settings();
    settings.commit.interval = 1h;
    settings.commit.records = 100;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, collecting_handler{seen});

    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == 100; }));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

// A block of all 1,000 would be counted when its last record has finished.
BOOST_AUTO_TEST_CASE(a_number_of_records_brings_a_commit_while_many_more_wait)
{
    produce(topic, 0, 1000);
    auto shared = test::watched<test::blocking_handler::state>{};
    auto settings = this->settings();
    settings.commit.interval = 1h;
    settings.commit.records = 10;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, test::blocking_handler{shared, 50});

    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == 50; }));
    shared.update([](auto& all) { all.open = true; });
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(what_happens_is_counted_observed_and_logged)
{
    for (std::int32_t partition = 0; partition < partitions; ++partition)
        produce(topic, partition, 10);
    auto seen = seen_records{};
    auto settings = this->settings();
    settings.commit.interval = 10ms;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, collecting_handler{seen});
    BOOST_TEST(consuming.stats().records == 0U);
    BOOST_TEST(consuming.stats().partitions.empty());
    BOOST_TEST(!consuming.stats().last_commit.has_value());

    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(seen.wait_until(at_least(40)));
    auto const all_committed = [](test::observed const& all)
    {
        auto committed = all.committed();
        return committed.size() == partitions &&
               std::ranges::all_of(committed, [](auto const& each) { return each.second == 10; }) &&
               all.lag.size() == partitions;
    };
    BOOST_TEST(watcher->seen.wait_until(all_committed));
    auto const stats = consuming.stats();
    BOOST_TEST(stats.records == 40U);
    BOOST_TEST(stats.bytes == 40U);
    BOOST_TEST(stats.skipped == 0U);
    BOOST_TEST(stats.commits >= 1U);
    BOOST_TEST(stats.failed_commits == 0U);
    BOOST_TEST(stats.last_commit.has_value());
    BOOST_TEST(stats.assignments == 1U);
    BOOST_TEST(stats.stray_records == 0U);
    BOOST_TEST(stats.missed_wakeups == 0U);
    BOOST_REQUIRE(stats.partitions.size() == static_cast<std::size_t>(partitions));
    for (std::int32_t partition = 0; partition < partitions; ++partition)
    {
        auto const& each = stats.partitions[static_cast<std::size_t>(partition)];
        BOOST_TEST(each.topic == topic);
        BOOST_TEST(each.partition == partition);
        BOOST_TEST(each.records == 10U);
        BOOST_TEST(each.bytes == 10U);
        BOOST_TEST(each.position.value() == 10);
        BOOST_TEST(each.committed.value() == 10);
        BOOST_TEST(each.lag.value() == 0);
        BOOST_TEST(each.in_flight == 0U);
    }
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});

    BOOST_TEST(consuming.stats().partitions.empty());
    BOOST_TEST(consuming.stats().records == 40U);
    auto const observed = watcher->seen.get();
    auto const everything = std::vector<topic_partition>{{topic, 0}, {topic, 1}, {topic, 2}, {topic, 3}};
    BOOST_REQUIRE(observed.assigned.size() == 1U);
    BOOST_TEST((observed.assigned[0] == everything));
    BOOST_REQUIRE(observed.revoked.size() == 1U);
    BOOST_TEST((observed.revoked[0] == everything));
    BOOST_TEST(observed.lost.empty());
    BOOST_TEST(observed.hook_errors.empty());
    for (auto const& [where, records] : observed.lag)
        BOOST_TEST(records == 0);
    for (auto const& line : {"info: joining group \"group-" + name + "\" at " + cluster.bootstrap_servers(),
                             "info: assigned " + topic + "[0], " + topic + "[1], " + topic + "[2], " + topic + "[3]",
                             "info: revoked " + topic + "[0], " + topic + "[1], " + topic + "[2], " + topic + "[3]",
                             std::string{"info: stopped: success"}})
        BOOST_TEST(log.count(line) == 1U, line << " in\n" << log);
    BOOST_TEST(log.count("error: ") == 0U);
    // librdkafka's mock does not know the flag that forbids creating topics, and librdkafka says so.
    BOOST_TEST(log.count("warning: ") == log.count("AUTOCREATE"), log);
}

BOOST_AUTO_TEST_CASE(a_retained_record_outlives_the_engine)
{
    produce(topic, 0, 3);
    auto kept = test::watched<std::vector<retained_record>>{};
    struct handler
    {
        test::watched<std::vector<retained_record>>& kept;
        void on_message(record_view const& record)
        {
            kept.update([&](auto& all) { all.push_back(record.retain()); });
        }
    };
    {
        auto consuming = engine{io.context(), settings()};
        consuming.handle(topic, handler{kept});
        auto run = outcome_of_run::start(consuming);
        BOOST_TEST(kept.wait_until(at_least(3)));
        consuming.stop();
        BOOST_TEST(run.get() == error_code{});
    }
    io.join();
    kept.update(
        [this](auto& all)
        {
            BOOST_TEST(all.back().value() == "2");
            BOOST_TEST(all.back().topic() == topic);
            BOOST_TEST(all.back().timestamp().has_value());
            all.clear();
        });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::consume_test
