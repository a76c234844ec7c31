// Brokers that fail.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"

#include <algorithm>

namespace paperboy::faults_test
{
namespace
{

using namespace std::chrono_literals;
using test::at_least;
using test::collecting_handler;
using test::outcome_of_run;
using test::seen_records;

using clock = std::chrono::steady_clock;

// Kafka's API keys and error codes.
constexpr std::int16_t produce_request = 0;
constexpr std::int16_t fetch = 1;
constexpr std::int16_t offset_commit = 8;
constexpr std::int16_t join_group = 11;
constexpr std::int16_t heartbeat = 12;
constexpr std::int16_t sync_group = 14;
constexpr int local_timed_out = -185;
constexpr int unknown = -1;
constexpr int request_timed_out = 7;
constexpr int coordinator_load_in_progress = 14;
constexpr int coordinator_not_available = 15;
constexpr int not_coordinator = 16;
constexpr int not_enough_replicas = 19;
constexpr int unknown_member = 25;
constexpr int rebalance_in_progress = 27;
constexpr int topic_authorization_failed = 29;
constexpr int group_authorization_failed = 30;
constexpr int fenced_instance_id = 82;

error_code kafka(int code)
{
    return {code, kafka_category()};
}

struct faulty_fixture : test::own_cluster, test::mock_fixture
{
    faulty_fixture() : mock_fixture{own} {}

    // Like settings(), for clients that look for their brokers often.
    [[nodiscard]] config impatient() const
    {
        auto settings = this->settings();
        settings.properties["reconnect.backoff.ms"] = "50";
        settings.properties["reconnect.backoff.max.ms"] = "200";
        return settings;
    }

    // Consumes ten records without a commit, stops, and lets the final commits fail with these codes.
    error_code stop_with_failing_commits(std::vector<int> const& codes)
    {
        produce(topic, 0, ten);
        auto seen = seen_records{};
        auto settings = this->settings();
        settings.commit.interval = 1h;
        settings.shutdown_timeout = 20s;
        auto consuming = engine{io.context(), settings};
        consuming.handle(topic, collecting_handler{seen});
        auto run = outcome_of_run::start(consuming);
        auto const all_done = [](partition_stats const& each) { return each.partition == 0 && each.position == ten; };
        BOOST_TEST(test::eventually([&] { return std::ranges::any_of(consuming.stats().partitions, all_done); }));
        cluster.fail_requests(offset_commit, codes);
        consuming.stop();
        auto const result = run.get();
        failed_commits = consuming.stats().failed_commits;
        why = consuming.last_failure();
        return result;
    }

    // Like settings(), for members that soon hear what is said of them.
    [[nodiscard]] config attentive(std::chrono::milliseconds commit_interval, std::chrono::milliseconds shutdown) const
    {
        auto settings = this->settings();
        settings.commit.interval = commit_interval;
        settings.shutdown_timeout = shutdown;
        settings.properties["heartbeat.interval.ms"] = "100";
        return settings;
    }

    // For some seconds: each refusal is followed by a pause of 0.1 s.
    void refuse_records() { cluster.fail_requests(produce_request, std::vector<int>(120, not_enough_replicas)); }

    // Stops, and has the group take its partitions away before it has left.
    void stop_and_lose(engine& consuming)
    {
        consuming.stop();
        BOOST_TEST(test::eventually([&] { return consuming.health().status == engine_status::stopping; }));
        cluster.fail_requests(heartbeat, {unknown_member});
        BOOST_TEST(watcher->seen.wait_until([](auto const& all) { return !all.lost.empty(); }), log);
    }

    // Its result is that work is lost.
    void expect_a_loss(outcome_of_run& run, engine const& consuming)
    {
        BOOST_TEST(run.get() == make_error_code(errc::shutdown_timeout), log);
        auto const text = consuming.last_failure().text;
        BOOST_TEST(text.find("has taken partitions away") != std::string::npos, text);
    }

