// The input is a writer's schema, a line end, and a record; or, without a schema, a record of the type's own. Whatever
// comes, it becomes a value or one of two errors, in bounded time and memory; a value written is read again.

#include "serde/avro_plan.hpp"
#include "serde/avro_schema_text.hpp"
#include "serde/avro_write.hpp"

#include <paperboy/error.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <array>
#include <cstdlib>
#include <map>
#include <string_view>

namespace fuzzed
{

enum class color
{
    red,
    green,
};
BOOST_DESCRIBE_ENUM(color, red, green)

struct item
{
    std::string text;
    std::optional<int> count;
    std::vector<item> below;
};
BOOST_DESCRIBE_STRUCT(item, (), (text, count, below))

struct everything
{
    bool flag = false;
    std::int16_t small = 0;
    std::uint64_t large = 0;
    float single = 0;
    double wide = 0;
    std::optional<std::string> maybe;
    std::vector<std::byte> bytes;
    std::array<std::byte, 3> fixed{};
    color paint = color::red;
    std::map<std::string, item> named;
    std::variant<std::monostate, std::int64_t, std::string, item> any;
    std::chrono::sys_time<std::chrono::microseconds> at;
    std::chrono::sys_days day;
    std::chrono::milliseconds time{};
    boost::uuids::uuid id{};
    paperboy::avro_duration period;
    paperboy::avro_decimal price;
    paperboy::avro_decimal share;
};
BOOST_DESCRIBE_STRUCT(everything, (),
                      (flag, small, large, single, wide, maybe, bytes, fixed, paint, named, any, at, day, time, id,
                       period, price, share))

} // namespace fuzzed

template <>
struct paperboy::avro_traits<fuzzed::everything>
{
    static constexpr bool has_default(std::string_view) { return true; }
};
template <>
struct paperboy::avro_traits<fuzzed::item>
{
    static constexpr bool has_default(std::string_view) { return true; }
};

namespace
{

using fuzzed::everything;
using paperboy::detail::avro_type_of;
namespace serde = paperboy::serde;

constexpr auto limits = serde::avro_limits{32, 10'000};

// Decimals have their scales in a schema only.
std::string own_schema()
{
    auto others = avro_type_of<everything>();
    std::erase_if(others.members,
                  [](auto const& each) { return each.type().shape == paperboy::detail::avro_shape::decimal; });
    auto text = serde::schema_text(others);
    text.resize(text.size() - std::string_view{"]}"}.size());
    return text + R"(,{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":40,"scale":3}},)"
                  R"({"name":"share","type":{"type":"fixed","name":"share","size":5,"logicalType":"decimal",)"
                  R"("precision":9,"scale":9}}]})";
}

// The digits of a decimal are a number that is between those of its bytes' length.
void show(everything const& value)
{
    for (auto const* const each : {&value.price, &value.share})
        if (auto const text = each->to_string(); text.size() > 3 * each->unscaled.size() + 3 + std::size_t(each->scale))
            std::abort();
}

void read_own(std::string_view data)
{
    static auto const text = own_schema();
    static auto const plan = serde::compile(serde::avro_schema{text}, avro_type_of<everything>());
    static auto const writer = serde::avro_writer{serde::avro_schema{text}, avro_type_of<everything>()};
    static auto value = everything{};
    serde::run(plan, std::as_bytes(std::span{data}), &value, limits);
    show(value);
    auto first = std::string{};
    writer.write(&value, first);
    auto again = everything{};
    serde::run(plan, std::as_bytes(std::span{first}), &again, limits);
    auto second = std::string{};
    writer.write(&again, second);
    if (first != second)
        std::abort();
}

void read_foreign(std::string_view schema, std::string_view data)
{
    auto const plan = serde::compile(serde::avro_schema{schema}, avro_type_of<everything>());
    auto value = everything{};
    serde::run(plan, std::as_bytes(std::span{data}), &value, limits);
    show(value);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* from, std::size_t size)
{
    auto const input = std::string_view{reinterpret_cast<char const*>(from), size};
    auto const end = input.find('\n');
    try
    {
        if (!input.starts_with('{') || end == input.npos)
            read_own(input);
        else
            read_foreign(input.substr(0, end), input.substr(end + 1));
    }
    catch (paperboy::decode_error const&)
    {
    }
    catch (paperboy::encode_error const&)
    {
    }
    catch (serde::avro_schema_error const&)
    {
    }
    return 0;
}
