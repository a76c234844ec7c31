// JSON that is none, and JSON from people who mean no good.

#include "unit/serde/json_support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace paperboy::json_broken_test
{
namespace
{

using namespace test;

struct nothing_known
{
    std::optional<int> unused;
};
BOOST_DESCRIBE_STRUCT(nothing_known, (), (unused))

// Each as a whole text, and each where nobody reads it.
auto const broken = std::vector<std::string>{
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "{]",
    "[}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\" 1}",
    "{\"a\",1}",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\":1 \"b\":2}",
    "{a:1}",
    "{1:1}",
    "{\"a\":1}}",
    "{\"a\":1}{}",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1]]",
    "[1,[2]",
    "[[1],{\"a\":[}]",
    "{\"a\":{\"b\":1}",
    "{\"a\":[1}",
    "\"a",
    "\"a\\\"",
    "{\"a",
    "{\"a\":\"b}",
    "\"\x01\"",
    "\"\xff\"",
    "\"\xc3\"",
    "\"\xed\xa0\x80\"",
    "\xef\xbb\xbf[]",
};

std::string said(std::string_view error)
{
    return std::string{error.substr(0, error.find(" at or before byte"))};
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_broken_suite)

BOOST_DATA_TEST_CASE(as_a_whole, boost::unit_test::data::make(broken), text)
{
    BOOST_TEST(said(error_of<nothing_known>(text)) != "nothing");
    BOOST_TEST(said(error_of<std::vector<int>>(text)) != "nothing");
    BOOST_TEST(said(error_of<std::string>(text)) != "nothing");
    BOOST_TEST(said(error_of<decltype(everything::any)>(text)) != "nothing");
}

BOOST_DATA_TEST_CASE(where_nobody_reads_it, boost::unit_test::data::make(broken), text)
{
    BOOST_TEST(said(error_of<nothing_known>("{\"x\":" + text + "}")) == "expected JSON, found text that is broken");
    BOOST_TEST(said(error_of<nothing_known>("{\"x\":[" + text + "]}")) == "expected JSON, found text that is broken");
}

BOOST_AUTO_TEST_CASE(nothing_at_all)
{
    BOOST_TEST(error_of<int>("") ==
               "expected JSON, found text that is broken at or before byte 0 of 0: there is nothing");
    BOOST_TEST(error_of<int>(" \n ") ==
               "expected JSON, found text that is broken at or before byte 3 of 3: there is nothing");
}

BOOST_AUTO_TEST_CASE(every_truncation_of_a_text)
{
    constexpr auto whole = std::string_view{
        R"({"id":7,"customer":"A\u0064a","items":[{"name":"lamp","price":12.5e0,"x":[1,{"y":null}]}],"paid":true})"};
    BOOST_TEST(error_of<order>(whole) == "nothing");
    for (std::size_t size = 0; size < whole.size(); ++size)
        BOOST_TEST(error_of<order>(whole.substr(0, size)) != "nothing");
}

BOOST_AUTO_TEST_CASE(something_behind_the_value)
{
    for (std::string const value : {"1", "\"x\"", "true", "null", "[]", "{}", "[1]"})
    {
        BOOST_TEST(error_of<decltype(everything::any)>(value + " x") != "nothing");
        BOOST_TEST(said(error_of<std::optional<nothing_known>>("{} " + value)) ==
                   "expected JSON, found text that is broken");
    }
    BOOST_TEST(error_of<int>("1 2") ==
               "expected JSON, found text that is broken at or before byte 2 of 3: something follows the value");
}

BOOST_AUTO_TEST_CASE(wrong_scalars)
{
    for (auto const* const wrong :
         {"tru", "truex", "nul", "nulll",    "+1",        "01",  "-",  "1.",    ".5", "1e",  "1e+", "0x10",
          "1_0", "'a'",   "NaN", "Infinity", "-Infinity", "--1", "1-", "1.5.5", "00", "-01", "1 2"})
    {
        BOOST_TEST(error_of<double>(wrong) != "nothing");
        BOOST_TEST(error_of<int>(wrong) != "nothing");
        BOOST_TEST(error_of<bool>(wrong) != "nothing");
        BOOST_TEST(error_of<std::optional<std::string>>(wrong) != "nothing");
        BOOST_TEST(error_of<std::vector<double>>("[" + std::string{wrong} + "]") != "nothing");
    }
}

