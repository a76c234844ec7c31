// Records of any schema, read without a type for them.

#include "serde/avro_datum_schema.hpp"
#include "unit/serde/avro_support.hpp"

#include <paperboy/avro_datum.hpp>

#include <boost/test/unit_test.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <limits>

namespace paperboy::avro_datum_test
{
namespace
{

using namespace std::chrono_literals;
using test::avro_bytes;

struct reading
{
    explicit reading(std::string_view schema)
        : parsed{std::make_shared<detail::avro_datum_schema const>(serde::avro_schema{schema}, nullptr)}
    {
    }

    // `data` has to stay.
    [[nodiscard]] avro_datum of(std::string const& data, std::uint32_t depth = 64, std::uint64_t items = 1'000) const
    {
        auto out = avro_datum{};
        out.assign(parsed, std::as_bytes(std::span{data}), depth, items);
        return out;
    }
    [[nodiscard]] std::string json(avro_bytes const& data) const { return of(data.str()).to_json(); }
    [[nodiscard]] std::string error(avro_bytes const& data, std::uint32_t depth = 64, std::uint64_t items = 1'000) const
    {
        try
        {
            static_cast<void>(of(data.str(), depth, items));
            return "nothing";
        }
        catch (decode_error const& failed)
        {
            return failed.what();
        }
    }

    std::shared_ptr<detail::avro_datum_schema const> parsed;
};

constexpr auto order_schema = R"({"type":"record","name":"com.shop.order","fields":[
    {"name":"id","type":"long"},
    {"name":"item","type":"string"},
    {"name":"state","type":{"type":"enum","name":"state","symbols":["open","paid"]}},
    {"name":"lines","type":{"type":"array","items":{"type":"record","name":"line","fields":[
        {"name":"sku","type":"string"},{"name":"price","type":["null","double"]}]}}},
    {"name":"tags","type":{"type":"map","values":"int"}},
    {"name":"paid","type":"boolean"}]})";

avro_bytes an_order()
{
    auto out = avro_bytes{};
    out.number(-7).text("x\"y").number(1);
    out.number(2).text("a").number(1).number_raw(1.5).text("b").number(0).number(0);
    out.number(1).text("k/1").number(3).number(1).text("k2").number(4).number(0);
    return out.raw(std::string(1, '\1'));
}

} // namespace

BOOST_AUTO_TEST_SUITE(avro_datum_suite)

BOOST_AUTO_TEST_CASE(values_are_found_by_name_number_and_path)
{
    auto const data = an_order().str();
    auto const datum = reading{order_schema}.of(data);
    auto const root = datum.root();
    BOOST_TEST(root.type() == "record com.shop.order");
    BOOST_TEST(root.size() == 6U);
    BOOST_TEST(datum["id"].integer() == -7);
    BOOST_TEST(datum["id"].number() == -7.0);
    BOOST_TEST(datum["item"].text() == "x\"y");
    // The view is into the record.
    BOOST_TEST((datum["item"].text().data() > data.data() && datum["item"].text().data() < data.data() + data.size()));
    BOOST_TEST(datum["state"].text() == "paid");
    BOOST_TEST(datum["lines"].size() == 2U);
    BOOST_TEST(datum["lines"][0]["price"].number() == 1.5);
    BOOST_TEST(root.at("lines/1/price").null());
    BOOST_TEST(root.at("lines/1/sku").text() == "b");
    BOOST_TEST(datum["tags"]["k2"].integer() == 4);
    BOOST_TEST(root[5].boolean());
    for (auto const* const path : {"none", "lines/2", "lines/x", "lines/1x", "lines/-1", "lines/0/none", "id/x"})
        BOOST_TEST(!root.at(path));
    BOOST_TEST(root.at("").size() == 6U);
    BOOST_TEST(!root[6]);
    auto names = std::string{};
    root.for_each([&](std::string_view name, avro_value const& value)
                  { names.append(name).append(" ").append(value.type()).append(","); });
    BOOST_TEST(names == "id long,item string,state enum com.shop.state,lines array,tags map,paid boolean,");
}

