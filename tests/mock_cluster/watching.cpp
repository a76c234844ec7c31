// Hooks that run too long.

#include "mock_cluster/gated_handler.hpp"
#include "mock_cluster/mock_fixture.hpp"

namespace paperboy::watching_test
{
namespace
{

using namespace std::chrono_literals;
using test::blocking_handler;
using test::hang_log;
using test::hanging_handler;
using test::outcome_of_run;
using test::watched;

// Keeps what it is told of slow hooks and of the group.
class watching_observer final : public observer
{
public:
    struct told
    {
        std::vector<slow_hook> slow;
        int assigned = 0;
        int released = 0;
        std::int64_t committed = -1;
    };

    void on_slow_hook(slow_hook const& which) noexcept override
    {
        seen.update([&](told& all) { all.slow.push_back(which); });
    }
    void on_assigned(std::span<topic_partition const>) noexcept override
    {
        seen.update([](told& all) { ++all.assigned; });
    }
    void on_revoked(std::span<topic_partition const>) noexcept override
    {
        seen.update([](told& all) { ++all.released; });
    }
    void on_commit(error_code result, std::span<partition_offset const> offsets) noexcept override
    {
        if (!result)
            seen.update([&](told& all) { all.committed = offsets.front().offset; });
    }

    watched<told> seen;
};

struct watching_fixture : test::mock_fixture
{
    std::shared_ptr<watching_observer> const slow = std::make_shared<watching_observer>();

    [[nodiscard]] config watching() const
    {
        auto settings = this->settings();
        settings.hook_time_limit = 1s;
        settings.watcher = slow;
        return settings;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(watching_suite, watching_fixture)

BOOST_AUTO_TEST_CASE(an_awaitable_hook_that_hangs_is_told_once)
{
    produce(topic, 1, 5);
    auto hangs = watched<hang_log>{};
    auto settings = watching();
    settings.shutdown_timeout = 2s;
    auto consuming = engine{io.context(), settings};
    consuming.handle("^" + name + "-.*", hanging_handler{hangs, 3});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(slow->seen.wait_until([](auto const& all) { return !all.slow.empty(); }), log);
    BOOST_TEST(log.wait_for(to_string(topic_partition{topic, 1}) + "@3: the hooks of handler \"^" + name), log);
    BOOST_TEST(consuming.stats().slow_hooks == 1U);
    BOOST_TEST(consuming.stats().stuck_hooks == 1U);
    BOOST_TEST(!consuming.stats().away);
    consuming.stop();
    static_cast<void>(run.get());
    auto const told = slow->seen.get().slow;
    BOOST_REQUIRE(told.size() == 1U);
    BOOST_TEST((told[0].where == topic_partition{topic, 1}));
    BOOST_TEST(told[0].offset == 3);
    BOOST_TEST(told[0].handler == "^" + name + "-.*");
    BOOST_TEST((told[0].age >= 1s));
    BOOST_TEST(!told[0].gives_up);
    BOOST_TEST(consuming.stats().stuck_hooks == 0U);
}

BOOST_AUTO_TEST_CASE(a_hook_that_blocks_every_thread_is_told_all_the_same)
{
    produce(topic, 0, 5);
    auto shared = watched<blocking_handler::state>{};
    auto single = test::io_threads{1};
    auto consuming = engine{single.context(), watching()};
    consuming.handle(topic, blocking_handler{shared, 2});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(slow->seen.wait_until([](auto const& all) { return !all.slow.empty(); }), log);
    BOOST_TEST(slow->seen.get().slow.front().offset == 2);
    auto const says = [&](std::string const& what)
    { return test::eventually([&] { return consuming.health().reason.find(what) != std::string::npos; }); };
    BOOST_TEST(says(to_string(topic_partition{topic, 0}) + "@2: the hooks of handler"), consuming.health().reason);
    shared.update([](auto& all) { all.open = true; });
    BOOST_TEST(says("assigned 4 partitions"), consuming.health().reason);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

// Whoever is told last is not always the one that stays.
BOOST_AUTO_TEST_CASE(the_oldest_of_several_stuck_hooks_is_the_reason)
{
    auto const elsewhere = make_topic(1);
    auto first = watched<blocking_handler::state>{};
    auto second = watched<blocking_handler::state>{};
    produce(topic, 0, 5);
    auto consuming = engine{io.context(), watching()};
    consuming.handle(topic, blocking_handler{first, 2}).handle(elsewhere, blocking_handler{second, 0});
    auto run = outcome_of_run::start(consuming);
    auto const says = [&](topic_partition const& where)
    { return consuming.health().reason.starts_with(to_string(where) + "@"); };
    BOOST_TEST(test::eventually([&] { return says({topic, 0}); }), consuming.health().reason);
    produce(elsewhere, 0, 1);
    BOOST_TEST(slow->seen.wait_until([](auto const& all) { return all.slow.size() == 2; }), log);
    BOOST_TEST(test::eventually([&] { return consuming.stats().stuck_hooks == 2; }));
    BOOST_TEST(says({topic, 0}), consuming.health().reason);
    first.update([](auto& all) { all.open = true; });
    BOOST_TEST(test::eventually([&] { return says({elsewhere, 0}); }), consuming.health().reason);
    second.update([](auto& all) { all.open = true; });
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_CASE(past_the_groups_limit_partitions_are_given_up_until_the_hook_ends)
{
    produce(topic, 0, 5);
    auto shared = watched<blocking_handler::state>{};
    auto settings = watching();
    settings.revoke_timeout = 3s;
    settings.properties["max.poll.interval.ms"] = settings.properties.at("session.timeout.ms");
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, blocking_handler{shared, 2});
    auto run = outcome_of_run::start(consuming);
    BOOST_REQUIRE(slow->seen.wait_until([](auto const& all) { return all.released == 1; }));
    BOOST_TEST(consuming.stats().away);
    BOOST_TEST(consuming.stats().partitions.empty());
    BOOST_TEST(test::eventually([&] { return consuming.stats().outliving_hook_age > 1s; }));
    BOOST_TEST(slow->seen.get().committed == 2);
    BOOST_TEST(slow->seen.get().assigned == 1);
    BOOST_TEST(slow->seen.get().slow.back().gives_up);
    BOOST_TEST(consuming.health().reason.ends_with("partitions that wait for them are given up until they end"),
               consuming.health().reason);
    BOOST_TEST(!consuming.health().ready());
    shared.update([](auto& all) { all.open = true; });
    BOOST_TEST(slow->seen.wait_until([](auto const& all) { return all.assigned == 2 && all.committed == 5; }), log);
    BOOST_TEST(!consuming.stats().away);
    BOOST_TEST(test::eventually([&] { return !consuming.stats().outliving_hook_age; }));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{});
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::watching_test
