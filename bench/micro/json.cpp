#include "micro/record_fixture.hpp"
#include "throughput/options.hpp"
#include "throughput/samples.hpp"

#include <paperboy/detail/handler_factory.hpp>
#include <paperboy/json.hpp>
#include <paperboy/msgpack_json.hpp>

#include <boost/describe/class.hpp>
#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <atomic>
#include <exception>
#include <functional>

namespace
{

using paperboy::bench::batch_size;
using paperboy::bench::per_record;
using paperboy::detail::block_holder;

// Three of the thirteen fields of a json400 record: from its beginning, middle and end.
struct page_view
{
    std::string_view user;
    std::uint32_t duration_ms = 0;
    double price = 0;
};
BOOST_DESCRIBE_STRUCT(page_view, (), (user, duration_ms, price))

// A block of records as they are in the topic json400. A real block's values lie one behind the other, in the buffer of
// a fetch; here each has an allocation of its own, so that about as many end near the end of a page.
block_holder make_json_block()
{
    auto const& kind = paperboy::bench::find_topic_kind("json400");
    auto records = std::vector<paperboy::testing::test_record>(batch_size);
    auto made = paperboy::bench::sample{};
    for (std::size_t number = 0; number < records.size(); ++number)
    {
        kind.make(number, kind.full_size, made);
        records[number].key = made.key;
        records[number].value = made.value;
    }
    return paperboy::testing::memory_block::make(std::move(records), {"bench", 0});
}

struct sums
{
    std::size_t users = 0;
    std::uint64_t durations = 0;
    double prices = 0;

    void add(page_view const& view)
    {
        users += view.user.size();
        durations += view.duration_ms;
        prices += view.price;
    }
};

// The same records as MessagePack.
block_holder make_msgpack_block()
{
    auto const block = make_json_block();
    auto records = std::vector<paperboy::testing::test_record>{};
    for (auto const* const each : block->messages())
    {
        auto const value = paperboy::record_view{*block, *each}.value();
        auto packed = std::string{};
        paperboy::msgpack<nlohmann::ordered_json>{}.encode(nlohmann::ordered_json::parse(value), packed);
        records.push_back({.value = packed});
    }
    return paperboy::testing::memory_block::make(std::move(records), {"bench", 0});
}

// Runs `work` over the values of a block.
template <class F>
void over_values(benchmark::State& state, F work, block_holder const& block = make_json_block())
{
    for (auto _ : state)
        for (auto const* const each : block->messages())
            work(paperboy::record_view{*block, *each});
    per_record(state, batch_size);
}

// The floor: what the handlers below do beside decoding.
void json_raw_loop(benchmark::State& state)
{
    auto total = std::size_t{0};
    over_values(state,
                [&](paperboy::record_view const& record)
                {
                    total += record.value().size() + static_cast<unsigned char>(record.value().front());
                    benchmark::DoNotOptimize(total);
                });
}
BENCHMARK(json_raw_loop);

void json_typed(benchmark::State& state)
{
    auto serde = paperboy::json<page_view>{};
    auto view = page_view{};
    auto total = sums{};
    over_values(state,
                [&](paperboy::record_view const& record)
                {
                    serde.forget();
                    serde.decode(record.value_bytes(), view);
                    total.add(view);
                });
    benchmark::DoNotOptimize(total);
}
BENCHMARK(json_typed);

// By hand, in the order of the fields, without an eye to the end of the page, to duplicates or to what comes last.
void json_on_demand(benchmark::State& state)
{
    auto parser = simdjson::ondemand::parser{};
    auto view = page_view{};
    auto total = sums{};
    over_values(state,
                [&](paperboy::record_view const& record)
                {
                    auto const value = record.value();
                    auto document =
                        parser.iterate(value.data(), value.size(), value.size() + simdjson::SIMDJSON_PADDING);
                    auto object = document.get_object();
                    view.user = object.find_field("user").get_string().value();
                    view.duration_ms =
                        static_cast<std::uint32_t>(object.find_field("duration_ms").get_uint64().value());
                    view.price = object.find_field("price").get_double().value();
                    total.add(view);
                });
    benchmark::DoNotOptimize(total);
}
BENCHMARK(json_on_demand);

void json_nlohmann(benchmark::State& state)
{
    auto view = page_view{};
    auto total = sums{};
    over_values(state,
                [&](paperboy::record_view const& record)
                {
                    auto const value = record.value();
                    auto const document = nlohmann::json::parse(value.begin(), value.end());
                    view.user = document.at("user").get_ref<std::string const&>();
                    view.duration_ms = document.at("duration_ms").get<std::uint32_t>();
                    view.price = document.at("price").get<double>();
                    total.add(view);
                });
    benchmark::DoNotOptimize(total);
}
BENCHMARK(json_nlohmann);

// ---- MessagePack of the same records

void msgpack_typed(benchmark::State& state)
{
    auto serde = paperboy::msgpack<page_view>{};
    auto view = page_view{};
    auto total = sums{};
    over_values(
        state,
        [&](paperboy::record_view const& record)
        {
            serde.decode(record.value_bytes(), view);
            total.add(view);
        },
        make_msgpack_block());
    benchmark::DoNotOptimize(total);
}
BENCHMARK(msgpack_typed);

void msgpack_nlohmann(benchmark::State& state)
{
    auto total = sums{};
    over_values(
        state,
        [&](paperboy::record_view const& record)
        {
            auto const value = record.value();
            auto const document = nlohmann::json::from_msgpack(value.begin(), value.end());
            total.users += document.at("user").get_ref<std::string const&>().size();
            total.durations += document.at("duration_ms").get<std::uint32_t>();
            total.prices += document.at("price").get<double>();
        },
        make_msgpack_block());
    benchmark::DoNotOptimize(total);
}
BENCHMARK(msgpack_nlohmann);

// ---- the same through the adapter of a handler

class no_failures final : public paperboy::detail::failure_sink
{
    paperboy::error_action::kind hook_failed(paperboy::hook, std::exception_ptr const&, paperboy::record_view const&,
                                             paperboy::error_action const&) noexcept override
    {
        std::terminate();
    }
};

struct handler : sums
{
    void on_message(paperboy::record<page_view> const& record) { add(record.value()); }
};

void json_adapter(benchmark::State& state)
{
    auto user = handler{};
    auto const adapter = paperboy::detail::make_handler_factory(std::ref(user), paperboy::detail::no_serde{},
                                                                paperboy::json<page_view>{})
                             ->make({"bench", 0});
    auto const block = make_json_block();
    auto position = std::atomic<std::int64_t>{-1};
    auto const stop = std::atomic<bool>{false};
    auto sink = no_failures{};
    for (auto _ : state)
    {
        auto run = paperboy::detail::batch_run{*block, block->messages(), position, stop, sink};
        adapter->run(run);
    }
    benchmark::DoNotOptimize(user);
    per_record(state, batch_size);
}
BENCHMARK(json_adapter);

} // namespace
