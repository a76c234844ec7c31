// What is no MessagePack, or not what was expected: the errors say where and what.

#include "unit/serde/msgpack_support.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::msgpack_broken_test
{
namespace
{

using namespace test;

using named_integers = std::map<std::string, int>;
using numbered_flags = std::map<int, bool>;

// One container in another, so many of them, and null.
std::string nested(std::string const& head, std::size_t depth)
{
    auto out = std::string{};
    for (std::size_t i = 0; i < depth; ++i)
        out += head;
    return out + '\xc0';
}

} // namespace

BOOST_AUTO_TEST_SUITE(msgpack_broken_suite)

BOOST_AUTO_TEST_CASE(the_place_is_named)
{
    BOOST_TEST(
        unpacking_error<test::order>(packed_json(
            R"({"customer":"","id":1,"items":[{"name":"","price":1},{"name":"","price":"abc"}],"paid":true})")) ==
        R"(/items/1/price: expected a number, found the text "abc" (at byte 49 of 59))");
    BOOST_TEST(unpacking_error<test::order>(packed_json(R"({"id":1,"customer":"","items":[{"name":"x"}]})")) ==
               "/items/0/price: expected a field, found none");
    BOOST_TEST(unpacking_error<test::order>(hex("80")) == "/id: expected a field, found none");
    BOOST_TEST(unpacking_error<named_integers>(packed_json(R"({"a~/b":null})")).starts_with("/a~0~1b: "));
    BOOST_TEST(unpacking_error<numbered_flags>(hex("82 01c3 0207")) ==
               "/2: expected true or false, found the integer 7 (at byte 4 of 5)");
    BOOST_TEST(unpacking_error<colour>(packed_json(R"("pink")")) ==
               R"(expected one of "red", "green", "blue", found the text "pink" (at byte 0 of 5))");
}

BOOST_AUTO_TEST_CASE(keys)
{
    auto const twice = hex("82 a2") + "id" + hex("01 a2") + "id" + hex("02");
    BOOST_TEST(unpacking_error<test::order>(twice) == "/id: expected once, found twice");
    BOOST_TEST((unpacking_error<named_integers>(twice) == "/id: expected once, found twice"));
    BOOST_TEST((unpacking_error<nlohmann::json>(twice) == "/id: expected once, found twice"));
    BOOST_TEST((unpacking_error<nlohmann::ordered_json>(twice) == "/id: expected once, found twice"));
    // A struct passes over keys that are no texts, as over other unknown fields.
    auto const mixed = hex("83 07c0 a6") + "number" + hex("a178 c4017890");
    BOOST_TEST(unpacked<card>(mixed).number == "x");
    BOOST_TEST(unpacking_error<card>(mixed, {.reject_unknown_fields = true}) ==
               "/7: expected no such field, found one (msgpack_options::reject_unknown_fields)");
    BOOST_TEST((unpacking_error<named_integers>(hex("81 0707"))) ==
               "a key: expected a text, found the integer 7 (at byte 1 of 3)");
    BOOST_TEST((unpacking_error<std::vector<nlohmann::json>>(hex("91 82 a17801 0707"))) ==
               "/0, a key: expected a text as the key, since nlohmann::json has no others; read the map into a "
               "std::map, found the integer 7 (at byte 5 of 7)");
}

// Each text that is cut off anywhere is an error, and so is each with something behind it.
BOOST_AUTO_TEST_CASE(cut_off_anywhere)
{
    auto const whole = packed_json(
        R"({"id":70000,"customer":"Ada","items":[{"name":"x","price":1.25}],"paid":true,"unknown":[{"a":[1,"b"]}]})");
    static_cast<void>(unpacked<test::order>(whole));
    static_cast<void>(unpacked<nlohmann::json>(whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
    {
        // Of the same size, so that a byte read behind the end is found by the sanitizer.
        auto const cut = std::vector<char>{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
        auto const text = std::string_view{cut.data(), cut.size()};
        BOOST_TEST(unpacking_error<test::order>(text) != "nothing");
        BOOST_TEST(unpacking_error<nlohmann::json>(text).find("(at byte ") != std::string::npos);
    }
    BOOST_TEST(unpacking_error<test::order>(whole + "xy") ==
               "expected nothing behind the value, found 2 bytes (at byte " + std::to_string(whole.size()) + " of " +
                   std::to_string(whole.size() + 2) + ")");
    BOOST_TEST(unpacking_error<int>("") == "expected a value, found the end of the record (at byte 0 of 0)");
    BOOST_TEST(unpacking_error<std::vector<int>>(hex("93 01 02")) ==
               "expected at least 3 more bytes, found 2 (at byte 0 of 3)");
    BOOST_TEST(unpacking_error<std::vector<std::string>>(hex("92 a178 a578")) ==
               "/1: expected at least 5 more bytes, found 1 (at byte 3 of 5)");
}

BOOST_AUTO_TEST_CASE(sizes_far_beyond_the_record)
{
    for (auto const* const head :
         {"dbffffffff", "c6ffffffff", "ddffffffff", "dfffffffff", "c9ffffffff05", "daffff", "deffff", "c5ffff"})
    {
        auto const data = hex(head) + std::string(20, '\x01');
        BOOST_TEST(unpacking_error<nlohmann::json>(data).find("expected at least ") != std::string::npos);
        BOOST_TEST(unpacking_error<std::string>(data) != "nothing");
        BOOST_TEST(unpacking_error<std::vector<int>>(data) != "nothing");
        BOOST_TEST((unpacking_error<named_integers>(data)) != "nothing");
        // Passed over, in a field that the struct does not have.
        BOOST_TEST(unpacking_error<card>(hex("81 a178") + data).find("/x: expected at least ") != std::string::npos);
    }
    // Each array has room for the next one only.
    BOOST_TEST(unpacking_error<card>(hex("81 a178") + nested(hex("dd00000001"), 1000) + hex("01")) != "nothing");
}

BOOST_AUTO_TEST_CASE(depth)
{
    BOOST_TEST((unpacked<nlohmann::json>(nested("\x91", 64)).size() == 1U));
    auto const line = unpacking_error<nlohmann::json>(nested("\x91", 1'000'000));
    BOOST_TEST(line.ends_with(": expected at most 64 containers within each other (msgpack_options::max_depth), found "
                              "more (at byte 64 of 1000001)"),
               line);
    BOOST_TEST(unpacking_error<test::tree>(packed_json(R"({"value":1,"children":[{"value":2,"children":[]}]})"),
                                           {.max_depth = 3}) ==
               "/children/0/children: expected at most 3 containers within each other (msgpack_options::max_depth), "
               "found more (at byte 21 of 36)");
    // What is passed over may be deeper.
    BOOST_TEST(unpacked<card>(hex("82 a6") + "number" + hex("a178 a178") + nested("\x91", 1'000'000)).number == "x");
    BOOST_TEST(unpacked<card>(hex("82 a6") + "number" + hex("a178 a178") + nested("\x81\xc0", 1'000'000)).number ==
               "x");
}

// Where that is costs no more than a few looks at the record.
BOOST_AUTO_TEST_CASE(a_deep_record_that_is_cut_off_is_refused_at_once)
{
    auto const line = unpacking_error<card>(hex("81 a178") + std::string(1'000'000, '\x91'));
    BOOST_TEST(line.starts_with("/x/0/0/0/"), line);
    BOOST_TEST(line.ends_with("/0/…: expected at least 1 more bytes, found 0 (at byte 1000002 of 1000003)"), line);
    BOOST_TEST(line.size() < 300U);
    BOOST_TEST(unpacking_error<card>(hex("81 a178") + std::string(1'000'000, '\x91') + "\xc1").size() < 300U);
}

BOOST_AUTO_TEST_CASE(limits)
{
    BOOST_TEST(unpacking_error<std::vector<int>>(hex("93 01 02 03"), {.max_items = 2}) ==
               "expected at most 2 items of arrays and maps (msgpack_options::max_items), found more (at byte 0 of 4)");
    BOOST_TEST(unpacking_error<int>("12345", {.max_size = 4}) ==
               "expected MessagePack of at most 4 bytes (msgpack_options::max_size), found 5");
    BOOST_CHECK_THROW(msgpack<int>({.max_depth = 0}), setup_error);
    BOOST_CHECK_THROW(msgpack<int>({.max_depth = 1001}), setup_error);
    BOOST_CHECK_THROW(msgpack<int>({.max_size = 0}), setup_error);
}

BOOST_AUTO_TEST_CASE(bytes_that_nothing_begins_with)
{
    BOOST_TEST(
        unpacking_error<int>(hex("c1")).ends_with("found the byte 0xc1, which MessagePack does not use (at byte 0 "
                                                  "of 1)"));
    BOOST_TEST(unpacking_error<nlohmann::json>(hex("92 01 c1")) ==
               "/1: expected a value, found the byte 0xc1, which MessagePack does not use (at byte 2 of 3)");
    BOOST_TEST(unpacking_error<card>(hex("81 a178 91c1")).starts_with("/x/0: expected a value, found the byte 0xc1"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::msgpack_broken_test
