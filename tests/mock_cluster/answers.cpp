// Every error that a broker may answer with, over a slow network: the engine goes on, and nothing is lost.

#include "mock_cluster/answering_cluster.hpp"
#include "mock_cluster/mock_fixture.hpp"

#include <paperboy/admin.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <array>
#include <list>
#include <optional>
#include <ostream>
#include <set>
#include <utility>

namespace paperboy::answers_test
{
namespace
{

using namespace std::chrono_literals;
using test::collecting_handler;
using test::outcome_of_run;
using test::seen_records;

// Kafka's requests by their keys, and error codes by their numbers, for one request after the other.
struct answer
{
    char const* request;
    std::int16_t key;
    std::vector<int> codes;
    // What its heartbeat has to be answered with, for a settled member to send it. Else it does by itself, or never.
    int sent_after = 0;

    friend std::ostream& operator<<(std::ostream& to, answer const& what)
    {
        to << what.request << " answered with";
        for (auto const code : what.codes)
            to << ' ' << code;
        return to;
    }
};

constexpr std::int16_t heartbeat = 12;
constexpr int not_coordinator = 16;
constexpr int rebalance_in_progress = 27;
constexpr int never = -1;

auto const answers = std::vector<answer>{
    // Timed out; coordinator loading, away, elsewhere; topic unknown.
    {"OffsetCommit", 8, {7, 14, 15, 16, 3}},
    // Member or generation unknown; rebalance; too large.
    {"OffsetCommit", 8, {22, 25, 27, 12, 28}},
    // Unknown; the broker's network; group not valid; topic, group not allowed; storage; group unknown.
    {"OffsetCommit", 8, {-1, 13, 24, 29, 30, 56, 69}},
    // Offset out of range; topic unknown; leader elsewhere; replica away; epochs; storage; unknown.
    {"Fetch", 1, {1, 3, 6, 9, 74, 75, 56, -1}},
    {"FindCoordinator", 10, {14, 15}, not_coordinator},
    {"JoinGroup", 11, {14, 15, 16, 25, 27}, rebalance_in_progress},
    {"SyncGroup", 14, {14, 15, 16}, rebalance_in_progress},
    {"SyncGroup", 14, {22, 25, 27}, rebalance_in_progress},
    {"Heartbeat", heartbeat, {15, 16, 22}},
    {"Heartbeat", heartbeat, {25, 27}},
    {"OffsetFetch", 9, {14}, rebalance_in_progress},
    // Of these librdkafka 2.0.2 tells, and asks no more: the partitions would not start.
    {"OffsetFetch", 9, {16}, rebalance_in_progress},
    {"OffsetFetch", 9, {16, 16, 14}, rebalance_in_progress},
    {"OffsetFetch", 9, {15}, rebalance_in_progress},
    {"ListOffsets", 2, {5, 6, 7}, never},
};

// An engine on a cluster of its own, in place of the fixture's.
class consuming : protected test::mock_fixture
{
protected:
    consuming()
    {
        own_.create_topic(topic, partitions);
        own_.produce(topic, 0, ten);
        engine_.handle(topic, collecting_handler{seen_});
    }

    void start() { run_ = outcome_of_run::start(engine_); }
    [[nodiscard]] bool commits(int count) const
    {
        return watcher->seen.wait_until([&](auto const& all)
                                        { return all.committed()[topic_partition{topic, 0}] == count; });
    }
    void stop_and_expect(int count)
    {
        BOOST_TEST(commits(count), log);
        BOOST_TEST(!run_->there(), log);
        engine_.stop();
        BOOST_TEST(run_->get() == error_code{});
        auto const offsets = test::offsets_of(seen_, 0);
        auto const different = std::set<std::int64_t>{offsets.begin(), offsets.end()};
        BOOST_TEST(different.size() == static_cast<std::size_t>(count));
    }

    static constexpr int ten = 10;
    test::answering_cluster own_;
    seen_records seen_;
    engine engine_{io.context(), impatient()};

private:
    [[nodiscard]] config impatient() const
    {
        auto settings = this->settings();
        settings.bootstrap_servers = own_.bootstrap_servers();
        settings.commit.interval = 50ms;
        settings.properties["heartbeat.interval.ms"] = "100";
        settings.properties["reconnect.backoff.ms"] = "50";
        settings.properties["topic.metadata.refresh.interval.ms"] = "500";
        return settings;
    }

    std::optional<outcome_of_run> run_;
};

// Its requests of a kind are answered with errors.
class trial : consuming
{
public:
    explicit trial(answer told) : told_{std::move(told)}
    {
        own_.set_round_trip_time(20ms);
        own_.fail_requests(told_.key, told_.codes);
        start();
    }

    // Once more, in the middle of the work.
    void go_on()
    {
        BOOST_TEST_CONTEXT(told_)
        {
            BOOST_TEST(commits(ten), log);
            BOOST_TEST(meets_all(), log);
            if (told_.sent_after != never)
                own_.fail_requests(told_.key, told_.codes);
            if (told_.sent_after > 0)
                own_.fail_requests(heartbeat, {told_.sent_after});
            own_.produce(topic, 0, ten);
        }
    }