// White space is four characters, and no other that comes behind a scalar.
BOOST_AUTO_TEST_CASE(control_characters)
{
    for (auto c = '\x01'; c < ' '; ++c)
    {
        auto const is_space = c == '\t' || c == '\n' || c == '\r';
        for (auto const* const scalar : {"12", "true", "null", "1.5"})
        {
            auto const text = "[" + std::string{scalar} + c + "]";
            BOOST_TEST((error_of<std::vector<std::optional<double>>>(text) == "nothing") ==
                       (is_space && *scalar != 't'));
            BOOST_TEST((error_of<std::vector<std::optional<bool>>>(text) == "nothing") ==
                       (is_space && (*scalar == 't' || *scalar == 'n')));
        }
    }
    BOOST_TEST(error_of<int>(std::string{"12\0", 3}) != "nothing");
}

BOOST_AUTO_TEST_CASE(wrong_escapes)
{
    for (auto const* const wrong : {R"(\x)", R"(\u)", R"(\u12)", R"(\u12g4)", R"(\ud800)", R"(\ud800x)", R"(\udc00)",
                                    R"(\ud800\ud800)", R"(\ud800\n)", R"(\ud83d\u)", R"(\')", R"(\0)"})
    {
        auto const text = "[\"a" + std::string{wrong} + "\"]";
        BOOST_TEST(said(error_of<std::vector<std::string>>(text)) == "expected JSON, found text that is broken");
        BOOST_TEST(said(error_of<std::vector<std::string_view>>(text)) == "expected JSON, found text that is broken");
        auto const key = "{\"number" + std::string{wrong} + "\":1}";
        BOOST_TEST(said(error_of<card>(key)) == "expected JSON, found text that is broken");
    }
}

BOOST_AUTO_TEST_CASE(a_field_twice)
{
    BOOST_TEST(error_of<card>(R"({"number":"1","number":"1"})") == "/number: expected once, found twice");
    BOOST_TEST(error_of<order>(R"({"id":1,"id":2})") == "/id: expected once, found twice");
    // One that nobody reads may be there as often as it likes.
    BOOST_TEST(error_of<card>(R"({"x":1,"x":2,"number":"1"})") == "nothing");
}

BOOST_AUTO_TEST_CASE(unknown_fields_are_rejected_on_request)
{
    auto const strict = json_options{.reject_unknown_fields = true};
    BOOST_TEST(error_of<card>(R"({"number":"1"})", strict) == "nothing");
    BOOST_TEST(error_of<std::vector<card>>(R"([{"number":"1","x~/y":1}])", strict) ==
               "/0/x~0~1y: expected no such field, found one (json_options::reject_unknown_fields)");
}

