// Awaitable hooks of one partition: one after the other, overlapping by key, and in coroutines written by hand.

#include "micro/record_fixture.hpp"
#include "pipeline/lanes.hpp"

#include <paperboy/detail/handler_factory.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>

namespace
{

namespace asio = boost::asio;
namespace pipeline = paperboy::pipeline;
using paperboy::bench::batch_size;
using paperboy::detail::block_holder;
using paperboy::detail::no_serde;

constexpr std::size_t concurrency = 256;

// A thousand records of a thousand keys.
block_holder make_keyed_block()
{
    auto records = std::vector<paperboy::testing::test_record>(batch_size);
    for (std::size_t i = 0; i < records.size(); ++i)
    {
        records[i].key = std::to_string(i);
        records[i].value = std::string(100, 'x');
    }
    return paperboy::testing::memory_block::make(std::move(records), {"bench", 0});
}

// ---- what hooks wait for

struct millisecond
{
    static asio::awaitable<void> work()
    {
        auto timer = asio::steady_timer{co_await asio::this_coro::executor, std::chrono::milliseconds{1}};
        co_await timer.async_wait(asio::use_awaitable);
    }
};

struct a_turn
{
    static asio::awaitable<void> work()
    {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    }
};

template <class Wait>
struct waiting_handler
{
    asio::awaitable<void> on_message(paperboy::record_view const&) { return Wait::work(); }
};

// ---- how records get to it

class everything_around final : public paperboy::detail::failure_sink, public pipeline::lanes_owner
{
public:
    paperboy::error_action::kind hook_failed(paperboy::hook, std::exception_ptr const&, paperboy::record_view const&,
                                             paperboy::error_action const&) noexcept override
    {
        std::terminate();
    }
    paperboy::error_action::kind failed_in_lane(pipeline::record_attempts&, paperboy::hook, std::exception_ptr const&,
                                                paperboy::record_view const&,
                                                paperboy::error_action const&) noexcept override
    {
        std::terminate();
    }
    std::optional<paperboy::error_action> says_of(paperboy::hook, std::exception_ptr const&, bool) override
    {
        std::terminate();
    }
    paperboy::error_action::kind bury_in_lane(pipeline::record_attempts const&,
                                              paperboy::record_view const&) noexcept override
    {
        std::terminate();
    }
    void record_finished(paperboy::record_view const&) override {}
    void block_used_up(block_holder) override {}
    void lane_stopped(paperboy::detail::batch_end, std::exception_ptr const&) override { std::terminate(); }

    block_holder block = make_keyed_block();
    asio::io_context context{1};
    pipeline::strand_signal::strand strand{pipeline::slim_executor{asio::any_io_executor{context.get_executor()}}};
    std::atomic<bool> stop{false};
    std::atomic<std::int64_t> position{-1};

    // Runs a coroutine to its end, on the strand as a partition's would.
    void run(asio::awaitable<void> work)
    {
        asio::co_spawn(strand, std::move(work),
                       [](std::exception_ptr const& error)
                       {
                           if (error)
                               std::terminate();
                       });
        context.run();
    }
};

template <class Wait>
std::unique_ptr<paperboy::detail::batch_handler> make_adapter()
{
    static auto handler = waiting_handler<Wait>{};
    return paperboy::detail::make_handler_factory(std::ref(handler), no_serde{}, no_serde{})->make({"bench", 0});
}

asio::awaitable<void> through_lanes(benchmark::State& state, pipeline::lanes& subject, block_holder const& block)
{
    for (auto _ : state)
        co_await subject.take(block);
    co_await subject.drain();
}

template <class Wait>
void overlapping_by_key(benchmark::State& state)
{
    auto all = everything_around{};
    auto const adapter = make_adapter<Wait>();
    auto tracker = pipeline::offset_tracker{};
    auto options = paperboy::handler_options{};
    options.ordering = paperboy::ordering::key;
    options.max_concurrency = concurrency;
    auto subject = pipeline::lanes{all.strand, *adapter, options, tracker, all.stop, all};
    all.run(through_lanes(state, subject, all.block));
    paperboy::bench::per_record(state, batch_size);
}

asio::awaitable<void> one_after_the_other(benchmark::State& state, paperboy::detail::batch_handler& handler,
                                          everything_around& all)
{
    for (auto _ : state)
    {
        auto run = paperboy::detail::batch_run{*all.block, all.block->messages(), all.position, all.stop, all};
        co_await handler.run_async(run);
    }
}

template <class Wait>
void serial(benchmark::State& state)
{
    auto all = everything_around{};
    auto const adapter = make_adapter<Wait>();
    all.run(one_after_the_other(state, *adapter, all));
    paperboy::bench::per_record(state, batch_size);
}

// What one would write without the library, and without any order: as many coroutines as may run, which take the next
// record from a counter.
template <class Wait>
asio::awaitable<void> take_turns(std::size_t& next, std::span<paperboy::detail::message const* const> records)
{
    while (next < records.size())
    {
        benchmark::DoNotOptimize(records[next++]);
        co_await Wait::work();
    }
}

template <class Wait>
void by_hand(benchmark::State& state)
{
    auto all = everything_around{};
    for (auto _ : state)
    {
        auto next = std::size_t{0};
        for (std::size_t i = 0; i < concurrency; ++i)
            asio::co_spawn(all.strand, take_turns<Wait>(next, all.block->messages()), [](std::exception_ptr const&) {});
        all.context.run();
        all.context.restart();
    }
    paperboy::bench::per_record(state, batch_size);
}

BENCHMARK(serial<millisecond>)->Name("serial_1ms")->MeasureProcessCPUTime()->UseRealTime()->Iterations(1);
BENCHMARK(overlapping_by_key<millisecond>)->Name("by_key_1ms")->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(by_hand<millisecond>)->Name("by_hand_1ms")->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(overlapping_by_key<a_turn>)->Name("by_key_one_turn");
BENCHMARK(by_hand<a_turn>)->Name("by_hand_one_turn");

} // namespace
