// What hooks send, and the offsets that wait for it.

#include "mock_cluster/mock_fixture.hpp"
#include "support/topic_reader.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>

namespace paperboy::transform_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::outcome_of_run;

using clock = std::chrono::steady_clock;

// Kafka's API keys and error codes.
constexpr std::int16_t produce_request = 0;
constexpr int out_of_order_sequence_number = 45;

// Sends each record on as it is.
struct forwarding_handler
{
    topic_producer<> out;
    test::watched<int>& handled;

    void on_message(record_view const& record)
    {
        out.send(record, std::to_string(record.partition()), record.value());
        handled.update([](int& count) { ++count; });
    }
};

struct awaiting_handler
{
    topic_producer<> out;
    test::watched<int>& handled;
    std::vector<std::int64_t>& places;

    asio::awaitable<void> on_message(record_view const& record)
    {
        auto const where = co_await out.async_send(std::nullopt, record.value(), asio::use_awaitable);
        places.push_back(where.offset);
        handled.update([](int& count) { ++count; });
    }
};

// Tells how much was acknowledged when a record came, and sends it on.
struct counting_handler
{
    engine& which;
    topic_producer<> out;
    test::watched<std::vector<std::uint64_t>>& acknowledged_before;

    void on_message(record_view const& record)
    {
        auto const count = which.stats().producer.acknowledged;
        acknowledged_before.update([&](auto& all) { all.push_back(count); });
        out.send(record, std::nullopt, record.value());
    }
};

// Keeps hooks until it is opened; on one thread.
class gate
{
public:
    explicit gate(asio::io_context& on) : closed_{on, clock::time_point::max()} {}

    asio::awaitable<void> pass()
    {
        come.update([](int& count) { ++count; });
        if (!open_)
            co_await closed_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    void open()
    {
        asio::post(closed_.get_executor(),
                   [this]
                   {
                       open_ = true;
                       closed_.cancel();
                   });
    }

    test::watched<int> come;

private:
    asio::steady_timer closed_;
    bool open_ = false;
};

struct held_forwarding_handler
{
    forwarding_handler then;
    gate& before;

    asio::awaitable<void> on_message(record_view const& record)
    {
        co_await before.pass();
        then.on_message(record);
    }
};

struct held_counting_handler
{
    test::watched<int>& handled;
    gate& before;

    asio::awaitable<void> on_message(record_view const&)
    {
        co_await before.pass();
        handled.update([](int& count) { ++count; });
    }
};

struct transform_fixture : test::mock_fixture
{
    transform_fixture() : target{make_topic(1)} {}

    [[nodiscard]] bool wait_for_handled(int count) const
    {
        return handled.wait_until([count](int all) { return all >= count; });
    }
    [[nodiscard]] std::int64_t committed() const { return watcher->seen.get().committed()[{topic, 0}]; }

