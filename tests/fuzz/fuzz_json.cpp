// Any bytes at all, read as JSON into a struct with everything, and through On-Demand. What can be read and written has
// to come back as the same.

#include "unit/serde/json_support.hpp"

#include <paperboy/json_document.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>

namespace
{

using namespace paperboy;

// A field of each kind alone, so that a text need not have all of them.
struct anything
{
    std::optional<test::everything> all;
    std::optional<test::order> order;
    std::optional<test::tree> tree;
    std::optional<std::vector<decltype(test::everything::any)>> any;
    std::optional<std::map<std::string_view, test::item>> items;
    std::optional<test::everything> again;
    std::optional<double> real;
    std::optional<std::vector<std::uint64_t>> naturals;
    std::optional<test::colour> paint;
    std::optional<std::chrono::sys_time<std::chrono::nanoseconds>> at;
    std::optional<test::money> price;

    bool operator==(anything const&) const = default;
};
BOOST_DESCRIBE_STRUCT(anything, (), (all, order, tree, any, items, again, real, naturals, paint, at, price))

template <class T>
void decode(json<T>& serde, bytes_view data)
{
    auto out = T{};
    serde.forget();
    try
    {
        serde.decode(data, out);
    }
    catch (std::exception const&)
    {
        return;
    }
    auto text = std::string{};
    try
    {
        serde.encode(out, text);
    }
    catch (encode_error const&)
    {
        return;
    }
    auto again = T{};
    serde.decode(std::as_bytes(std::span{text}), again);
    if (again != out)
        std::abort();
}

void read(simdjson::ondemand::value value, int depth)
{
    auto const type = value.type().value();
    if (depth > 100)
        return;
    if (type == simdjson::ondemand::json_type::array)
        for (auto each : value.get_array())
            read(each.value(), depth + 1);
    else if (type == simdjson::ondemand::json_type::object)
        for (auto each : value.get_object())
            read(each.value().value(), depth + 1);
    else if (type == simdjson::ondemand::json_type::string)
        static_cast<void>(value.get_string().value());
}

void on_demand(json_document& serde, bytes_view data)
{
    auto out = json_view{};
    serde.forget();
    try
    {
        serde.decode(data, out);
        read(out["x"].value(), 0);
        read(out.document().get_value().value(), 0);
    }
    catch (std::exception const&)
    {
        return;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static auto typed = json<anything>{};
    static auto strict = json<anything>{{.reject_unknown_fields = true, .max_depth = 10}};
    static auto scalar = json<decltype(test::everything::any)>{};
    static auto document = json_document{};
    auto const bytes = std::as_bytes(std::span{data, size});
    decode(typed, bytes);
    decode(strict, bytes);
    decode(scalar, bytes);
    on_demand(document, bytes);
    return 0;
}