BOOST_AUTO_TEST_CASE(other_types_than_asked_for)
{
    auto const data = an_order().str();
    auto const datum = reading{order_schema}.of(data);
    auto const error_of = [](auto f)
    {
        try
        {
            f();
        }
        catch (decode_error const& failed)
        {
            return std::string{failed.what()};
        }
        return std::string{"nothing"};
    };
    BOOST_TEST(error_of([&] { static_cast<void>(datum["id"].text()); }) ==
               "Avro: expected a string or enum, found long");
    BOOST_TEST(error_of([&] { static_cast<void>(datum["none"].text()); }) == "Avro: expected a value, found nothing");
    BOOST_TEST(error_of([&] { static_cast<void>(datum["id"].time()); }) ==
               "Avro: expected a timestamp or date, found long");
    for (auto const* const field : {"state", "lines", "tags"})
    {
        BOOST_CHECK_THROW(static_cast<void>(datum[field].integer()), decode_error);
        BOOST_CHECK_THROW(static_cast<void>(datum[field].decimal()), decode_error);
        BOOST_CHECK_THROW(static_cast<void>(datum[field].duration()), decode_error);
        BOOST_CHECK_THROW(static_cast<void>(datum[field].uuid()), decode_error);
        BOOST_CHECK_THROW(static_cast<void>(datum[field].time_of_day()), decode_error);
    }
    BOOST_TEST(avro_datum{}.to_json() == "null");
    BOOST_TEST(!avro_datum{}.root());
    BOOST_TEST(!avro_datum{}["x"]);
}

BOOST_AUTO_TEST_CASE(as_json)
{
    BOOST_TEST(reading{order_schema}.json(an_order()) ==
               R"({"id":-7,"item":"x\"y","state":"paid","lines":[{"sku":"a","price":1.5},{"sku":"b","price":null}],)"
               R"("tags":{"k/1":3,"k2":4},"paid":true})");
    BOOST_TEST(reading{R"({"type":"array","items":"int"})"}.json(avro_bytes{}.number(0)) == "[]");
    BOOST_TEST(reading{R"({"type":"map","values":"int"})"}.json(avro_bytes{}.number(0)) == "{}");
    BOOST_TEST(reading{R"("bytes")"}.json(avro_bytes{}.text(std::string{"\0a\xff", 3})) == "\"\\u0000aÿ\"");
    BOOST_TEST(reading{R"("string")"}.json(avro_bytes{}.text("ä")) == "\"ä\"");
    BOOST_TEST(reading{R"("string")"}.json(avro_bytes{}.text("\xff")) == "\"ÿ\"");
    BOOST_TEST(reading{R"("double")"}.json(avro_bytes{}.number_raw(std::numeric_limits<double>::infinity())) ==
               R"("Infinity")");
    BOOST_TEST(reading{R"("float")"}.json(avro_bytes{}.number_raw(std::numeric_limits<float>::quiet_NaN())) ==
               R"("NaN")");
}

