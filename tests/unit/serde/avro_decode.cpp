// Records into objects: kinds, evolution, logical types, unions, recursion.

#include "unit/serde/avro_support.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/test/unit_test.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <array>
#include <deque>
#include <map>
#include <unordered_map>

namespace avro_test
{

using namespace std::chrono_literals;

enum class color
{
    red = 3,
    green = 5,
};
BOOST_DESCRIBE_ENUM(color, red, green)

enum class state
{
    open = 7,
    other = 9,
};
BOOST_DESCRIBE_ENUM(state, open, other)

struct point
{
    int x = 1;
    std::int64_t y = 2;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))

struct scalars
{
    bool flag = false;
    int small = 0;
    std::int64_t large = 0;
    float single = 0;
    double wide = 0;
    std::string text;
    std::string_view view;
    std::vector<std::byte> bytes;
    std::array<std::byte, 4> fixed{};
    color paint = color::red;
};
BOOST_DESCRIBE_STRUCT(scalars, (), (flag, small, large, single, wide, text, view, bytes, fixed, paint))

struct order
{
    std::int64_t id = 0;
    std::optional<std::string> note;
    std::vector<point> points;
    std::map<std::string, double> prices;
    point where;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, note, points, prices, where))

struct node
{
    int value = 0;
    std::vector<node> children;
};
BOOST_DESCRIBE_STRUCT(node, (), (value, children))

struct defaulted
{
    int kept = 0;
    int added = 42;
    std::optional<int> maybe;
    int renamed = 0;
};
BOOST_DESCRIBE_STRUCT(defaulted, (), (kept, added, maybe, renamed))

struct times
{
    std::chrono::sys_time<std::chrono::milliseconds> at;
    std::chrono::sys_days day;
    std::chrono::microseconds of_day{};
    boost::uuids::uuid id{};
    paperboy::avro_decimal price;
    paperboy::avro_duration period;
};
BOOST_DESCRIBE_STRUCT(times, (), (at, day, of_day, id, price, period))

} // namespace avro_test

template <>
struct paperboy::avro_traits<avro_test::state>
{
    static constexpr auto default_symbol = avro_test::state::other;
};

template <>
struct paperboy::avro_traits<avro_test::defaulted>
{
    static constexpr bool has_default(std::string_view field) { return field == "added"; }
    static constexpr std::string_view alias(std::string_view field) { return field == "renamed" ? "old_name" : ""; }
};

