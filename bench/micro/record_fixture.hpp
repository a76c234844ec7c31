#pragma once

#include "testing/memory_block.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

namespace paperboy::bench
{

// As many records as the engine hands to a handler in one go.
inline constexpr std::size_t batch_size = 1000;

// A block of records with values of 100 bytes.
inline detail::block_holder make_block()
{
    auto records = std::vector<testing::test_record>(batch_size);
    for (auto& each : records)
        each.value = std::string(100, 'x');
    return testing::memory_block::make(std::move(records), {"bench", 0});
}

// Reports the time of one record.
inline void per_record(benchmark::State& state, std::size_t records_per_iteration)
{
    auto const records = static_cast<double>(records_per_iteration);
    state.counters["per_record"] =
        benchmark::Counter{records, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert};
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records_per_iteration));
}

} // namespace paperboy::bench
