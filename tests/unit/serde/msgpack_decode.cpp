// MessagePack into described types, and into nlohmann's.

#include "unit/serde/msgpack_support.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

namespace paperboy::msgpack_decode_test
{
namespace
{

using namespace test;
using namespace std::chrono_literals;
using any_value = nlohmann::json;

} // namespace

BOOST_AUTO_TEST_SUITE(msgpack_decode_suite)

BOOST_AUTO_TEST_CASE(a_described_struct_is_a_map)
{
    auto const data = packed_json(
        R"({"id":-7,"customer":"Ada","items":[{"name":"x","price":1.5,"note":null},{"price":2,"name":"y","note":"z"}],)"
        R"("paid":true,"unknown":{"deep":[1,{"x":[]}]}})");
    auto const found = unpacked<test::order>(data);
    BOOST_TEST((found == test::order{-7, "Ada", {{"x", 1.5, {}}, {"y", 2, "z"}}, true, {}}));
    // The view is into the record.
    BOOST_TEST((found.customer.data() > data.data() && found.customer.data() < data.data() + data.size()));
}

BOOST_AUTO_TEST_CASE(integers_of_every_size)
{
    for (auto const* const seven : {"07", "cc07", "cd0007", "ce00000007", "cf0000000000000007", "d007", "d10007",
                                    "d200000007", "d30000000000000007"})
    {
        BOOST_TEST(unpacked<std::int8_t>(hex(seven)) == 7);
        BOOST_TEST(unpacked<std::uint8_t>(hex(seven)) == 7);
        BOOST_TEST(unpacked<std::uint64_t>(hex(seven)) == 7U);
        BOOST_TEST(unpacked<double>(hex(seven)) == 7);
    }
    for (auto const* const minus_two : {"fe", "d0fe", "d1fffe", "d2fffffffe", "d3fffffffffffffffe"})
    {
        BOOST_TEST(unpacked<std::int8_t>(hex(minus_two)) == -2);
        BOOST_TEST(unpacked<std::int64_t>(hex(minus_two)) == -2);
        BOOST_TEST(unpacked<double>(hex(minus_two)) == -2);
        BOOST_TEST(unpacking_error<std::uint16_t>(hex(minus_two)) ==
                   "expected an integer from 0 to 65535, found the integer -2 (at byte 0 of " +
                       std::to_string(hex(minus_two).size()) + ")");
    }
    auto const largest = hex("cfffffffffffffffff");
    BOOST_TEST(unpacked<std::uint64_t>(largest) == std::numeric_limits<std::uint64_t>::max());
    BOOST_TEST(unpacking_error<std::int64_t>(largest) ==
               "expected an integer from -9223372036854775808 to 9223372036854775807, found the integer "
               "18446744073709551615 (at byte 0 of 9)");
    BOOST_TEST(unpacking_error<std::int8_t>(hex("cc80")) ==
               "expected an integer from -128 to 127, found the integer 128 (at byte 0 of 2)");
    BOOST_TEST(unpacking_error<int>(hex("cb3ff8000000000000")) ==
               "expected an integer from -2147483648 to 2147483647, found the number 1.5 (at byte 0 of 9)");
}

BOOST_AUTO_TEST_CASE(floating_point_numbers)
{
    BOOST_TEST(unpacked<double>(hex("cb3ff8000000000000")) == 1.5);
    BOOST_TEST(unpacked<double>(hex("ca3fc00000")) == 1.5);
    BOOST_TEST(unpacked<float>(hex("cb3ff8000000000000")) == 1.5F);
    BOOST_TEST(unpacked<float>(hex("cb7ff0000000000000")) == std::numeric_limits<float>::infinity());
    BOOST_TEST(unpacking_error<float>(hex("cb7fefffffffffffff")).starts_with("expected a number within the range"));
}

BOOST_AUTO_TEST_CASE(texts_and_bytes)
{
    for (auto const size : {0, 31, 32, 255, 256, 65535, 65536})
    {
        auto const text = std::string(static_cast<std::size_t>(size), 'x');
        BOOST_TEST(unpacked<std::string>(packed(text)) == text);
        auto const bytes = std::vector<std::byte>(static_cast<std::size_t>(size), std::byte{0xff});
        BOOST_TEST((unpacked<std::vector<std::byte>>(packed(bytes)) == bytes));
    }
    BOOST_TEST(unpacked<std::string>(hex("a5 c3a4 e282ac")) == "ä€");
    BOOST_TEST((unpacked<std::vector<std::byte>>(hex("a178")) == std::vector{std::byte{'x'}}));
    BOOST_TEST(unpacking_error<std::string>(hex("c40178")) == "expected a text, found 1 bytes (at byte 0 of 3)");
    BOOST_TEST(unpacking_error<std::string>(hex("a2c328")) ==
               "expected text in UTF-8, found the text \"?(\" (at byte 0 of 3)");
}

BOOST_AUTO_TEST_CASE(what_json_has_no_kind_for)
{
    auto const id = std::string{"10000000-0000-0000-0000-00000000000f"};
    auto const data = hex("87 a6") + "copied" + hex("c402 00ff a8") + "borrowed" + hex("c401 07 a5") + "fixed" +
                      hex("c403 010203 a2") + "id" + hex("d924") + id + hex("a9") + "by_number" +
                      hex("82 d1fc18 a174 07 a173 a2") + "at" + hex("d7ff 000000040000002a a3") + "any" +
                      hex("d6ff 00000005");
    auto const found = unpacked<binaries>(data);
    BOOST_TEST(found.copied.size() == 2U);
    BOOST_TEST((found.borrowed.size() == 1U && found.borrowed[0] == std::byte{7}));
    BOOST_TEST((found.fixed[2] == std::byte{3}));
    BOOST_TEST((found.id.data[0] == 0x10 && found.id.data[15] == 0x0f));
    BOOST_TEST((found.by_number == std::map<std::int32_t, std::string>{{7, "s"}, {-1000, "t"}}));
    BOOST_TEST((found.at.time_since_epoch() == 42s + 1ns));
    BOOST_TEST((std::get<std::chrono::sys_seconds>(*found.any).time_since_epoch() == 5s));
    BOOST_TEST(packed(found) == data);
    BOOST_TEST(unpacking_error<binaries>(hex("81 a5") + "fixed" + hex("c402 0102")) ==
               "/fixed: expected 3 bytes, found 2 bytes (at byte 7 of 11)");
}

BOOST_AUTO_TEST_CASE(times)
{
    using nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;
    using seconds = std::chrono::sys_seconds;
    BOOST_TEST((unpacked<seconds>(hex("d6ff 00000001")).time_since_epoch() == 1s));
    BOOST_TEST((unpacked<seconds>(hex("c70cff 3b9ac9ff ffffffffffffffff")).time_since_epoch() == -1s));
    BOOST_TEST((unpacked<nanoseconds>(hex("c70cff 3b9ac9ff ffffffffffffffff")).time_since_epoch() == -1ns));
    BOOST_TEST((unpacked<seconds>(hex("cd03e8")).time_since_epoch() == 1000s));
    BOOST_TEST((unpacked<seconds>(hex("b4") + "2024-02-29T12:00:00Z").time_since_epoch() == 1709208000s));
    constexpr auto wanted = "expected a timestamp, a time such as \"2024-02-29T12:00:00Z\", or an integer, found ";
    BOOST_TEST(unpacking_error<seconds>(hex("d605 00000001")).starts_with(wanted));
    BOOST_TEST(unpacking_error<seconds>(hex("c70cff 3b9aca00 0000000000000000")).starts_with(wanted));
    BOOST_TEST(unpacking_error<nanoseconds>(hex("c70cff 00000000 7fffffffffffffff")).starts_with(wanted));
    BOOST_TEST(unpacking_error<seconds>(hex("cb3ff8000000000000")) ==
               std::string{wanted} + "the number 1.5 (at byte 0 of 9)");
}

BOOST_AUTO_TEST_CASE(unions_by_kind_and_by_fields)
{
    using any = decltype(everything::any);
    BOOST_TEST((unpacked<any>(hex("c0")) == any{}));
    BOOST_TEST((unpacked<any>(hex("c3")) == any{true}));
    BOOST_TEST((unpacked<any>(hex("07")) == any{std::int64_t{7}}));
    BOOST_TEST((unpacked<any>(hex("ca3fc00000")) == any{1.5}));
    BOOST_TEST((unpacked<any>(packed_json(R"(["x"])").substr(1)) == any{"x"}));
    BOOST_TEST((unpacked<any>(packed_json("[1,2]")) == any{std::vector{1, 2}}));
    BOOST_TEST((unpacked<any>(packed_json(R"({"x":[1],"number":"n"})")) == any{card{"n"}}));
    BOOST_TEST((unpacked<any>(packed_json(R"({"iban":"i"})")) == any{transfer{"i", {}}}));
    BOOST_TEST(unpacking_error<any>(hex("c400")) ==
               "expected a value of one of the union's types, found 0 bytes (at byte 0 of 2)");
    BOOST_TEST(unpacking_error<any>(packed_json(R"({"x":1})")) ==
               "expected a value of one of the union's types, found a map of 1 (at byte 0 of 4)");
}

BOOST_AUTO_TEST_CASE(objects_are_reused)
{
    auto serde = msgpack<test::order>{};
    auto out = test::order{};
    serde.decode(bytes_of(packed(test::order{1, "a", {{"x", 1, "n"}, {"y", 2, {}}}, true, 5})), out);
    auto const second = test::order{2, "b", {{"z", 3, {}}}, false, {}};
    auto const data = packed(second);
    serde.decode(bytes_of(data), out);
    BOOST_TEST((out == second));
}

BOOST_AUTO_TEST_CASE(values_of_which_nothing_is_known)
{
    auto const all = any_value::parse(R"({"a":[null,true,false,-1,-200,-70000,-5000000000,0,200,70000,5000000000,1.5,)"
                                      R"("ä",{"x":{}}],"b":18446744073709551615})");
    auto const bytes = any_value::to_msgpack(all);
    auto const data = std::string{bytes.begin(), bytes.end()};
    BOOST_TEST((unpacked<any_value>(data) == all));
    BOOST_TEST((any_value::from_msgpack(packed(all)) == all));
    BOOST_TEST((unpacked<any_value>(hex("c402 00ff")) == any_value::binary({0, 255})));
    auto const extension = unpacked<any_value>(hex("d405 07"));
    BOOST_TEST((extension == any_value::from_msgpack(hex("d405 07"))));
    BOOST_TEST(packed(extension) == hex("d405 07"));
    BOOST_TEST((unpacked<std::map<int, any_value>>(hex("81 07 9101")) ==
                std::map<int, any_value>{{7, any_value::array({1})}}));
    BOOST_TEST(to_hex(packed(nlohmann::ordered_json::parse(R"({"b":1,"a":2})"))) == "82a16201a16102");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::msgpack_decode_test