    [[nodiscard]] std::int64_t committed() const { return watcher->seen.get().committed()[{topic, 0}]; }

    static constexpr int ten = 10;
    std::uint64_t failed_commits = 0;
    failure why;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(faults_suite, faulty_fixture)

BOOST_AUTO_TEST_CASE(a_final_commit_is_tried_again_while_that_may_help)
{
    auto const result =
        stop_with_failing_commits({rebalance_in_progress, rebalance_in_progress, rebalance_in_progress});
    BOOST_TEST(result == error_code{});
    BOOST_TEST(failed_commits == 3U);
    BOOST_TEST(committed() == 10);
    BOOST_TEST(log.count("warning: commit failed: Broker: Group rebalance in progress: " + topic + "[0]@10") == 3U,
               log);
    auto const commits = watcher->seen.get().commits;
    BOOST_REQUIRE(commits.size() == 4U);
    BOOST_TEST(commits[0].result == kafka(rebalance_in_progress));
    BOOST_TEST((commits[0].offsets == std::vector<partition_offset>{{topic, 0, 10}}));
    BOOST_TEST(commits[3].result == error_code{});
}

BOOST_AUTO_TEST_CASE(a_final_commit_waits_for_the_coordinator)
{
    auto const result = stop_with_failing_commits(
        {coordinator_load_in_progress, coordinator_not_available, not_coordinator, request_timed_out});
    BOOST_TEST(result == error_code{});
    BOOST_TEST(committed() == 10);
}

BOOST_AUTO_TEST_CASE(a_final_commit_that_is_refused_for_good_is_the_result)
{
    auto const refused = kafka(topic_authorization_failed);
    // Once or twice before the group is left, and once on the way out.
    BOOST_TEST(stop_with_failing_commits(std::vector<int>(1000, topic_authorization_failed)) == refused);
    BOOST_TEST((failed_commits >= 2U && failed_commits < 10U));
    BOOST_TEST(watcher->seen.get().committed().empty());
    BOOST_TEST(why.code == refused);
    BOOST_TEST(why.text ==
               "the final commit is refused: " + refused.message() + "; what is not committed will be handled again");
}

// The dead letter of one partition is not taken: what others have done is committed all the same.
BOOST_AUTO_TEST_CASE(a_stop_commits_what_waits_for_no_letter)
{
    struct handler
    {
        std::string letters;
        seen_records& seen;

        void on_message(record_view const& record) const
        {
            if (record.partition() == 1)
                throw std::runtime_error{"bad"};
            collecting_handler{seen}.on_message(record);
        }
        [[nodiscard]] error_action on_error(std::exception_ptr) const { return error_action::dead_letter(letters); }
    };
    produce(topic, 0, ten);
    produce(topic, 1, 1);
    auto seen = seen_records{};
    auto settings = this->settings();
    settings.commit.interval = 1h;
    settings.shutdown_timeout = 10s;
    auto const letters = make_topic(1);
    cluster.fail_requests(produce_request, std::vector<int>(10'000, not_enough_replicas));
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, handler{letters, seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(seen.wait_until(at_least(ten)), log);
    BOOST_TEST(test::eventually([&] { return consuming.stats().dead_letters == 1U; }), log);
    consuming.stop();
    BOOST_TEST(run.get() == make_error_code(errc::shutdown_timeout), log);
    BOOST_TEST(committed() == ten);
    BOOST_TEST((watcher->seen.get().committed()[{topic, 1}]) == 0);
}

// A group that takes partitions away from a member that ends, before it has committed.
BOOST_AUTO_TEST_CASE(what_is_lost_at_a_stop_is_told)
{
    produce(topic, 0, ten);
    auto gate = test::watched<test::blocking_handler::state>{};
    auto consuming = engine{io.context(), attentive(1h, 25s)};
    consuming.handle(topic, test::blocking_handler{gate, 5});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(gate.wait_until([](auto const& all) { return all.inside; }), log);
    cluster.fail_requests(offset_commit, std::vector<int>(1000, rebalance_in_progress));
    stop_and_lose(consuming);
    gate.update([](auto& all) { all.open = true; });
    expect_a_loss(run, consuming);
    BOOST_TEST(committed() == 0);
}

// What is finished behind a dead letter that is acknowledged later.
BOOST_AUTO_TEST_CASE(what_waits_for_a_letter_and_is_lost_at_a_stop_is_told)
{
    struct handler
    {
        std::string letters;
        seen_records& seen;

        void on_message(record_view const& record) const
        {
            collecting_handler{seen}.on_message(record);
            if (record.offset() == 5)
                throw std::runtime_error{"bad"};
        }
        [[nodiscard]] error_action on_error(std::exception_ptr) const { return error_action::dead_letter(letters); }
    };
    produce(topic, 0, ten);
    auto seen = seen_records{};
    auto const letters = make_topic(1);
    refuse_records();
    auto consuming = engine{io.context(), attentive(20ms, 60s)};
    consuming.handle(topic, handler{letters, seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(seen.wait_until(at_least(ten)), log);
    BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == 5; }), log);
    stop_and_lose(consuming);
    expect_a_loss(run, consuming);
    BOOST_TEST(committed() == 5);
}

// It is committed, so nothing waits for what is sent on its behalf.
BOOST_AUTO_TEST_CASE(what_is_sent_late_for_a_committed_record_is_no_loss)
{
    struct handler
    {
        test::watched<std::vector<retained_record>>& kept;

        void on_message(record_view const& record) const
        {
            kept.update([&](auto& all) { all.push_back(record.retain()); });
        }
    };
    produce(topic, 0, ten);
    auto kept = test::watched<std::vector<retained_record>>{};
    auto consuming = engine{io.context(), attentive(20ms, 60s)};
    auto const to = consuming.make_producer(make_topic(1));
    consuming.handle(topic, handler{kept});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == ten; }), log);
    refuse_records();
    kept.update([&](auto& all) { to.send(all.front(), "late", "value"); });
    stop_and_lose(consuming);
    BOOST_TEST(run.get() == error_code{}, log);
    kept.update([](auto& all) { all.clear(); });
}

BOOST_AUTO_TEST_CASE(failed_commits_by_interval_are_counted_and_the_engine_goes_on)
{
    produce(topic, 0, 10);
    cluster.fail_requests(offset_commit, {rebalance_in_progress, topic_authorization_failed});
    auto seen = seen_records{};
    auto settings = this->settings();
    settings.commit.interval = 20ms;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == 10; }));
    BOOST_TEST(!run.there());
    BOOST_TEST(consuming.stats().failed_commits == 2U);
    BOOST_TEST(consuming.stats().commits == 1U);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

