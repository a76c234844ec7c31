// Topics caught up in order, and pausing, on a real broker.

#include "support/broker_engine.hpp"
#include "support/broker_process.hpp"
#include "support/broker_producer.hpp"
#include "support/manual_watched.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <span>
#include <sstream>
#include <thread>

namespace paperboy::test::steps_test
{
namespace
{

using namespace std::chrono_literals;

// Which topics' records came, in the order in which they came, from all engines.
class sequence
{
public:
    void took(std::string_view topic, std::size_t count)
    {
        auto const lock = std::scoped_lock{mutex_};
        auto const stem = std::string{topic.substr(0, topic.find('-'))};
        counts_[stem] += count;
        total_ += count;
        order_.insert(order_.end(), count, stem);
        changed_.notify_all();
    }
    void stepped(std::size_t step)
    {
        auto const lock = std::scoped_lock{mutex_};
        step_ = step;
        changed_.notify_all();
    }

    [[nodiscard]] bool await_total(std::size_t total, std::chrono::milliseconds deadline = 60s) const
    {
        auto lock = std::unique_lock{mutex_};
        return changed_.wait_for(lock, deadline, [&] { return total_ >= total; });
    }
    [[nodiscard]] bool await_step(std::size_t step, std::chrono::milliseconds deadline = 60s) const
    {
        auto lock = std::unique_lock{mutex_};
        return changed_.wait_for(lock, deadline, [&] { return step_ >= step; });
    }
    [[nodiscard]] std::size_t total() const
    {
        auto const lock = std::scoped_lock{mutex_};
        return total_;
    }

    // How many of the first topic's records came before the first of the second.
    [[nodiscard]] std::size_t before(std::string const& topic, std::string const& other) const
    {
        auto const lock = std::scoped_lock{mutex_};
        auto const first = std::ranges::find(order_, other);
        return static_cast<std::size_t>(std::count(order_.begin(), first, topic));
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::map<std::string, std::size_t> counts_;
    std::vector<std::string> order_;
    std::size_t total_ = 0;
    std::size_t step_ = 0;
};

struct step_handler
{
    sequence& seen;

    void on_message(record_view const& record) { seen.took(record.topic(), 1); }
    void on_bulk(std::span<record_view const> bulk) { seen.took(bulk.front().topic(), bulk.size()); }
};

class step_observer final : public observer
{
public:
    explicit step_observer(sequence& seen) : seen_{seen} {}
    void on_step(std::size_t step, std::size_t, std::size_t) noexcept override { seen_.stepped(step); }

private:
    sequence& seen_;
};

struct fixture
{
    cluster kafka;
    std::string first = kafka.make_topic("first", 4);
    std::string second = kafka.make_topic("second", 4);
    std::string third = kafka.make_topic("third", 4);
    std::string group = unique_name("steps");
    producer sender;
    sequence seen;

