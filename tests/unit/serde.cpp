#include <paperboy/serde.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <vector>

namespace paperboy::serde_test
{
namespace
{

bytes_view bytes_of(std::string_view text)
{
    return std::as_bytes(std::span{text});
}

template <class Serde>
std::string encoded(Serde serde, typename Serde::value_type const& value)
{
    auto out = std::string{};
    serde.encode(value, out);
    return out;
}

template <class Serde>
typename Serde::value_type decoded(Serde serde, std::string_view data)
{
    auto out = typename Serde::value_type{};
    serde.decode(bytes_of(data), out);
    return out;
}

using every_width = boost::mpl::list<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                                     std::uint32_t, std::int64_t, std::uint64_t>;

static_assert(deserializer<text> && serializer<text>);
static_assert(deserializer<bytes> && serializer<bytes>);
static_assert(deserializer<integer<int>> && serializer<integer<int>>);
static_assert(deserializer<floating<double>> && serializer<floating<float>>);
static_assert(deserializer<uuid> && serializer<uuid>);
static_assert(!deserializer<int> && !serializer<int>);
static_assert(!deserializer<std::string>);

} // namespace

BOOST_AUTO_TEST_SUITE(serde_suite)

BOOST_AUTO_TEST_CASE(text_borrows)
{
    auto const data = std::string{"with a \0 byte", 13};
    auto const out = decoded(text{}, data);
    BOOST_TEST(out == data);
    BOOST_TEST(static_cast<void const*>(out.data()) == static_cast<void const*>(data.data()));
    BOOST_TEST(decoded(text{}, "").empty());
}

BOOST_AUTO_TEST_CASE(text_appends)
{
    auto out = std::string{"a"};
    text{}.encode("bc", out);
    BOOST_TEST(out == "abc");
}

BOOST_AUTO_TEST_CASE(bytes_borrow_and_append)
{
    auto const data = std::string{"\x00\xff\x7f", 3};
    auto const out = decoded(bytes{}, data);
    BOOST_TEST(out.size() == 3U);
    BOOST_TEST(static_cast<void const*>(out.data()) == static_cast<void const*>(data.data()));
    BOOST_TEST(encoded(bytes{}, out) == data);
}

BOOST_AUTO_TEST_CASE(integers_are_big_endian)
{
    BOOST_TEST(encoded(integer<std::int32_t>{}, 0x01020304) == "\x01\x02\x03\x04");
    BOOST_TEST(encoded(integer<std::int64_t>{}, -2) == "\xff\xff\xff\xff\xff\xff\xff\xfe");
    BOOST_TEST(decoded(integer<std::int16_t>{}, {"\x01\x00", 2}) == 256);
    BOOST_TEST(decoded(integer<std::int32_t>{}, "\xff\xff\xff\xff") == -1);
    BOOST_TEST(decoded(integer<std::uint32_t>{}, "\xff\xff\xff\xff") == 0xffffffffU);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(integers_of_every_width_come_back, T, every_width)
{
    using limits = std::numeric_limits<T>;
    for (auto const value : {limits::min(), limits::max(), T{0}, T{1}, static_cast<T>(-1), static_cast<T>(0x5a)})
    {
        auto const data = encoded(integer<T>{}, value);
        BOOST_TEST(data.size() == sizeof(T));
        BOOST_TEST((decoded(integer<T>{}, data) == value));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(integers_of_a_wrong_size_are_errors, T, every_width)
{
    auto const says = [](decode_error const& error)
    {
        return std::string_view{error.what()}.starts_with("expected an integer of " + std::to_string(sizeof(T)) +
                                                          " bytes, found ");
    };
    for (auto const size : {std::size_t{0}, sizeof(T) - 1, sizeof(T) + 1, std::size_t{100}})
        if (size != sizeof(T))
            BOOST_CHECK_EXCEPTION(decoded(integer<T>{}, std::string(size, '\1')), decode_error, says);
}

// The bytes that Kafka's DoubleSerializer and FloatSerializer write.
BOOST_AUTO_TEST_CASE(floating_point_numbers_are_big_endian)
{
    BOOST_TEST(encoded(floating<double>{}, 1.5) == std::string("\x3f\xf8\0\0\0\0\0\0", 8));
    BOOST_TEST(encoded(floating<double>{}, -0.1) == "\xbf\xb9\x99\x99\x99\x99\x99\x9a");
    BOOST_TEST(encoded(floating<float>{}, 0.1F) == "\x3d\xcc\xcc\xcd");
    for (auto const value : {0.0, -0.0, 5e-324, 1e308, std::numeric_limits<double>::infinity()})
        BOOST_TEST(decoded(floating<double>{}, encoded(floating<double>{}, value)) == value);
    auto const nan = decoded(floating<double>{}, encoded(floating<double>{}, std::numeric_limits<double>::quiet_NaN()));
    BOOST_TEST((nan != nan));
    auto const says = [](std::string_view text)
    { return [text](decode_error const& error) { return error.what() == text; }; };
    BOOST_CHECK_EXCEPTION(decoded(floating<double>{}, "1234567"), decode_error,
                          says("expected a floating-point number of 8 bytes, found 7 bytes"));
    BOOST_CHECK_EXCEPTION(decoded(floating<float>{}, ""), decode_error,
                          says("expected a floating-point number of 4 bytes, found 0 bytes"));
}

BOOST_AUTO_TEST_CASE(uuids_are_text)
{
    constexpr auto text = std::string_view{"123e4567-e89b-12d3-a456-426614174000"};
    auto const id = decoded(uuid{}, text);
    BOOST_TEST(id.data[0] == 0x12);
    BOOST_TEST(id.data[15] == 0x00);
    BOOST_TEST(encoded(uuid{}, id) == text);
    BOOST_TEST((decoded(uuid{}, "123E4567-E89B-12D3-A456-426614174000") == id));
    for (auto const* const wrong : {"", "123e4567-e89b-12d3-a456-42661417400", "123e4567-e89b-12d3-a456-4266141740000",
                                    "123e4567e89b-12d3-a456-4266-14174000", "g23e4567-e89b-12d3-a456-426614174000",
                                    "{23e4567-e89b-12d3-a456-42661417400}"})
        BOOST_CHECK_THROW(decoded(uuid{}, wrong), decode_error);
    BOOST_CHECK_EXCEPTION(decoded(uuid{}, "\xff\xfe\n"), decode_error,
                          [](decode_error const& error)
                          {
                              return std::string_view{error.what()} ==
                                     "expected a UUID such as 123e4567-e89b-12d3-a456-426614174000, found \"???\" of 3 "
                                     "bytes";
                          });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::serde_test