// Whichever request it is that the group's coordinator answers so.
BOOST_AUTO_TEST_CASE(a_member_whose_name_another_has_ends_and_says_so)
{
    for (auto const request : {join_group, sync_group, heartbeat, offset_commit})
        BOOST_TEST_CONTEXT("request " << request)
        {
            auto seen = seen_records{};
            auto settings = this->settings();
            settings.group_id += std::to_string(request);
            settings.commit.interval = 20ms;
            settings.properties["group.instance.id"] = "one";
            settings.properties["heartbeat.interval.ms"] = "100";
            auto consuming = engine{io.context(), settings};
            consuming.handle(topic, collecting_handler{seen});
            produce(topic, 0, 1);
            cluster.fail_requests(request, {fenced_instance_id});
            auto run = outcome_of_run::start(consuming);
            BOOST_TEST(run.get() == make_error_code(errc::fenced), log);
            BOOST_TEST(consuming.last_failure().text.find("give each instance one of its own") != std::string::npos);
        }
}

// Its commits are refused, whatever they are of.
BOOST_AUTO_TEST_CASE(a_member_whose_name_another_has_does_not_try_to_commit)
{
    produce(topic, 0, ten);
    auto seen = seen_records{};
    auto settings = this->settings();
    settings.commit.interval = 1h;
    settings.shutdown_timeout = 2min;
    settings.properties["group.instance.id"] = "one";
    settings.properties["heartbeat.interval.ms"] = "100";
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(seen.wait_until(at_least(ten)), log);
    cluster.fail_requests(heartbeat, {fenced_instance_id});
    BOOST_TEST(run.get() == make_error_code(errc::fenced), log);
    BOOST_TEST(consuming.stats().failed_commits == 0U);
}

