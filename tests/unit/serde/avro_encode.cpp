// Objects into records, and back.

#include "serde/avro_schema_text.hpp"
#include "serde/avro_write.hpp"
#include "unit/serde/avro_support.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/test/unit_test.hpp>
#include <boost/uuid/uuid_generators.hpp>

#include <array>
#include <map>

namespace avro_encode_test
{

using namespace std::chrono_literals;

enum class size : std::uint8_t
{
    small = 200,
    large = 100,
};
BOOST_DESCRIBE_ENUM(size, small, large)

struct line
{
    std::string item;
    std::uint16_t count = 0;

    friend bool operator==(line const&, line const&) = default;
};
BOOST_DESCRIBE_STRUCT(line, (), (item, count))

struct order
{
    std::int64_t id = 0;
    bool paid = false;
    float weight = 0;
    double total = 0;
    std::optional<std::string> note;
    std::vector<line> lines;
    std::map<std::string, std::int8_t> marks;
    line first;
    size how = size::small;
    std::variant<std::monostate, std::string, line> extra;
    std::vector<std::byte> blob;
    std::array<std::byte, 2> tag{};
    std::chrono::sys_time<std::chrono::milliseconds> at;
    std::chrono::sys_days day;
    std::chrono::microseconds time{};
    boost::uuids::uuid key{};
    paperboy::avro_duration period;

    friend bool operator==(order const&, order const&) = default;
};
BOOST_DESCRIBE_STRUCT(order, (),
                      (id, paid, weight, total, note, lines, marks, first, how, extra, blob, tag, at, day, time, key,
                       period))

struct tree
{
    int value = 0;
    std::vector<tree> below;
    std::optional<std::uint64_t> large;

    friend bool operator==(tree const&, tree const&) = default;
};
BOOST_DESCRIBE_STRUCT(tree, (), (value, below, large))

enum class status
{
    unknown,
    open,
    paid,
};
BOOST_DESCRIBE_ENUM(status, unknown, open, paid)

struct price
{
    paperboy::avro_decimal amount;
};
BOOST_DESCRIBE_STRUCT(price, (), (amount))

} // namespace avro_encode_test

// Records of two namespaces with types of the same names, which Avro takes to be in theirs.
namespace avro_encode_test_inner
{

struct part
{
    std::array<std::byte, 16> id{};
    paperboy::avro_duration period;

    friend bool operator==(part const&, part const&) = default;
};
BOOST_DESCRIBE_STRUCT(part, (), (id, period))

} // namespace avro_encode_test_inner

namespace avro_encode_test
{

struct whole
{
    std::array<std::byte, 16> hash{};
    avro_encode_test_inner::part inner;
    paperboy::avro_duration period;
    std::array<std::byte, 16> other{};
    std::vector<avro_encode_test_inner::part> more;

    friend bool operator==(whole const&, whole const&) = default;
};
BOOST_DESCRIBE_STRUCT(whole, (), (hash, inner, period, other, more))

} // namespace avro_encode_test

template <>
struct paperboy::avro_traits<avro_encode_test::status>
{
    static constexpr auto default_symbol = avro_encode_test::status::unknown;
};

template <>
struct paperboy::avro_traits<avro_encode_test::line>
{
    static constexpr std::string_view name = "shop.line";
};

