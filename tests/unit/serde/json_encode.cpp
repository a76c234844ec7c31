#include "unit/serde/json_support.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

namespace paperboy::json_encode_test
{
namespace
{

using namespace test;

everything an_everything()
{
    using namespace std::chrono;
    auto all = everything{};
    all.yes = true;
    all.tiny = std::numeric_limits<std::int8_t>::min();
    all.byte = std::numeric_limits<std::uint8_t>::max();
    all.small = -2;
    all.word = 3;
    all.number = -4;
    all.natural = 5;
    all.large = std::numeric_limits<std::int64_t>::min();
    all.larger = std::numeric_limits<std::uint64_t>::max();
    all.single = 0.1F;
    all.real = 1.0 / 3;
    all.text = "\"Grüße\\\n\x01";
    all.view = "view";
    all.paint = colour::blue;
    all.at = sys_days{2024y / February / 29} + 12h + 1ms;
    all.maybe = 7;
    all.numbers = {1, 2, 3};
    all.flags = {true, false};
    all.texts = {"a", ""};
    all.sorted = {{"b", 2}, {"a\t", 1}};
    all.hashed = {{"x", {"lamp", 1e300, "n"}}};
    all.any = transfer{"DE", {}};
    all.nested = {1, {{2, {}}, {3, {{4, {}}}}}};
    all.gaps = {{}, 1, {}};
    return all;
}

std::string encode_error_of(auto const& value)
{
    try
    {
        return "nothing, but " + encoded(value);
    }
    catch (encode_error const& error)
    {
        return error.what();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_encode_suite)

BOOST_AUTO_TEST_CASE(everything_comes_back)
{
    auto all = an_everything();
    BOOST_TEST((decoded<everything>(encoded(all)) == all));
    using any = decltype(all.any);
    for (auto const& each : {any{std::monostate{}}, any{true}, any{std::int64_t{-7}}, any{0.5}, any{std::string{"x"}},
                             any{std::vector{1}}, any{card{"1"}}})
    {
        all.any = each;
        BOOST_TEST((decoded<everything>(encoded(all)) == all));
    }
}

BOOST_AUTO_TEST_CASE(the_text)
{
    BOOST_TEST(encoded(order{7, "Ada", {{"lamp", 12.5, "blue"}, {"box", 3, {}}}, true, {}}) ==
               R"({"id":7,"customer":"Ada","items":[{"name":"lamp","price":12.5,"note":"blue"},)"
               R"({"name":"box","price":3.0}],"paid":true})");
    BOOST_TEST(encoded(std::string{"\"\\/\b\f\n\r\t\x1f\x7f ä", 13}) == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\x7f ä\"");
    BOOST_TEST(encoded(std::vector<std::optional<int>>{1, {}}) == "[1,null]");
    BOOST_TEST(encoded(colour::green) == "\"green\"");
    BOOST_TEST(encoded(renamed{1}) == R"({"item-id":1})");
    BOOST_TEST(encoded(money{1205}) == "\"12.05\"");
    auto out = std::string{"x"};
    json<int>{}.encode(1, out);
    BOOST_TEST(out == "x1");
}

BOOST_AUTO_TEST_CASE(numbers_are_short_and_exact)
{
    BOOST_TEST(encoded(0.1) == "0.1");
    BOOST_TEST(encoded(0.1F) == "0.1");
    BOOST_TEST(encoded(-0.0) == "-0.0");
    BOOST_TEST(encoded(2500.0) == "2500.0");
    BOOST_TEST(encoded(1e22) == "1e+22");
    for (auto const value : {5e-324, 1.7976931348623157e308, 123456789.123456789, 1e22, 1e23, 9007199254740993.0})
        BOOST_TEST(decoded<double>(encoded(value)) == value);
}

BOOST_AUTO_TEST_CASE(times_have_the_digits_of_their_unit)
{
    using namespace std::chrono;
    auto const noon = sys_days{2024y / February / 29} + 12h;
    BOOST_TEST(encoded(sys_seconds{noon}) == "\"2024-02-29T12:00:00Z\"");
    BOOST_TEST(encoded(sys_time<milliseconds>{noon - 1ms}) == "\"2024-02-29T11:59:59.999Z\"");
    BOOST_TEST(encoded(sys_time<microseconds>{noon + 1us}) == "\"2024-02-29T12:00:00.000001Z\"");
    BOOST_TEST(encoded(sys_time<nanoseconds>{noon + 1ns}) == "\"2024-02-29T12:00:00.000000001Z\"");
    BOOST_TEST(encoded(sys_time<milliseconds>{-1ms}) == "\"1969-12-31T23:59:59.999Z\"");
    BOOST_TEST(encoded(sys_days{0y / January / 1}) == "\"0000-01-01T00:00:00Z\"");
    BOOST_TEST(encode_error_of(sys_seconds::max()) ==
               "no text for the time 9223372036854775807 s since 1970: only for the years 0 to 9999");
}

BOOST_AUTO_TEST_CASE(what_json_cannot_say_is_an_error)
{
    BOOST_TEST(encode_error_of(std::numeric_limits<double>::infinity()) == "JSON has no number for inf");
    BOOST_TEST(encode_error_of(-std::numeric_limits<float>::infinity()) == "JSON has no number for -inf");
    BOOST_TEST(encode_error_of(item{"x", std::numeric_limits<double>::quiet_NaN(), {}}) ==
               "JSON has no number for nan");
    BOOST_TEST(encode_error_of(std::string{"\xff"}) == "JSON has no string for text that is not UTF-8");
    BOOST_TEST(encode_error_of(static_cast<colour>(17)) == "no name for the enumerator 17");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::json_encode_test
