#include "micro/record_fixture.hpp"

#include <paperboy/record.hpp>

#include <optional>

namespace
{

using paperboy::bench::batch_size;
using paperboy::bench::make_block;
using paperboy::bench::per_record;

void view_copy(benchmark::State& state)
{
    auto const block = make_block();
    for (auto _ : state)
        for (auto const* const each : block->messages())
        {
            auto const view = paperboy::record_view{*block, *each};
            auto copy = view;
            benchmark::DoNotOptimize(copy);
        }
    per_record(state, batch_size);
}
BENCHMARK(view_copy);

// One count up, one down.
void view_retain_release(benchmark::State& state)
{
    auto const block = make_block();
    for (auto _ : state)
        for (auto const* const each : block->messages())
        {
            auto kept = paperboy::record_view{*block, *each}.retain();
            benchmark::DoNotOptimize(kept);
        }
    per_record(state, batch_size);
}
BENCHMARK(view_retain_release);

} // namespace
