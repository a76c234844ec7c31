// The HTTP endpoints: in every state of an engine, and against clients that mean no good.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"
#include "support/http_client.hpp"
#include "support/kept_store.hpp"

#include <paperboy/http.hpp>
#include <paperboy/json.hpp>

#include <boost/describe/class.hpp>

#include <atomic>
#include <span>
#include <thread>

namespace paperboy::http_test
{
namespace
{

using namespace std::chrono_literals;
using test::http_client;
using test::http_get;
using test::mock_fixture;
using test::outcome_of_run;

// What the tests look at of /status; there is more.
struct partition_seen
{
    std::string topic;
    std::int32_t partition;
    std::optional<std::int64_t> lag;
    std::uint64_t in_flight;
    std::uint64_t collecting;
    std::string mode;
    bool stuck;
    std::optional<double> drain_seconds;
};
struct shard_seen
{
    std::string table;
    std::int32_t partition;
    bool restoring;
    double restored_fraction;
    std::uint64_t keys;
    std::optional<std::int64_t> changelog_offset;
};
struct stall_seen
{
    std::optional<std::string> topic;
    std::optional<std::int32_t> partition;
    double seconds;
};
struct status_seen
{
    std::string status;
    std::string reason;
    bool alive;
    bool ready;
    std::string group;
    std::uint64_t records;
    bool away;
    std::vector<partition_seen> partitions;
    std::vector<shard_seen> shards;
    std::vector<stall_seen> stalled;
};
BOOST_DESCRIBE_STRUCT(shard_seen, (), (table, partition, restoring, restored_fraction, keys, changelog_offset))
BOOST_DESCRIBE_STRUCT(partition_seen, (), (topic, partition, lag, in_flight, collecting, mode, stuck, drain_seconds))
BOOST_DESCRIBE_STRUCT(stall_seen, (), (topic, partition, seconds))
BOOST_DESCRIBE_STRUCT(status_seen, (),
                      (status, reason, alive, ready, group, records, away, partitions, shards, stalled))

status_seen read_status(std::string_view text)
{
    auto seen = status_seen{};
    json<status_seen>{}.decode(std::as_bytes(std::span{text}), seen);
    return seen;
}

struct failing_handler
{
    void on_message(record_view const&) { throw std::runtime_error{"no more lamps"}; }
};

struct bulk_handler
{
    void on_message(record_view const&) const {}
    void on_bulk(std::span<record_view const>) const {}
};

struct http_fixture : mock_fixture
{
    http_options options{.port = 0};

    [[nodiscard]] http_endpoints serve(engine const& watched)
    {
        return {io.context(), engine_monitor{watched}, options};
    }
};

// "200 running: assigned 4 partitions", say.
std::string probe(http_endpoints const& server, std::string const& path)
{
    auto const reply = http_get(server.port(), path);
    return std::to_string(reply.status) + " " + reply.body.substr(0, reply.body.find('\n'));
}

std::string probes(http_endpoints const& server)
{
    auto all = std::string{};
    for (auto const* const path : {"/livez", "/readyz", "/startupz"})
        all += (all.empty() ? "" : " ") + std::to_string(http_get(server.port(), path).status);
    return all;
}

bool eventually_probes(http_endpoints const& server, std::string const& path, std::string const& wanted)
{
    return test::eventually([&] { return probe(server, path) == wanted; });
}

// What is true must not only be so at one moment.
constexpr auto a_while = 500ms;

// Whether /livez has this status whenever it is asked, for a while.
bool stays(http_endpoints const& server, unsigned status)
{
    auto const end = std::chrono::steady_clock::now() + a_while;
    auto same = true;
    while (same && std::chrono::steady_clock::now() < end)
    {
        same = http_get(server.port(), "/livez").status == status;
        std::this_thread::sleep_for(10ms);
    }
    return same;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_states_suite, http_fixture)

BOOST_AUTO_TEST_CASE(a_run_from_before_its_start_to_after_its_end)
{
    produce(topic, 0, 5);
    auto blocked = test::watched<test::blocking_handler::state>{};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, test::blocking_handler{blocked, 0});
    auto const server = serve(consuming);
    BOOST_TEST(probes(server) == "200 503 503");
    BOOST_TEST(probe(server, "/readyz") == "503 stopped: async_run has not been called");

    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(blocked.wait_until([](auto const& state) { return state.inside; }));
    BOOST_TEST(probes(server) == "200 200 200");
    BOOST_TEST(probe(server, "/livez") == "200 running: assigned 4 partitions");
    auto const running = read_status(http_get(server.port(), "/status").body);
    BOOST_TEST(running.status == "running");
    BOOST_TEST(running.ready);
    BOOST_TEST(running.group == settings().group_id);
    BOOST_REQUIRE(running.partitions.size() == std::size_t{partitions});
    BOOST_TEST(running.partitions[0].topic == topic);
    BOOST_TEST(running.partitions[0].lag.value_or(-1) == 5);
    BOOST_TEST(running.partitions[0].in_flight > 0U);
    BOOST_TEST(running.partitions[0].mode == "single");
    BOOST_TEST(!running.partitions[0].stuck);

