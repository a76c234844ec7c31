// Schemas that use others.

#include "registry/fixture.hpp"

#include <paperboy/avro.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/describe/class.hpp>

#include <span>
#include <string>
#include <string_view>

namespace paperboy::test::references_test
{

struct line
{
    std::string item;
    int count = 0;
};
BOOST_DESCRIBE_STRUCT(line, (), (item, count))

struct order
{
    int id = 0;
    line first;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, first))

namespace
{

// A record of schema 7: id 5, and a line of 3 apples.
auto const a_record = std::string("\0\0\0\0\7\12\12apple\6", 13);

bytes_view the_record()
{
    return std::as_bytes(std::span{a_record});
}

// Of schema 7, which uses version 1 of subject "s".
scripted_answer an_order()
{
    return {200, R"({"schema":"{\"type\":\"record\",\"name\":\"order\",\"fields\":[{\"name\":\"id\",\"type\":\"int\"},)"
                 R"({\"name\":\"first\",\"type\":\"shop.line\"}]}",)"
                 R"("references":[{"name":"shop.line","subject":"s","version":1}]})"};
}

scripted_answer a_line()
{
    return {200, R"({"subject":"s","id":101,"version":1,"schema":"{\"type\":\"record\",\"name\":\"shop.line\",)"
                 R"(\"fields\":[{\"name\":\"item\",\"type\":\"string\"},{\"name\":\"count\",\"type\":\"int\"}]}"})"};
}

scripted_answer no_line()
{
    return {404, R"({"error_code":40402,"message":"Version 1 not found."})"};
}

} // namespace

struct references_fixture : registry_fixture
{
    // What it fails with; empty: nothing.
    [[nodiscard]] std::string prepare(avro<order>& serde)
    {
        auto failure = std::exception_ptr{};
        auto done = false;
        boost::asio::co_spawn(io, serde.prepare(the_record()),
                              [&](std::exception_ptr const& error)
                              {
                                  failure = error;
                                  done = true;
                              });
        run();
        BOOST_TEST(done);
        return failure ? paperboy::describe(failure) : "";
    }
};

BOOST_FIXTURE_TEST_SUITE(registry_references, references_fixture)

BOOST_AUTO_TEST_CASE(a_schema_that_uses_another)
{
    auto server = scripted_server{in_turn({an_order(), a_line()})};
    auto serde = avro<order>{schema_registry{io, settings({server.url()})}};
    BOOST_TEST(!serde.ready(the_record()));
    BOOST_TEST(prepare(serde) == "");
    auto copy = serde;
    for (auto* const each : {&serde, &copy})
    {
        BOOST_TEST(each->ready(the_record()));
        auto found = order{};
        each->decode(the_record(), found);
        BOOST_TEST(found.id == 5);
        BOOST_TEST(found.first.item == "apple");
        BOOST_TEST(found.first.count == 3);
    }
    auto const requests = server.requests();
    BOOST_TEST_REQUIRE(requests.size() == 2U);
    BOOST_TEST(requests.front().target == "/schemas/ids/7");
    BOOST_TEST(requests.back().target == "/subjects/s/versions/1");
}

BOOST_AUTO_TEST_CASE(one_that_is_unknown_is_remembered_for_a_while)
{
    auto server = scripted_server{in_turn({an_order(), no_line(), a_line()})};
    auto serde = avro<order>{schema_registry{io, settings({server.url()})}};
    auto const first = prepare(serde);
    BOOST_TEST(first.find("schema id 7") != std::string::npos, first);
    BOOST_TEST(first.find("version 1 of subject \"s\"") != std::string::npos, first);
    BOOST_TEST(prepare(serde) == first);
    BOOST_TEST(server.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(one_that_is_unknown_may_become_known)
{
    auto server = scripted_server{in_turn({an_order(), no_line(), a_line()})};
    auto at_once = settings({server.url()});
    at_once.unknown_ttl = std::chrono::milliseconds{0};
    auto serde = avro<order>{schema_registry{io, at_once}};
    BOOST_TEST(prepare(serde) != "");
    BOOST_TEST(!serde.ready(the_record()));
    BOOST_TEST(prepare(serde) == "");
    BOOST_TEST(serde.ready(the_record()));
}

// Each version of subject "s" uses the next one.
BOOST_AUTO_TEST_CASE(a_schema_that_uses_too_many_is_refused_for_good)
{
    auto const endless = [](seen_request const& request)
    {
        constexpr auto versions = std::string_view{"/subjects/s/versions/"};
        if (!request.target.starts_with(versions))
            return an_order();
        auto const version = std::stoi(request.target.substr(versions.size()));
        return scripted_answer{200, R"({"subject":"s","id":)" + std::to_string(100 + version) + R"(,"version":)" +
                                        std::to_string(version) + R"(,"schema":"\"int\"","references":[{"name":"x",)" +
                                        R"("subject":"s","version":)" + std::to_string(version + 1) + "}]}"};
    };
    auto server = scripted_server{endless};
    auto serde = avro<order>{schema_registry{io, settings({server.url()})}};
    BOOST_TEST(prepare(serde) == "");
    auto copy = serde;
    BOOST_TEST(copy.ready(the_record()));
    auto found = order{};
    BOOST_CHECK_EXCEPTION(copy.decode(the_record(), found), decode_error, [](decode_error const& error)
                          { return error.what() == std::string_view{"Avro: schema id 7: it uses too many others"}; });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::references_test
