#include "unit/serde/json_support.hpp"

#include <paperboy/error.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>

namespace paperboy::json_decode_test
{
namespace
{

using namespace test;
using every_width = boost::mpl::list<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                                     std::uint32_t, std::int64_t, std::uint64_t>;

static_assert(deserializer<json<order>> && serializer<json<order>>);
static_assert(deserializer<json<std::vector<int>>> && serializer<json<double>>);

constexpr auto an_order = std::string_view{
    R"({"id":7,"customer":"Ada","items":[{"name":"lamp","price":12.5,"note":"blue"},{"name":"box","price":3}],)"
    R"("paid":true,"discount":10})"};

bool lies_in(std::string_view part, std::string_view whole)
{
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_decode_suite)

BOOST_AUTO_TEST_CASE(a_struct_in_a_struct)
{
    auto const out = decoded<order>(an_order);
    auto const expected = order{7, "Ada", {{"lamp", 12.5, "blue"}, {"box", 3, {}}}, true, 10};
    BOOST_TEST((out == expected));
    BOOST_TEST(lies_in(out.customer, an_order));
}

BOOST_AUTO_TEST_CASE(fields_come_in_any_order_and_unknown_ones_are_passed_over)
{
    auto const out = decoded<order>(R"( { "discount" : null , "x" : [ 1 , {"id":2} ] , "paid" : false , "y" : "}" ,
        "items" : [ ] , "customer" : "" , "id" : -1 , "z" : {} } )");
    BOOST_TEST((out == order{-1, "", {}, false, {}}));
}

