// Where a group without committed offsets starts, and where a run does that is told to.

#include "support/broker_engine.hpp"
#include "support/broker_journal.hpp"
#include "support/broker_producer.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>

namespace paperboy::test::start_offset_test
{
namespace
{

using namespace std::chrono_literals;

struct fixture
{
    std::string topic = cluster{}.make_topic("start", 2);
    producer sender;
    journal log;

    fixture()
    {
        sender.send_numbered(topic, 2, 0, 10);
        sender.flush();
    }

    [[nodiscard]] config settings(offset_reset reset)
    {
        auto chosen = test_config(unique_name("start"));
        chosen.auto_offset_reset = reset;
        chosen.watcher = std::make_shared<journaling_observer>(log, "engine");
        return chosen;
    }
    [[nodiscard]] running_engine::set_up handler()
    {
        return [this](engine& e) { e.handle(topic, journaling_handler{log, "engine"}); };
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(earliest_starts_at_the_oldest_record, fixture)
{
    auto engine = running_engine{"engine", settings(offset_reset::earliest), handler()};
    BOOST_TEST(log.await([&] { return log.finished_count() == 20; }));
    BOOST_TEST(log.finisher({topic, 0}, 0) == "engine");
    BOOST_TEST(!engine.stop());
}

// Nothing says when a partition's end has been looked up: a record that is produced later than that shows it.
BOOST_FIXTURE_TEST_CASE(latest_starts_at_the_end, fixture)
{
    auto engine = running_engine{"engine", settings(offset_reset::latest), handler()};
    BOOST_TEST(log.await([&] { return log.owned_by("engine") == 2; }));
    auto next = 10;
    BOOST_TEST(eventually(
        [&]
        {
            sender.send_numbered(topic, 2, next++, 1);
            sender.flush();
            return log.finished_count() > 0;
        }));
    BOOST_TEST(log.await([&] { return log.finisher({topic, 0}, next - 1) == "engine"; }));
    BOOST_TEST(!engine.stop());
    for (auto old = 0; old < 10; ++old)
    {
        BOOST_TEST(log.starts_of({topic, 0}, old) == 0U);
        BOOST_TEST(log.starts_of({topic, 1}, old) == 0U);
    }
}

BOOST_FIXTURE_TEST_CASE(error_ends_the_engine_and_says_which_partition, fixture)
{
    auto engine = running_engine{"engine", settings(offset_reset::error), handler()};
    auto const result = engine.wait();
    BOOST_TEST(result.category().name() == "kafka");
    BOOST_TEST(result.value() == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET);
    BOOST_TEST((result == condition::fatal));
    BOOST_TEST((engine->last_failure().code == result));
    BOOST_TEST(engine->last_failure().text.find(topic) != std::string::npos, engine->last_failure().text);
    BOOST_TEST(log.finished_count() == 0U);
}

namespace
{

// Counts the offsets that were not there, and those of which it was told why.
class reset_counter final : public observer
{
public:
    void on_offset_reset(topic_partition const&, std::string_view why) noexcept override
    {
        ++count;
        if (why.find("out of range") != why.npos)
            ++out_of_range;
    }

    std::atomic<int> count{0};
    std::atomic<int> out_of_range{0};
};

// A group that has committed offset 5 of each partition, of ten.
struct started_fixture : fixture
{
    std::string group = unique_name("start");
    std::shared_ptr<reset_counter> resets = std::make_shared<reset_counter>();

    started_fixture()
    {
        auto client = make_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap_servers()}, {"group.id", group}});
        auto* const list = rd_kafka_topic_partition_list_new(2);
        for (auto partition = 0; partition < 2; ++partition)
            rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = 5;
        auto const error = rd_kafka_commit(client.get(), list, 0);
        rd_kafka_topic_partition_list_destroy(list);
        require(error, "cannot commit");
    }

    // Runs until a record that is produced meanwhile is finished, in both partitions; the first offset handled of each.
    std::pair<std::int64_t, std::int64_t> first_with(config settings, handler_options options = {})
    {
        settings.group_id = group;
        settings.watcher = resets;
        auto own = journal{};
        auto engine = running_engine{"engine", std::move(settings),
                                     [&](auto& e) { e.handle(topic, journaling_handler{own, "engine"}, options); }};
        BOOST_TEST(eventually(
            [&]
            {
                sender.send_numbered(topic, 2, next++, 1);
                sender.flush();
                return own.finisher({topic, 0}, next - 1) != "" && own.finisher({topic, 1}, next - 1) != "";
            }));
        BOOST_TEST(!engine.stop());
        auto const first = [&](std::int32_t partition)
        {
            auto offset = std::int64_t{0};
            while (own.starts_of({topic, partition}, offset) == 0 && offset < next)
                ++offset;
            return offset;
        };
        return {first(0), first(1)};
    }
    std::pair<std::int64_t, std::int64_t> first_with(start_at start)
    {
        auto settings = test_config(group);
        settings.start = std::move(start);
        return first_with(std::move(settings));
    }

