#include "serde/avro_schema.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::serde::avro_schema_test
{

namespace
{

// Empty where it is one.
std::string why_no_schema(std::string const& text)
{
    try
    {
        static_cast<void>(avro_schema{text});
        return "";
    }
    catch (avro_schema_error const& error)
    {
        return error.what();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(avro_schema_suite)

BOOST_AUTO_TEST_CASE(names_are_full_and_found_again)
{
    auto const schema = avro_schema{R"({"type":"record","name":"a","namespace":"n.m","fields":[
        {"name":"f","type":{"type":"fixed","name":"other.b","size":2}},
        {"name":"g","type":["null","a","other.b"],"aliases":["h"]},
        {"name":"i","type":{"type":{"type":"enum","name":"e","symbols":["x"]}}},
        {"name":"j","type":"n.m.e"}]})"};
    auto const& root = schema[schema.root()];
    BOOST_TEST(root.name == "n.m.a");
    BOOST_TEST(schema[root.fields[0].node].name == "other.b");
    BOOST_TEST(schema[root.fields[1].node].branches[1] == schema.root());
    BOOST_TEST(schema[root.fields[1].node].branches[2] == root.fields[0].node);
    BOOST_TEST(root.fields[1].aliases.front() == "h");
    BOOST_TEST(schema[root.fields[2].node].name == "n.m.e");
    BOOST_TEST(root.fields[3].node == root.fields[2].node);
}

BOOST_AUTO_TEST_CASE(other_schemas_may_be_used)
{
    auto const schema = avro_schema{R"(["null","a.b"])", {R"({"type":"fixed","name":"a.b","size":3})"}};
    BOOST_TEST(schema[schema[schema.root()].branches[1]].size == 3U);
}

BOOST_AUTO_TEST_CASE(a_primitive_may_lack_its_quotes)
{
    BOOST_TEST((avro_schema{"string"}[0].kind == avro_kind::string));
    BOOST_TEST((avro_schema{R"({"type":"string"})"}[0].kind == avro_kind::string));
}

BOOST_AUTO_TEST_CASE(logical_types_only_where_they_fit)
{
    auto const logical = [](std::string const& type, std::string const& name)
    { return avro_schema{R"({"type":)" + type + R"(,"logicalType":")" + name + R"("})"}[0].logical; };
    BOOST_TEST((logical(R"("long")", "timestamp-millis") == avro_logical::timestamp_millis));
    BOOST_TEST((logical(R"("int")", "timestamp-millis") == avro_logical::none));
    BOOST_TEST((logical(R"("int")", "no-such") == avro_logical::none));
    BOOST_TEST((logical(R"("fixed","name":"f","size":11)", "duration") == avro_logical::none));
}

// A scale beyond all measure would make a megabyte of text of each byte.
BOOST_AUTO_TEST_CASE(decimals_have_a_precision_and_a_scale_within_it)
{
    auto const scale = [](std::string const& numbers)
    {
        auto const node = avro_schema{R"({"type":"bytes","logicalType":"decimal")" + numbers + "}"}[0];
        return node.logical == avro_logical::decimal ? node.scale : -1;
    };
    BOOST_TEST(scale(R"(,"precision":9,"scale":2)") == 2);
    BOOST_TEST(scale(R"(,"precision":9,"scale":9)") == 9);
    BOOST_TEST(scale(R"(,"precision":9)") == 0);
    BOOST_TEST(scale(R"(,"precision":1000,"scale":1000)") == 1000);
    for (auto const* const wrong :
         {"", R"(,"scale":2)", R"(,"precision":0)", R"(,"precision":-1,"scale":-2)", R"(,"precision":9,"scale":10)",
          R"(,"precision":9,"scale":-1)", R"(,"precision":1001,"scale":2)", R"(,"precision":1000000,"scale":1000000)",
          R"(,"precision":"9","scale":2)", R"(,"precision":9,"scale":"2")", R"(,"precision":1e99)"})
        BOOST_TEST(scale(wrong) == -1, wrong);
}

BOOST_AUTO_TEST_CASE(a_decimal_has_no_more_bytes_than_digits)
{
    BOOST_TEST(is_decimal(""));
    BOOST_TEST(is_decimal(std::string(416, '\x7f')));
    BOOST_TEST(!is_decimal(std::string(417, '\x7f')));
    BOOST_TEST(!is_decimal(std::string(1'000'000, '\x80')));
    BOOST_TEST(is_decimal(std::string(1'000, '\0') + std::string(416, '\x7f')));
    BOOST_TEST(is_decimal(std::string(1'000'000, '\xff')));
    BOOST_TEST(!is_decimal("\xff" + std::string(1'000, '\0')));
}

// Each type of a namespace has it in front of its own name.
BOOST_AUTO_TEST_CASE(names_do_not_grow_beyond_the_text)
{
    auto const with_types = [](int count)
    {
        auto text = R"({"type":"record","name":"r","namespace":")" + std::string(4'000, 'n') + R"(","fields":[)";
        for (auto i = 0; i < count; ++i)
            text += (i > 0 ? R"(,{"name":"f)" : R"({"name":"f)") + std::to_string(i) +
                    R"(","type":{"type":"fixed","size":1,"name":"x)" + std::to_string(i) + "\"}}";
        return text + "]}";
    };
    BOOST_CHECK_NO_THROW(avro_schema{with_types(4'000)});
    BOOST_CHECK_EXCEPTION(
        avro_schema{with_types(4'300)}, avro_schema_error, [](avro_schema_error const& error)
        { return std::string_view{error.what()}.find("more than 16777216 bytes") != std::string::npos; });
}

// Each use of a name has its namespace put in front of it, too.
BOOST_AUTO_TEST_CASE(a_full_name_has_a_limit)
{
    auto const refused = [](std::string const& text)
    { return why_no_schema(text).find("has more than 4096 bytes") != std::string::npos; };
    auto text = R"({"type":"record","name":"r","namespace":")" + std::string(std::size_t{2} << 20U, 'n') +
                R"(","fields":[{"name":"first","type":"r"})";
    for (auto i = 0; i < 50'000; ++i)
        text += R"(,{"name":"f)" + std::to_string(i) + R"(","type":"r"})";
    BOOST_TEST(refused(text + "]}"));
    auto const with_name = [](std::string const& name)
    { return R"({"type":"fixed","size":1,"namespace":"n","name":")" + name + "\"}"; };
    BOOST_TEST(why_no_schema(with_name(std::string(4'094, 'x'))) == "");
    BOOST_TEST(refused(with_name(std::string(4'095, 'x'))));
    BOOST_TEST(refused(with_name(std::string(4'095, 'n') + ".x")));
}

BOOST_AUTO_TEST_CASE(fields_have_names_of_their_own)
{
    auto const with_fields = [](std::string const& first, std::string const& second)
    {
        return R"({"type":"record","name":"r","fields":[{"name":")" + first + R"(","type":"int"},{"name":")" + second +
               R"(","type":"int"}]})";
    };
    BOOST_TEST(why_no_schema(with_fields("a", "b")) == "");
    BOOST_TEST(why_no_schema(with_fields("a", "")) == R"(not an Avro schema: a field of "r" has an empty name)");
    BOOST_TEST(why_no_schema(with_fields("a", "a")) == R"(not an Avro schema: "r" has the field "a" twice)");
}

BOOST_AUTO_TEST_CASE(what_is_no_schema_is_refused)
{
    auto nested = std::string{R"("int")"};
    for (auto i = 0; i < 100; ++i)
        nested = R"({"type":"array","items":)" + nested + "}";
    auto many = std::string{R"(["int")"};
    for (auto i = 0; i < 70'000; ++i)
        many += R"(,"int")";
    for (auto const& text :
         {std::string{}, std::string{"{"}, std::string{"5"}, std::string{"{}"}, std::string{"[]"},
          std::string{R"("unknown")"}, std::string{R"([["int"]])"}, std::string{R"({"type":"record","name":"r"})"},
          std::string{R"({"type":"record","fields":[]})"}, std::string{R"({"type":"enum","name":"e"})"},
          std::string{R"({"type":"fixed","name":"f","size":-1})"}, std::string{R"({"type":"array"})"},
          std::string{R"({"type":"record","name":"r","fields":[{"name":"f"}]})"},
          std::string{R"([{"type":"fixed","name":"f","size":1},{"type":"fixed","name":"f","size":1}])"}, nested,
          many + "]", std::string((std::size_t{4} << 20U) + 1, ' ')})
        BOOST_CHECK_EXCEPTION(avro_schema{text}, avro_schema_error, [](avro_schema_error const& error)
                              { return std::string_view{error.what()}.starts_with("not an Avro schema: "); });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::serde::avro_schema_test
