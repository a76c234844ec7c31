// Steps that are held open while something happens in the middle of them: members come and go, an engine is started
// again, a topic grows, a topic was compacted.

#include "support/broker_engine.hpp"
#include "support/broker_producer.hpp"
#include "support/manual_watched.hpp"
#include "support/topic_reader.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <span>

namespace paperboy::test::steps_members_test
{
namespace
{

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr auto partitions = 4;

// What a member of the group has, and how far it said that its step is.
struct member
{
    std::set<topic_partition> owned;
    int assignments = 0;
    std::size_t step = 0;
    std::size_t passed = 0;
    std::size_t partitions = 0;
};

struct happened
{
    std::map<std::string, member> members;
    // Records of the topic in the first step, and of all others; of these, how many came before all of the first's.
    std::size_t first = 0;
    std::size_t others = 0;
    std::size_t single = 0;
    std::size_t too_early = 0;
    bool waiting = false;
    bool open = false;
};

class member_observer final : public observer
{
public:
    member_observer(watched<happened>& seen, std::string name) : seen_{seen}, name_{std::move(name)} {}

    void on_assigned(std::span<topic_partition const> given) noexcept override
    {
        change([&](member& self) { self = {{given.begin(), given.end()}, self.assignments + 1}; });
    }
    void on_revoked(std::span<topic_partition const>) noexcept override
    {
        change([](member& self) { self.owned.clear(); });
    }
    void on_step(std::size_t step, std::size_t passed, std::size_t of) noexcept override
    {
        change(
            [&](member& self)
            {
                self.step = step;
                self.passed = passed;
                self.partitions = of;
            });
    }

private:
    template <class F>
    void change(F apply)
    {
        seen_.update([&](happened& all) { apply(all.members[name_]); });
    }

    watched<happened>& seen_;
    std::string name_;
};

// Of the topic in the first step: counts. What contains the record at `gate` waits until it is let go.
struct first_handler
{
    watched<happened>& seen;
    std::optional<partition_offset> gate = std::nullopt;

    asio::awaitable<void> on_message(record_view const& record)
    {
        co_await take(record, record, 1);
        seen.update([](happened& all) { ++all.single; });
    }
    asio::awaitable<void> on_bulk(std::span<record_view const> bulk)
    {
        co_await take(bulk.front(), bulk.back(), bulk.size());
    }

private:
    asio::awaitable<void> take(record_view const& from, record_view const& to, std::size_t count)
    {
        if (gate && gate->partition == from.partition() && gate->offset >= from.offset() && gate->offset <= to.offset())
        {
            seen.update([](happened& all) { all.waiting = true; });
            auto timer = asio::steady_timer{co_await asio::this_coro::executor};
            while (!seen.get().open)
            {
                timer.expires_after(5ms);
                co_await timer.async_wait(asio::use_awaitable);
            }
        }
        seen.update([&](happened& all) { all.first += count; });
    }
};

// Of later topics: counts what comes before so many of the first.
struct later_handler
{
    watched<happened>& seen;
    std::size_t wanted;

    void on_message(record_view const&) { took(1); }
    void on_bulk(std::span<record_view const> bulk) { took(bulk.size()); }

private:
    void took(std::size_t count)
    {
        seen.update(
            [&](happened& all)
            {
                all.others += count;
                all.too_early += all.first < wanted ? count : 0;
            });
    }
};

struct fixture
{
    cluster kafka;
    std::string first = kafka.make_topic("first", partitions);
    std::string second = kafka.make_topic("second", partitions);
    std::string group = unique_name("steps");
    producer sender;
    watched<happened> seen;

