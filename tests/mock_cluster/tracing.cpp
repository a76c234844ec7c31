// The spans of hooks, and traces that go on in what hooks send.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"
#include "support/topic_reader.hpp"

#include <paperboy/traced_hooks.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace paperboy::tracing_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::outcome_of_run;

constexpr std::string_view example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct seen_span
{
    std::string context;
    std::string parent;
    std::size_t records = 0;
    std::string error;
    bool finished = false;
    std::map<std::string, std::string> attributes;
};

struct seen_spans
{
    std::size_t started = 0;
    std::vector<seen_span> ended;
};

std::string text_of(traced_hooks::value const& value)
{
    if (auto const* const text = std::get_if<std::string_view>(&value))
        return std::string{*text};
    if (auto const* const number = std::get_if<std::int64_t>(&value))
        return std::to_string(*number);
    return std::get<bool>(value) ? "true" : "false";
}

class tracer final : public observer
{
public:
    bool traces(topic_partition const& /*partition*/) const noexcept override { return true; }

    trace_context on_span_start(traced_hooks const& hooks) noexcept override
    {
        seen.update([](auto& all) { ++all.started; });
        return observer::on_span_start(hooks);
    }

    void on_span_end(traced_hooks const& hooks) noexcept override
    {
        auto span = seen_span{};
        span.context = hooks.context.to_text();
        span.parent = hooks.parent ? hooks.parent->to_text() : "";
        span.records = hooks.records.size();
        span.error = hooks.error ? describe(hooks.error) : "";
        span.finished = hooks.finished;
        hooks.for_each_attribute([&](std::string_view name, traced_hooks::value const& value)
                                 { span.attributes[std::string{name}] = text_of(value); });
        seen.update([&](auto& all) { all.ended.push_back(std::move(span)); });
    }

    test::watched<seen_spans> seen;
};

// What is there once `condition` is true of it.
template <class T, class Condition>
T await(test::watched<T> const& value, Condition const& condition)
{
    BOOST_REQUIRE(value.wait_until(condition));
    return value.get();
}

struct fixture : test::mock_fixture
{
    [[nodiscard]] config traced_settings() const
    {
        auto traced = settings();
        traced.watcher = spans;
        return traced;
    }

    [[nodiscard]] seen_spans await_spans(std::size_t count) const
    {
        return await(spans->seen, [count](auto const& all) { return all.ended.size() >= count; });
    }

    std::shared_ptr<tracer> const spans = std::make_shared<tracer>();
};

// Sends each record on, and keeps what its hook saw of the trace.
struct plain_handler
{
    topic_producer<> out;
    test::watched<std::vector<std::string>>& contexts;

    void on_message(record_view const& record)
    {
        auto const context = trace_of(record);
        contexts.update([&](auto& all) { all.push_back(context ? context->to_text() : ""); });
        out.send(record, record.optional_key(), record.optional_value());
    }
};

// Whether a serde has come to what it waits for, and whether that is there.
struct preparation
{
    bool come = false;
    bool there = false;
};

struct waiting_text
{
    using value_type = std::string;

    explicit waiting_text(test::watched<preparation>& shared) : shared_{&shared} {}

