#pragma once

#include <paperboy/json.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

// What the tests of JSON read, and how.
namespace paperboy::test
{

enum class colour
{
    red,
    green,
    blue,
};
BOOST_DESCRIBE_ENUM(colour, red, green, blue)

struct item
{
    std::string name;
    double price = 0;
    std::optional<std::string> note;

    bool operator==(item const&) const = default;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price, note))

struct order
{
    std::int64_t id = 0;
    std::string_view customer;
    std::vector<item> items;
    bool paid = false;
    std::optional<std::int32_t> discount;

    bool operator==(order const&) const = default;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, customer, items, paid, discount))

struct view
{
    std::string_view text;
};
BOOST_DESCRIBE_STRUCT(view, (), (text))

// Recursive.
struct tree
{
    int value = 0;
    std::vector<tree> children;

    bool operator==(tree const&) const = default;
};
BOOST_DESCRIBE_STRUCT(tree, (), (value, children))

struct card
{
    std::string number;
    bool operator==(card const&) const = default;
};
BOOST_DESCRIBE_STRUCT(card, (), (number))

struct transfer
{
    std::string iban;
    std::optional<std::string> number;
    bool operator==(transfer const&) const = default;
};
BOOST_DESCRIBE_STRUCT(transfer, (), (iban, number))

// Names that are hard to tell by their beginning.
struct letters
{
    int a = 0;
    int ab = 0;
    int abc = 0;
    int ba = 0;
    int unnamed = 0; // called "" in JSON
    bool operator==(letters const&) const = default;
};
BOOST_DESCRIBE_STRUCT(letters, (), (a, ab, abc, ba, unnamed))

struct derived : item
{
    int more = 0;
};
BOOST_DESCRIBE_STRUCT(derived, (item), (more))

struct renamed
{
    int item_id = 0;
};
BOOST_DESCRIBE_STRUCT(renamed, (), (item_id))

// In cents; "12.34" in JSON.
struct money
{
    std::int64_t cents = 0;
    bool operator==(money const&) const = default;
};

// One member of each kind.
struct everything
{
    bool yes = false;
    std::int8_t tiny = 0;
    std::uint8_t byte = 0;
    std::int16_t small = 0;
    std::uint16_t word = 0;
    std::int32_t number = 0;
    std::uint32_t natural = 0;
    std::int64_t large = 0;
    std::uint64_t larger = 0;
    float single = 0;
    double real = 0;
    std::string text;
    std::string_view view;
    colour paint = colour::red;
    std::chrono::sys_time<std::chrono::milliseconds> at;
    std::optional<int> maybe;
    std::vector<int> numbers;
    std::vector<bool> flags;
    std::deque<std::string> texts;
    std::map<std::string, int> sorted;
    std::unordered_map<std::string, item> hashed;
    std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<int>, card, transfer> any;
    tree nested;
    std::vector<std::optional<int>> gaps;

    bool operator==(everything const&) const = default;
};
BOOST_DESCRIBE_STRUCT(everything, (),
                      (yes, tiny, byte, small, word, number, natural, large, larger, single, real, text, view, paint,
                       at, maybe, numbers, flags, texts, sorted, hashed, any, nested, gaps))

inline bytes_view bytes_of(std::string_view text)
{
    return std::as_bytes(std::span{text});
}

template <class T>
T decoded(std::string_view text, json_options const& options = {})
{
    auto serde = json<T>{options};
    auto out = T{};
    serde.decode(bytes_of(text), out);
    return out;
}

template <class T>
std::string encoded(T const& value)
{
    auto out = std::string{};
    json<T>{}.encode(value, out);
    return out;
}

// What decoding throws; "nothing" if it does not.
template <class T>
std::string error_of(std::string_view text, json_options const& options = {})
{
    try
    {
        static_cast<void>(decoded<T>(text, options));
    }
    catch (decode_error const& error)
    {
        return error.what();
    }
    return "nothing";
}

} // namespace paperboy::test

template <>
struct paperboy::field_names<paperboy::test::letters>
{
    static constexpr std::string_view of(std::string_view member) { return member == "unnamed" ? "" : member; }
};

template <>
struct paperboy::field_names<paperboy::test::renamed>
{
    static constexpr std::string_view of(std::string_view member) { return member == "item_id" ? "item-id" : member; }
};

template <>
struct paperboy::json_codec<paperboy::test::money>
{
    static void read(json_reader& from, test::money& out)
    {
        auto const text = from.text();
        if (text.size() < 4 || text[text.size() - 3] != '.')
            from.fail("an amount such as \"12.34\"");
        out.cents = std::stoll(std::string{text.substr(0, text.size() - 3)}) * 100 +
                    std::stoll(std::string{text.substr(text.size() - 2)});
    }
    static void write(test::money const& value, std::string& out)
    {
        write_json(std::to_string(value.cents / 100) + '.' + std::to_string(value.cents % 100 / 10) +
                       std::to_string(value.cents % 10),
                   out);
    }
};
