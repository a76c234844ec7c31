// A real schema registry, also killed and restarted.

#include "registry_control.hpp"
#include "serde/registry_url.hpp"
#include "support/http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <thread>

namespace paperboy::test::registry_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A client with a thread of its own.
struct fixture
{
    asio::io_context io;
    asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
    std::string subject = unique_name("subject");
    schema_registry registry{io, patient_settings()};
    std::thread runner{[this] { io.run(); }};

    ~fixture()
    {
        work.reset();
        runner.join();
    }

    std::int32_t add(std::string const& text) const
    {
        return registry.async_register(subject, schema_draft{text}, asio::use_future).get();
    }
};

std::string record_of(std::string const& name, std::string const& fields)
{
    return R"({"type":"record","name":")" + name + R"(","fields":[)" + fields + "]}";
}

constexpr char const* one_field = R"({"name":"a","type":"string"})";
constexpr char const* two_fields = R"({"name":"a","type":"string"},{"name":"b","type":"int"})";

template <class F>
error_code code_of(F operation)
{
    try
    {
        operation();
    }
    catch (registry_error const& error)
    {
        BOOST_TEST_MESSAGE(error.what());
        return error.code();
    }
    return {};
}

// Changes are refused from now on where they are not compatible in this way.
void demand(std::string const& level, std::string const& subject)
{
    auto const url = serde::parse_registry_url(environment("PAPERBOY_TEST_REGISTRY"));
    auto const body = R"({"compatibility":")" + level + "\"}";
    auto client = http_client{static_cast<std::uint16_t>(std::stoi(url.port))};
    client.send("PUT " + url.prefix + "/config/" + subject +
                " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json" +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    BOOST_TEST(client.receive().status == 200U);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(real_registry, fixture)

BOOST_AUTO_TEST_CASE(what_is_registered_is_found)
{
    auto const text = record_of("r", one_field);
    auto const id = add(text);
    BOOST_TEST(add(text) == id);
    auto const found = registry.async_schema(id, asio::use_future).get();
    BOOST_TEST(found->text == text);
    BOOST_TEST((found->type == schema_type::avro));
    auto const latest = registry.async_version(subject, schema_registry::latest, asio::use_future).get();
    BOOST_TEST(latest.version == 1);
    BOOST_TEST((latest.schema == found));
    BOOST_TEST((registry.find(id) == found));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_unknown)
{
    BOOST_TEST((code_of([&] { registry.async_schema(987'654'321, asio::use_future).get(); }) == errc::unknown_schema));
    BOOST_TEST(
        (code_of([&] { registry.async_version("no such", 1, asio::use_future).get(); }) == errc::unknown_schema));
    BOOST_TEST((code_of([&] { add("{\"type\":\"nonsense\"}"); }) == errc::invalid_schema));
}

BOOST_AUTO_TEST_CASE(compatibility_is_checked)
{
    add(record_of("r", one_field));
    auto const same =
        registry
            .async_check(subject, schema_draft{record_of("r", one_field)}, schema_registry::latest, asio::use_future)
            .get();
    BOOST_TEST(same.compatible);
    demand("BACKWARD", subject);
    auto const draft = schema_draft{record_of("r", two_fields)};
    auto const other = registry.async_check(subject, draft, schema_registry::latest, asio::use_future).get();
    BOOST_TEST(!other.compatible, "the second field has no default");
    BOOST_TEST((code_of([&] { add(draft.text); }) == errc::incompatible_schema));
    demand("FORWARD", subject);
    BOOST_TEST(registry.async_check(subject, draft, schema_registry::latest, asio::use_future).get().compatible);
}

BOOST_AUTO_TEST_CASE(a_registry_that_dies_is_waited_for)
{
    auto const first = add(record_of("r", one_field));
    auto const second = add(record_of("r", two_fields));
    BOOST_TEST(registry.async_schema(first, asio::use_future).get()->id == first);
    kill_registry();
    BOOST_TEST(registry.find(first));
    auto outstanding = registry.async_schema(second, asio::use_future);
    BOOST_TEST((outstanding.wait_for(200ms) == std::future_status::timeout));
    registry_tool("start");
    BOOST_TEST_REQUIRE((outstanding.wait_for(30s) == std::future_status::ready));
    BOOST_TEST(outstanding.get()->text == record_of("r", two_fields));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::registry_test