    bool ready(bytes_view) const noexcept { return shared_->get().there; }
    asio::awaitable<void> prepare(bytes_view) const
    {
        shared_->update([](auto& all) { all.come = true; });
        auto const is_there = [shared = shared_] { return shared->get().there; };
        co_await test::until(is_there);
    }
    void decode(bytes_view data, std::string& out) const
    {
        out.assign(reinterpret_cast<char const*>(data.data()), data.size());
    }

private:
    test::watched<preparation>* shared_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(tracing)

BOOST_FIXTURE_TEST_CASE(a_trace_goes_through_the_hooks_into_what_they_send, fixture)
{
    auto const output = make_topic(1);
    cluster.produce(
        topic,
        {.key = "k", .value = "v", .partition = 0, .headers = {{"traceparent", example}, {"tracestate", "a=1"}}});
    cluster.flush();
    engine subject{io.context(), traced_settings()};
    auto contexts = test::watched<std::vector<std::string>>{};
    subject.handle(topic, plain_handler{subject.make_producer(output), contexts});
    auto run = outcome_of_run::start(subject);
    auto const span = await_spans(1).ended.front();

    BOOST_TEST(span.parent == example);
    BOOST_TEST(span.context.substr(0, 35) == example.substr(0, 35));
    BOOST_TEST(span.context != example);
    BOOST_TEST(span.finished);
    BOOST_TEST(await(contexts, test::at_least(1)).front() == span.context);
    BOOST_TEST(span.attributes.at("messaging.system") == "kafka");
    BOOST_TEST(span.attributes.at("messaging.destination.name") == topic);
    BOOST_TEST(span.attributes.at("messaging.destination.partition.id") == "0");
    BOOST_TEST(span.attributes.at("messaging.kafka.offset") == "0");
    BOOST_TEST(span.attributes.at("messaging.consumer.group.name") == traced_settings().group_id);
    BOOST_TEST(!span.attributes.contains("error.type"));

    subject.stop();
    BOOST_TEST(!run.get());
    auto const sent = test::read_topic(cluster.bootstrap_servers(), output, 1).front().headers;
    BOOST_TEST((sent == test::read_headers{{"traceparent", span.context}, {"tracestate", "a=1"}}));
}

BOOST_FIXTURE_TEST_CASE(each_attempt_is_a_span_of_its_own, fixture)
{
    produce(topic, 0, 3);
    engine subject{io.context(), traced_settings()};
    struct failing_handler
    {
        int failures = 0;
        void on_message(record_view const& record)
        {
            if (record.value() == "1" && ++failures < 3)
                throw std::runtime_error{"not yet"};
        }
        error_action on_error(std::exception_ptr const& /*error*/) { return error_action::retry({.first = 1ms}); }
    };
    subject.handle(topic, failing_handler{});
    auto run = outcome_of_run::start(subject);
    auto const all = await_spans(5).ended;
    auto const failed = std::ranges::count_if(all, [](auto const& each) { return each.error == "not yet"; });
    BOOST_TEST(failed == 2);
    for (auto const& each : all)
    {
        BOOST_TEST(each.finished == each.error.empty());
        BOOST_TEST(each.attributes.contains("error.type") == !each.error.empty());
    }
    subject.stop();
    BOOST_TEST(!run.get());
    BOOST_TEST(spans->seen.get().started == 5U);
    BOOST_TEST(spans->seen.get().ended.size() == 5U);
}

BOOST_FIXTURE_TEST_CASE(overlapping_hooks_see_their_own_spans, fixture)
{
    constexpr auto count = 50;
    for (auto number = 0; number < count; ++number)
        cluster.produce(topic, {.key = std::to_string(number), .value = std::to_string(number), .partition = 0});
    cluster.flush();
    engine subject{io.context(), traced_settings()};
    struct overlapping_handler
    {
        test::watched<std::vector<bool>>& kept;

        asio::awaitable<void> on_message(record_view const& record)
        {
            auto const before = trace_of(record);
            for (auto turn = 0; turn < 5; ++turn)
                co_await asio::post(asio::use_awaitable);
            auto const same = before && trace_of(record) == before;
            kept.update([same](auto& all) { all.push_back(same); });
        }
    };
    auto kept = test::watched<std::vector<bool>>{};
    auto options = handler_options{};
    options.ordering = ordering::key;
    subject.handle(topic, overlapping_handler{kept}, options);
    auto run = outcome_of_run::start(subject);
    auto const all = await_spans(count).ended;
    BOOST_TEST(std::ranges::count(kept.get(), true) == count);
    auto contexts = std::vector<std::string>{};
    for (auto const& each : all)
        contexts.push_back(each.context);
    std::ranges::sort(contexts);
    BOOST_TEST((std::ranges::adjacent_find(contexts) == contexts.end()));
    subject.stop();
    BOOST_TEST(!run.get());
}

BOOST_FIXTURE_TEST_CASE(a_bulk_is_one_span, fixture)
{
    produce(topic, 0, 100);
    auto bulk_settings = traced_settings();
    bulk_settings.mode.mode = handling_mode::bulk;
    engine subject{io.context(), bulk_settings};
    struct bulk_handler
    {
        void on_message(record_view const& /*record*/) {}
        void on_bulk(std::span<record_view const> bulk)
        {
            if (trace_of(bulk.front()) != trace_of(bulk.back()) || !trace_of(bulk.front()))
                throw std::runtime_error{"the records of a bulk have one span"};
        }
    };
    subject.handle(topic, bulk_handler{});
    auto run = outcome_of_run::start(subject);
    auto const all = await(spans->seen,
                           [](auto const& seen)
                           {
                               auto sum = std::size_t{0};
                               for (auto const& each : seen.ended)
                                   sum += each.records;
                               return sum == 100;
                           });
    for (auto const& each : all.ended)
    {
        BOOST_TEST(each.finished);
        BOOST_TEST(each.error == "");
        if (each.records > 1)
            BOOST_TEST(each.attributes.at("messaging.batch.message_count") == std::to_string(each.records));
    }
    subject.stop();
    BOOST_TEST(!run.get());
}

// Its block may go before it comes into its hooks.
BOOST_FIXTURE_TEST_CASE(a_record_that_is_held_back_when_its_serde_is_ready_keeps_no_span, fixture)
{
    struct text_handler
    {
        test::watched<int>& handled;
        void on_message(record<std::string> const&)
        {
            handled.update([](int& count) { ++count; });
        }
    };
    auto serde = test::watched<preparation>{};
    auto handled = test::watched<int>{};
    produce(topic, 0, 1);
    auto consuming = engine{io.context(), traced_settings()};
    consuming.handle(topic, waiting_text{serde}, text_handler{handled});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(serde.wait_until([](auto const& all) { return all.come; }), log);
    consuming.pause();
    BOOST_TEST(test::eventually([&] { return test::all_are_held(consuming); }));
    serde.update([](auto& all) { all.there = true; });
    auto const spans_seen = await_spans(1);
    BOOST_TEST(!spans_seen.ended.front().finished);
    BOOST_TEST(handled.get() == 0);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST(handled.get() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tracing_test