    void produce(std::string const& topic, int count)
    {
        for (auto i = 0; i < count; ++i)
            sender.send(topic, {i % partitions, {}, std::to_string(i)});
        sender.flush();
    }
    [[nodiscard]] config settings(std::string const& name, steps_scope scope)
    {
        auto chosen = test_config(group);
        chosen.steps = {{first}};
        chosen.steps_scope = scope;
        chosen.watcher = std::make_shared<member_observer>(seen, name);
        return chosen;
    }
    [[nodiscard]] bool comes(std::function<bool(happened const&)> const& condition) const
    {
        return seen.wait_until(condition, 60s);
    }
    // Whether a member is in the first step, with so many partitions of it, and says that all but `left` have passed.
    [[nodiscard]] auto stands(std::string const& name, std::size_t of, std::size_t left) const
    {
        return [=, this](happened const& all)
        {
            auto const found = all.members.find(name);
            if (found == all.members.end())
                return false;
            auto const& self = found->second;
            auto const owned = std::ranges::count(self.owned, first, &topic_partition::topic);
            return static_cast<std::size_t>(owned) == of && self.step == 0 && self.partitions == of &&
                   self.passed + left == of;
        };
    }
};

} // namespace

// The hook of a record in the middle of the step waits, whoever has its partition, until all members have come and
// gone: each time all partitions are taken away, the one with that record in the middle of its records. The other
// members have passed all of their partitions meanwhile, and wait.
BOOST_FIXTURE_TEST_CASE(partitions_that_come_and_go_during_a_step_do_not_upset_the_order, fixture)
{
    constexpr auto of_first = std::size_t{100'000};
    constexpr auto of_second = std::size_t{20'000};
    auto const last = topic_partition{first, partitions - 1};
    produce(second, of_second);
    produce(first, of_first);
    auto const join = [&](std::string const& name)
    {
        auto chosen = settings(name, steps_scope::group);
        chosen.revoke_timeout = 500ms;
        return std::make_unique<running_engine>(
            name, chosen,
            [&](engine& e)
            {
                e.handle(first, first_handler{seen, {{last.topic, last.partition, 10'000}}})
                    .handle(second, later_handler{seen, of_first});
            });
    };
    auto const share = [&](std::string const& one, std::string const& other)
    {
        auto holder = std::string{};
        auto const shared = comes(
            [&](happened const& all)
            {
                holder = all.members.contains(one) && all.members.at(one).owned.contains(last) ? one : other;
                return stands(holder, 2, 1)(all) && stands(holder == one ? other : one, 2, 0)(all);
            });
        BOOST_TEST(shared);
        return holder;
    };
    auto members = std::map<std::string, std::unique_ptr<running_engine>>{};
    members["one"] = join("one");
    BOOST_TEST(comes(stands("one", 4, 1)));
    members["two"] = join("two");
    auto const leaves = share("one", "two") == "one" ? std::string{"two"} : std::string{"one"};
    auto const stays = leaves == "one" ? std::string{"two"} : std::string{"one"};
    BOOST_TEST(!members[leaves]->stop());
    BOOST_TEST(comes(stands(stays, 4, 1)));
    members["three"] = join("three");
    share(stays, "three");
    BOOST_TEST(seen.get().waiting);
    BOOST_TEST(seen.get().others == 0U);
    seen.update([](happened& all) { all.open = true; });
    BOOST_TEST(comes([&](happened const& all) { return all.others >= of_second; }));
    auto const ended = [&](std::string const& name)
    { return [&, name](happened const& all) { return all.members.at(name).step == 1; }; };
    BOOST_TEST(comes(ended(stays)));
    BOOST_TEST(comes(ended("three")));
    BOOST_TEST(!members["three"]->stop());
    BOOST_TEST(!members[stays]->stop());
    BOOST_TEST(seen.get().too_early == 0U);
    BOOST_TEST(seen.get().first >= of_first);
}

// A partition is paused until the engine has been started again.
BOOST_FIXTURE_TEST_CASE(restarted_in_the_middle_of_a_step_it_goes_on_with_it, fixture)
{
    constexpr auto of_first = std::size_t{40'000};
    produce(second, 1'000);
    produce(first, of_first);
    for (auto const scope : {steps_scope::engine, steps_scope::group})
    {
        group = unique_name("steps");
        seen.update([](happened& all) { all = {}; });
        for (auto run = 1; run <= 2; ++run)
        {
            auto const name = "run " + std::to_string(run);
            auto one =
                running_engine{name, settings(name, scope), [&](engine& e)
                               {
                                   e.handle(first, first_handler{seen}).handle(second, later_handler{seen, of_first});
                                   if (run == 1)
                                       e.pause(topic_partition{first, 2});
                               }};
            if (run == 1)
                BOOST_TEST(comes(stands(name, partitions, 1)));
            else
                BOOST_TEST(comes([](happened const& all) { return all.others >= 1'000; }));
            BOOST_TEST(!one.stop());
            BOOST_TEST(seen.get().first == (run == 1 ? of_first / 4 * 3 : of_first));
        }
        BOOST_TEST(seen.get().others == 1'000U);
        BOOST_TEST(seen.get().too_early == 0U);
    }
}

// For each record that is handled another one is there before: who waited for the end of the moment would wait for
// ever.
BOOST_DATA_TEST_CASE_F(fixture, a_topic_that_keeps_growing_ends_its_step_at_the_end_it_had,
                       (std::vector<bool>{false, true}), of_group)
{
    auto const scope = of_group ? steps_scope::group : steps_scope::engine;
    struct growing_handler
    {
        fixture& test;
        std::atomic<bool>& grows;

        void on_message(record_view const& record) { took(record.partition(), 1); }
        void on_bulk(std::span<record_view const> bulk) { took(bulk.front().partition(), bulk.size()); }

    private:
        void took(std::int32_t partition, std::size_t count)
        {
            for (std::size_t i = 0; grows && i < count; ++i)
                test.sender.send(test.first, {.partition = partition, .value = "another"});
            test.sender.flush();
            test.seen.update([&](happened& all) { all.first += count; });
        }
    };
    produce(first, 1'000);
    produce(second, 4);
    auto grows = std::atomic<bool>{true};
    auto one =
        running_engine{"engine", settings("engine", scope), [&](engine& e)
                       { e.handle(first, growing_handler{*this, grows}).handle(second, later_handler{seen, 1'000}); }};
    BOOST_TEST(comes([](happened const& all) { return all.others == 4; }));
    grows = false;
    BOOST_TEST(!one.stop());
    BOOST_TEST(seen.get().too_early == 0U);
}

// What is left of the partitions ends with offsets that nobody gets: of a partition with tombstones only, nothing is
// left. The segment that is written to is never compacted, so it has a transaction that was aborted and nothing else.
BOOST_FIXTURE_TEST_CASE(gaps_that_compaction_leaves_do_not_hold_a_step_up, fixture)
{
    first = kafka.make_topic("first", 2,
                             {{"cleanup.policy", "compact"},
                              {"segment.ms", "100"},
                              {"min.cleanable.dirty.ratio", "0.01"},
                              {"max.compaction.lag.ms", "100"},
                              {"delete.retention.ms", "0"}});
    auto const put = [&](std::int32_t partition, int key, std::optional<std::string> const& value)
    { sender.send(first, {.partition = partition, .key = std::to_string(key), .value = value}); };
    for (auto i = 0; i < 100; ++i)
    {
        put(0, i % 10, "value");
        put(1, i % 10, "value");
    }
    for (auto i = 0; i < 10; ++i)
        put(1, i, std::nullopt);
    sender.flush();
    // Tombstones go when the log is cleaned a second time, for which there has to be something new.
    auto aborted = producer{bootstrap_servers(), {{"transactional.id", first}}};
    auto const compacted = [&]
    {
        std::this_thread::sleep_for(150ms); // the age of a segment
        aborted.begin();
        for (auto const partition : {0, 1})
            aborted.send(first, {.partition = partition, .key = "never", .value = "never"});
        aborted.abort();
        return read_topic(bootstrap_servers(), first, 0, 2).size() == 10;
    };
    BOOST_REQUIRE(eventually(compacted, 60s));
    produce(second, 40);
    for (auto const scope : {steps_scope::engine, steps_scope::group})
    {
        group = unique_name("steps");
        seen.update([](happened& all) { all = {}; });
        auto one = running_engine{"engine", settings("engine", scope), [&](engine& e)
                                  { e.handle(first, first_handler{seen}).handle(second, later_handler{seen, 10}); }};
        BOOST_TEST(comes([](happened const& all) { return all.others == 40; }));
        BOOST_TEST(!one.stop());
        BOOST_TEST(seen.get().first == 10U);
        BOOST_TEST(seen.get().too_early == 0U);
    }
}

// What a step is handled in, whatever the engine's mode; and that all of it is one assignment.
BOOST_FIXTURE_TEST_CASE(a_step_is_handled_in_bulk_and_what_comes_after_it_by_lag_and_nothing_is_assigned_anew, fixture)
{
    produce(first, 400);
    produce(second, 40);
    auto one = running_engine{"engine", settings("engine", steps_scope::engine), [&](engine& e)
                              { e.handle(first, first_handler{seen}).handle(second, later_handler{seen, 400}); }};
    BOOST_TEST(comes([](happened const& all) { return all.others == 40; }));
    auto const caught_up = seen.get();
    BOOST_TEST(caught_up.first == 400U);
    BOOST_TEST(caught_up.single == 0U);
    produce(first, 4);
    BOOST_TEST(comes([](happened const& all) { return all.first == 404; }));
    BOOST_TEST(!one.stop());
    BOOST_TEST(seen.get().single == 4U);
    BOOST_TEST(seen.get().members.at("engine").assignments == 1);
}

} // namespace paperboy::test::steps_members_test