BOOST_AUTO_TEST_CASE(logical_types)
{
    auto const of = [](std::string const& base, std::string const& logical)
    { return reading{R"({"type":")" + base + R"(","logicalType":")" + logical + R"("})"}; };
    auto const fixed = [](std::string const& size, std::string const& logical)
    { return reading{R"({"type":"fixed","name":"f","size":)" + size + R"(,"logicalType":")" + logical + R"("})"}; };

    auto const millis = avro_bytes{}.number(1709208000123).str();
    BOOST_TEST((of("long", "timestamp-millis").of(millis).root().time().time_since_epoch() == 1709208000123ms));
    BOOST_TEST(of("long", "timestamp-millis").of(millis).to_json() == R"("2024-02-29T12:00:00.123Z")");
    BOOST_TEST(of("long", "timestamp-micros").json(avro_bytes{}.number(-1)) == R"("1969-12-31T23:59:59.999999Z")");
    BOOST_TEST(of("long", "timestamp-nanos").json(avro_bytes{}.number(1)) == R"("1970-01-01T00:00:00.000000001Z")");
    auto const last = std::numeric_limits<std::int64_t>::max();
    BOOST_TEST(of("long", "timestamp-millis").json(avro_bytes{}.number(last)) == std::to_string(last));
    auto const far = avro_bytes{}.number(last).str();
    BOOST_CHECK_THROW(static_cast<void>(of("long", "timestamp-millis").of(far).root().time()), decode_error);
    BOOST_TEST(of("int", "date").json(avro_bytes{}.number(19782)) == R"("2024-02-29")");
    BOOST_TEST(of("int", "date").json(avro_bytes{}.number(last)) == std::to_string(last));
    BOOST_TEST(of("int", "time-millis").json(avro_bytes{}.number(86'399'999)) == R"("23:59:59.999")");
    BOOST_TEST(of("long", "time-micros").json(avro_bytes{}.number(1)) == R"("00:00:00.000001")");
    BOOST_TEST(of("long", "time-micros").json(avro_bytes{}.number(-1)) == "-1");

    auto const decimal = reading{R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":2})"};
    auto const digits = avro_bytes{}.text(std::string{"\xfe\x1d", 2}).str();
    BOOST_TEST(decimal.of(digits).to_json() == R"("-4.83")");
    BOOST_TEST(decimal.of(digits).root().decimal().to_string() == "-4.83");
    auto const vast = avro_bytes{}.text(std::string(900'000, 'x')).str();
    BOOST_TEST((decimal.of(vast).to_json() == '"' + std::string(900'000, 'x') + '"'));
    BOOST_CHECK_THROW(static_cast<void>(decimal.of(vast).root().decimal()), decode_error);
    auto const zeros = reading{R"({"type":"bytes","logicalType":"decimal","precision":1000000,"scale":1000000})"};
    auto const one = avro_bytes{}.text("1").str();
    BOOST_TEST(zeros.of(one).to_json() == R"("1")");
    auto const period = avro_bytes{}.number_raw(1).number_raw(2).number_raw(3).str();
    BOOST_TEST(fixed("12", "duration").of(period).to_json() == R"({"months":1,"days":2,"milliseconds":3})");
    auto const text = std::string{"12345678-1234-5678-1234-567812345678"};
    auto const written = avro_bytes{}.text(text).str();
    BOOST_TEST(to_string(of("string", "uuid").of(written).root().uuid()) == text);
    auto const raw = std::string(16, '\x11');
    BOOST_TEST(fixed("16", "uuid").of(raw).to_json() == R"("11111111-1111-1111-1111-111111111111")");
}

BOOST_AUTO_TEST_CASE(hostile_bytes_end_in_errors_that_name_the_place)
{
    auto const order = reading{order_schema};
    auto const whole = an_order().str();
    for (std::size_t size = 0; size < whole.size(); ++size)
        BOOST_TEST(order.error(avro_bytes{}.raw(whole.substr(0, size))).starts_with("Avro: "));
    BOOST_TEST(order.error(an_order().raw("x")).find("1 bytes are left") != std::string::npos);
    BOOST_TEST(order.error(avro_bytes{}.number(1).text("").number(0).number(1).text("a").number(7)) ==
               "Avro: lines[0].price: branch 7 of a union that has 2 (at byte 7 of the body's 7)");
    BOOST_TEST(order.error(avro_bytes{}.number(1).text("").number(2)).starts_with("Avro: state: symbol 2"));
    BOOST_TEST(order.error(avro_bytes{}.number(1).number(1'000'000)).starts_with("Avro: item: a length of 1000000"));

    auto const nothings = reading{R"({"type":"array","items":{"type":"record","name":"r","fields":[
        {"name":"a","type":"null"},{"name":"b","type":"null"}]}})"};
    BOOST_TEST(nothings.error(avro_bytes{}.number(1'001).number(0)).find("more than 1000 items") != std::string::npos);
    BOOST_TEST(nothings.error(avro_bytes{}.number(1'000).number(0)).find("far more parts") != std::string::npos);
    auto const endless = reading{R"({"type":"record","name":"r","fields":[{"name":"a","type":"r"}]})"};
    BOOST_TEST(endless.error(avro_bytes{}, 3) ==
               "Avro: a.a.a: nested more than 3 levels deep (at byte 0 of the body's 0)");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::avro_datum_test
