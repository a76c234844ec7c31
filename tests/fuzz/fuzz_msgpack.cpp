// Any bytes at all, read as MessagePack into a struct with everything and into nlohmann::json. What can be read and
// written has to come back as the same, and nlohmann-json's own reader must agree.

#include "unit/serde/msgpack_support.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>

namespace
{

using namespace paperboy;

// A field of each kind alone, so that a record need not have all of them.
struct anything
{
    std::optional<test::everything> all;
    std::optional<test::order> order;
    std::optional<test::tree> tree;
    std::optional<std::vector<decltype(test::everything::any)>> any;
    std::optional<std::map<std::string_view, test::item>> items;
    std::optional<std::unordered_map<std::uint16_t, test::colour>> numbered;
    std::optional<double> real;
    std::optional<std::vector<std::uint64_t>> naturals;
    std::optional<std::chrono::sys_time<std::chrono::nanoseconds>> at;
    std::optional<std::vector<std::byte>> bytes;
    std::optional<std::array<std::byte, 3>> fixed;
    std::optional<boost::uuids::uuid> id;

    bool operator==(anything const&) const = default;
};
BOOST_DESCRIBE_STRUCT(anything, (), (all, order, tree, any, items, numbered, real, naturals, at, bytes, fixed, id))

template <class T>
bool decode(msgpack<T>& serde, bytes_view data, T& out)
{
    try
    {
        serde.decode(data, out);
        return true;
    }
    catch (decode_error const&)
    {
        return false;
    }
}

// Bytes rather than values are compared: NaN is not equal to itself. Sorted, since unordered maps have no order.
template <class T>
void there_and_back(msgpack<T>& serde, bytes_view data)
{
    auto value = T{};
    if (!decode(serde, data, value))
        return;
    auto first = std::string{};
    serde.encode(value, first);
    auto again = T{};
    serde.decode(test::bytes_of(first), again);
    auto second = std::string{};
    serde.encode(again, second);
    std::ranges::sort(first);
    std::ranges::sort(second);
    if (first != second)
        std::abort();
}

// Of what nlohmann-json reads, ours refuses only keys that come twice, texts that are not UTF-8, and what is too deep
// or too large; whatever ours reads, both read alike.
void both(msgpack<nlohmann::json>& serde, bytes_view data)
{
    auto ours = nlohmann::json{};
    if (!decode(serde, data, ours))
        return;
    auto const* const begin = reinterpret_cast<std::uint8_t const*>(data.data());
    auto const theirs = nlohmann::json::from_msgpack(begin, begin + data.size(), true, false);
    auto written = std::string{};
    auto written_theirs = std::string{};
    serde.encode(ours, written);
    serde.encode(theirs, written_theirs);
    if (written != written_theirs)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static auto typed = msgpack<anything>{};
    static auto strict = msgpack<anything>{{.reject_unknown_fields = true, .max_depth = 10, .max_items = 100}};
    static auto scalar = msgpack<decltype(test::everything::any)>{};
    static auto unknown = msgpack<nlohmann::json>{};
    auto const bytes = std::as_bytes(std::span{data, size});
    there_and_back(typed, bytes);
    there_and_back(strict, bytes);
    there_and_back(scalar, bytes);
    there_and_back(unknown, bytes);
    both(unknown, bytes);
    return 0;
}