    void finish()
    {
        BOOST_TEST_CONTEXT(told_)
        {
            BOOST_TEST(meets_all(), log);
            own_.produce(topic, 0, ten);
            stop_and_expect(3 * ten);
        }
    }

private:
    [[nodiscard]] bool meets_all() const
    {
        return test::eventually([this] { return own_.has_used_codes(told_.key) && own_.has_used_codes(heartbeat); });
    }

    answer told_;
};

// Metadata refuses its topic, for a moment: no leader, or no such topic.
constexpr auto topic_errors = std::array{5, 3};

class hidden_topic : consuming
{
public:
    explicit hidden_topic(int code) : code_{code}
    {
        own_.set_round_trip_time(20ms);
        own_.fail_topic(topic, code_);
        start();
    }

    // Before the group is joined: longer than a few seconds, and it would be missing.
    void appear()
    {
        BOOST_TEST(log.wait_for("topic \"" + topic + "\" does not exist on " + own_.bootstrap_servers() +
                                "; waiting a moment"),
                   log);
        own_.fail_topic(topic, 0);
        BOOST_TEST(commits(ten), log);
    }

    // In the middle of the work: its partitions go, and come back.
    void disappear()
    {
        own_.fail_topic(topic, code_);
        BOOST_TEST(log.wait_for("warning: Subscribed topic not available: " + topic), log);
        BOOST_TEST(test::eventually([this] { return engine_.stats().partitions.empty(); }), log);
        own_.fail_topic(topic, 0);
    }

    void finish()
    {
        own_.produce(topic, 0, ten);
        stop_and_expect(2 * ten);
    }

private:
    int code_;
};

// What a coordinator may answer a commit with: coordinator or topic away, loading or elsewhere, group unknown, member
// or generation unknown, rebalance, too large, not allowed, timed out, unknown.
constexpr auto refusals = std::array{-1, 3, 7, 12, 13, 14, 15, 16, 22, 24, 25, 27, 28, 29, 30, 56, 69};

// An engine whose last commit is answered like that, once.
class last_commit : test::own_cluster, test::mock_fixture
{
public:
    explicit last_commit(int code) : mock_fixture{own}, code_{code}
    {
        produce(topic, 0, ten);
        auto settings = this->settings();
        settings.commit.interval = 1h;
        settings.shutdown_timeout = 25s;
        consuming_.emplace(io.context(), settings);
        consuming_->handle(topic, collecting_handler{seen_});
        run_ = outcome_of_run::start(*consuming_);
    }
    void stop()
    {
        BOOST_TEST(seen_.wait_until(test::at_least(ten)), log);
        cluster.fail_requests(offset_commit, {code_});
        consuming_->stop();
    }

    // It is sent again and taken, or its error is the run's: never is a record given up in silence.
    void finish()
    {
        BOOST_TEST_CONTEXT("code " << code_)
        {
            auto const refused = error_code{code_, kafka_category()};
            auto const result = run_->get();
            auto const committed = watcher->seen.get().committed()[topic_partition{topic, 0}];
            auto const taken = !result && committed == ten;
            auto const told = result == refused && committed == 0;
            BOOST_TEST((taken || (told && refused != condition::retriable)), result.message() << "\n" << log);
        }
    }

private:
    static constexpr std::int16_t offset_commit = 8;
    static constexpr int ten = 10;
    int code_;
    seen_records seen_;
    std::optional<engine> consuming_;
    std::optional<outcome_of_run> run_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(answers_suite)

BOOST_AUTO_TEST_CASE(a_last_commit_is_taken_or_its_error_is_told)
{
    auto trials = std::list<last_commit>{};
    for (auto const code : refusals)
        trials.emplace_back(code);
    for (auto& each : trials)
        each.stop();
    for (auto& each : trials)
        each.finish();
}

// All at the same time: most of it is librdkafka's waiting for its group.
BOOST_AUTO_TEST_CASE(errors_of_brokers_lose_nothing)
{
    auto trials = std::list<trial>{};
    for (auto const& each : answers)
        trials.emplace_back(each);
    for (auto& each : trials)
        each.go_on();
    for (auto& each : trials)
        each.finish();
}

BOOST_DATA_TEST_CASE(a_topic_that_is_not_known_for_a_moment_loses_nothing, topic_errors, code)
{
    auto hidden = hidden_topic{code};
    hidden.appear();
    hidden.disappear();
    hidden.finish();
}

// As a broker answers that has only just created the topic of the groups' offsets.
BOOST_AUTO_TEST_CASE(what_a_group_has_committed_is_asked_again_until_there_is_a_coordinator)
{
    constexpr std::int16_t offset_fetch = 9;
    auto own = mock_cluster{};
    own.create_topic("letters", 1);
    auto settings = config{};
    settings.bootstrap_servers = own.bootstrap_servers();
    auto view = admin{settings};
    auto const written = std::array{partition_offset{"letters", 0, 7}};
    view.commit("first", written);
    own.fail_requests(offset_fetch, {16, 15, 14, 16});
    auto const found = view.committed("first");
    BOOST_TEST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found.front().offset == 7);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::answers_test
