// A record of Avro into a struct, by our plan and by avro-c's generic reader; nothing of the registry.

#include "serde/avro_plan.hpp"
#include "serde/avro_schema_text.hpp"
#include "serde/avro_write.hpp"

#include <benchmark/benchmark.h>
#include <boost/describe/class.hpp>

#include <avro.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace shop
{

struct address
{
    std::string_view street;
    std::string_view city;
    int zip = 0;
};
BOOST_DESCRIBE_STRUCT(address, (), (street, city, zip))

struct order
{
    std::int64_t id = 0;
    std::string_view user;
    std::string_view item;
    int quantity = 0;
    double price = 0;
    bool paid = false;
    std::optional<std::string_view> note;
    address to;
    std::vector<std::string_view> tags;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, user, item, quantity, price, paid, note, to, tags))

struct picked
{
    std::int64_t id = 0;
    std::string_view item;
    double price = 0;
};
BOOST_DESCRIBE_STRUCT(picked, (), (id, item, price))

} // namespace shop

// The same with texts of its own, as readers of other languages make them.
namespace owned
{

struct address
{
    std::string street;
    std::string city;
    int zip = 0;
};
BOOST_DESCRIBE_STRUCT(address, (), (street, city, zip))

struct order
{
    std::int64_t id = 0;
    std::string user;
    std::string item;
    int quantity = 0;
    double price = 0;
    bool paid = false;
    std::optional<std::string> note;
    address to;
    std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, user, item, quantity, price, paid, note, to, tags))

} // namespace owned

namespace
{

using paperboy::detail::avro_type_of;
namespace serde = paperboy::serde;

std::string const& schema()
{
    static auto const text = serde::schema_text(avro_type_of<shop::order>());
    return text;
}

std::string const& record()
{
    static auto const bytes = []
    {
        auto const value = shop::order{1'234'567,
                                       "user-4711",
                                       "a thing of some length",
                                       3,
                                       19.99,
                                       true,
                                       "leave it at the door",
                                       {"Some Street 17", "Somewhere", 12345},
                                       {"new", "sale", "fragile"}};
        auto out = std::string{};
        serde::avro_writer{serde::avro_schema{schema()}, avro_type_of<shop::order>()}.write(&value, out);
        return out;
    }();
    return bytes;
}

std::string hexadecimal(std::string_view bytes)
{
    constexpr auto digits = std::string_view{"0123456789abcdef"};
    auto out = std::string{};
    for (auto const each : bytes)
    {
        auto const byte = static_cast<unsigned char>(each);
        out.push_back(digits[byte / 16U]);
        out.push_back(digits[byte % 16U]);
    }
    return out;
}

// For bench/avro/compare.py, whose other readers get the same record.
[[maybe_unused]] auto const told = []
{
    benchmark::AddCustomContext("avro_schema", schema());
    benchmark::AddCustomContext("avro_record", hexadecimal(record()));
    return true;
}();

template <class T>
void avro_typed(benchmark::State& state)
{
    auto const plan = serde::compile(serde::avro_schema{schema()}, avro_type_of<T>());
    auto const data = std::as_bytes(std::span{record()});
    auto out = T{};
    for (auto _ : state)
    {
        serde::run(plan, data, &out, {});
        benchmark::DoNotOptimize(out);
    }
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(std::to_string(data.size()) + " bytes");
}
BENCHMARK(avro_typed<shop::order>);
BENCHMARK(avro_typed<owned::order>);
BENCHMARK(avro_typed<shop::picked>);

void check(int result)
{
    if (result != 0)
        throw std::runtime_error{avro_strerror()};
}

// As its documentation has it: one reader and one value, used again.
void avro_c_generic(benchmark::State& state)
{
    avro_schema_t parsed = nullptr;
    check(avro_schema_from_json_length(schema().data(), schema().size(), &parsed));
    auto* const of = avro_generic_class_from_schema(parsed);
    auto value = avro_value_t{};
    check(avro_generic_value_new(of, &value));
    auto* const reader = avro_reader_memory(record().data(), static_cast<std::int64_t>(record().size()));
    for (auto _ : state)
    {
        avro_reader_memory_set_source(reader, record().data(), static_cast<std::int64_t>(record().size()));
        check(avro_value_read(reader, &value));
        benchmark::DoNotOptimize(value);
    }
    state.SetItemsProcessed(state.iterations());
    avro_reader_free(reader);
    avro_value_decref(&value);
    avro_value_iface_decref(of);
    avro_schema_decref(parsed);
}
BENCHMARK(avro_c_generic);

} // namespace
