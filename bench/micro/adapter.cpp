#include "micro/record_fixture.hpp"

#include <paperboy/detail/handler_factory.hpp>
#include <paperboy/serde.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <exception>
#include <memory>

namespace
{

namespace asio = boost::asio;
using paperboy::detail::batch_handler;
using paperboy::detail::batch_run;
using paperboy::detail::block_holder;
using paperboy::detail::no_serde;

// ---- handlers: each does as little as a hook can do with a value

struct touching
{
    std::size_t sum = 0;

    void touch(std::string_view value) { sum += value.size() + static_cast<unsigned char>(value.front()); }
};

struct void_handler : touching
{
    void on_message(paperboy::record_view const& record) { touch(record.value()); }
};

struct awaitable_handler : touching
{
    asio::awaitable<void> on_message(paperboy::record_view const& record)
    {
        touch(record.value());
        co_return;
    }
};

struct three_awaitables_handler : touching
{
    asio::awaitable<void> did_receive_message(paperboy::record_view&) { co_return; }
    asio::awaitable<void> on_message(paperboy::record_view const& record)
    {
        touch(record.value());
        co_return;
    }
    asio::awaitable<void> on_finished_handling() { co_return; }
};

struct text_handler : touching
{
    void on_message(paperboy::record<std::string_view> const& record) { touch(record.value()); }
};

struct context_handler : touching
{
    struct transaction
    {
        std::size_t inserted = 0;
    };

    transaction define_context() { return {}; }
    void on_message(paperboy::record_view const& record, transaction& context)
    {
        context.inserted += record.value().size();
    }
    void on_finished_handling(transaction& context) { sum += context.inserted; }
};

// ---- how they are run

class no_failures final : public paperboy::detail::failure_sink
{
    paperboy::error_action::kind hook_failed(paperboy::hook, std::exception_ptr const&, paperboy::record_view const&,
                                             paperboy::error_action const&) noexcept override
    {
        std::terminate();
    }
};

// What a partition's pipeline has at hand for a batch.
struct partition
{
    block_holder block = paperboy::bench::make_block();
    std::atomic<std::int64_t> position{-1};
    std::atomic<bool> stop{false};
    no_failures sink;

    batch_run make_run() { return {*block, block->messages(), position, stop, sink}; }
};

asio::awaitable<void> run_batches(benchmark::State& state, batch_handler& handler, partition& at)
{
    for (auto _ : state)
    {
        auto run = at.make_run();
        co_await handler.run_async(run);
    }
}

template <class Handler, class Serde>
void adapter(benchmark::State& state)
{
    auto user = Handler{};
    auto const factory = paperboy::detail::make_handler_factory(std::ref(user), no_serde{}, Serde{});
    auto const handler = factory->make({"bench", 0});
    auto at = partition{};
    if (handler->asynchronous())
    {
        auto context = asio::io_context{1};
        asio::co_spawn(context, run_batches(state, *handler, at), [](std::exception_ptr const&) {});
        context.run();
    }
    else
        for (auto _ : state)
        {
            auto run = at.make_run();
            handler->run(run);
        }
    benchmark::DoNotOptimize(user.sum);
    paperboy::bench::per_record(state, paperboy::bench::batch_size);
}

BENCHMARK(adapter<void_handler, no_serde>)->Name("adapter_void");
BENCHMARK(adapter<text_handler, paperboy::text>)->Name("adapter_typed_text");
BENCHMARK(adapter<context_handler, no_serde>)->Name("adapter_context_and_finish");
BENCHMARK(adapter<awaitable_handler, no_serde>)->Name("adapter_awaitable");
BENCHMARK(adapter<three_awaitables_handler, no_serde>)->Name("adapter_three_awaitables");

// The floor: the same work in a loop without the library.
void plain_loop(benchmark::State& state)
{
    auto user = void_handler{};
    auto const block = paperboy::bench::make_block();
    for (auto _ : state)
        for (auto const* const each : block->messages())
        {
            user.on_message(paperboy::record_view{*block, *each});
            benchmark::DoNotOptimize(user.sum);
        }
    paperboy::bench::per_record(state, paperboy::bench::batch_size);
}
BENCHMARK(plain_loop);

} // namespace
