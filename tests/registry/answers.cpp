// What the client asks, and what it makes of good answers.

#include "registry/fixture.hpp"

#include <paperboy/avro.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/describe/enum.hpp>

#include <array>
#include <span>
#include <string>
#include <utility>

namespace paperboy::test::answers_test
{

enum class color
{
    red,
    green,
};
BOOST_DESCRIBE_ENUM(color, red, green)

BOOST_FIXTURE_TEST_SUITE(registry_answers, registry_fixture)

BOOST_AUTO_TEST_CASE(a_schema_by_id)
{
    auto server = scripted_server{in_turn({{200, R"({"schema":"{\"type\":\"int\"}","schemaType":"JSON","references":
        [{"name":"a.b","subject":"s","version":3}]})"}})};
    auto const registry = schema_registry{io, server.url() + "/pre/fix/"};
    auto const found = get(registry, 7);
    BOOST_TEST_REQUIRE(found.succeeded(), found.text());
    BOOST_TEST(found.value->id == 7);
    BOOST_TEST(found.value->text == R"({"type":"int"})");
    BOOST_TEST((found.value->type == schema_type::json));
    BOOST_TEST_REQUIRE(found.value->references.size() == 1U);
    BOOST_TEST(found.value->references.front().name == "a.b");
    BOOST_TEST(found.value->references.front().subject == "s");
    BOOST_TEST(found.value->references.front().version == 3);
    BOOST_TEST(server.requests().front().method == "GET");
    BOOST_TEST(server.requests().front().target == "/pre/fix/schemas/ids/7");
}

BOOST_AUTO_TEST_CASE(the_type_is_avro_unless_said_otherwise)
{
    auto server = scripted_server{in_turn({a_schema(), {200, R"({"schema":"x","schemaType":"THRIFT"})"}})};
    auto const registry = schema_registry{io, server.url()};
    BOOST_TEST((get(registry, 1).value->type == schema_type::avro));
    auto const other = get(registry, 2);
    BOOST_TEST((other.value->type == schema_type::other));
    BOOST_TEST(other.value->type_name == "THRIFT");
}

BOOST_AUTO_TEST_CASE(a_version_of_a_subject)
{
    auto server = scripted_server{in_turn({{200, R"({"subject":"a/b","id":9,"version":2,"schema":"\"int\""})"}})};
    auto const registry = schema_registry{io, server.url()};
    auto const found = get(registry, "a/b", 2);
    BOOST_TEST_REQUIRE(found.succeeded(), found.text());
    BOOST_TEST(found.value.version == 2);
    BOOST_TEST(found.value.subject == "a/b");
    BOOST_TEST(found.value.schema->id == 9);
    BOOST_TEST(server.requests().front().target == "/subjects/a%2Fb/versions/2");
    BOOST_TEST((registry.find(9) == found.value.schema));
}

// What a serde has registered it can read, though nobody has asked for its schema by its id.
BOOST_AUTO_TEST_CASE(a_registered_schema_needs_no_fetching)
{
    auto server = scripted_server{in_turn({{200, R"({"id":5})"}})};
    auto writing = avro<std::string>{schema_registry{io, server.url()}};
    auto reading = writing;
    auto out = registry_outcome<std::int32_t>{};
    writing.async_register("orders", out.handler());
    run();
    BOOST_TEST_REQUIRE(out.succeeded(), out.text());
    auto encoded = std::string{};
    std::as_const(writing).encode("apple", encoded);
    auto const data = std::as_bytes(std::span{encoded});
    BOOST_TEST(reading.ready(data));
    auto decoded = std::string{};
    reading.decode(data, decoded);
    BOOST_TEST(decoded == "apple");
    BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_defaults_of_a_serde_s_own_schema_stand_for_symbols_that_its_enum_lacks)
{
    auto server = scripted_server{
        in_turn({a_schema(R"({\"type\":\"enum\",\"name\":\"color\",\"symbols\":[\"red\",\"blue\"]})")})};
    auto const own = R"({"type":"enum","name":"color","symbols":["red","green"],"default":"green"})";
    auto options = avro_options{};
    options.schema = own;
    auto const blue = std::array{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{7}, std::byte{2}};
    auto serde = avro<color>{schema_registry{io, server.url()}, options};
    boost::asio::co_spawn(io, serde.prepare(blue), [](std::exception_ptr const& error) { BOOST_TEST(!error); });
    run();
    auto found = color::red;
    serde.decode(blue, found);
    BOOST_TEST((found == color::green));
}

BOOST_AUTO_TEST_CASE(a_serde_may_go_while_its_schema_is_registered)
{
    auto server = scripted_server{in_turn({{200, R"({"id":5})"}})};
    auto out = registry_outcome<std::int32_t>{};
    avro<std::string>{schema_registry{io, server.url()}}.async_register("orders", out.handler());
    run();
    BOOST_TEST(out.succeeded(), out.text());
    BOOST_TEST(server.requests().front().target == "/subjects/orders-value/versions");
}

BOOST_AUTO_TEST_CASE(the_subject_that_a_schema_is_registered_under)
{
    struct naming
    {
        subject_name how;
        record_part part;
        std::string target;
    };
    for (auto const& each : {naming{subject_name::topic, record_part::value, "orders-value"},
                             naming{subject_name::topic, record_part::key, "orders-key"},
                             naming{subject_name::record, record_part::value, "shop.color"},
                             naming{subject_name::record, record_part::key, "shop.color"},
                             naming{subject_name::topic_record, record_part::value, "orders-shop.color"}})
    {
        auto server = scripted_server{in_turn({{200, R"({"id":5})"}})};
        auto options = avro_options{};
        options.schema = R"({"type":"enum","name":"shop.color","symbols":["red","green"]})";
        options.subject = each.how;
        options.part = each.part;
        auto out = registry_outcome<std::int32_t>{};
        avro<color>{schema_registry{io, server.url()}, options}.async_register("orders", out.handler());
        run();
        BOOST_TEST(out.succeeded(), out.text());
        BOOST_TEST(server.requests().front().target == "/subjects/" + each.target + "/versions");
    }
}

BOOST_AUTO_TEST_CASE(a_schema_without_a_name_has_no_subject_of_its_own)
{
    auto server = scripted_server{in_turn({{200, R"({"id":5})"}})};
    for (auto const how : {subject_name::record, subject_name::topic_record})
    {
        auto options = avro_options{};
        options.subject = how;
        auto out = registry_outcome<std::int32_t>{};
        avro<std::string>{schema_registry{io, server.url()}, options}.async_register("orders", out.handler());
        run();
        BOOST_TEST(out.says("use subject_name::topic"), out.text());
    }
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_registration)
{
    auto server = scripted_server{in_turn({{200, R"({"id":5})"}})};
    auto const registry = schema_registry{io, server.url()};
    auto out = registry_outcome<std::int32_t>{};
    registry.async_register("orders-value", schema_draft{"\"a\\b\"\n"}, out.handler());
    run();
    BOOST_TEST(out.succeeded(), out.text());
    BOOST_TEST(out.value == 5);
    auto const asked = server.requests().front();
    BOOST_TEST(asked.method == "POST");
    BOOST_TEST(asked.target == "/subjects/orders-value/versions");
    BOOST_TEST(asked.body == R"({"schema":"\"a\\b\"\u000a"})");
}

BOOST_AUTO_TEST_CASE(a_registration_with_type_and_references)
{
    auto server = scripted_server{in_turn({{200, R"({"id":5})"}})};
    auto const registry = schema_registry{io, server.url()};
    auto out = registry_outcome<std::int32_t>{};
    auto const draft = schema_draft{"x", schema_type::protobuf, {{"a", "b", 1}, {"c", "d", 2}}};
    registry.async_register("s", draft, out.handler());
    run();
    BOOST_TEST(server.requests().front().body ==
               R"({"schema":"x","schemaType":"PROTOBUF","references":[{"name":"a","subject":"b","version":1},)"
               R"({"name":"c","subject":"d","version":2}]})");
}

BOOST_AUTO_TEST_CASE(refused_registrations)
{
    auto server = scripted_server{in_turn({{422, R"({"error_code":42201,"message":"bad \"schema\""})"},
                                           {409, R"({"error_code":409,"message":"field gone"})"}})};
    auto const registry = schema_registry{io, settings({server.url()})};
    auto invalid = registry_outcome<std::int32_t>{};
    registry.async_register("s", schema_draft{"{"}, invalid.handler());
    run();
    BOOST_TEST((invalid.code() == errc::invalid_schema), invalid.text());
    BOOST_TEST(invalid.says("42201: bad \"schema\""), invalid.text());
    auto incompatible = registry_outcome<std::int32_t>{};
    registry.async_register("s", schema_draft{"{"}, incompatible.handler());
    run();
    BOOST_TEST((incompatible.code() == errc::incompatible_schema), incompatible.text());
    BOOST_TEST(incompatible.says("field gone"), incompatible.text());
    BOOST_TEST(server.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_compatibility_check)
{
    auto server = scripted_server{in_turn({{200, R"({"is_compatible":false,"messages":["one","two"]})"}})};
    auto const registry = schema_registry{io, server.url()};
    auto out = registry_outcome<compatibility>{};
    registry.async_check("s", schema_draft{"{}"}, schema_registry::latest, out.handler());
    run();
    BOOST_TEST(out.succeeded(), out.text());
    BOOST_TEST(!out.value.compatible);
    BOOST_TEST((out.value.messages == std::vector<std::string>{"one", "two"}));
    BOOST_TEST(server.requests().front().target == "/compatibility/subjects/s/versions/latest?verbose=true");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::answers_test
