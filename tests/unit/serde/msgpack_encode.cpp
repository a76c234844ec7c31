// What is written, byte for byte as Python's msgpack.packb writes it.

#include "unit/serde/msgpack_support.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

namespace paperboy::msgpack_encode_test
{
namespace
{

using namespace test;

} // namespace

BOOST_AUTO_TEST_SUITE(msgpack_encode_suite)

// Each boundary between two forms, from Python 3.11 and msgpack 1.0.3: packb(x).hex().
BOOST_AUTO_TEST_CASE(integers_are_as_short_as_possible)
{
    for (auto const& [value, expected] :
         std::map<std::int64_t, std::string>{{0, "00"},
                                             {127, "7f"},
                                             {128, "cc80"},
                                             {255, "ccff"},
                                             {256, "cd0100"},
                                             {65535, "cdffff"},
                                             {65536, "ce00010000"},
                                             {4294967295, "ceffffffff"},
                                             {4294967296, "cf0000000100000000"},
                                             {-1, "ff"},
                                             {-32, "e0"},
                                             {-33, "d0df"},
                                             {-128, "d080"},
                                             {-129, "d1ff7f"},
                                             {-32768, "d18000"},
                                             {-32769, "d2ffff7fff"},
                                             {-2147483648, "d280000000"},
                                             {-2147483649, "d3ffffffff7fffffff"},
                                             {std::numeric_limits<std::int64_t>::min(), "d38000000000000000"},
                                             {std::numeric_limits<std::int64_t>::max(), "cf7fffffffffffffff"}})
        BOOST_TEST(to_hex(packed(value)) == expected);
    BOOST_TEST(to_hex(packed(std::numeric_limits<std::uint64_t>::max())) == "cfffffffffffffffff");
    BOOST_TEST(to_hex(packed(std::uint8_t{200})) == "ccc8");
    BOOST_TEST(to_hex(packed(std::int8_t{-33})) == "d0df");
}

BOOST_AUTO_TEST_CASE(other_scalars)
{
    BOOST_TEST(to_hex(packed(true)) == "c3");
    BOOST_TEST(to_hex(packed(std::optional<int>{})) == "c0");
    BOOST_TEST(to_hex(packed(1.0)) == "cb3ff0000000000000");
    BOOST_TEST(to_hex(packed(1.0F)) == "cb3ff0000000000000");
    BOOST_TEST(to_hex(packed(std::string{"ä"})) == "a2c3a4");
    BOOST_TEST(to_hex(packed(std::vector<std::byte>(2))) == "c4020000");
    BOOST_TEST(to_hex(packed(colour::green)) == "a5677265656e");
}

BOOST_AUTO_TEST_CASE(sizes)
{
    auto const head = [](std::string const& data, std::size_t size) { return to_hex(data.substr(0, size)); };
    for (auto const& [size, expected] : std::map<std::size_t, std::string>{
             {31, "bf"}, {32, "d920"}, {255, "d9ff"}, {256, "da0100"}, {65535, "daffff"}, {65536, "db00010000"}})
        BOOST_TEST(head(packed(std::string(size, 'x')), expected.size() / 2) == expected);
    for (auto const& [size, expected] :
         std::map<std::size_t, std::string>{{0, "c400"}, {255, "c4ff"}, {256, "c50100"}, {65536, "c600010000"}})
        BOOST_TEST(head(packed(std::vector<std::byte>(size)), expected.size() / 2) == expected);
    for (auto const& [size, expected] :
         std::map<std::size_t, std::string>{{15, "9f"}, {16, "dc0010"}, {65535, "dcffff"}, {65536, "dd00010000"}})
        BOOST_TEST(head(packed(std::vector<int>(size)), expected.size() / 2) == expected);
    for (auto const& [size, expected] : std::map<std::size_t, std::string>{{15, "8f"}, {16, "de0010"}})
    {
        auto filled = std::map<int, int>{};
        for (auto key = 0; key < static_cast<int>(size); ++key)
            filled[key] = 0;
        BOOST_TEST(head(packed(filled), expected.size() / 2) == expected);
    }
}

BOOST_AUTO_TEST_CASE(extensions_and_times)
{
    for (auto const& [size, expected] : std::map<std::size_t, std::string>{{0, "c70005"},
                                                                           {1, "d405"},
                                                                           {2, "d505"},
                                                                           {3, "c70305"},
                                                                           {4, "d605"},
                                                                           {8, "d705"},
                                                                           {16, "d805"},
                                                                           {17, "c71105"},
                                                                           {256, "c8010005"}})
    {
        auto const data = std::vector<std::byte>(size);
        auto const written = packed(msgpack_extension{5, data});
        BOOST_TEST(to_hex(written.substr(0, expected.size() / 2)) == expected);
        BOOST_TEST(unpacked<msgpack_extension>(written).data.size() == size);
    }
    using time = std::chrono::sys_time<std::chrono::nanoseconds>;
    using std::chrono::seconds;
    BOOST_TEST(to_hex(packed(time{seconds{1}})) == "d6ff00000001");
    BOOST_TEST(to_hex(packed(time{std::chrono::nanoseconds{1'000'000'001}})) == "d7ff0000000400000001");
    BOOST_TEST(to_hex(packed(time{std::chrono::nanoseconds{-1}})) == "c70cff3b9ac9ffffffffffffffffff");
    BOOST_TEST(to_hex(packed(std::chrono::sys_seconds{seconds{std::int64_t{1} << 34}})) ==
               "c70cff000000000000000400000000");
}

// A value of everything comes back as it was, and nlohmann reads the same out of it as out of our JSON.
BOOST_AUTO_TEST_CASE(everything_comes_back)
{
    auto value = everything{};
    value.yes = true;
    value.tiny = -128;
    value.larger = std::numeric_limits<std::uint64_t>::max();
    value.single = 1.5F;
    value.text = "ä\"";
    value.view = "view";
    value.paint = colour::blue;
    value.at += std::chrono::milliseconds{1709208000123};
    value.numbers = {1, -1};
    value.flags = {true, false};
    value.texts = {"a", ""};
    value.sorted = {{"x", 1}};
    value.hashed = {{"h", {"n", 2.5, "note"}}};
    value.any = transfer{"iban", {}};
    value.nested = {1, {{2, {}}, {3, {{4, {}}}}}};
    value.gaps = {1, std::nullopt};
    auto const data = packed(value);
    BOOST_TEST((unpacked<everything>(data) == value));
    auto ours = nlohmann::json::from_msgpack(data);
    auto as_json = nlohmann::json::parse(encoded(value));
    BOOST_TEST(ours["at"].is_binary());
    ours.erase("at");
    as_json.erase("at");
    BOOST_TEST((ours == as_json));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_said)
{
    BOOST_CHECK_THROW(packed(std::string{"\xff"}), encode_error);
    BOOST_CHECK_THROW(packed(static_cast<colour>(7)), encode_error);
    BOOST_CHECK_THROW(packed(nlohmann::json(nlohmann::json::value_t::discarded)), encode_error);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::msgpack_encode_test