// librdkafka does not tell that its partitions are lost.
BOOST_AUTO_TEST_CASE(a_member_whose_name_another_has_does_not_end_before_its_hooks)
{
    produce(topic, 0, 1);
    auto hanging = test::watched<test::hang_log>{};
    auto settings = this->settings();
    settings.shutdown_timeout = 10s;
    settings.properties["group.instance.id"] = "one";
    settings.properties["heartbeat.interval.ms"] = "100";
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, test::hanging_handler{hanging, 0});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(hanging.wait_until(test::begun(0)), log);
    cluster.fail_requests(heartbeat, {fenced_instance_id});
    BOOST_TEST(run.get() == make_error_code(errc::fenced), log);
    BOOST_TEST(hanging.get().cancelled == 1);
    BOOST_TEST(hanging.get().left == 1);
    BOOST_TEST(watcher->seen.get().committed().empty());
}

// The broker takes the commit, but its answer comes late: librdkafka would wait for it on and on.
BOOST_AUTO_TEST_CASE(a_commit_that_is_not_answered_in_time_is_told_and_sent_again)
{
    auto seen = seen_records{};
    auto settings = this->settings();
    settings.commit.interval = 20ms;
    settings.commit.timeout = 1s;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    produce(topic, 0, 10);
    BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == 10; }), log);
    cluster.set_round_trip_time(1, 2s);
    produce(topic, 0, 10);
    BOOST_TEST(watcher->seen.wait_until(
                   [this](auto const& all)
                   {
                       return std::ranges::any_of(all.commits,
                                                  [this](auto const& each)
                                                  {
                                                      return each.result == kafka(local_timed_out) &&
                                                             each.offsets ==
                                                                 std::vector<partition_offset>{{topic, 0, 20}};
                                                  });
                   }),
               log);
    cluster.set_round_trip_time(1, 0ms);
    BOOST_TEST(watcher->seen.wait_until([this](auto const& all) { return all.committed()[{topic, 0}] == 20; }), log);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(brokers_away_from_the_start_are_logged_rarely_and_given_up)
{
    cluster.set_broker_up(1, false);
    auto seen = seen_records{};
    auto settings = impatient();
    settings.connect_timeout = 7s;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, collecting_handler{seen});
    auto const started = clock::now();
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == make_error_code(errc::connect_timeout));
    auto const took = clock::now() - started;
    BOOST_TEST((took >= 7s && took < 7s + settings.shutdown_timeout));
    BOOST_TEST(log.count("warning: cannot reach " + settings.bootstrap_servers) == 1U, log);
    BOOST_TEST(log.count("warning: no assignment yet from group \"group-" + name + "\"; last trouble: cannot reach " +
                         settings.bootstrap_servers) == 1U,
               log);
    BOOST_TEST(!watcher->seen.get().client_errors.empty());
    auto const failed = consuming.last_failure();
    BOOST_TEST(failed.code == make_error_code(errc::connect_timeout));
    BOOST_TEST(failed.text.starts_with("no assignment from group \"group-" + name + "\" at " +
                                       settings.bootstrap_servers +
                                       " within 7000 ms; check that the brokers are up and can be reached; last "
                                       "trouble: cannot reach "),
               failed.text);
    BOOST_TEST((failed.code == condition::retriable));
}