namespace paperboy::test::encode_test
{
namespace
{

using namespace avro_encode_test;

template <class T>
std::string encoded(std::string const& schema, T const& value)
{
    auto out = std::string{};
    serde::avro_writer{serde::avro_schema{schema}, detail::avro_type_of<T>()}.write(&value, out);
    return out;
}

template <class T>
T there_and_back(std::string const& schema, T const& value)
{
    auto out = T{};
    read_avro(schema, encoded(schema, value), out);
    return out;
}

template <class T>
T there_and_back(T const& value)
{
    return there_and_back(serde::schema_text(detail::avro_type_of<T>()), value);
}

template <class T>
bool refused(std::string const& schema, T const& value, std::string const& part)
{
    try
    {
        static_cast<void>(encoded(schema, value));
        BOOST_TEST_MESSAGE("not refused");
        return false;
    }
    catch (std::runtime_error const& error)
    {
        BOOST_TEST_MESSAGE(error.what());
        return std::string_view{error.what()}.find(part) != std::string_view::npos;
    }
}

order an_order()
{
    auto out = order{};
    out.id = -5;
    out.paid = true;
    out.weight = 1.5F;
    out.total = 2.25;
    out.note = "quick";
    out.lines = {{"a", 1}, {"b", 65535}};
    out.marks = {{"x", -128}, {"y", 127}};
    out.first = {"c", 7};
    out.how = size::large;
    out.extra = line{"d", 8};
    out.blob = {std::byte{1}, std::byte{0}};
    out.tag = {std::byte{2}, std::byte{3}};
    out.at += -1ms;
    out.day += std::chrono::days{19000};
    out.time = 86'399'999'999us;
    out.key = boost::uuids::string_generator{}("12345678-1234-5678-1234-567812345678");
    out.period = {1, 2, 3};
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(avro_encode_suite)

BOOST_AUTO_TEST_CASE(a_type_describes_its_schema)
{
    BOOST_TEST(serde::schema_text(detail::avro_type_of<tree>()) ==
               R"({"type":"record","name":"avro_encode_test.tree","fields":[{"name":"value","type":"int"},)"
               R"({"name":"below","type":{"type":"array","items":"avro_encode_test.tree"}},)"
               R"({"name":"large","type":["null","long"],"default":null}]})");
    BOOST_TEST(serde::schema_text(detail::avro_type_of<std::vector<line>>()) ==
               R"({"type":"array","items":{"type":"record","name":"shop.line","fields":[{"name":"item",)"
               R"("type":"string"},{"name":"count","type":"int"}]}})");
    BOOST_TEST(serde::schema_text(detail::avro_type_of<status>()) ==
               R"({"type":"enum","name":"avro_encode_test.status","symbols":["unknown","open","paid"],)"
               R"("default":"unknown"})");
    BOOST_CHECK_THROW(static_cast<void>(serde::schema_text(detail::avro_type_of<price>())), serde::avro_schema_error);
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again)
{
    BOOST_TEST((there_and_back(an_order()) == an_order()));
    BOOST_TEST((there_and_back(order{}) == order{}));
    auto const nested = tree{1, {{2, {}, 7}, {3, {{4, {}, {}}}, {}}}, {}};
    BOOST_TEST((there_and_back(nested) == nested));
}

BOOST_AUTO_TEST_CASE(bytes_are_as_specified)
{
    BOOST_TEST(encoded(R"("long")", std::int64_t{-65}) == "\x81\x01");
    BOOST_TEST(encoded(R"(["string","null"])", std::optional<std::string>{}) == "\x02");
    BOOST_TEST(encoded(R"({"type":"array","items":"int"})", std::vector<int>{1, -1}) == (std::string{"\4\2\1\0", 4}));
    BOOST_TEST(encoded(R"({"type":"array","items":"int"})", std::vector<int>{}) == (std::string{"\0", 1}));
}

// Java's BigInteger cannot be made of no bytes.
BOOST_AUTO_TEST_CASE(an_empty_decimal_is_written_as_zero)
{
    auto const bytes = R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":2})";
    BOOST_TEST(encoded(bytes, avro_decimal{{}, 2}) == (std::string{"\2\0", 2}));
    BOOST_TEST(there_and_back(bytes, avro_decimal{{}, 2}).to_string() == "0.00");
    auto const fixed = R"({"type":"fixed","name":"f","size":3,"logicalType":"decimal","precision":6,"scale":2})";
    BOOST_TEST(encoded(fixed, avro_decimal{{}, 2}) == (std::string{"\0\0\0", 3}));
}

BOOST_AUTO_TEST_CASE(a_schema_of_ones_own)
{
    auto const schema = R"({"type":"record","name":"other","fields":[{"name":"count","type":"long"},)"
                        R"({"name":"item","type":["bytes","null"]}]})";
    BOOST_TEST((there_and_back(schema, line{"x", 9}) == line{"x", 9}));
    auto const decimal = R"({"type":"record","name":"p","fields":[{"name":"amount","type":{"type":"fixed","name":"f",)"
                         R"("size":4,"logicalType":"decimal","precision":9,"scale":2}}]})";
    auto const back = there_and_back(decimal, price{{{std::byte{0xfb}, std::byte{0x2e}}, 2}});
    BOOST_TEST(back.amount.to_string() == "-12.34");
    using seconds = std::chrono::sys_time<std::chrono::seconds>;
    auto const micros = R"({"type":"long","logicalType":"timestamp-micros"})";
    BOOST_TEST((there_and_back(micros, seconds{7s}) == seconds{7s}));
}

BOOST_AUTO_TEST_CASE(what_a_schema_cannot_hold_is_refused)
{
    BOOST_TEST(refused(R"("string")", 5, "an integer of 32 bits cannot be written as string"));
    BOOST_TEST(refused(R"("float")", 5.0, "double cannot be written as float"));
    BOOST_TEST(refused(R"("int")", std::int64_t{1} << 31, "2147483648 does not fit into an int"));
    BOOST_TEST(refused(R"("long")", ~std::uint64_t{0}, "18446744073709551615 does not fit into a long"));
    BOOST_TEST(refused(R"("string")", std::optional<std::string>{}, "cannot be written as string"));
    BOOST_TEST(refused(R"({"type":"record","name":"r","fields":[{"name":"item","type":"string"}]})", line{},
                       "has not all members of the struct shop.line"));
    BOOST_TEST(refused(R"({"type":"record","name":"r","fields":[{"name":"other","type":"string"}]})", line{},
                       "other: the struct shop.line has no such member"));
    auto const symbols = R"({"type":"enum","name":"e","symbols":["small"]})";
    BOOST_TEST(refused(symbols, size::large, "has no symbol \"large\""));
    BOOST_TEST(refused(symbols, static_cast<size>(7), "7 is no enumerator of avro_encode_test.size"));
    auto const decimal = R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":2})";
    BOOST_TEST(refused(decimal, avro_decimal{{}, 3}, "a decimal of scale 3"));
}

BOOST_AUTO_TEST_CASE(types_of_one_name_in_two_namespaces_are_two)
{
    auto value = whole{};
    value.hash[0] = std::byte{1};
    value.inner.id[15] = std::byte{2};
    value.inner.period.days = 3;
    value.other[1] = std::byte{4};
    value.more.resize(2);
    BOOST_TEST((there_and_back(value) == value));
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf_8_is_refused)
{
    using marks = std::map<std::string, std::int8_t>;
    auto const latin = std::string{"caf\xe9"};
    auto const lines = serde::schema_text(detail::avro_type_of<line>());
    auto const map = R"({"type":"map","values":"int"})";
    BOOST_TEST(refused(lines, line{latin, 1}, "expected text in UTF-8, found"));
    BOOST_TEST(refused(R"("string")", std::string_view{latin}, "expected text in UTF-8, found"));
    BOOST_TEST(refused(map, marks{{"a", std::int8_t{1}}, {latin, std::int8_t{2}}}, "expected text in UTF-8, found"));
    BOOST_TEST((there_and_back(lines, line{"caf\xc3\xa9", 1}) == line{"caf\xc3\xa9", 1}));
    BOOST_TEST((there_and_back(map, marks{{"caf\xc3\xa9", std::int8_t{1}}}).begin()->first == "caf\xc3\xa9"));
    // Bytes may be anything.
    BOOST_TEST(there_and_back(R"("bytes")", latin) == latin);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::encode_test