BOOST_AUTO_TEST_CASE(what_an_earlier_record_left_is_overwritten)
{
    auto serde = json<order>{};
    auto out = order{};
    serde.decode(bytes_of(an_order), out);
    serde.decode(bytes_of(R"({"id":1,"customer":"x","items":[{"name":"cup","price":1}],"paid":false})"), out);
    BOOST_TEST((out == order{1, "x", {{"cup", 1, {}}}, false, {}}));
    serde.decode(bytes_of(R"({"id":1,"customer":"x","items":[],"paid":false})"), out);
    BOOST_TEST(out.items.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(integers_have_the_range_of_their_type, T, every_width)
{
    using limits = std::numeric_limits<T>;
    auto const min = std::to_string(limits::min());
    auto const max = std::to_string(limits::max());
    BOOST_TEST((decoded<T>(min) == limits::min()));
    BOOST_TEST((decoded<T>(max) == limits::max()));
    BOOST_TEST((decoded<std::vector<T>>("[" + min + "," + max + "]") == std::vector<T>{limits::min(), limits::max()}));
    auto const expected = "expected a whole number from " + min + " to " + max + ", found ";
    for (std::string const wrong :
         {"-9223372036854775809", "18446744073709551616", "1.0", "1e3", "99999999999999999999"})
    {
        BOOST_TEST(error_of<T>(wrong) == expected + "the number " + wrong);
        BOOST_TEST(error_of<std::vector<T>>("[" + wrong + "]") == "/0: " + expected + "the number " + wrong);
    }
    BOOST_TEST(error_of<T>("\"1\"") == expected + "the string \"1\"");
    BOOST_TEST(error_of<T>("null") == expected + "null");
    BOOST_TEST(error_of<T>("01") == expected + "the number 01");
    BOOST_TEST(error_of<T>("-") == expected + "the number -");
}

BOOST_AUTO_TEST_CASE(integers_one_beyond_the_limits)
{
    BOOST_TEST(error_of<std::int8_t>("128") == "expected a whole number from -128 to 127, found the number 128");
    BOOST_TEST(error_of<std::int8_t>("-129") == "expected a whole number from -128 to 127, found the number -129");
    BOOST_TEST(error_of<std::uint8_t>("256") == "expected a whole number from 0 to 255, found the number 256");
    BOOST_TEST(error_of<std::uint8_t>("-1") == "expected a whole number from 0 to 255, found the number -1");
}

BOOST_AUTO_TEST_CASE(floating_point_numbers)
{
    BOOST_TEST(decoded<double>("0.1") == 0.1);
    BOOST_TEST(decoded<double>("-1e-300") == -1e-300);
    BOOST_TEST(decoded<double>("12345678901234567890") == 12345678901234567890.0);
    BOOST_TEST(decoded<double>("1.7976931348623157e308") == std::numeric_limits<double>::max());
    BOOST_TEST(decoded<float>("0.1") == 0.1F);
    BOOST_TEST(decoded<std::vector<double>>("[1,2.5]") == (std::vector{1.0, 2.5}), boost::test_tools::per_element());
    BOOST_TEST(error_of<double>("1e999") == "expected a number within the range of double, found the number 1e999");
    BOOST_TEST(error_of<float>("1e39") == "expected a number within the range of float, found the number 1e39");
    BOOST_TEST(error_of<double>("\"x\"") == "expected a number, found the string \"x\"");
    BOOST_TEST(error_of<double>("NaN") == "expected a number, found NaN, which is not JSON");
}

BOOST_AUTO_TEST_CASE(texts)
{
    BOOST_TEST(decoded<std::string>("\"\"").empty());
    BOOST_TEST(decoded<std::string>(R"("Grüße, 世界 \u00e4\ud83d\ude00\n\"\\\/")") == "Grüße, 世界 ä😀\n\"\\/");
    BOOST_TEST(decoded<std::string>("  \"x\" \n") == "x");
    BOOST_TEST(error_of<std::string>("7") == "expected a string, found the number 7");
    BOOST_TEST(error_of<std::string>(R"(["a"])") == "expected a string, found an array");
    BOOST_TEST(
        error_of<std::vector<std::string>>(R"(["\x"])") ==
        "expected JSON, found text that is broken at or before byte 2 of 6: an escape sequence in a string is wrong");
}

BOOST_AUTO_TEST_CASE(views_borrow_from_the_record_or_from_the_serde)
{
    auto serde = json<view>{};
    auto plain = view{};
    auto escaped = view{};
    constexpr auto without = std::string_view{R"({"text":"plain"})"};
    constexpr auto with = std::string_view{R"({"text":"new\nline"})"};
    serde.decode(bytes_of(without), plain);
    BOOST_TEST(lies_in(plain.text, without));
    serde.decode(bytes_of(with), escaped);
    BOOST_TEST(escaped.text == "new\nline");
    // Both in one record: only the one with escapes needs memory.
    constexpr auto both = std::string_view{R"(["plain","\"quoted\""])"};
    auto list = json<std::vector<std::string_view>>{};
    auto out = std::vector<std::string_view>{};
    list.decode(bytes_of(both), out);
    BOOST_TEST(lies_in(out[0], both));
    BOOST_TEST(out[1] == "\"quoted\"");
}

BOOST_AUTO_TEST_CASE(views_of_many_records_stay_valid_until_they_are_forgotten)
{
    auto serde = json<view>{};
    for (auto round = 0; round < 3; ++round)
    {
        serde.forget();
        auto all = std::vector<view>(1000);
        auto texts = std::vector<std::string>{};
        for (auto& each : all)
        {
            texts.push_back(R"({"text":"\t)" + std::string(texts.size(), 'x') + R"("})");
            serde.decode(bytes_of(texts.back()), each);
        }
        for (std::size_t i = 0; i < all.size(); ++i)
            BOOST_REQUIRE(all[i].text == "\t" + std::string(i, 'x'));
    }
}

BOOST_AUTO_TEST_CASE(everything_absent_or_null)
{
    BOOST_TEST(!decoded<std::optional<int>>("null"));
    BOOST_TEST((decoded<std::vector<std::optional<int>>>("[null,1]") == std::vector<std::optional<int>>{{}, 1}));
    BOOST_TEST(error_of<item>(R"({"name":"x"})") == "/price: expected a field, found none");
    BOOST_TEST(error_of<item>(R"({"name":null,"price":1})") == "/name: expected a string, found null");
}

BOOST_AUTO_TEST_CASE(containers)
{
    using map = std::map<std::string, std::vector<int>>;
    BOOST_TEST((decoded<map>(R"({"a":[1,2],"b\n":[]})") == map{{"a", {1, 2}}, {"b\n", {}}}));
    using views = std::unordered_map<std::string_view, bool>;
    BOOST_TEST((decoded<views>(R"({"a":true,"b":false})") == views{{"a", true}, {"b", false}}));
    BOOST_TEST(decoded<map>("{}").empty());
    BOOST_TEST(error_of<map>(R"({"a":[],"a":[]})") == "/a: expected once, found twice");
    BOOST_TEST(error_of<map>(R"({"a":[1,"x"]})") ==
               "/a/1: expected a whole number from -2147483648 to 2147483647, found the string \"x\"");
    BOOST_TEST(error_of<map>("[]") == "expected an object, found an array");
    BOOST_TEST(error_of<std::vector<int>>("{}") == "expected an array, found an object");
}

BOOST_AUTO_TEST_CASE(enums_by_name)
{
    BOOST_TEST((decoded<colour>("\"blue\"") == colour::blue));
    BOOST_TEST((decoded<colour>("\"gr\\u0065en\"") == colour::green));
    BOOST_TEST(error_of<colour>("\"pink\"") == R"(expected one of "red", "green", "blue", found the string "pink")");
    BOOST_TEST(error_of<colour>("1") == R"(expected one of "red", "green", "blue", found the number 1)");
}

BOOST_AUTO_TEST_CASE(times)
{
    using namespace std::chrono;
    using ms = sys_time<milliseconds>;
    auto const noon = sys_days{2024y / February / 29} + 12h;
    BOOST_TEST((decoded<ms>("\"2024-02-29T12:00:00Z\"") == noon));
    BOOST_TEST((decoded<ms>("\"2024-02-29T12:00Z\"") == noon));
    BOOST_TEST((decoded<ms>("\"2024-02-29 13:30:00.123999+01:30\"") == noon + 123ms));
    BOOST_TEST((decoded<ms>("\"1969-12-31T23:59:59.999Z\"") == ms{-1ms}));
    BOOST_TEST((decoded<ms>("1709208000000") == noon));
    BOOST_TEST((decoded<sys_seconds>("\"0000-01-01T00:00:00.5Z\"") == sys_days{0y / January / 1}));
    BOOST_TEST((decoded<sys_time<nanoseconds>>("\"2024-02-29T12:00:00.000000001Z\"") == noon + 1ns));
    BOOST_TEST((decoded<sys_days>("\"2024-02-29T12:00:00Z\"") == sys_days{2024y / February / 29}));
    for (auto const* const wrong : {"2024-02-30T12:00:00Z", "2024-02-29", "2024-02-29T12:00:00", "2024-02-29T24:00:00Z",
                                    "2024-02-29T12:00:00.Z", "2024-02-29T12:00:00Zx", "2024-13-01T12:00:00Z", "", "x"})
        BOOST_TEST(error_of<ms>('"' + std::string{wrong} + '"') ==
                   "expected a time such as \"2024-02-29T12:00:00Z\", or a whole number, found the string \"" +
                       std::string{wrong} + '"');
    BOOST_TEST(error_of<sys_time<nanoseconds>>("\"9999-01-01T00:00:00Z\"").starts_with("expected a time"));
    BOOST_TEST(error_of<ms>("true").starts_with("expected a time"));
    BOOST_TEST(error_of<ms>("1.5").starts_with("expected a whole number"));
}

BOOST_AUTO_TEST_CASE(unions_by_kind)
{
    using any = decltype(everything::any);
    BOOST_TEST((decoded<any>("null") == any{std::monostate{}}));
    BOOST_TEST((decoded<any>("true") == any{true}));
    BOOST_TEST((decoded<any>("7") == any{std::int64_t{7}}));
    BOOST_TEST((decoded<any>("7.5") == any{7.5}));
    BOOST_TEST((decoded<any>("\"x\"") == any{std::string{"x"}}));
    BOOST_TEST((decoded<any>("[1]") == any{std::vector{1}}));
    using narrow = std::variant<std::int8_t, bool>;
    using numbers = std::variant<double, std::int8_t>;
    BOOST_TEST((decoded<numbers>("7") == numbers{std::int8_t{7}}));
    BOOST_TEST(error_of<narrow>("\"x\"") == "expected a value of one of the union's types, found the string \"x\"");
    BOOST_TEST(error_of<numbers>("300") == "expected a whole number from -128 to 127, found the number 300");
}

BOOST_AUTO_TEST_CASE(unions_of_structs_by_their_fields)
{
    using payment = std::variant<card, transfer>;
    BOOST_TEST((decoded<payment>(R"({"number":"1"})") == payment{card{"1"}}));
    BOOST_TEST((decoded<payment>(R"({"x":1,"iban":"DE"})") == payment{transfer{"DE", {}}}));
    // Both fit: the first is taken.
    BOOST_TEST((decoded<payment>(R"({"iban":"DE","number":"1"})") == payment{card{"1"}}));
    auto const strict = json_options{.reject_unknown_fields = true};
    BOOST_TEST((decoded<payment>(R"({"iban":"DE","number":"1"})", strict) == payment{transfer{"DE", "1"}}));
    BOOST_TEST((decoded<std::vector<payment>>(R"([{"iban":"DE"},{"number":"1"}])") ==
                std::vector<payment>{transfer{"DE", {}}, card{"1"}}));
    BOOST_TEST(error_of<std::vector<payment>>(R"([{"x":1}])") ==
               "/0: expected a value of one of the union's types, found an object");
    BOOST_TEST(error_of<payment>(R"({"number":1})") == "/number: expected a string, found the number 1");
}

BOOST_AUTO_TEST_CASE(bases_renamed_fields_and_types_with_a_codec)
{
    auto const out = decoded<derived>(R"({"name":"x","price":1,"more":2})");
    BOOST_TEST(out.name == "x");
    BOOST_TEST(out.more == 2);
    BOOST_TEST(decoded<renamed>(R"({"item-id":3})").item_id == 3);
    BOOST_TEST(error_of<renamed>("{}") == "/item-id: expected a field, found none");
    BOOST_TEST(decoded<money>("\"12.34\"").cents == 1234);
    BOOST_TEST(error_of<std::vector<money>>("[\"1\"]") ==
               "/0: expected an amount such as \"12.34\", found the string \"1\"");
}

BOOST_AUTO_TEST_CASE(names_with_escapes)
{
    BOOST_TEST(decoded<card>(R"({"n\u0075mber":"1"})").number == "1");
    BOOST_TEST(decoded<card>(R"({"x\"":0,"\\":"\\","number":"1"})").number == "1");
    BOOST_TEST(decoded<card>(R"({"\u006e\u0075mber":"1"})").number == "1");
    BOOST_TEST(decoded<card>(R"({"numbe\u0072":"1"})").number == "1");
    BOOST_TEST(error_of<card>(R"({"number":"1","numbe\u0072":"2"})") == R"(/numbe\u0072: expected once, found twice)");
    BOOST_TEST(error_of<card>(R"({"number":"1","\u006eumber":"2"})") == R"(/\u006eumber: expected once, found twice)");
}

BOOST_AUTO_TEST_CASE(names_that_begin_alike)
{
    BOOST_TEST(
        (decoded<letters>(R"({"":5,"b":0,"ba":4,"abd":[1],"abc":3,"ac":{},"ab":2,"abcd":{"a":9},"a":1,"bab":7})") ==
         letters{1, 2, 3, 4, 5}));
    BOOST_TEST((decoded<letters>(R"({"\u0061":1,"a\u0062":2,"ab\u0063":3,"\u0062a":4,"":5,"c":"\u0061"})") ==
                letters{1, 2, 3, 4, 5}));
    for (auto const* const twice : {R"("a")", R"("\u0061")", R"("ab")", R"("a\u0062")", R"("")", R"("ba")"})
        BOOST_TEST(
            error_of<letters>(std::string{R"({"":5,"ba":4,"x":[{}],"abc":3,"ab":2,"y":0,"a":1,)"} + twice + ":7}")
                .ends_with(": expected once, found twice"));
    BOOST_TEST(error_of<letters>(R"({"":5,"ba":4,"abc":3,"ab":2,"A":1})") == "/a: expected a field, found none");
    // Where a name is passed over by its letters alone, what is behind it is looked at all the same.
    BOOST_TEST(error_of<letters>(R"({"x":[1,],"":5})").starts_with("expected JSON"));
    BOOST_TEST(error_of<letters>(R"({"x" 1,"":5})").starts_with("expected JSON"));
    BOOST_TEST(error_of<letters>(R"({"x":{"y"},"":5})").starts_with("expected JSON"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::json_decode_test
