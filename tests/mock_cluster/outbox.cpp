// The outbox against a cluster, without an engine around it.

#include "kafka/outbox.hpp"
#include "kafka/client_config.hpp"
#include "kafka/kafka_error.hpp"
#include "mock_cluster/mock_fixture.hpp"
#include "support/topic_reader.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace paperboy::outbox_test
{
namespace
{

using namespace std::chrono_literals;

// Kafka's API keys and error codes.
constexpr std::int16_t produce_request = 0;
constexpr int invalid_record = 87;
constexpr int out_of_order_sequence_number = 45;

// Counts what is held, and by how much the hooks of a partition are congested.
class counting_ledger final : public detail::send_ledger
{
public:
    void sending(std::int64_t) override { ++held; }
    void acknowledged(std::int64_t offset) override
    {
        --held;
        acks.push_back(offset);
    }
    void failed(std::int64_t offset) override
    {
        --held;
        failures.push_back(offset);
    }
    void congested() override
    {
        ++congestions;
        is_congested = true;
    }
    void relieved() override { is_congested = false; }

    int held = 0;
    int congestions = 0;
    bool is_congested = false;
    std::vector<std::int64_t> acks;
    std::vector<std::int64_t> failures;
};

// A record of some partition that a hook handles.
class cause_block final : public detail::record_block
{
public:
    explicit cause_block(std::shared_ptr<detail::send_ledger> ledger) : record_block{std::move(ledger)} {}

    [[nodiscard]] record_view at(std::int64_t offset)
    {
        message_.offset = offset;
        return {*this, message_};
    }

    [[nodiscard]] std::string_view topic() const noexcept override { return "input"; }
    [[nodiscard]] std::span<detail::message const* const> messages() const noexcept override { return {}; }
    [[nodiscard]] std::int64_t timestamp_ms(detail::message const&) const noexcept override { return -1; }
    [[nodiscard]] std::size_t header_count(detail::message const&) const noexcept override { return 0; }
    [[nodiscard]] detail::header_fields header(detail::message const&, std::size_t) const noexcept override
    {
        return {};
    }

private:
    void destroy() noexcept override {}

    detail::message message_{};
};

struct outbox_fixture : test::mock_fixture
{
    explicit outbox_fixture(mock_cluster& on = test::shared_cluster()) : mock_fixture{on}, target{make_topic(1)} {}
    ~outbox_fixture() { static_cast<void>(box->close()); }

    void open(properties producing = {})
    {
        auto settings = this->settings();
        settings.producer.properties = std::move(producing);
        box->prepare(
            loop.get_executor(), [settings] { return kafka::make_producer_conf(settings); }, [this] { woken = true; });
        box->open();
    }

    // Serves the outbox until the condition holds.
    template <class P>
    bool serve_until(P condition)
    {
        auto const deadline = std::chrono::steady_clock::now() + test::patience;
        while (!condition())
        {
            if (std::chrono::steady_clock::now() > deadline)
                return false;
            auto turn = box->serve();
            replaced += turn.replaced ? 1 : 0;
            std::ranges::move(turn.failures, std::back_inserter(failures));
            if (turn.more || turn.reported || turn.replaced || std::exchange(woken, false))
                continue;
            box->events().async_wait([](error_code) {});
            loop.restart();
            loop.run_one_for(100ms);
            box->events().interrupt();
            loop.restart();
            loop.poll();
            box->events().acknowledge();
        }
        return true;
    }

    // Sends "0", "1", … each on behalf of its own offset.
    void send(int first, int last)
    {
        for (auto i = first; i < last; ++i)
            out.send(causes.at(i), std::nullopt, std::to_string(i));
    }

    std::string const target;
    boost::asio::io_context loop;
    std::shared_ptr<kafka::outbox> const box = std::make_shared<kafka::outbox>();
    std::shared_ptr<counting_ledger> const ledger = std::make_shared<counting_ledger>();
    cause_block causes{ledger};
    topic_producer<> out{box, target, text{}, text{}};
    std::vector<kafka::send_failure> failures;
    int replaced = 0;
    bool woken = false;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(outbox_suite, outbox_fixture)

BOOST_AUTO_TEST_CASE(offsets_are_held_until_the_acknowledgement)
{
    open();
    send(0, 100);
    BOOST_TEST(ledger->held == 100);
    BOOST_TEST(!box->settled());
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(ledger->held == 0);
    BOOST_TEST(ledger->acks.size() == 100U);
    BOOST_TEST(test::read_values(cluster.bootstrap_servers(), target, 100) == numbers(100),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_awaited_record_completes_with_its_place)
{
    open();
    auto results = std::vector<std::pair<error_code, produced>>{};
    auto const header = std::array{header_view{"name", "value"}, header_view{"null", std::nullopt}};
    auto const when = timestamp{1'600'000'000'123ms};
    for (auto i = 0; i < 3; ++i)
        out.async_send("key", std::nullopt, {.partition = 0, .timestamp = when, .headers = header},
                       boost::asio::bind_executor(loop, [&](error_code error, produced where)
                                                  { results.emplace_back(error, where); }));
    BOOST_TEST(serve_until([&] { return results.size() == 3; }));
    for (auto i = 0; i < 3; ++i)
    {
        BOOST_TEST(results[static_cast<std::size_t>(i)].first == error_code{});
        BOOST_TEST(results[static_cast<std::size_t>(i)].second.partition == 0);
        BOOST_TEST(results[static_cast<std::size_t>(i)].second.offset == i);
    }
    auto const read = test::read_topic(cluster.bootstrap_servers(), target, 3);
    BOOST_REQUIRE(read.size() == 3U);
    BOOST_TEST((read[0].key == "key"));
    BOOST_TEST((!read[0].value));
    BOOST_TEST(read[0].timestamp_ms == 1'600'000'000'123);
    BOOST_TEST((read[0].headers == test::read_headers{{"name", "value"}, {"null", std::nullopt}}));
}

// librdkafka would take it for "now".
BOOST_AUTO_TEST_CASE(the_first_moment_of_1970_goes_out_as_the_next)
{
    open();
    auto sent = false;
    out.async_send("key", "value", {.partition = 0, .timestamp = timestamp{0ms}},
                   boost::asio::bind_executor(loop, [&](error_code error, produced) { sent = !error; }));
    BOOST_TEST(serve_until([&] { return sent; }));
    auto const read = test::read_topic(cluster.bootstrap_servers(), target, 1);
    BOOST_REQUIRE(read.size() == 1U);
    BOOST_TEST(read[0].timestamp_ms == 1);
}

BOOST_AUTO_TEST_CASE(records_wait_in_their_order_while_the_queue_is_full)
{
    open({{"queue.buffering.max.messages", "5"}, {"linger.ms", "0"}});
    send(0, 500);
    BOOST_TEST(box->stats().waiting == 495U);
    BOOST_TEST(box->stats().in_flight == 5U);
    BOOST_TEST(ledger->is_congested);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(!ledger->is_congested);
    BOOST_TEST(ledger->congestions == 1);
    BOOST_TEST(ledger->held == 0);
    BOOST_TEST(failures.empty());
    BOOST_TEST(test::read_values(cluster.bootstrap_servers(), target, 500) == numbers(500),
               boost::test_tools::per_element());
}

// Counts what it is told.
struct counting_sink final : detail::change_sink
{
    void acknowledged(std::uint64_t, std::size_t count, std::int64_t) override { acks += static_cast<int>(count); }
    void told() override {}

    int acks = 0;
};

// Sends changes of as many keys, "0", "1", … from this one on, each on behalf of its own offset, as one.
void send_changes(outbox_fixture& from, detail::change_sink& sink, int first, int count)
{
    auto const texts = outbox_fixture::numbers(first + count);
    auto changes = std::vector<shard_change>{};
    auto causes = std::vector<std::int64_t>{};
    for (auto i = first; i < first + count; ++i)
    {
        changes.push_back({texts[static_cast<std::size_t>(i)], texts[static_cast<std::size_t>(i)]});
        causes.push_back(i);
    }
    from.ledger->sending(first);
    auto run = detail::change_run{};
    run.topic = from.box->topic_number(from.target);
    run.partition = 0;
    run.changes = changes;
    run.causes = causes;
    run.ledger = from.ledger;
    run.held = first;
    run.sink = &sink;
    run.number = static_cast<std::uint64_t>(first) + 1;
    from.box->send(std::move(run));
}

BOOST_AUTO_TEST_CASE(changes_of_a_partition_that_is_gone_are_not_sent)
{
    open({{"queue.buffering.max.messages", "5"}, {"linger.ms", "0"}});
    auto lost = counting_sink{};
    auto kept = counting_sink{};
    for (auto i = 0; i < 100; ++i)
        send_changes(*this, i % 2 == 0 ? lost : kept, i, 1);
    auto const sent = box->stats().in_flight;
    BOOST_TEST(sent == 5U);
    box->forget(lost);
    BOOST_TEST(box->stats().waiting == 48U);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(!ledger->is_congested);
    // What the broker had got already is there, but who has given up is not told.
    BOOST_TEST(lost.acks == 0);
    BOOST_TEST(kept.acks == 50);
}

// A cluster of its own, whose only broker is away.
struct leaderless_fixture : test::own_cluster, outbox_fixture
{
    leaderless_fixture() : outbox_fixture{own}
    {
        open({{"linger.ms", "0"}});
        send(0, 1);
        BOOST_TEST(serve_until([&] { return box->settled(); }));
        own.set_broker_up(1, false);
    }
};

BOOST_FIXTURE_TEST_CASE(what_librdkafka_keeps_of_a_partition_that_is_gone_never_arrives, leaderless_fixture)
{
    auto lost = counting_sink{};
    auto kept = counting_sink{};
    for (auto i = 1; i < 21; ++i)
        send_changes(*this, i % 2 == 0 ? lost : kept, i, 1);
    send(21, 22);
    BOOST_TEST(box->stats().in_flight == 21U);
    box->forget(lost);
    send(22, 23);
    BOOST_TEST(serve_until([&] { return replaced == 1; }));
    send(23, 24);
    own.set_broker_up(1, true);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(lost.acks == 0);
    BOOST_TEST(kept.acks == 10);
    BOOST_TEST(failures.empty());
    // Those of the partition that is gone are let go by nobody: what they were made for is not committed.
    BOOST_TEST(ledger->held == 10);
    auto wanted = std::vector<std::string>{"0"};
    for (auto i = 1; i < 21; i += 2)
        wanted.push_back(std::to_string(i));
    wanted.insert(wanted.end(), {"21", "22", "23"});
    BOOST_TEST(test::read_values(cluster.bootstrap_servers(), target, wanted.size()) == wanted,
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_partition_that_is_gone_with_nothing_on_its_way_leaves_the_client_as_it_is, leaderless_fixture)
{
    auto lost = counting_sink{};
    auto kept = counting_sink{};
    own.set_broker_up(1, true);
    send_changes(*this, lost, 1, 1);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    send_changes(*this, kept, 2, 1);
    box->forget(lost);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(kept.acks == 1);
    BOOST_TEST(box->stats().replacements == 0U);
}

BOOST_AUTO_TEST_CASE(changes_that_are_sent_as_one_hold_one_offset_until_all_have_come)
{
    open({{"queue.buffering.max.messages", "30"}, {"linger.ms", "0"}});
    auto sink = counting_sink{};
    send_changes(*this, sink, 0, 100);
    BOOST_TEST(ledger->held == 1);
    BOOST_TEST(ledger->is_congested);
    BOOST_TEST(box->stats().in_flight == 30U);
    BOOST_TEST(box->stats().waiting == 70U);
    send_changes(*this, sink, 100, 128);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(!ledger->is_congested);
    BOOST_TEST(ledger->acks == (std::vector<std::int64_t>{0, 100}), boost::test_tools::per_element());
    BOOST_TEST(sink.acks == 228);
    BOOST_TEST(box->stats().records == 228U);
    BOOST_TEST(box->stats().acknowledged == 228U);
    BOOST_TEST(test::read_values(cluster.bootstrap_servers(), target, 228) == numbers(228),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_changes_that_are_sent_as_one_the_one_that_fails_is_found)
{
    open({{"message.max.bytes", "3000"}});
    auto sink = counting_sink{};
    auto const large = std::string(4000, 'x');
    auto const changes = std::vector<shard_change>{{"a", "1"}, {"b", large}, {"c", "3"}, {"d", large}};
    auto const offsets = std::vector<std::int64_t>{20, 22, 25, 21};
    ledger->sending(20);
    auto run = detail::change_run{};
    run.topic = box->topic_number(target);
    run.partition = 0;
    run.changes = changes;
    run.causes = offsets;
    run.ledger = ledger;
    run.held = 20;
    run.sink = &sink;
    run.number = 1;
    box->send(std::move(run));
    BOOST_TEST(ledger->held == 1);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(failures.size() == 2U);
    BOOST_TEST(failures.front().bytes == 4001U);
    BOOST_TEST(ledger->held == 0);
    BOOST_TEST(ledger->acks == (std::vector<std::int64_t>{20}), boost::test_tools::per_element());
    BOOST_TEST(ledger->failures == (std::vector<std::int64_t>{21}), boost::test_tools::per_element());
    BOOST_TEST(sink.acks == 0);
    BOOST_TEST(test::read_values(cluster.bootstrap_servers(), target, 2) == (std::vector<std::string>{"1", "3"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(changes_that_are_sent_as_one_are_produced_again_in_their_order)
{
    open({{"linger.ms", "1"}, {"queue.buffering.max.messages", "60"}});
    auto sink = counting_sink{};
    send_changes(*this, sink, 0, 20);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    cluster.fail_requests(produce_request, {out_of_order_sequence_number});
    send_changes(*this, sink, 20, 100);
    BOOST_TEST(serve_until([&] { return replaced == 1; }));
    send_changes(*this, sink, 120, 80);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(ledger->acks == (std::vector<std::int64_t>{0, 20, 120}), boost::test_tools::per_element());
    BOOST_TEST(sink.acks == 200);
    // What was in flight when the client failed may be there twice.
    auto arrived = std::vector<std::string>{};
    for (auto const& value : test::read_values(cluster.bootstrap_servers(), target, 200))
        if (std::ranges::find(arrived, value) == arrived.end())
            arrived.push_back(value);
    BOOST_TEST(arrived == numbers(200), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_can_never_fit_or_is_too_large_fails_at_once)
{
    open({{"queue.buffering.max.kbytes", "1"}, {"message.max.bytes", "3000"}});
    out.send(causes.at(0), std::nullopt, std::string(2000, 'x'));
    out.send(causes.at(1), std::nullopt, std::string(4000, 'x'));
    BOOST_TEST(woken);
    BOOST_TEST(serve_until([&] { return failures.size() == 2; }));
    BOOST_TEST(ledger->failures == (std::vector<std::int64_t>{0, 1}), boost::test_tools::per_element());
    BOOST_TEST(describe(failures[0]) == "a record of 2000 bytes for topic \"" + target +
                                            "\" could not be produced: Local: Queue full; it is larger than "
                                            "queue.buffering.max.kbytes in config::producer.properties");
    BOOST_TEST(describe(failures[1]).find("raise message.max.bytes") != std::string::npos, describe(failures[1]));
}

BOOST_AUTO_TEST_CASE(what_the_broker_refuses_fails_and_the_others_go_on)
{
    open({{"linger.ms", "0"}});
    send(0, 1);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    cluster.fail_requests(produce_request, {invalid_record});
    send(1, 2);
    BOOST_TEST(serve_until([&] { return failures.size() == 1; }));
    BOOST_TEST(failures[0].error == kafka::make_code(RD_KAFKA_RESP_ERR_INVALID_RECORD));
    BOOST_TEST(failures[0].tracked);
    send(2, 3);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(ledger->acks == (std::vector<std::int64_t>{0, 2}), boost::test_tools::per_element());
    BOOST_TEST(ledger->failures == (std::vector<std::int64_t>{1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_client_that_failed_for_good_is_replaced_and_nothing_is_lost)
{
    open({{"linger.ms", "1"}, {"queue.buffering.max.messages", "50"}});
    send(0, 20);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    cluster.fail_requests(produce_request, {out_of_order_sequence_number});
    send(20, 120);
    BOOST_TEST(serve_until([&] { return replaced == 1; }));
    BOOST_TEST(ledger->acks.size() == 20U);
    send(120, 200);
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(box->stats().replacements == 1U);
    BOOST_TEST(ledger->held == 0);
    BOOST_TEST(failures.empty());
    // What was in flight when the client failed may be there twice.
    auto arrived = std::vector<std::string>{};
    for (auto const& value : test::read_values(cluster.bootstrap_servers(), target, 200))
        if (std::ranges::find(arrived, value) == arrived.end())
            arrived.push_back(value);
    BOOST_TEST(arrived == numbers(200), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(changes_of_a_partition_that_is_gone_are_not_produced_again_by_the_next_client)
{
    open({{"linger.ms", "100"}});
    auto lost = counting_sink{};
    cluster.fail_requests(produce_request, {out_of_order_sequence_number});
    for (auto i = 0; i < 4; ++i)
        send_changes(*this, lost, i, 1);
    send_changes(*this, lost, 4, 6);
    box->forget(lost);
    BOOST_TEST(serve_until([&] { return replaced == 1; }));
    BOOST_TEST(box->settled());
    out.send(causes.at(10), std::nullopt, "kept");
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(lost.acks == 0);
    BOOST_TEST(ledger->held == 5);
    BOOST_TEST(test::read_values(cluster.bootstrap_servers(), target, 1).front() == "kept");
}

BOOST_AUTO_TEST_CASE(a_client_that_fails_again_without_a_success_is_given_up)
{
    open({{"linger.ms", "1"}});
    auto result = std::optional<error_code>{};
    cluster.fail_requests(produce_request, {out_of_order_sequence_number, out_of_order_sequence_number});
    send(0, 10);
    out.async_send(std::nullopt, "x",
                   boost::asio::bind_executor(loop, [&](error_code error, produced) { result = error; }));
    BOOST_TEST(serve_until([&] { return result.has_value() && box->settled(); }));
    BOOST_TEST((result && result->category() == kafka_category()));
    BOOST_TEST(failures.size() == 11U);
    BOOST_TEST(ledger->failures.size() == 10U);
    send(10, 11);
    BOOST_TEST(ledger->failures.size() == 11U);
}

BOOST_AUTO_TEST_CASE(the_end_tells_those_who_wait)
{
    open({{"linger.ms", "60000"}});
    auto results = std::vector<error_code>{};
    auto told = boost::asio::bind_executor(loop, [&](error_code error, produced) { results.push_back(error); });
    out.async_send(std::nullopt, "x", told);
    box->refuse_more();
    out.async_send(std::nullopt, "y", told);
    static_cast<void>(box->close());
    out.async_send(std::nullopt, "z", told);
    send(0, 1);
    loop.restart();
    loop.run();
    auto const refused = make_error_code(errc::not_running);
    BOOST_REQUIRE(results.size() == 3U);
    BOOST_TEST(results[0] == refused);
    BOOST_TEST(results[1] == make_error_code(boost::asio::error::operation_aborted));
    BOOST_TEST(results[2] == refused);
    BOOST_TEST(ledger->failures == (std::vector<std::int64_t>{0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cancelled_caller_is_told_at_once_and_the_record_arrives)
{
    open();
    auto cancel = boost::asio::cancellation_signal{};
    auto result = std::optional<error_code>{};
    out.async_send(
        std::nullopt, "0",
        boost::asio::bind_cancellation_slot(
            cancel.slot(), boost::asio::bind_executor(loop, [&](error_code error, produced) { result = error; })));
    cancel.emit(boost::asio::cancellation_type::terminal);
    loop.restart();
    loop.run_one();
    BOOST_TEST((result == make_error_code(boost::asio::error::operation_aborted)));
    BOOST_TEST(serve_until([&] { return box->settled(); }));
    BOOST_TEST(test::read_values(cluster.bootstrap_servers(), target, 1) == numbers(1),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::outbox_test