namespace paperboy::test::avro_decode_test
{
namespace
{

using namespace avro_test;

std::string record(std::string const& fields, std::string const& name = "r")
{
    return R"({"type":"record","name":")" + name + R"(","fields":[)" + fields + "]}";
}

std::string field(std::string const& name, std::string const& type)
{
    return R"({"name":")" + name + R"(","type":)" + type + "}";
}

std::string const point_schema = record(field("x", R"("int")") + "," + field("y", R"("long")"), "point");

bool contains(std::string const& text, std::string const& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(avro_decode_suite)

BOOST_AUTO_TEST_CASE(every_scalar)
{
    auto const schema =
        record(field("flag", R"("boolean")") + "," + field("small", R"("int")") + "," + field("large", R"("long")") +
               "," + field("single", R"("float")") + "," + field("wide", R"("double")") + "," +
               field("text", R"("string")") + "," + field("view", R"("string")") + "," + field("bytes", R"("bytes")") +
               "," + field("fixed", R"({"type":"fixed","name":"f","size":4})") + "," +
               field("paint", R"({"type":"enum","name":"color","symbols":["green","blue","red"]})"));
    auto data = avro_bytes{};
    data.raw("\1").number(-7).number(std::numeric_limits<std::int64_t>::min()).number_raw(1.5F).number_raw(-2.25);
    data.text("hello").text("borrowed").text("abc").raw("1234").number(0);
    auto const out = read_avro<scalars>(schema, data);
    BOOST_TEST(out.flag);
    BOOST_TEST(out.small == -7);
    BOOST_TEST(out.large == std::numeric_limits<std::int64_t>::min());
    BOOST_TEST(out.single == 1.5F);
    BOOST_TEST(out.wide == -2.25);
    BOOST_TEST(out.text == "hello");
    BOOST_TEST(out.view == "borrowed");
    BOOST_TEST(out.bytes.size() == 3U);
    BOOST_TEST((out.fixed[3] == std::byte{'4'}));
    BOOST_TEST((out.paint == color::green));
}

BOOST_AUTO_TEST_CASE(nested_records_arrays_maps_and_nullables)
{
    auto const schema =
        record(field("id", R"("long")") + "," + field("note", R"(["null","string"])") + "," +
               field("points", R"({"type":"array","items":)" + point_schema + "}") + "," +
               field("prices", R"({"type":"map","values":"double"})") + "," + field("where", R"("point")"));
    auto data = avro_bytes{};
    data.number(9).number(1).text("quick");
    data.number(1).number(1).number(2).number(-1).number(2).number(3).number(4).number(0);
    data.number(2).text("a").number_raw(0.5).text("b").number_raw(1.5).number(0);
    data.number(5).number(6);
    auto out = read_avro<order>(schema, data);
    BOOST_TEST(out.id == 9);
    BOOST_TEST((out.note == "quick"));
    BOOST_TEST_REQUIRE(out.points.size() == 2U);
    BOOST_TEST(out.points[1].x == 3);
    BOOST_TEST(out.points[1].y == 4);
    BOOST_TEST(out.prices.at("b") == 1.5);
    BOOST_TEST(out.where.x == 5);
    BOOST_TEST(out.where.y == 6);
    // Into what the record before has left.
    auto second = avro_bytes{};
    second.number(10).number(0).number(0).number(0).number(0).number(0);
    read_avro(schema, second.str(), out);
    BOOST_TEST(!out.note);
    BOOST_TEST(out.points.empty());
    BOOST_TEST(out.prices.empty());
    BOOST_TEST(out.where.x == 0);
}

BOOST_AUTO_TEST_CASE(fields_in_another_order_and_more_of_them)
{
    auto const deep = R"({"type":"array","items":{"type":"map","values":["null","bytes",{"type":"enum","name":"e",)"
                      R"("symbols":["a"]},{"type":"record","name":"in","fields":[{"name":"d","type":"double"},)"
                      R"({"name":"f","type":"float"},{"name":"self","type":["null","in"]}]}]}})";
    auto const schema =
        record(field("gone", deep) + "," + field("y", R"("int")") + "," + field("more", R"(["int","string"])") + "," +
               field("x", R"("int")") + "," + field("last", R"("boolean")"));
    auto data = avro_bytes{};
    data.number(1).number(3).text("k").number(1).text("v").text("l").number(2).number(0);
    data.text("m").number(3).raw(std::string(12, 'x')).number(1).raw(std::string(12, 'y')).number(0).number(0);
    data.number(-1).number(5).raw("12345").number(0);
    data.number(20).number(1).text("abc").number(10).raw("\1");
    auto const out = read_avro<point>(schema, data);
    BOOST_TEST(out.x == 10);
    BOOST_TEST(out.y == 20);
}

BOOST_AUTO_TEST_CASE(absent_fields_have_their_defaults)
{
    auto const schema = record(field("kept", R"("int")") + "," + field("old_name", R"("int")"));
    auto out = defaulted{};
    out.added = 1;
    out.maybe = 1;
    auto data = avro_bytes{};
    read_avro(schema, data.number(7).number(8).str(), out);
    BOOST_TEST(out.kept == 7);
    BOOST_TEST(out.added == 42);
    BOOST_TEST(!out.maybe);
    BOOST_TEST(out.renamed == 8);
    auto const why = why_not<defaulted>(record(field("old_name", R"("int")")), avro_bytes{}.number(1));
    BOOST_TEST(contains(why, "schema: kept: the writer's record r has no such field"), why);
}

// While producers migrate they write both.
BOOST_AUTO_TEST_CASE(a_name_goes_before_its_alias_wherever_it_comes)
{
    auto const both = [](std::string const& first, std::string const& second)
    {
        auto out = defaulted{};
        auto data = avro_bytes{};
        read_avro(record(field("kept", R"("int")") + "," + field(first, R"("int")") + "," + field(second, R"("int")")),
                  data.number(7).number(8).number(9).str(), out);
        return out.renamed;
    };
    BOOST_TEST(both("old_name", "renamed") == 9);
    BOOST_TEST(both("renamed", "old_name") == 8);
}

BOOST_AUTO_TEST_CASE(numbers_are_promoted)
{
    BOOST_TEST(read_avro<std::int64_t>(R"("int")", avro_bytes{}.number(-3)) == -3);
    BOOST_TEST(read_avro<double>(R"("int")", avro_bytes{}.number(3)) == 3.0);
    BOOST_TEST(read_avro<float>(R"("long")", avro_bytes{}.number(-4)) == -4.0F);
    BOOST_TEST(read_avro<double>(R"("float")", avro_bytes{}.number_raw(1.5F)) == 1.5);
    BOOST_TEST(read_avro<std::string>(R"("bytes")", avro_bytes{}.text("b")) == "b");
    BOOST_TEST(read_avro<std::vector<std::byte>>(R"("string")", avro_bytes{}.text("b")).size() == 1U);
    BOOST_TEST(contains(why_not<float>(R"("double")", avro_bytes{}), "has double, which cannot become float"));
    BOOST_TEST(contains(why_not<int>(R"("string")", avro_bytes{}), "has string, which cannot become an integer of 32"));
}

BOOST_AUTO_TEST_CASE(integers_are_checked_against_their_range)
{
    BOOST_TEST(read_avro<std::int8_t>(R"("long")", avro_bytes{}.number(-128)) == -128);
    BOOST_TEST(contains(why_not<std::int8_t>(R"("long")", avro_bytes{}.number(-129)), "-129 does not fit into 8 bits"));
    BOOST_TEST(read_avro<std::uint16_t>(R"("int")", avro_bytes{}.number(65535)) == 65535);
    BOOST_TEST(contains(why_not<std::uint16_t>(R"("int")", avro_bytes{}.number(65536)), "unsigned 16 bits"));
    BOOST_TEST(contains(why_not<std::uint64_t>(R"("long")", avro_bytes{}.number(-1)), "unsigned 64 bits"));
    BOOST_TEST(contains(why_not<int>(R"("long")", avro_bytes{}.number(std::int64_t{1} << 31)), "does not fit"));
}

BOOST_AUTO_TEST_CASE(enums_go_by_name)
{
    auto const schema = R"({"type":"enum","name":"n.color","symbols":["blue","red"]})";
    BOOST_TEST((read_avro<color>(schema, avro_bytes{}.number(1)) == color::red));
    BOOST_TEST(contains(why_not<color>(schema, avro_bytes{}.number(0)), "symbol 0 of the writer's enum is unknown"));
    BOOST_TEST(contains(why_not<color>(schema, avro_bytes{}.number(2)), "symbol 2 of an enum that has 2"));
    BOOST_TEST(contains(why_not<color>(schema, avro_bytes{}.number(-1)), "symbol -1"));
}

BOOST_AUTO_TEST_CASE(symbols_that_an_enum_lacks_are_its_default)
{
    // The writer's default is not the reader's.
    auto const schema = R"({"type":"enum","name":"n.state","symbols":["open","paid","sent"],"default":"open"})";
    BOOST_TEST((read_avro<state>(schema, avro_bytes{}.number(0)) == state::open));
    BOOST_TEST((read_avro<state>(schema, avro_bytes{}.number(1)) == state::other));
    BOOST_TEST((read_avro<std::optional<state>>(schema, avro_bytes{}.number(2)) == state::other));
    BOOST_TEST(contains(why_not<state>(schema, avro_bytes{}.number(3)), "symbol 3 of an enum that has 3"));
    BOOST_TEST(contains(why_not<color>(schema, avro_bytes{}.number(0)), "symbol 0 of the writer's enum is unknown"));
}

BOOST_AUTO_TEST_CASE(a_schema_has_defaults_for_its_enums)
{
    auto const own = serde::defaults_of_enums(serde::avro_schema{
        record(field("a", R"({"type":"enum","name":"shop.color","symbols":["red","green"],"default":"green"})") + "," +
               field("b", R"({"type":"enum","name":"state","symbols":["open"],"default":"open"})") + "," +
               field("c", R"({"type":"enum","name":"wrong","symbols":["x"],"default":"y"})"))});
    BOOST_TEST(own.size() == 2U);
    auto const read = [&own]<class T>(T value, std::string const& name)
    {
        auto const schema = R"({"type":"enum","name":")" + name + R"(","symbols":["blue","red"]})";
        auto const plan = serde::compile(serde::avro_schema{schema}, detail::avro_type_of<T>(), own);
        auto const data = avro_bytes{}.number(0).str();
        serde::run(plan, std::as_bytes(std::span{data}), &value, {});
        return value;
    };
    BOOST_TEST((read(color::red, "other.color") == color::green));
    BOOST_TEST((read(state::open, "state") == state::other), "what the type says goes first");
    BOOST_CHECK_THROW(read(color::red, "paint"), decode_error);
}

BOOST_AUTO_TEST_CASE(unions_and_optionals)
{
    using maybe = std::optional<std::int64_t>;
    BOOST_TEST((read_avro<maybe>(R"(["null","long"])", avro_bytes{}.number(1).number(5)) == 5));
    BOOST_TEST((read_avro<maybe>(R"(["long","null"])", avro_bytes{}.number(0).number(5)) == 5));
    BOOST_TEST((read_avro<maybe>(R"(["long","null"])", avro_bytes{}.number(1)) == std::nullopt));
    BOOST_TEST((read_avro<maybe>(R"("long")", avro_bytes{}.number(5)) == 5));
    BOOST_TEST((read_avro<maybe>(R"("null")", avro_bytes{}) == std::nullopt));
    BOOST_TEST((read_avro<maybe>(R"(["string","int","null"])", avro_bytes{}.number(1).number(5)) == 5));
    BOOST_TEST((read_avro<maybe>(R"(["string","int","null"])", avro_bytes{}.number(2)) == std::nullopt));
    BOOST_TEST(read_avro<std::int64_t>(R"(["null","long"])", avro_bytes{}.number(1).number(5)) == 5);
    auto const null = why_not<std::int64_t>(R"(["null","long"])", avro_bytes{}.number(0));
    BOOST_TEST(contains(null, "expected an integer of 64 bits, found null"), null);
    BOOST_TEST(
        contains(why_not<maybe>(R"(["null","long"])", avro_bytes{}.number(2)), "branch 2 of a union that has 2"));
    BOOST_TEST(contains(why_not<maybe>(R"(["null","long"])", avro_bytes{}.number(-1)), "branch -1"));
    BOOST_TEST(contains(why_not<std::int64_t>(R"(["null","string"])", avro_bytes{}), "has union, which cannot become"));
}

BOOST_AUTO_TEST_CASE(unions_and_variants)
{
    using any = std::variant<std::monostate, std::string, int, std::int64_t, point, std::vector<point>>;
    auto const schema = R"(["null","int","long",)" + point_schema +
                        R"(,"string",{"type":"array","items":"point"},{"type":"record","name":"other","fields":[]}])";
    auto const read = [&](avro_bytes const& data) { return read_avro<any>(schema, data); };
    BOOST_TEST(read(avro_bytes{}.number(0)).index() == 0U);
    BOOST_TEST(std::get<int>(read(avro_bytes{}.number(1).number(7))) == 7);
    BOOST_TEST(std::get<std::int64_t>(read(avro_bytes{}.number(2).number(8))) == 8);
    BOOST_TEST(std::get<point>(read(avro_bytes{}.number(3).number(1).number(2))).y == 2);
    BOOST_TEST(std::get<std::string>(read(avro_bytes{}.number(4).text("t"))) == "t");
    BOOST_TEST(std::get<std::vector<point>>(read(avro_bytes{}.number(5).number(0))).empty());
    BOOST_TEST(std::get<int>(read_avro<any>(R"("int")", avro_bytes{}.number(7))) == 7);
    auto const other = why_not<any>(schema, avro_bytes{}.number(6));
    BOOST_TEST(contains(other, "expected a variant, found record other"), other);
    using narrow = std::variant<point, std::string>;
    auto const unfit = R"(["string",{"type":"record","name":"point","fields":[{"name":"x","type":"string"}]}])";
    BOOST_TEST(std::get<std::string>(read_avro<narrow>(unfit, avro_bytes{}.number(0).text("t"))) == "t");
    auto const why = why_not<narrow>(unfit, avro_bytes{}.number(1).text("t"));
    BOOST_TEST(contains(why, "Avro: x: the writer's schema has string"), why);
}

BOOST_AUTO_TEST_CASE(types_that_contain_themselves)
{
    auto const schema =
        record(field("value", R"("int")") + "," + field("children", R"({"type":"array","items":"node"})"), "node");
    auto data = avro_bytes{};
    data.number(1).number(2).number(2).number(0).number(3).number(1).number(4).number(0).number(0).number(0);
    auto const out = read_avro<node>(schema, data);
    BOOST_TEST_REQUIRE(out.children.size() == 2U);
    BOOST_TEST(out.children[0].value == 2);
    BOOST_TEST(out.children[1].children.at(0).value == 4);
    auto deep = avro_bytes{};
    for (auto i = 0; i < 100'000; ++i)
        deep.number(1).number(1);
    auto const why = why_not<node>(schema, deep);
    BOOST_TEST(contains(why, "children: nested more than 64 levels deep"), why);
    auto const skipped =
        why_not<point>(record(field("x", R"("int")") + "," + field("n", schema) + "," + field("y", R"("int")")), deep);
    BOOST_TEST(contains(skipped, "nested more than 64 levels deep"), skipped);
}

BOOST_AUTO_TEST_CASE(logical_types)
{
    auto const schema =
        record(field("at", R"({"type":"long","logicalType":"timestamp-micros"})") + "," +
               field("day", R"({"type":"int","logicalType":"date"})") + "," +
               field("of_day", R"({"type":"int","logicalType":"time-millis"})") + "," +
               field("id", R"({"type":"string","logicalType":"uuid"})") + "," +
               field("price", R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":2})") + "," +
               field("period", R"({"type":"fixed","name":"d","size":12,"logicalType":"duration"})"));
    auto data = avro_bytes{};
    data.number(-1).number(19000).number(5).text("12345678-1234-5678-1234-567812345678").text("\xfb\x2e");
    data.number_raw(std::uint32_t{1}).number_raw(std::uint32_t{2}).number_raw(std::uint32_t{3});
    auto const out = read_avro<times>(schema, data);
    BOOST_TEST((out.at.time_since_epoch() == -1ms));
    BOOST_TEST((out.day.time_since_epoch() == std::chrono::days{19000}));
    BOOST_TEST((out.of_day == 5ms));
    BOOST_TEST(to_string(out.id) == "12345678-1234-5678-1234-567812345678");
    BOOST_TEST(out.price.to_string() == "-12.34");
    BOOST_TEST((out.period == avro_duration{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(times_of_other_units)
{
    using millis = std::chrono::sys_time<std::chrono::milliseconds>;
    auto const date = R"({"type":"int","logicalType":"date"})";
    BOOST_TEST((read_avro<millis>(date, avro_bytes{}.number(2)).time_since_epoch() == std::chrono::hours{48}));
    auto const nanos = R"({"type":"long","logicalType":"timestamp-nanos"})";
    BOOST_TEST((read_avro<millis>(nanos, avro_bytes{}.number(1'999'999)).time_since_epoch() == 1ms));
    auto const local = R"({"type":"long","logicalType":"local-timestamp-millis"})";
    BOOST_TEST((read_avro<std::chrono::sys_days>(local, avro_bytes{}.number(86'400'000)).time_since_epoch() ==
                std::chrono::days{1}));
    BOOST_TEST((read_avro<millis>(R"("long")", avro_bytes{}.number(5)).time_since_epoch() == 5ms));
    using nano_time = std::chrono::sys_time<std::chrono::nanoseconds>;
    BOOST_TEST(contains(why_not<nano_time>(local, avro_bytes{}.number(std::int64_t{1} << 60)), "beyond the range"));
    BOOST_TEST(contains(why_not<millis>(R"({"type":"int","logicalType":"time-millis"})", avro_bytes{}),
                        "has time-millis, which cannot become a time"));
    BOOST_TEST(contains(why_not<boost::uuids::uuid>(R"("string")", avro_bytes{}.text("no")), "no UUID"));
}

BOOST_AUTO_TEST_CASE(decimals_as_text)
{
    auto const text = [](std::string const& unscaled, int scale)
    {
        auto value = avro_decimal{{}, scale};
        for (auto const c : unscaled)
            value.unscaled.push_back(static_cast<std::byte>(c));
        return value.to_string();
    };
    BOOST_TEST(text("", 0) == "0");
    BOOST_TEST(text("", 2) == "0.00");
    BOOST_TEST(text("\x01", 3) == "0.001");
    BOOST_TEST(text("\xff", 1) == "-0.1");
    BOOST_TEST(text("\x80", 0) == "-128");
    BOOST_TEST(text(std::string{"\x00\x80", 2}, 0) == "128");
    BOOST_TEST(text("\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 4) == "236118324143482260.6847");
    // A billion, and one less and more; 2 to the powers of 32 and 64.
    BOOST_TEST(text(std::string{"\x3b\x9a\xca\x00", 4}, 0) == "1000000000");
    BOOST_TEST(text("\x3b\x9a\xc9\xff", 0) == "999999999");
    BOOST_TEST(text("\xc4\x65\x35\xff", 0) == "-1000000001");
    BOOST_TEST(text(std::string{"\x01\x00\x00\x00\x00", 5}, 3) == "4294967.296");
    BOOST_TEST(text(std::string{"\xff\x00\x00\x00\x00\x00\x00\x00\x00", 9}, 0) == "-18446744073709551616");
    BOOST_TEST(text(std::string{"\x00\x00\x00\x00\x00\x00", 6}, 1) == "0.0");
    BOOST_TEST(text(std::string(100'000, '\xff'), 0) == "-1");
    auto const long_one = text(std::string(416, '\x7f'), 0);
    BOOST_TEST(long_one.size() == 1'002U);
}

BOOST_AUTO_TEST_CASE(decimals_that_no_schema_allows_are_refused)
{
    auto const schema = std::string{R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":2})"};
    auto const far = avro_bytes{}.text(std::string(900'000, '\x7f'));
    BOOST_TEST(
        contains(why_not<avro_decimal>(schema, far), "a decimal of 900000 bytes, which is more than 1,000 digits"));
    BOOST_TEST(why_not<avro_decimal>(schema, avro_bytes{}.text(std::string(416, '\x7f'))).empty());
    BOOST_TEST(contains(why_not<avro_decimal>(R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":10})",
                                              avro_bytes{}.text("1")),
                        "cannot become a decimal"));
}

BOOST_AUTO_TEST_CASE(truncated_records_end_in_errors)
{
    auto const schema =
        record(field("id", R"("long")") + "," + field("note", R"(["null","string"])") + "," +
               field("points", R"({"type":"array","items":)" + point_schema + "}") + "," +
               field("prices", R"({"type":"map","values":"double"})") + "," + field("where", R"("point")"));
    auto data = avro_bytes{};
    data.number(1000).number(1).text("quick").number(1).number(1000).number(2).number(0);
    data.number(1).text("a").number_raw(0.5).number(0).number(5).number(6);
    BOOST_TEST(why_not<order>(schema, data).empty());
    for (std::size_t size = 0; size < data.str().size(); ++size)
    {
        auto const why = why_not<order>(schema, avro_bytes{}.raw(data.str().substr(0, size)));
        BOOST_TEST(why.starts_with("Avro: "), why);
    }
    auto const longer = why_not<order>(schema, avro_bytes{}.raw(data.str() + "x"));
    BOOST_TEST(contains(longer, "1 bytes are left"), longer);
}

// What is read next is of the array or the map, not of the last field in it.
BOOST_AUTO_TEST_CASE(a_record_that_ends_between_items_names_what_they_are_in)
{
    auto const schema =
        record(field("id", R"("long")") + "," + field("points", R"({"type":"array","items":)" + point_schema + "}") +
               "," + field("prices", R"({"type":"map","values":"double"})") + "," + field("where", R"("point")"));
    auto const why = why_not<order>(schema, avro_bytes{}.number(1000).number(1).number(1000).number(2));
    BOOST_TEST(contains(why, "points: "), why);
    auto const within = why_not<order>(schema, avro_bytes{}.number(1000).number(1).number(1000));
    BOOST_TEST(contains(within, "points[].y: "), within);
}

BOOST_AUTO_TEST_CASE(records_that_double_without_bytes_end_in_errors)
{
    auto schema = record("", "r0");
    for (auto i = 1; i < 50; ++i)
        schema = record(field("a", schema) + "," + field("b", "\"r" + std::to_string(i - 1) + "\""),
                        "r" + std::to_string(i));
    auto const skipping = record(field("x", R"("int")") + "," + field("n", schema) + "," + field("y", R"("int")"));
    auto const why = why_not<point>(skipping, avro_bytes{}.number(1), {64, 1000});
    BOOST_TEST(contains(why, "far more parts than bytes"), why);
}

// Every field of a schema has a step, and every step its place: else a schema of 4 MB becomes a plan of hundreds.
BOOST_AUTO_TEST_CASE(places_are_short_however_long_and_deep_names_are)
{
    auto inner = record(field("a", R"("string")") + "," + field("b", R"("string")"), "r0");
    for (auto level = 1; level < 20; ++level)
        inner = record(field(std::string(70, 'n'), inner), "r" + std::to_string(level));
    auto const schema = record(field("x", R"("int")") + "," + field("deep", inner) + "," + field("y", R"("int")"));
    auto const plan = serde::compile(serde::avro_schema{schema}, detail::avro_type_of<point>());
    for (auto const& path : plan.paths)
        BOOST_TEST(path.size() < 300U, path);
    auto const why = why_not<point>(schema, avro_bytes{}.number(1).text("a").number(9));
    BOOST_TEST(contains(why, "deep.nnn"), why);
}

BOOST_AUTO_TEST_CASE(places_are_short_however_deep_arrays_and_maps_are)
{
    for (auto const& container : {R"({"type":"array","items":)", R"({"type":"map","values":)"})
    {
        auto chain = std::string{R"(["int",)"} + record(field("a", R"("int")"), "r0");
        for (auto i = 1; i <= 3000; ++i)
            chain += "," + record(field("a", container + std::string{"\"r"} + std::to_string(i - 1) + "\"}"),
                                  "r" + std::to_string(i));
        auto const schema =
            record(field("x", chain + "]") + "," + field("zz", R"("r3000")") + "," + field("y", R"("int")"));
        auto const plan = serde::compile(serde::avro_schema{schema}, detail::avro_type_of<point>());
        BOOST_TEST(plan.paths.size() > 6000U);
        auto longest = std::size_t{0};
        for (auto const& path : plan.paths)
            longest = std::max(longest, path.size());
        BOOST_TEST(longest < 300U);
    }
}

BOOST_AUTO_TEST_CASE(records_that_contain_themselves_directly_end_in_errors)
{
    auto const itself = record(field("a", R"("itself")"), "itself");
    auto const skipping = record(field("x", R"("int")") + "," + field("n", itself) + "," + field("y", R"("int")"));
    auto const why = why_not<point>(skipping, avro_bytes{}.number(1), {64, 1000});
    BOOST_TEST(contains(why, "nested more than 64 levels deep"), why);
}

BOOST_AUTO_TEST_CASE(hostile_records_end_in_errors)
{
    using nulls = std::vector<std::monostate>;
    auto const array = R"({"type":"array","items":"null"})";
    auto const most = std::numeric_limits<std::int64_t>::max();
    BOOST_TEST(contains(why_not<nulls>(array, avro_bytes{}.number(most)), "more than 1000000 items"));
    BOOST_TEST(contains(why_not<nulls>(array, avro_bytes{}.number(-most - 1).number(0)), "more than 1000000 items"));
    BOOST_TEST(contains(why_not<nulls>(array, avro_bytes{}.number(3).number(3), {64, 5}), "more than 5 items"));
    auto const skipping = record(field("x", R"("int")") + "," + field("n", array) + "," + field("y", R"("int")"));
    BOOST_TEST(contains(why_not<point>(skipping, avro_bytes{}.number(1).number(most)), "more than 1000000 items"));
    BOOST_TEST(
        contains(why_not<std::string>(R"("string")", avro_bytes{}.number(most)), "a length of 9223372036854775807"));
    BOOST_TEST(contains(why_not<std::string>(R"("string")", avro_bytes{}.number(-1)), "a length of -1"));
    BOOST_TEST(contains(why_not<std::int64_t>(R"("long")", avro_bytes{}.raw(std::string(11, '\xff'))), "64 bits"));
    BOOST_TEST(
        contains(why_not<std::int64_t>(R"("long")", avro_bytes{}.raw(std::string(9, '\xff') + "\2")), "64 bits"));
    BOOST_TEST(contains(why_not<bool>(R"("boolean")", avro_bytes{}.raw("\2")), "expected a boolean, found 2"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::avro_decode_test