    consuming.stop();
    BOOST_TEST(eventually_probes(server, "/readyz", "503 stopping: stop() was called"));
    BOOST_TEST(probes(server) == "200 503 200");
    blocked.update([](auto& state) { state.open = true; });
    BOOST_TEST(run.get() == error_code{});
    BOOST_TEST(probe(server, "/livez") == "200 stopped: stop() was called");
    BOOST_TEST(probes(server) == "200 503 200");
    BOOST_TEST(read_status(http_get(server.port(), "/status").body).partitions.empty());
}

BOOST_AUTO_TEST_CASE(a_table_that_is_restored_is_not_ready_and_says_how_far_it_is)
{
    auto gate = std::promise<void>{};
    auto const stores = std::make_shared<test::kept_stores>();
    stores->change("last", 1, [&](auto& kept) { kept.gate = gate.get_future().share(); });
    auto having = table_options{};
    having.changelog = make_topic(partitions);
    produce(having.changelog, 1, 3);
    auto consuming = engine{io.context(), settings()};
    auto const last = consuming.make_table<std::string, std::string>("last", stores, having, text{}, text{});
    consuming.handle(topic, test::setting_handler{last});
    auto const server = serve(consuming);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(test::eventually([&] { return probe(server, "/readyz").starts_with("503 running: restoring table"); }),
               probe(server, "/readyz"));
    auto const seen = [&] { return read_status(http_get(server.port(), "/status").body); };
    BOOST_TEST(test::eventually(
        [&]
        {
            auto const shards = seen().shards;
            return shards.size() == std::size_t{partitions} && !shards[0].restoring && shards[1].restoring;
        }));
    BOOST_TEST(seen().shards[1].restored_fraction == 0);
    gate.set_value();
    BOOST_TEST(test::eventually([&] { return probe(server, "/readyz").starts_with("200"); }));
    auto const restored = seen().shards[1];
    BOOST_TEST(restored.table == "last");
    BOOST_TEST(restored.partition == 1);
    BOOST_TEST(!restored.restoring);
    BOOST_TEST(restored.restored_fraction == 1);
    BOOST_TEST(restored.changelog_offset.value_or(-1) == 3);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST(seen().shards.empty());
}

BOOST_AUTO_TEST_CASE(while_no_broker_answers_it_is_starting)
{
    auto alone = settings();
    alone.bootstrap_servers = "127.0.0.1:1";
    auto consuming = engine{io.context(), alone};
    consuming.handle(topic, failing_handler{});
    auto const server = serve(consuming);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(probes(server) == "200 503 503");
    BOOST_TEST(read_status(http_get(server.port(), "/status").body).status == "starting");
    BOOST_TEST(log.wait_for("cannot reach 127.0.0.1:1"));
    BOOST_TEST(probe(server, "/readyz").starts_with("503 starting: cannot reach 127.0.0.1:1: "));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(a_failed_run_is_not_alive_and_says_why)
{
    produce(topic, 1, 1);
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, failing_handler{});
    auto const server = serve(consuming);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(run.get() == make_error_code(errc::handler_failed));
    auto const why = "failed: " + topic + "[1]@0: on_message failed: no more lamps";
    BOOST_TEST(probe(server, "/livez") == "503 " + why);
    BOOST_TEST(probes(server) == "503 503 200");
    BOOST_TEST(read_status(http_get(server.port(), "/status").body).reason == why.substr(8));
}

BOOST_AUTO_TEST_CASE(a_stuck_partition_is_named_with_its_handler)
{
    produce(topic, 2, 3);
    auto blocked = test::watched<test::blocking_handler::state>{};
    auto watching = settings();
    watching.hook_time_limit = 10ms;
    auto consuming = engine{io.context(), watching};
    consuming.handle(topic, test::blocking_handler{blocked, 1});
    options.stalled_after = 1ms;
    auto const server = serve(consuming);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(blocked.wait_until([](auto const& state) { return state.inside; }));
    auto told = http_get(server.port(), "/livez");
    auto const says = [&](std::string const& what) { return told.body.find(what) != std::string::npos; };
    auto const where = topic + "[2]@1";
    auto const named = where + ": the hooks of handler \"" + topic + "\" have been running for ";
    BOOST_TEST(test::eventually(
                   [&]
                   {
                       told = http_get(server.port(), "/livez");
                       return told.status == 503 && says(named);
                   }),
               told.body);
    BOOST_TEST(says("stalled: " + where + " has been in its hooks"), told.body);
    blocked.update([](auto& state) { state.open = true; });
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(a_hook_for_which_partitions_are_given_up_is_a_stall_until_it_ends)
{
    produce(topic, 0, 5);
    auto blocked = test::watched<test::blocking_handler::state>{};
    auto watching = settings();
    watching.hook_time_limit = 1s;
    watching.revoke_timeout = 3s;
    watching.properties["max.poll.interval.ms"] = watching.properties.at("session.timeout.ms");
    auto consuming = engine{io.context(), watching};
    consuming.handle(topic, test::blocking_handler{blocked, 2});
    options.stalled_after = 100ms;
    auto const server = serve(consuming);
    auto run = outcome_of_run::start(consuming);
    BOOST_REQUIRE(test::eventually(
        [&]
        {
            return consuming.stats().away && consuming.health().reason.ends_with("until they end") &&
                   consuming.stats().partitions.empty();
        }));
    BOOST_TEST(test::eventually([&] { return http_get(server.port(), "/livez").status == 503; }));
    BOOST_TEST(stays(server, 503), probe(server, "/livez"));
    auto const told = http_get(server.port(), "/livez").body;
    BOOST_TEST(told.starts_with("running: " + topic + "[0]@2: the hooks of handler \"" + topic + "\" have been"), told);
    BOOST_TEST((told.find("stalled: hooks whose partitions were given up, or taken by the group,") != told.npos), told);
    auto const seen = read_status(http_get(server.port(), "/status").body);
    BOOST_TEST(seen.away);
    BOOST_TEST(!seen.alive);
    BOOST_REQUIRE(seen.stalled.size() == 1U);
    BOOST_TEST(!seen.stalled[0].topic.has_value());
    BOOST_TEST(seen.stalled[0].seconds > 0.1);

    blocked.update([](auto& state) { state.open = true; });
    BOOST_TEST(eventually_probes(server, "/livez", "200 running: assigned 4 partitions"), probe(server, "/livez"));
    BOOST_TEST(stays(server, 200), probe(server, "/livez"));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(records_that_wait_for_a_bulk_to_fill_are_no_stall)
{
    produce(topic, 3, 1);
    auto consuming = engine{io.context(), settings()};
    auto bulks = handler_options{};
    bulks.mode = mode_policy{.mode = handling_mode::bulk, .max_wait = 1min};
    consuming.handle(topic, bulk_handler{}, bulks);
    options.stalled_after = 100ms;
    auto const server = serve(consuming);
    auto run = outcome_of_run::start(consuming);
    auto const waits = [&]
    {
        auto const all = read_status(http_get(server.port(), "/status").body).partitions;
        return all.size() == std::size_t{partitions} && all[3].in_flight == 1 && all[3].collecting == 1;
    };
    BOOST_REQUIRE(test::eventually(waits));
    BOOST_TEST(stays(server, 200), probe(server, "/livez"));
    BOOST_TEST(waits());
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(the_page_and_its_live_stream)
{
    auto consuming = engine{io.context(), settings()};
    options.event_interval = 100ms;
    options.max_event_streams = 1;
    auto server = serve(consuming);
    auto const page = http_get(server.port(), "/?theme=dark");
    BOOST_TEST(page.status == 200U);
    BOOST_TEST(page.headers.at("Content-Type") == "text/html; charset=utf-8");
    BOOST_TEST(page.body.starts_with("<!doctype html>"));
    BOOST_TEST((page.body.find("</html>") != std::string::npos));
    BOOST_TEST((page.body.find("http://") == page.body.find("http://www.w3.org/2000/svg")));
    BOOST_TEST((page.body.find("https://") == std::string::npos));

    auto const head = http_client{server.port()}.get("/events", "HEAD");
    BOOST_TEST(head.status == 200U);
    BOOST_TEST(head.headers.at("Content-Type") == "text/event-stream");
    BOOST_TEST(!head.headers.contains("Content-Length"));

    auto stream = http_client{server.port()};
    stream.send("GET /events HTTP/1.1\r\nHost: test\r\n\r\n");
    BOOST_TEST((stream.read_until("\r\n\r\n").find("Content-Type: text/event-stream") != std::string::npos));
    for (auto i = 0; i < 3; ++i)
    {
        static_cast<void>(stream.read_until("data: "));
        BOOST_TEST(read_status(stream.read_until("\n\n")).status == "stopped");
    }
    BOOST_TEST(http_get(server.port(), "/events").status == 503U);
    BOOST_TEST(http_client{server.port()}.get("/events", "HEAD").status == 503U);
    server.stop();
    BOOST_TEST(stream.closed());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(http_clients_suite, http_fixture)

BOOST_AUTO_TEST_CASE(what_is_asked_wrongly_is_answered_with_the_remedy)
{
    auto consuming = engine{io.context(), settings()};
    options.max_request = 512;
    auto server = serve(consuming);
    server.mount("/broken", "text/plain", []() -> std::string { throw std::runtime_error{"the lamp is out"}; });
    auto const port = server.port();

    auto kept = http_client{port};
    auto const missing = kept.get("/elsewhere");
    BOOST_TEST(missing.status == 404U);
    BOOST_TEST((missing.body.find("/readyz\n") != std::string::npos), missing.body);
    auto const refused = kept.get("/livez", "DELETE");
    BOOST_TEST(refused.status == 405U);
    BOOST_TEST(refused.headers.at("Allow") == "GET, HEAD");
    auto const broken = kept.get("/broken");
    BOOST_TEST(broken.status == 500U);
    BOOST_TEST(broken.body == "the lamp is out\n");
    auto const head = kept.get("/livez", "HEAD");
    BOOST_TEST(head.status == 200U);
    BOOST_TEST(head.body.empty());
    BOOST_TEST(head.headers.at("Content-Length") == std::to_string(kept.get("/livez").body.size()));

    auto large = http_client{port};
    large.send("GET / HTTP/1.1\r\nX: " + std::string(3000, 'x') + "\r\n\r\n");
    BOOST_TEST(large.receive().status == 431U);
    BOOST_TEST(large.closed());
    auto body = http_client{port};
    body.send("GET / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n");
    BOOST_TEST(body.receive().status == 413U);
    BOOST_TEST(body.closed());
    auto foreign = http_client{port};
    foreign.send("\x16\x03\x01 hello\r\n\r\n");
    BOOST_TEST(foreign.receive().status == 400U);
    BOOST_TEST(foreign.closed());
    auto old = http_client{port};
    old.send("GET /livez HTTP/1.0\r\n\r\n");
    BOOST_TEST(old.receive().status == 200U);
    BOOST_TEST(old.closed());
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_slowly_is_let_go)
{
    auto consuming = engine{io.context(), settings()};
    options.timeout = 50ms;
    auto const server = serve(consuming);
    auto slow = http_client{server.port()};
    slow.send("GET /livez HTT");
    BOOST_TEST(slow.closed());
}

BOOST_AUTO_TEST_CASE(idle_clients_make_room_for_others)
{
    auto consuming = engine{io.context(), settings()};
    options.max_connections = 2;
    options.max_event_streams = 1;
    auto const server = serve(consuming);
    auto first = http_client{server.port()};
    BOOST_TEST(first.get("/livez").status == 200U);
    auto second = http_client{server.port()};
    BOOST_TEST(second.get("/livez").status == 200U);
    auto third = http_client{server.port()};
    BOOST_TEST(third.get("/livez").status == 200U);
    BOOST_TEST(first.closed());
    BOOST_TEST(second.get("/livez").status == 200U);
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_and_limits_that_cannot_work_are_named)
{
    auto consuming = engine{io.context(), settings()};
    auto const server = serve(consuming);
    auto const refused = [&](std::string const& part)
    {
        return [part](setup_error const& error)
        {
            BOOST_TEST_INFO(error.what());
            return error.code() == make_error_code(errc::invalid_config) &&
                   std::string_view{error.what()}.find(part) != std::string_view::npos;
        };
    };
    options.port = server.port();
    BOOST_CHECK_EXCEPTION(static_cast<void>(serve(consuming)), setup_error,
                          refused("cannot listen on 127.0.0.1:" + std::to_string(server.port()) +
                                  ": Address already in use; choose another http_options::port"));
    options = {.address = "localhost", .port = 0};
    BOOST_CHECK_EXCEPTION(static_cast<void>(serve(consuming)), setup_error,
                          refused("http_options::address \"localhost\""));
    options = {.port = 0, .max_connections = 1};
    BOOST_CHECK_EXCEPTION(static_cast<void>(serve(consuming)), setup_error,
                          refused("http_options::max_connections cannot be 1; give from 2 to 10000"));
    options = {.port = 0, .timeout = 1ms};
    BOOST_CHECK_EXCEPTION(static_cast<void>(serve(consuming)), setup_error,
                          refused("http_options::timeout cannot be 1 ms; give from 10 ms to 600000 ms"));
}

BOOST_AUTO_TEST_CASE(a_stop_closes_what_waits_and_lets_the_context_end)
{
    auto calls = std::atomic<int>{0};
    auto consuming = engine{io.context(), settings()};
    auto server = serve(consuming);
    server.mount("/calls", "text/plain", [&calls] { return std::to_string(++calls); });
    auto waiting = http_client{server.port()};
    BOOST_TEST(waiting.get("/calls").body == "1");
    server.stop();
    BOOST_TEST(waiting.closed());
    BOOST_CHECK_THROW(static_cast<void>(http_client{server.port()}.get("/calls")), boost::system::system_error);
    BOOST_TEST(calls == 1);
    io.join();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::http_test