BOOST_AUTO_TEST_CASE(depth_has_a_limit)
{
    auto const nested = [](std::size_t depth)
    {
        auto text = std::string{};
        for (std::size_t i = 0; i < depth; ++i)
            text += R"({"value":1,"children":[)";
        for (std::size_t i = 0; i < depth; ++i)
            text += "]}";
        return text;
    };
    BOOST_TEST(error_of<tree>(nested(32)) == "nothing");
    BOOST_TEST(
        error_of<tree>(nested(33))
            .ends_with("expected at most 64 containers within each other (json_options::max_depth), found more"));
    BOOST_TEST(
        error_of<tree>(nested(3), {.max_depth = 5}) ==
        "/children/0/children/0/children: expected at most 5 containers within each other (json_options::max_depth), "
        "found more");
    BOOST_TEST(error_of<tree>(nested(100'000)).ends_with("found more"));
    // Passed over, the limit is the same.
    auto const deep = [](std::size_t depth)
    { return "{\"x\":" + std::string(depth, '[') + std::string(depth, ']') + "}"; };
    BOOST_TEST(error_of<nothing_known>(deep(63)) == "nothing");
    BOOST_TEST(error_of<nothing_known>(deep(64)).starts_with("/x: expected at most 64"));
    BOOST_TEST(error_of<card>("{\"number\":\"1\"," + deep(64).substr(1)).starts_with("/x: expected at most 64"));
    BOOST_TEST(error_of<nothing_known>(deep(1'000'000)).ends_with("found more"));
    BOOST_TEST(error_of<nothing_known>("{\"x\":" + std::string(1'000'000, '[')).ends_with("found more"));
}

BOOST_AUTO_TEST_CASE(size_has_a_limit)
{
    BOOST_TEST(error_of<std::string>("\"12345\"", {.max_size = 6}) ==
               "expected JSON of at most 6 bytes (json_options::max_size), found 7");
    BOOST_TEST(error_of<std::string>("\"12345\"", {.max_size = 7}) == "nothing");
    BOOST_TEST(decoded<std::string>('"' + std::string(1'000'000, 'x') + '"').size() == 1'000'000U);
}

BOOST_AUTO_TEST_CASE(items_have_a_limit)
{
    auto many = std::string{"[{}"};
    for (auto i = 1; i < 1'000'000; ++i)
        many += ",{}";
    BOOST_TEST(decoded<std::vector<nothing_known>>(many + "]").size() == 1'000'000U);
    BOOST_TEST(error_of<std::vector<nothing_known>>(many + ",{}]") ==
               "/1000000: expected at most 1000000 items of arrays and mappings (json_options::max_items), found more");
    // In all, also of mappings; of each record anew.
    using lists = std::map<std::string, std::vector<int>>;
    auto serde = json<lists>{{.max_items = 5}};
    auto out = lists{};
    for (auto i = 0; i < 2; ++i)
        serde.decode(bytes_of(R"({"a":[1,2],"b":[3]})"), out);
    BOOST_TEST(error_of<lists>(R"({"a":[1,2],"b":[3,4]})", {.max_items = 5}).starts_with("/b/1: expected at most 5 "));
    BOOST_TEST(error_of<lists>(R"({"a":[1,2],"b":[],"c":[]})", {.max_items = 4}).starts_with("/c: "));
    // Fields of structs, and what is passed over, are not counted.
    BOOST_TEST(error_of<card>(R"({"number":"1","x":[1,2,3]})", {.max_items = 1}) == "nothing");
}

BOOST_AUTO_TEST_CASE(limits_have_limits)
{
    BOOST_CHECK_THROW(json<int>({.max_items = 0}), setup_error);
    BOOST_CHECK_THROW(json<int>({.max_items = 1'000'000'001}), setup_error);
    BOOST_CHECK_THROW(json<int>({.max_depth = 0}), setup_error);
    BOOST_CHECK_THROW(json<int>({.max_depth = 1001}), setup_error);
    BOOST_CHECK_THROW(json<int>({.max_size = 0}), setup_error);
    BOOST_CHECK_THROW(json<int>({.max_size = std::size_t{1} << 32U}), setup_error);
}

BOOST_AUTO_TEST_CASE(what_is_quoted_in_errors_is_short_and_printable)
{
    auto const error = error_of<int>('"' + std::string(10'000, 'x') + '"');
    BOOST_TEST(error.size() < 200U);
    BOOST_TEST(error.ends_with("xxx…"));
    auto const cut = error_of<int>("\"1234567890123456789012345678901234567890" + std::string(40, 'x') + "\"");
    BOOST_TEST(cut.size() < 200U);
    BOOST_TEST(error_of<int>("\"\x7f\"").ends_with("found the string \"?\""));
    auto const long_name = "{\"" + std::string(10'000, 'n') + "\":1}";
    BOOST_TEST(error_of<card>(long_name, {.reject_unknown_fields = true}).size() < 200U);
}

BOOST_AUTO_TEST_CASE(after_an_error_the_next_record_is_read)
{
    auto serde = json<order>{};
    auto out = order{};
    for (auto const* const wrong : {"", "{", "[]", R"({"id":1,"customer":"x","items":[{"name":"y"}]})", "\xff"})
    {
        BOOST_CHECK_THROW(serde.decode(bytes_of(wrong), out), decode_error);
        serde.decode(bytes_of(R"({"id":1,"customer":"x","items":[],"paid":true})"), out);
        BOOST_TEST((out == order{1, "x", {}, true, {}}));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::json_broken_test
