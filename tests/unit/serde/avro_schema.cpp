#include "serde/avro_schema.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::serde::avro_schema_test
{

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