    void produce(std::string const& topic, int count)
    {
        for (auto i = 0; i < count; ++i)
            sender.send(topic, {i % 4, {}, std::to_string(i)});
        sender.flush();
    }
    [[nodiscard]] config settings(steps_scope scope = steps_scope::engine)
    {
        auto chosen = test_config(group);
        chosen.steps = {{first}, {second}};
        chosen.steps_scope = scope;
        chosen.commit.interval = 100ms;
        chosen.watcher = std::make_shared<step_observer>(seen);
        return chosen;
    }
    [[nodiscard]] running_engine::set_up handlers()
    {
        return [this](engine& e)
        {
            for (auto const& topic : {third, second, first})
                e.handle(topic, step_handler{seen});
        };
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(each_step_is_caught_up_before_the_next_begins, fixture)
{
    produce(third, 2'000);
    produce(second, 20'000);
    produce(first, 50'000);
    auto engine = running_engine{"engine", settings(), handlers(), 2};
    BOOST_TEST(seen.await_total(72'000));
    BOOST_TEST(seen.await_step(2));
    produce(first, 100);
    produce(third, 100);
    BOOST_TEST(seen.await_total(72'200));
    BOOST_TEST(!engine->stats().step.has_value());
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.before("first", "second") == 50'000U);
    BOOST_TEST(seen.before("second", "third") == 20'000U);
    BOOST_TEST(engine.logged("step 1 of 2 is over"));
    BOOST_TEST(engine.logged("all steps are over"));
}

BOOST_FIXTURE_TEST_CASE(empty_topics_and_topics_caught_up_before_are_passed_at_once, fixture)
{
    produce(third, 400);
    for (auto run = 1; run <= 2; ++run)
    {
        auto engine = running_engine{"engine", settings(), handlers()};
        BOOST_TEST(seen.await_total(static_cast<std::size_t>(run) * 400));
        BOOST_TEST(!engine.stop());
        produce(third, 400);
    }
}

// Aborted and committed transactions leave markers at the end of a partition, which no handler ever sees.
BOOST_FIXTURE_TEST_CASE(transaction_markers_at_the_end_do_not_hold_a_step_up, fixture)
{
    {
        auto transactional = producer{bootstrap_servers(), {{"transactional.id", unique_name("steps")}}};
        transactional.begin();
        transactional.send_numbered(first, 4, 0, 10);
        transactional.commit();
        transactional.begin();
        transactional.send_numbered(first, 4, 10, 10);
        transactional.abort();
    }
    produce(third, 40);
    for (auto const scope : {steps_scope::engine, steps_scope::group})
    {
        group = unique_name("steps");
        auto const before = seen.total();
        auto engine = running_engine{"engine", settings(scope), handlers()};
        BOOST_TEST(seen.await_total(before + 80));
        BOOST_TEST(!engine.stop());
    }
}

namespace
{

// A marker stands in front of the end of the step, and what came later is fetched together with what is in front of it:
// while that is in a hook, or waits for one, nobody else tells that the end is passed.
struct marked : fixture
{
    // As many for each partition.
    void produce_each(int from, int count)
    {
        transactional.begin();
        transactional.send_numbered(first, 4, from, count);
        transactional.commit();
    }
    template <class Handler>
    running_engine start(Handler handler, handler_options options)
    {
        produce_each(0, 10);
        produce(second, 4);
        return {"engine", settings(steps_scope::group), [&](engine& e)
                {
                    e.handle(first, std::move(handler), std::move(options));
                    e.handle(second, step_handler{seen}).handle(third, step_handler{seen});
                    for (auto const& each : held)
                        e.pause(each);
                }};
    }
    // The ends are known before there is more.
    void produce_more(running_engine& engine, int count)
    {
        BOOST_TEST(eventually([&] { return engine->stats().step_passed == 1U; }));
        produce_each(10, count);
        auto const wanted = static_cast<std::size_t>(10 + count);
        auto const has_both = [&](partition_stats const& each)
        { return each.topic != first || each.partition == 3 || each.prefetched >= wanted; };
        BOOST_TEST(eventually([&] { return std::ranges::all_of(engine->stats().partitions, has_both); }));
        for (auto const& each : held)
            engine->resume(each);
    }

    producer transactional{bootstrap_servers(), {{"transactional.id", unique_name("steps")}}};
    std::array<topic_partition, 3> const held{topic_partition{first, 0}, topic_partition{first, 1},
                                              topic_partition{first, 2}};
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_record_behind_a_marker_at_the_end_of_a_step_holds_nothing_up, marked)
{
    struct late_handler
    {
        sequence& seen;
        std::atomic<bool> const& open;
        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            auto timer = boost::asio::steady_timer{co_await boost::asio::this_coro::executor};
            while (record.offset() > 10 && !open)
            {
                timer.expires_after(1ms);
                co_await timer.async_wait(boost::asio::use_awaitable);
            }
            seen.took(record.topic(), 1);
        }
    };
    auto open = std::atomic<bool>{false};
    auto engine = start(late_handler{seen, open}, {});
    produce_more(engine, 10);
    BOOST_TEST(seen.await_step(1));
    BOOST_TEST(seen.await_total(44));
    open = true;
    BOOST_TEST(seen.await_total(84));
    BOOST_TEST(!engine.stop());
}

// They are more than one bulk, and fewer than two.
BOOST_FIXTURE_TEST_CASE(records_that_wait_for_a_bulk_behind_a_marker_at_the_end_of_a_step_hold_nothing_up, marked)
{
    auto options = handler_options{};
    options.mode = mode_policy{};
    options.mode->max_records = 10;
    options.mode->max_wait = 1h;
    options.mode->even_bulks = false;
    auto engine = start(step_handler{seen}, options);
    produce_more(engine, 5);
    BOOST_TEST(seen.await_step(1));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.before("first", "second") >= 40U);
}

// Two members share the partitions: nobody begins a step before both have committed the one before.
BOOST_FIXTURE_TEST_CASE(a_group_respects_the_order_together, fixture)
{
    produce(second, 20'000);
    produce(first, 100'000);
    {
        auto one = running_engine{"one", settings(steps_scope::group), handlers()};
        auto two = running_engine{"two", settings(steps_scope::group), handlers()};
        BOOST_TEST(seen.await_step(2));
        BOOST_TEST(seen.await_total(120'000));
        BOOST_TEST(!two.stop());
        BOOST_TEST(!one.stop());
    }
    BOOST_TEST(seen.before("first", "second") >= 100'000U);
}

// Three groups of topics and two processes, each of which asks the cluster in front of its first record of a topic
// whether all that the topics before had at the beginning is committed.
BOOST_FIXTURE_TEST_CASE(two_processes_begin_no_step_before_the_one_before_is_committed, fixture)
{
    auto const last = kafka.make_topic("last", 4);
    for (auto const& topic : {first, second, third})
        sender.send_numbered(topic, 4, 0, 10'000);
    sender.flush();
    produce(last, 400);
    auto const command = std::vector<std::string>{
        PAPERBOY_STEPS_CHILD, bootstrap_servers(), group, "4", "10000", first, second, third, last};
    struct tally
    {
        std::array<std::size_t, 4> handled{};
        std::array<int, 4> in_order{};
        int too_early = 0;
    };
    auto seen_lines = watched<tally>{};
    auto const read_all = [&](child_process& child)
    {
        while (auto const line = child.line(60s))
        {
            auto words = std::istringstream{*line};
            auto what = std::string{};
            auto topic = std::size_t{0};
            auto rest = std::string{};
            words >> what >> topic >> rest;
            seen_lines.update(
                [&](tally& all)
                {
                    if (what == "handled")
                        all.handled.at(topic) += std::stoul(rest);
                    else
                        ++(rest == "in-order" ? all.in_order.at(topic) : all.too_early);
                });
        }
    };
    auto one = child_process{command};
    auto two = child_process{command};
    auto const reading_one = std::jthread{[&] { read_all(one); }};
    auto const reading_two = std::jthread{[&] { read_all(two); }};
    BOOST_TEST(seen_lines.wait_until([](tally const& all) { return all.handled[3] >= 400; }, 60s));
    one.signal(SIGTERM);
    two.signal(SIGTERM);
    BOOST_TEST(one.wait() == 0);
    BOOST_TEST(two.wait() == 0);
    auto const all = seen_lines.get();
    BOOST_TEST(all.too_early == 0);
    for (auto const topic : {0U, 1U, 2U})
        BOOST_TEST(all.handled.at(topic) >= 40'000U);
    for (auto const topic : {1U, 2U, 3U})
        BOOST_TEST(all.in_order.at(topic) == 2);
}

// Nothing is left to read before the end that the partition had.
BOOST_FIXTURE_TEST_CASE(a_topic_whose_records_were_all_deleted_is_passed, fixture)
{
    sender.send_numbered(first, 4, 0, 100);
    sender.flush();
    kafka.delete_records(first, 4);
    produce(third, 400);
    for (auto const scope : {steps_scope::engine, steps_scope::group})
    {
        group = unique_name("steps");
        auto const before = seen.total();
        auto engine = running_engine{"engine", settings(scope), handlers()};
        BOOST_TEST(seen.await_total(before + 400));
        BOOST_TEST(!engine.stop());
    }
}

BOOST_FIXTURE_TEST_CASE(steps_that_do_not_fit_the_handlers_are_refused, fixture)
{
    auto const failure_of = [&](step_list steps)
    {
        auto chosen = settings();
        chosen.steps = std::move(steps);
        auto engine = running_engine{"engine", chosen, handlers()};
        BOOST_TEST(engine.wait() == make_error_code(errc::invalid_config));
        return engine->last_failure().text;
    };
    BOOST_TEST(failure_of({{"nobody"}}).find("names \"nobody\", which has no handler") != std::string::npos);
    BOOST_TEST(failure_of({{first}, {first}}).find("twice") != std::string::npos);
    BOOST_TEST(failure_of({{}}).find("is empty") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_paused_topic_waits_and_others_do_not_and_it_goes_on_where_it_was, fixture)
{
    auto chosen = settings();
    chosen.steps = {};
    auto engine = running_engine{"engine", chosen, [&](auto& e)
                                 {
                                     e.handle(first, step_handler{seen}).handle(second, step_handler{seen});
                                     e.pause(first);
                                 }};
    produce(first, 100);
    produce(second, 100);
    BOOST_TEST(seen.await_total(100));
    produce(second, 100);
    BOOST_TEST(seen.await_total(200));
    BOOST_TEST(seen.before("first", "nothing") == 0U);
    engine->resume();
    produce(second, 100);
    BOOST_TEST(seen.await_total(300));
    BOOST_TEST(seen.before("first", "nothing") == 0U);
    engine->resume(first);
    BOOST_TEST(seen.await_total(400));
    engine->pause();
    BOOST_TEST(eventually(
        [&]
        {
            auto const partitions = engine->stats().partitions;
            return std::ranges::all_of(partitions, &partition_stats::held);
        }));
    produce(first, 100);
    engine->resume();
    BOOST_TEST(seen.await_total(500));
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.total() == 500U);
}

// Each time, records of another topic that come tell that those that are held had their chance.
BOOST_FIXTURE_TEST_CASE(a_pause_is_taken_back_by_its_own_kind_and_what_is_not_paused_goes_on_where_it_is, fixture)
{
    auto chosen = settings();
    chosen.steps = {};
    auto const one = topic_partition{first, 1};
    auto engine = running_engine{"engine", chosen, [&](auto& e)
                                 {
                                     e.handle(first, step_handler{seen}).handle(second, step_handler{seen});
                                     e.pause();
                                     e.pause(first);
                                     e.pause(one);
                                 }};
    produce(first, 40);
    auto others = std::size_t{0};
    auto const comes = [&](std::size_t of_first)
    {
        produce(second, 40);
        others += 40;
        BOOST_TEST(seen.await_total(others + of_first));
        BOOST_TEST(seen.total() == others + of_first);
    };
    engine->resume();
    comes(0);
    engine->resume(one);
    comes(0);
    engine->pause(one);
    engine->resume(first);
    comes(30);
    engine->resume(first);
    engine->resume(second);
    engine->resume(topic_partition{first, 0});
    comes(30);
    engine->resume(one);
    comes(40);
    BOOST_TEST(!engine.stop());
    BOOST_TEST(seen.total() == others + 40);
}

} // namespace paperboy::test::steps_test