    int next = 10;
};

using pair = std::pair<std::int64_t, std::int64_t>;

} // namespace

BOOST_FIXTURE_TEST_CASE(a_run_starts_where_it_is_told_to, started_fixture)
{
    BOOST_TEST((first_with(start_at::beginning().unless_committed()) == pair{5, 5}));
    BOOST_TEST((first_with(start_at::beginning()) == pair{0, 0}));
    auto const committed = next;
    BOOST_TEST((first_with(start_at::stored()) == pair{committed, committed}));
    auto const at_end = first_with(start_at::end());
    BOOST_TEST((at_end.first > committed && at_end.second > committed));
    // The handler's options go first, and a partition that they do not name goes on.
    auto options = handler_options{};
    options.start = start_at::offsets({{1, 3}});
    auto settings = test_config(group);
    settings.start = start_at::beginning();
    auto const before = std::int64_t{next};
    BOOST_TEST((first_with(settings, options) == pair{before, 3}));
    BOOST_TEST(resets->count == 0);
}

BOOST_FIXTURE_TEST_CASE(a_run_starts_at_a_time, started_fixture)
{
    auto const when = std::chrono::system_clock::now() + 1h;
    auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
    sender.send(topic, {.partition = 0, .value = "late", .timestamp_ms = ms});
    sender.send(topic, {.partition = 1, .value = "late", .timestamp_ms = ms});
    sender.flush();
    next = 11;
    BOOST_TEST((first_with(start_at::time(when)) == pair{10, 10}));
    // Nothing is as late as that: both start at the end.
    auto const before = next;
    auto const at_end = first_with(start_at::time(when + 1h));
    BOOST_TEST((at_end.first >= before && at_end.second >= before));
}

BOOST_FIXTURE_TEST_CASE(an_offset_that_is_not_there_goes_where_resets_go_and_is_told, started_fixture)
{
    auto options = handler_options{};
    options.start = start_at::offsets({{0, 1'000'000}, {1, 4}});
    BOOST_TEST((first_with(test_config(group), options) == pair{0, 4}));
    BOOST_TEST(resets->count == 1);
    auto settings = test_config(group);
    settings.auto_offset_reset = offset_reset::error;
    auto engine = running_engine{"engine", settings,
                                 [&](auto& e) { e.handle(topic, journaling_handler{log, "engine"}, options); }};
    BOOST_TEST(engine.wait().value() == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET);
    BOOST_TEST(engine->last_failure().text.find("1000000") != std::string::npos, engine->last_failure().text);
}

// Retention has deleted what the group had committed.
BOOST_FIXTURE_TEST_CASE(a_committed_offset_that_is_gone_is_reset_and_told, started_fixture)
{
    cluster{}.delete_records(topic, 2);
    BOOST_TEST((first_with(start_at::stored()) == pair{10, 10}));
    BOOST_TEST(resets->count == 2);
    BOOST_TEST(resets->out_of_range == 2);
}

// It deletes what an engine was about to fetch that is paused, and has fetched a batch ahead.
BOOST_FIXTURE_TEST_CASE(an_offset_that_goes_in_the_middle_of_the_work_is_reset_and_told, started_fixture)
{
    auto chosen = settings(offset_reset::earliest);
    chosen.properties["queued.min.messages"] = "1";
    chosen.properties["queued.max.messages.kbytes"] = "1";
    chosen.properties["fetch.message.max.bytes"] = "1000";
    chosen.watcher = resets;
    auto engine = running_engine{"engine", std::move(chosen), handler()};
    BOOST_TEST(log.await([&] { return log.finished_count() == 20; }));
    engine->pause(topic);
    for (auto batch = 0; batch < 20; ++batch)
    {
        sender.send_numbered(topic, 2, 10 + 100 * batch, 100);
        sender.flush();
    }
    cluster{}.delete_records(topic, 2);
    sender.send_numbered(topic, 2, 2010, 10);
    sender.flush();
    engine->resume(topic);
    BOOST_TEST(log.await([&] { return log.finisher({topic, 0}, 2019) != "" && log.finisher({topic, 1}, 2019) != ""; }));
    BOOST_TEST(resets->count == 2);
    BOOST_TEST(resets->out_of_range == 2);
    BOOST_TEST(engine.logged("out of range"));
    BOOST_TEST(!engine.stop());
}

// A second member takes a partition and gives it back: it goes on where the second left it.
BOOST_FIXTURE_TEST_CASE(a_partition_that_comes_back_goes_on_where_it_was, started_fixture)
{
    auto settings = test_config(group);
    settings.start = start_at::beginning();
    settings.watcher = std::make_shared<journaling_observer>(log, "first");
    auto first = running_engine{"first", settings, [&](auto& e) { e.handle(topic, journaling_handler{log, "first"}); }};
    BOOST_TEST(log.await([&] { return log.finished_count() == 20; }));
    settings.start = start_at::beginning().unless_committed();
    settings.watcher = std::make_shared<journaling_observer>(log, "second");
    {
        auto second =
            running_engine{"second", settings, [&](auto& e) { e.handle(topic, journaling_handler{log, "second"}); }};
        BOOST_TEST(log.await([&] { return log.owned_by("second") == 1 && log.owned_by("first") == 1; }));
        sender.send_numbered(topic, 2, 10, 10);
        sender.flush();
        BOOST_TEST(log.await([&] { return log.finished_count() == 40; }));
        BOOST_TEST(!second.stop());
    }
    BOOST_TEST(log.await([&] { return log.owned_by("first") == 2; }));
    sender.send_numbered(topic, 2, 20, 10);
    sender.flush();
    BOOST_TEST(log.await([&] { return log.finished_count() == 60; }));
    BOOST_TEST(!first.stop());
    BOOST_TEST(log.repeated() == 0U);
    BOOST_TEST(log.violations() == "");
}

} // namespace paperboy::test::start_offset_test
