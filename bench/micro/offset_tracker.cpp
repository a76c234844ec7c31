#include "pipeline/offset_tracker.hpp"

#include "micro/record_fixture.hpp"

#include <algorithm>
#include <numeric>
#include <random>

namespace
{

using paperboy::bench::batch_size;
using paperboy::bench::per_record;
using paperboy::pipeline::offset_tracker;

// What the engine does where records are handled one after the other.
void tracker_in_order_store(benchmark::State& state)
{
    auto tracker = offset_tracker{};
    auto offset = std::int64_t{0};
    for (auto _ : state)
        for (std::size_t i = 0; i < batch_size; ++i)
            tracker.in_order().store(++offset, std::memory_order_release);
    benchmark::DoNotOptimize(tracker.position());
    per_record(state, batch_size);
}
BENCHMARK(tracker_in_order_store);

void tracker_admit_finish(benchmark::State& state)
{
    auto tracker = offset_tracker{};
    auto offset = std::int64_t{0};
    for (auto _ : state)
        for (std::size_t i = 0; i < batch_size; ++i)
            tracker.finish(tracker.admit(offset++));
    benchmark::DoNotOptimize(tracker.position());
    per_record(state, batch_size);
}
BENCHMARK(tracker_admit_finish);

// A batch is admitted and finishes in an order that is random, yet the same in every run.
void tracker_random_order(benchmark::State& state)
{
    auto order = std::vector<std::size_t>(batch_size);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::shuffle(order, std::mt19937{42});
    auto tracker = offset_tracker{};
    auto tickets = std::vector<offset_tracker::ticket>(batch_size);
    auto offset = std::int64_t{0};
    for (auto _ : state)
    {
        for (auto& each : tickets)
            each = tracker.admit(offset++);
        for (auto const each : order)
            tracker.finish(tickets[each]);
    }
    benchmark::DoNotOptimize(tracker.position());
    per_record(state, batch_size);
}
BENCHMARK(tracker_random_order);

} // namespace
