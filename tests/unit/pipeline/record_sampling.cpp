// Which records are timed, and for how many each of them stands.

#include <paperboy/detail/record_sampling.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>

namespace paperboy::record_sampling_test
{
namespace
{

using namespace std::chrono_literals;
using detail::record_sampling;

struct sampled
{
    std::uint64_t timed = 0;
    std::uint64_t counted = 0;
    std::chrono::nanoseconds time{0};
};

// Lets so many records pass, in batches, whose hooks take what `took` says of each.
sampled pass(std::uint64_t records, std::uint64_t batch,
             std::function<std::chrono::nanoseconds(std::uint64_t)> const& took)
{
    auto all = sampled{};
    auto sampling = record_sampling{100us};
    for (std::uint64_t begin = 0; begin < records; begin += batch)
    {
        auto at = std::uint64_t{0};
        while (sampling.left() < batch - at)
        {
            auto const before = sampling.left();
            auto const weight = sampling.begin(before);
            auto const time = took(begin + at + before);
            sampling.timed(time);
            at += before + 1;
            ++all.timed;
            all.counted += weight;
            all.time += time * weight;
        }
        sampling.passed(batch - at);
    }
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(record_sampling_suite)

BOOST_AUTO_TEST_CASE(of_fast_hooks_about_one_in_a_thousand_is_timed)
{
    for (auto const batch : {1U, 7U, 1000U})
    {
        auto const all = pass(7'000'000, batch, [](auto) { return 20ns; });
        BOOST_TEST((all.timed > 6'000 && all.timed < 8'000), all.timed);
        BOOST_TEST((all.counted > 6'990'000 && all.counted <= 7'000'000), all.counted);
    }
}

BOOST_AUTO_TEST_CASE(slow_hooks_are_all_timed)
{
    auto const all = pass(1000, 100, [](auto) { return 1ms; });
    BOOST_TEST(all.timed == 1000U);
    BOOST_TEST(all.counted == 1000U);
}

BOOST_AUTO_TEST_CASE(the_sum_comes_out_whatever_the_mixture)
{
    // Every hundredth takes a thousand times as long: sampling by chance finds its share, a fixed distance may not.
    auto const took = [](std::uint64_t which) { return which % 100 == 0 ? std::chrono::nanoseconds{100us} : 100ns; };
    auto const all = pass(20'000'000, 1000, took);
    auto const mean = static_cast<double>(all.time.count()) / static_cast<double>(all.counted);
    BOOST_TEST((mean > 800 && mean < 1500), mean);
    BOOST_TEST(all.timed < 400'000U);
}

BOOST_AUTO_TEST_CASE(records_that_overlap_are_counted_once)
{
    auto sampling = record_sampling{100ms};
    auto in_hooks = std::deque<std::uint64_t>{}; // the weight of each, 0 of one that is not timed
    auto all = sampled{};
    for (auto i = 0; i < 100'000; ++i)
    {
        if (in_hooks.size() == 100)
        {
            auto const weight = in_hooks.front();
            in_hooks.pop_front();
            all.counted += weight;
            weight > 0 ? sampling.timed(1ms) : sampling.passed(1);
        }
        in_hooks.push_back(sampling.left() == 0 ? sampling.begin(0) : 0);
    }
    BOOST_TEST((all.counted > 99'000 && all.counted <= 100'000), all.counted);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::record_sampling_test
