// Brokers that fail.

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
constexpr std::int16_t offset_commit = 8;
constexpr std::int16_t join_group = 11;
constexpr std::int16_t heartbeat = 12;
constexpr std::int16_t sync_group = 14;
constexpr int local_timed_out = -185;
constexpr int request_timed_out = 7;
constexpr int coordinator_load_in_progress = 14;
constexpr int coordinator_not_available = 15;
constexpr int not_coordinator = 16;
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
        BOOST_TEST(seen.wait_until(at_least(ten)));
        cluster.fail_requests(offset_commit, codes);
        consuming.stop();
        auto const result = run.get();
        failed_commits = consuming.stats().failed_commits;
        why = consuming.last_failure();
        return result;
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
    BOOST_TEST(stop_with_failing_commits({topic_authorization_failed}) == refused);
    BOOST_TEST(failed_commits == 1U);
    BOOST_TEST(watcher->seen.get().committed().empty());
    BOOST_TEST(why.code == refused);
    BOOST_TEST(why.text ==
               "the final commit is refused: " + refused.message() + "; what is not committed will be handled again");
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
    cluster.set_broker_up(1, false);
    BOOST_TEST(watcher->seen.wait_until([before = watcher->seen.get().client_errors.size()](auto const& all)
                                        { return all.client_errors.size() > before; }));
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
    BOOST_TEST((clock::now() - stopped < settings.shutdown_timeout + 500ms));
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