    std::string const target;
    test::watched<int> handled;

protected:
    explicit transform_fixture(mock_cluster& on) : mock_fixture{on}, target{make_topic(1)} {}
};

struct faulty_transform_fixture : test::own_cluster, transform_fixture
{
    faulty_transform_fixture() : transform_fixture{own} {}
};

// By key, the values in the order of their first arrival.
std::map<std::string, std::vector<std::string>> first_arrivals(std::vector<test::read_record> const& records)
{
    auto all = std::map<std::string, std::vector<std::string>>{};
    for (auto const& each : records)
        if (auto& values = all[each.key.value_or("")]; std::ranges::find(values, each.value) == values.end())
            values.push_back(*each.value);
    return all;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(transform_suite, transform_fixture)

BOOST_AUTO_TEST_CASE(what_hooks_send_arrives_in_order_and_is_committed_at_the_end)
{
    auto const awaited = make_topic(1);
    auto const awaited_target = make_topic(1);
    produce(topic, 0, 1000);
    produce(awaited, 0, 20);
    auto settings = this->settings();
    settings.commit.interval = 1h;
    auto consuming = engine{io.context(), settings};
    auto places = std::vector<std::int64_t>{};
    consuming.handle(topic, forwarding_handler{consuming.make_producer(target), handled});
    consuming.handle(awaited, awaiting_handler{consuming.make_producer(awaited_target), handled, places});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(wait_for_handled(1020));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST(committed() == 1000);
    BOOST_TEST((watcher->seen.get().committed()[{awaited, 0}] == 20));
    auto const stats = consuming.stats().producer;
    BOOST_TEST(stats.records == 1020U);
    BOOST_TEST(stats.acknowledged == 1020U);
    BOOST_TEST(stats.failed == 0U);
    BOOST_TEST(stats.in_flight == 0U);
    BOOST_TEST(places == test::offsets_from(0, 20), boost::test_tools::per_element());
    BOOST_TEST(test::read_values(cluster.bootstrap_servers(), target, 1000) == numbers(1000),
               boost::test_tools::per_element());
    BOOST_TEST(test::read_values(cluster.bootstrap_servers(), awaited_target, 20) == numbers(20),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(commits_steps_and_the_end_wait_for_the_acknowledgements)
{
    auto const later = make_topic(1);
    produce(topic, 0, 10);
    produce(later, 0, 1);
    auto settings = this->settings();
    settings.commit.interval = 10ms;
    settings.steps = {{topic}, {later}};
    settings.producer.properties = {{"linger.ms", "3000"}};
    settings.shutdown_timeout = 20s;
    auto consuming = engine{io.context(), settings};
    auto acknowledged_before = test::watched<std::vector<std::uint64_t>>{};
    auto const out = consuming.make_producer(target);
    consuming.handle(topic, forwarding_handler{out, handled});
    consuming.handle(later, counting_handler{consuming, out, acknowledged_before});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(wait_for_handled(10));
    BOOST_TEST(watcher->seen.wait_until([](auto const& all) { return !all.commits.empty(); }));
    BOOST_TEST(consuming.stats().producer.acknowledged == 0U);
    BOOST_TEST(committed() == 0);
    BOOST_TEST(acknowledged_before.wait_until([](auto const& all) { return !all.empty(); }));
    BOOST_TEST(acknowledged_before.get().front() == 10U);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST(consuming.stats().producer.acknowledged == 11U);
    BOOST_TEST(committed() == 10);
    BOOST_TEST((watcher->seen.get().committed()[{later, 0}] == 1));
}

BOOST_AUTO_TEST_CASE(a_record_that_cannot_be_produced_ends_the_run_and_is_not_committed)
{
    produce(topic, 0, 5);
    cluster.produce(topic, {.value = std::string(2000, 'x'), .partition = 0});
    produce(topic, 0, 5);
    auto settings = this->settings();
    settings.producer.properties = {{"message.max.bytes", "1500"}};
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, forwarding_handler{consuming.make_producer(target), handled});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(wait_for_handled(6));
    auto const handled_at = clock::now();
    BOOST_TEST(run.get() == make_error_code(errc::produce_failed));
    BOOST_TEST((clock::now() - handled_at < settings.shutdown_timeout));
    BOOST_TEST(committed() == 5);
    BOOST_TEST(consuming.last_failure().text ==
               "a record of 2001 bytes for topic \"" + target +
                   "\" could not be produced: Broker: Message size too large; raise message.max.bytes in "
                   "config::producer.properties, and max.message.bytes of the topic");
    BOOST_TEST(consuming.stats().producer.failed == 1U);
}

BOOST_AUTO_TEST_CASE(a_full_queue_and_a_failed_client_cost_neither_order_nor_records_nor_memory)
{
    constexpr auto per_partition_count = 400;
    constexpr auto batch = 20;
    for (auto partition = 0; partition < partitions; ++partition)
        produce(topic, partition, per_partition_count);
    auto settings = this->settings();
    settings.batch_size = batch;
    // The mock cluster does not check sequence numbers: behind the request that it fails it would take the next one of
    // the same partition, which a broker refuses. So there is never a next one: each request has all that the queue
    // holds. max.in.flight does not bound what librdkafka has ready to be sent.
    settings.producer.properties = {
        {"queue.buffering.max.messages", "10"}, {"batch.num.messages", "10"}, {"linger.ms", "5000"}};
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, forwarding_handler{consuming.make_producer(target), handled});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(wait_for_handled(300));
    cluster.fail_requests(produce_request, {out_of_order_sequence_number});
    auto most = std::size_t{0};
    for (auto count = 300; count < partitions * per_partition_count; count += 50)
    {
        BOOST_TEST(wait_for_handled(count));
        most = std::max(most, consuming.stats().producer.waiting);
    }
    BOOST_TEST(wait_for_handled(partitions * per_partition_count));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST(consuming.stats().producer.replacements == 1U);
    BOOST_TEST(most > 0U);
    BOOST_TEST(most <= std::size_t{partitions * batch + 10});
    auto const acknowledged = consuming.stats().producer.acknowledged;
    BOOST_TEST(acknowledged == std::size_t{partitions * per_partition_count});
    for (auto const& [key, values] :
         first_arrivals(test::read_topic(cluster.bootstrap_servers(), target, acknowledged)))
        BOOST_TEST(values == numbers(per_partition_count), boost::test_tools::per_element());
    auto const last = watcher->seen.get().committed();
    for (auto partition = 0; partition < partitions; ++partition)
        BOOST_TEST((last.at({topic, partition}) == per_partition_count));
}

// The broker is away, so that the queue stays full until it is back.
BOOST_FIXTURE_TEST_CASE(while_the_queue_is_full_other_partitions_and_timers_go_on_on_the_one_thread,
                        faulty_transform_fixture)
{
    constexpr auto count = 400;
    constexpr auto batch = 20;
    constexpr auto queue = 5;
    auto const other = make_topic(1);
    produce(topic, 0, count);
    produce(other, 0, count);
    auto one_thread = test::io_threads{1};
    auto sending = gate{one_thread.context()};
    auto counting = gate{one_thread.context()};
    auto counted = test::watched<int>{};
    auto settings = this->settings();
    settings.batch_size = batch;
    settings.properties["session.timeout.ms"] = "30000";
    settings.producer.properties = {{"queue.buffering.max.messages", std::to_string(queue)}, {"linger.ms", "0"}};
    auto consuming = engine{one_thread.context(), settings};
    consuming.handle(topic, held_forwarding_handler{{consuming.make_producer(target), handled}, sending});
    consuming.handle(other, held_counting_handler{counted, counting});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(sending.come.wait_until([](int come) { return come == 1; }));
    BOOST_TEST(counting.come.wait_until([](int come) { return come == 1; }));
    // Enough to fill the queue: nothing more is fetched while the broker is away.
    auto const is_fetched = [&](std::string const& which)
    {
        auto const all = consuming.stats().partitions;
        return std::ranges::any_of(all,
                                   [&](auto const& each) { return each.topic == which && each.prefetched >= batch; });
    };
    BOOST_TEST(test::eventually([&] { return is_fetched(topic) && is_fetched(other); }));

    cluster.set_broker_up(1, false);
    sending.open();
    BOOST_TEST(test::eventually([&] { return consuming.stats().producer.waiting > 0; }));
    counting.open();
    BOOST_TEST(counted.wait_until([](int all) { return all > 0; }));
    auto rung = test::watched<bool>{};
    auto timer = asio::steady_timer{one_thread.context(), 1ms};
    timer.async_wait([&](auto) { rung.update([](bool& yes) { yes = true; }); });
    BOOST_TEST(rung.wait_until([](bool yes) { return yes; }));
    auto const full = consuming.stats().producer;
    BOOST_TEST(full.acknowledged == 0U);
    BOOST_TEST(full.in_flight == std::size_t{queue});
    BOOST_TEST(full.waiting > 0U);
    BOOST_TEST(full.waiting <= std::size_t{batch});

    cluster.set_broker_up(1, true);
    BOOST_TEST(wait_for_handled(count));
    BOOST_TEST(counted.wait_until([](int all) { return all == count; }));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST(committed() == count);
    BOOST_TEST(test::read_values(cluster.bootstrap_servers(), target, count) == numbers(count),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::transform_test
