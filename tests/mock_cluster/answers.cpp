// Every error that a broker may answer with, over a slow network: the engine goes on, and nothing is lost.

#include "mock_cluster/mock_fixture.hpp"

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

    friend std::ostream& operator<<(std::ostream& to, answer const& what)
    {
        to << what.request << " answered with";
        for (auto const code : what.codes)
            to << ' ' << code;
        return to;
    }
};

auto const answers = std::vector<answer>{
    // Timed out; coordinator loading, away, elsewhere; topic unknown.
    {"OffsetCommit", 8, {7, 14, 15, 16, 3}},
    // Member or generation unknown; rebalance; too large.
    {"OffsetCommit", 8, {22, 25, 27, 12, 28}},
    // Offset out of range; topic unknown; leader elsewhere; replica away; epochs; storage; unknown.
    {"Fetch", 1, {1, 3, 6, 9, 74, 75, 56, -1}},
    {"Metadata", 3, {5, 7, 9}},
    {"FindCoordinator", 10, {14, 15}},
    {"JoinGroup", 11, {14, 15, 16, 25, 27}},
    {"SyncGroup", 14, {14, 15, 16}},
    {"SyncGroup", 14, {22, 25, 27}},
    {"Heartbeat", 12, {15, 16, 22}},
    {"Heartbeat", 12, {25, 27}},
    {"OffsetFetch", 9, {14}},
    // Of these librdkafka 2.0.2 tells, and asks no more: the partitions would not start.
    {"OffsetFetch", 9, {16}},
    {"OffsetFetch", 9, {16, 16, 14}},
    {"OffsetFetch", 9, {15}},
    {"ListOffsets", 2, {5, 6, 7}},
};

// An engine on a cluster of its own that answers like that.
class trial : test::own_cluster, test::mock_fixture
{
public:
    explicit trial(answer told) : mock_fixture{own}, told_{std::move(told)}
    {
        produce(topic, 0, ten);
        cluster.set_round_trip_time(1, 20ms);
        consuming_.handle(topic, collecting_handler{seen_});
        cluster.fail_requests(told_.key, told_.codes);
        run_ = outcome_of_run::start(consuming_);
    }

    // Once more, in the middle of the work.
    void go_on()
    {
        BOOST_TEST_CONTEXT(told_)
        {
            BOOST_TEST(commits(ten), log);
            cluster.fail_requests(told_.key, told_.codes);
            produce(topic, 0, ten);
        }
    }

    void finish()
    {
        BOOST_TEST_CONTEXT(told_)
        {
            BOOST_TEST(commits(2 * ten), log);
            BOOST_TEST(!run_->there(), log);
            consuming_.stop();
            BOOST_TEST(run_->get() == error_code{});
            auto const offsets = test::offsets_of(seen_, 0);
            auto const different = std::set<std::int64_t>{offsets.begin(), offsets.end()};
            BOOST_TEST(different.size() == std::size_t{2 * ten});
        }
    }

private:
    [[nodiscard]] config impatient() const
    {
        auto settings = this->settings();
        settings.commit.interval = 50ms;
        settings.properties["heartbeat.interval.ms"] = "100";
        settings.properties["reconnect.backoff.ms"] = "50";
        settings.properties["topic.metadata.refresh.interval.ms"] = "500";
        return settings;
    }
    [[nodiscard]] bool commits(int count) const
    {
        return watcher->seen.wait_until([&](auto const& all)
                                        { return all.committed()[topic_partition{topic, 0}] == count; });
    }

    static constexpr int ten = 10;
    answer told_;
    seen_records seen_;
    engine consuming_{io.context(), impatient()};
    std::optional<outcome_of_run> run_;
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
            BOOST_TEST((taken || (told && refused != condition::retriable)), result.message());
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

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::answers_test
