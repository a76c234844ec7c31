// A gigabyte waits, and one partition's hook waits for five seconds: what others notice of that, and what it takes.

#include "support/broker_process.hpp"
#include "support/broker_producer.hpp"
#include "support/manual_watched.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <set>
#include <sstream>
#include <thread>

namespace paperboy::test::waiting_test
{
namespace
{

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto partitions = 8;
constexpr auto records_each = 125'000;
constexpr std::size_t record_size = 1000;
constexpr std::size_t limit = std::size_t{64} << 20U;
constexpr std::size_t allowance = 32'000'000;
constexpr auto interval = 5ms;

// What a waiting_child tells. Ages are those of all partitions but the first.
struct told
{
    std::size_t began = 0;
    std::size_t settled = 0;
    std::size_t ended = 0;
    std::set<int> caught_up;
    std::vector<std::int64_t> ages;
    // Why nothing more is told.
    std::string failure;

    void add(std::string const& line)
    {
        auto words = std::istringstream{line};
        auto what = std::string{};
        auto number = std::int64_t{0};
        auto age = std::int64_t{0};
        words >> what >> number;
        if (what == "caught-up")
            caught_up.insert(static_cast<int>(number));
        else if (what == "age" && number > 0 && words >> age)
            ages.push_back(age);
        else if (what == "began" || what == "settled" || what == "ended")
            (what == "began" ? began : what == "settled" ? settled : ended) = static_cast<std::size_t>(number);
    }
};

struct fixture
{
    cluster kafka;
    std::string topic = kafka.make_topic("waiting", partitions);
    producer ticking{bootstrap_servers(), {{"linger.ms", "0"}}};
    watched<told> seen;

    ~fixture() { kafka.delete_topic(topic); }

    void fill() const
    {
        auto sender = producer{bootstrap_servers(),
                               {{"linger.ms", "20"}, {"batch.size", "900000"}, {"enable.idempotence", "false"}}};
        auto const value = std::string(record_size, 'x');
        for (auto i = 0; i < records_each; ++i)
            for (auto partition = 0; partition < partitions; ++partition)
                sender.send(topic, {.partition = partition, .value = value});
        sender.flush();
    }

    // Sends the time at a slow pace, to one partition after the other, and returns the ages, in their order, that
    // these records have in the hooks of all but the first.
    std::vector<std::int64_t> ages_of_a_trickle(std::chrono::seconds length, int first)
    {
        seen.update([](told& all) { all.ages.clear(); });
        auto next = clock::now();
        auto const end = next + length;
        auto wanted = std::size_t{0};
        for (auto partition = first; next < end; partition = partition + 1 < partitions ? partition + 1 : first)
        {
            auto const now = clock::now().time_since_epoch().count();
            auto const* const bytes = reinterpret_cast<char const*>(&now);
            ticking.send(topic, {.partition = partition, .value = std::string{bytes, sizeof now}});
            wanted += partition > 0 ? 1U : 0U;
            std::this_thread::sleep_until(next += interval);
        }
        ticking.flush();
        BOOST_TEST(seen.wait_until([&](told const& all) { return all.ages.size() == wanted; }));
        auto ages = seen.get().ages;
        std::ranges::sort(ages);
        return ages;
    }
};

// A waiting_child, and a thread that reads what it tells.
class consumer
{
public:
    explicit consumer(fixture& test)
        : child_{{PAPERBOY_WAITING_CHILD, bootstrap_servers(), unique_name("waiting"), test.topic,
                  std::to_string(partitions), std::to_string(records_each), std::to_string(record_size),
                  std::to_string(limit)}},
          reading_{[this, &seen = test.seen] { read(seen); }}
    {
    }
    consumer(consumer const&) = delete;
    consumer& operator=(consumer const&) = delete;
    // Or the thread would wait for its next line.
    ~consumer()
    {
        if (!ended_)
            child_.signal(SIGKILL);
    }

    void let_the_first_go_on() { child_.signal(SIGUSR1); }
    int end()
    {
        child_.signal(SIGTERM);
        auto const status = child_.wait();
        ended_ = true;
        return status;
    }

private:
    // Nothing may leave the thread.
    void read(watched<told>& seen)
    try
    {
        while (auto const line = child_.line(4min))
            seen.update([&](told& all) { all.add(*line); });
    }
    catch (std::exception const& error)
    {
        seen.update([&](told& all) { all.failure = error.what(); });
    }

    child_process child_;
    bool ended_ = false;
    std::jthread reading_;
};

// The age in microseconds that this part of the records has not exceeded.
std::int64_t at(double part, std::vector<std::int64_t> const& ages)
{
    return ages.empty() ? -1 : ages[static_cast<std::size_t>(part * static_cast<double>(ages.size() - 1))];
}

} // namespace

// 1. All hooks wait at their first record, and what is fetched ahead of them stays within the limit.
// 2. All but the first partition's go on, and catch up.
// 3. For five seconds records come to these: half of them as soon as in 4 or nearly, and the first hook still waits.
// 4. It goes on, and catches up; records come to all.
// Memory is what the process took at the most, in all of that.
BOOST_FIXTURE_TEST_CASE(a_hook_that_waits_delays_no_other_partition_and_memory_is_bounded_with_a_gigabyte_waiting,
                        fixture)
{
    auto const began = clock::now();
    fill();
    auto const filled = clock::now();
    auto child = consumer{*this};
    BOOST_REQUIRE(seen.wait_until([](told const& all) { return all.settled > 0; }));
    BOOST_REQUIRE(seen.wait_until([](told const& all) { return all.caught_up.size() == partitions - 1; }));
    auto const beside_waiting = ages_of_a_trickle(5s, 1);
    BOOST_TEST(!seen.get().caught_up.contains(0));
    child.let_the_first_go_on();
    BOOST_TEST(seen.wait_until([](told const& all) { return all.caught_up.contains(0); }));
    auto const all_at_work = ages_of_a_trickle(3s, 0);
    BOOST_TEST(child.end() == 0);
    BOOST_TEST(seen.wait_until([](told const& all) { return all.ended > 0; }));

    auto const all = seen.get();
    auto const took = [](auto time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time).count(); };
    BOOST_TEST_MESSAGE("filled in " << took(filled - began) << " ms, all in " << took(clock::now() - began) << " ms");
    BOOST_TEST_MESSAGE("microseconds beside one that waits and with all at work: p50 "
                       << at(.5, beside_waiting) << ", " << at(.5, all_at_work) << "; p99 " << at(.99, beside_waiting)
                       << ", " << at(.99, all_at_work));
    BOOST_TEST_MESSAGE("resident: " << all.began << " before, " << all.ended << " at the most, " << all.settled
                                    << " of records waiting");
    BOOST_TEST(all.failure == "");
    BOOST_TEST(at(.5, beside_waiting) < 3 * at(.5, all_at_work) + std::chrono::microseconds{20ms}.count());
    BOOST_TEST(all.settled > limit / 8);
    BOOST_TEST(all.ended - all.began <= limit + allowance);
}

} // namespace paperboy::test::waiting_test