BOOST_AUTO_TEST_CASE(brokers_that_come_back_are_found)
{
    produce(topic, 0, 5);
    cluster.set_broker_up(1, false);
    auto seen = seen_records{};
    auto consuming = engine{io.context(), impatient()};
    consuming.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(log.wait_for("cannot reach"), log);
    cluster.set_broker_up(1, true);
    BOOST_TEST(seen.wait_until(at_least(5)), log);
    auto const before = watcher->seen.get().client_errors.size();
    cluster.set_broker_up(1, false);
    BOOST_TEST(watcher->seen.wait_until([before](auto const& all) { return all.client_errors.size() > before; }));
    cluster.set_broker_up(1, true);
    produce(topic, 1, 5);
    BOOST_TEST(seen.wait_until(at_least(10)), log);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(a_stop_while_the_brokers_are_away_ends_in_time)
{
    produce(topic, 0, 5);
    auto seen = seen_records{};
    auto settings = impatient();
    settings.commit.interval = 1h;
    settings.shutdown_timeout = 2s;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(seen.wait_until(at_least(5)));
    cluster.set_broker_up(1, false);
    BOOST_TEST(watcher->seen.wait_until([](auto const& all) { return !all.client_errors.empty(); }));
    auto const stopped = clock::now();
    consuming.stop();
    BOOST_TEST(run.get() == make_error_code(errc::shutdown_timeout));
    BOOST_TEST((clock::now() - stopped < settings.shutdown_timeout + 15s));
    BOOST_TEST(consuming.last_failure().code == make_error_code(errc::shutdown_timeout));
    BOOST_TEST(watcher->seen.get().committed().empty());
}

BOOST_AUTO_TEST_CASE(a_group_that_refuses_us_ends_the_run)
{
    cluster.fail_requests(join_group, {group_authorization_failed});
    auto seen = seen_records{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == kafka(group_authorization_failed));
    BOOST_TEST(consuming.last_failure().text.find("Group authorization failed") != std::string::npos,
               consuming.last_failure().text);
}

// 1. A hook blocks its thread while fetches fail, so one look into the queue brings all errors.
// 2. The first ends the run, although those behind it would not.
// librdkafka tells the end of a partition in place of the error that such a fetch was answered with, and an
// authorization that fails twice once: with two of each, three messages are the first error and another behind it,
// wherever the end is told.
BOOST_AUTO_TEST_CASE(an_error_of_a_partition_is_told_whatever_comes_behind_it)
{
    auto const single = make_topic(1);
    produce(single, 0, 1);
    auto gate = test::watched<test::blocking_handler::state>{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(single, test::blocking_handler{gate, 0});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST_REQUIRE(gate.wait_until([](auto const& all) { return all.inside; }), log);
    cluster.fail_requests(fetch, {topic_authorization_failed, topic_authorization_failed, unknown, unknown});
    auto const waits = [](auto const& each) { return each.prefetched >= 3; };
    BOOST_TEST(test::eventually([&] { return std::ranges::any_of(consuming.stats().partitions, waits); }), log);
    gate.update([](auto& all) { all.open = true; });
    BOOST_TEST(run.get() == kafka(topic_authorization_failed), log);
}

BOOST_AUTO_TEST_CASE(no_offset_to_start_at_ends_the_run_when_the_settings_say_so)
{
    produce(topic, 0, 5);
    auto seen = seen_records{};
    auto settings = this->settings();
    settings.auto_offset_reset = offset_reset::error;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    auto const result = run.get();
    BOOST_TEST((result.category() == kafka_category()));
    BOOST_TEST(result.message() == "Local: No offset to automatically reset to");
    BOOST_TEST(consuming.last_failure().text.find(topic) != std::string::npos, consuming.last_failure().text);
    BOOST_TEST(seen.get().empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::faults_test
