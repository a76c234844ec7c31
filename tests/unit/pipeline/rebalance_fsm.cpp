#include "pipeline/rebalance_fsm.hpp"

#include "support/manual_script.hpp"

#include <algorithm>

namespace paperboy::pipeline::rebalance_fsm_test
{
namespace
{

using action = rebalance_action;
using steps = test::script<rebalance_fsm, rebalance_action>;
using input = std::function<std::optional<action>(rebalance_fsm&)>;

input assigned()
{
    return [](rebalance_fsm& fsm) { return std::optional{fsm.assigned()}; };
}
input assigned_somewhere()
{
    return [](rebalance_fsm& fsm) { return std::optional{fsm.assigned(true)}; };
}
input located()
{
    return [](rebalance_fsm& fsm) { return std::optional{fsm.located()}; };
}
input revoked()
{
    return [](rebalance_fsm& fsm) { return std::optional{fsm.revoked(false)}; };
}
input some_revoked()
{
    return [](rebalance_fsm& fsm) { return std::optional{fsm.revoked(false, true)}; };
}
input lost()
{
    return [](rebalance_fsm& fsm) { return std::optional{fsm.revoked(true)}; };
}
input drained()
{
    return [](rebalance_fsm& fsm) { return std::optional{fsm.drained()}; };
}
input out_of_time()
{
    return [](rebalance_fsm& fsm) { return std::optional{fsm.out_of_time()}; };
}
input committed()
{
    return [](rebalance_fsm& fsm) { return std::optional{fsm.committed()}; };
}
input abort()
{
    return [](rebalance_fsm& fsm) { return std::optional{fsm.abort()}; };
}

steps a_revocation()
{
    return {
        {"assigned", assigned(), action::open},
        {"revoked", revoked(), action::drain},
        {"hooks are slow", out_of_time(), action::cancel_hooks},
        {"drained", drained(), action::commit},
        {"committed", committed(), action::release},
    };
}

// Answers every action as the engine does until nothing is left to do; the actions in their order.
std::vector<action> drive(rebalance_fsm& fsm, action next)
{
    auto all = std::vector<action>{};
    while (next != action::none && all.size() < 20)
    {
        all.push_back(next);
        switch (next)
        {
        case action::drain:
        case action::cancel_hooks:
            next = fsm.drained();
            break;
        case action::commit:
            next = fsm.committed();
            break;
        case action::none:
        case action::locate:
        case action::open:
        case action::release:
            next = action::none;
            break;
        }
    }
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(rebalance_fsm_suite)

BOOST_AUTO_TEST_CASE(a_revocation_drains_commits_and_releases)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, steps{{"assigned", assigned(), action::open},
                          {"revoked", revoked(), action::drain},
                          {"drained", drained(), action::commit},
                          {"committed", committed(), action::release}});
    BOOST_TEST(!fsm.owning());
}

BOOST_AUTO_TEST_CASE(partitions_are_opened_once_it_is_known_where_they_start)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, steps{{"assigned", assigned_somewhere(), action::locate},
                          {"nothing is there to be late", out_of_time(), action::none},
                          {"located", located(), action::open},
                          {"located once more", located(), action::none},
                          {"revoked", revoked(), action::drain}});
    BOOST_TEST(fsm.may_commit());
}

BOOST_AUTO_TEST_CASE(partitions_that_are_revoked_before_that_are_given_back_at_once)
{
    for (auto const& taken : {revoked(), lost()})
    {
        auto fsm = rebalance_fsm{};
        test::play(fsm, steps{{"assigned", assigned_somewhere(), action::locate},
                              {"taken away", taken, action::release},
                              {"a late answer", located(), action::none}});
        BOOST_TEST(!fsm.may_commit());
        BOOST_TEST(!fsm.owning());
    }
}

BOOST_AUTO_TEST_CASE(slow_hooks_are_cancelled_first)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, a_revocation());
}

BOOST_AUTO_TEST_CASE(hooks_that_do_not_end_at_all_are_left_behind)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, steps{{"assigned", assigned(), action::open},
                          {"revoked", revoked(), action::drain},
                          {"hooks are slow", out_of_time(), action::cancel_hooks},
                          {"and do not end", out_of_time(), action::commit},
                          {"drained after all", drained(), action::none},
                          {"the commit hangs", out_of_time(), action::release},
                          {"a late answer", committed(), action::none},
                          {"a late timeout", out_of_time(), action::none}});
}

BOOST_AUTO_TEST_CASE(what_is_not_taken_back_stays_and_more_may_come)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, steps{{"assigned", assigned(), action::open},
                          {"some are revoked", some_revoked(), action::drain},
                          {"slow", out_of_time(), action::cancel_hooks},
                          {"drained", drained(), action::commit},
                          {"committed", committed(), action::release}});
    BOOST_TEST(fsm.owning());
    BOOST_TEST(fsm.may_commit());
    test::play(fsm, steps{{"others are assigned, and have to be located", assigned_somewhere(), action::locate}});
    BOOST_TEST(fsm.may_commit());
    test::play(fsm, steps{{"located", located(), action::open},
                          {"all are revoked", revoked(), action::drain},
                          {"drained", drained(), action::commit},
                          {"committed", committed(), action::release}});
    BOOST_TEST(!fsm.owning());
}

BOOST_AUTO_TEST_CASE(what_stays_is_drained_too_when_all_is_revoked_while_others_are_located)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, steps{{"assigned", assigned(), action::open},
                          {"others are to be located", assigned_somewhere(), action::locate},
                          {"all is revoked", revoked(), action::drain},
                          {"a late answer", located(), action::none},
                          {"drained", drained(), action::commit},
                          {"committed", committed(), action::release}});
    BOOST_TEST(!fsm.owning());
}

BOOST_AUTO_TEST_CASE(a_loss_after_a_partial_revocation_takes_the_rest_without_a_commit)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, steps{{"assigned", assigned(), action::open},
                          {"some are revoked", some_revoked(), action::drain},
                          {"drained", drained(), action::commit},
                          {"committed", committed(), action::release},
                          {"the rest is lost", lost(), action::drain},
                          {"drained", drained(), action::release},
                          {"assigned again", assigned(), action::open}});
    BOOST_TEST(fsm.may_commit());
}

BOOST_AUTO_TEST_CASE(an_abort_ends_commits_for_what_stays_as_well)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, steps{{"assigned", assigned(), action::open},
                          {"some are revoked", some_revoked(), action::drain},
                          {"abort", abort(), action::none},
                          {"drained", drained(), action::release},
                          {"assigned", assigned(), action::open}});
    BOOST_TEST(!fsm.may_commit());
}

BOOST_AUTO_TEST_CASE(what_is_lost_is_not_committed)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, steps{{"assigned", assigned(), action::open},
                          {"lost", lost(), action::drain},
                          {"drained", drained(), action::release}});
    BOOST_TEST(!fsm.may_commit());
}

BOOST_AUTO_TEST_CASE(what_is_lost_while_it_is_revoked_is_not_committed)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, steps{{"assigned", assigned(), action::open},
                          {"revoked", revoked(), action::drain},
                          {"lost meanwhile", lost(), action::none},
                          {"drained", drained(), action::release}});
}

BOOST_AUTO_TEST_CASE(commits_are_allowed_from_assignment_to_loss)
{
    auto fsm = rebalance_fsm{};
    BOOST_TEST(!fsm.may_commit());
    static_cast<void>(fsm.assigned());
    BOOST_TEST(fsm.may_commit());
    static_cast<void>(fsm.revoked(false));
    BOOST_TEST(fsm.may_commit());
    static_cast<void>(fsm.revoked(true));
    BOOST_TEST(!fsm.may_commit());
    static_cast<void>(fsm.drained());
    static_cast<void>(fsm.assigned());
    BOOST_TEST(fsm.may_commit());
}

BOOST_AUTO_TEST_CASE(a_revocation_without_an_assignment_is_answered)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, steps{{"revoked", revoked(), action::release},
                          {"drained", drained(), action::none},
                          {"committed", committed(), action::none},
                          {"out of time", out_of_time(), action::none},
                          {"abort", abort(), action::none}});
}

BOOST_AUTO_TEST_CASE(all_partitions_ending_by_themselves_gives_nothing_up)
{
    auto fsm = rebalance_fsm{};
    test::play(fsm, steps{{"assigned", assigned(), action::open},
                          {"all have ended, as after a failed hook", drained(), action::none},
                          {"the group is left", revoked(), action::drain},
                          {"drained", drained(), action::commit},
                          {"committed", committed(), action::release}});
}

BOOST_AUTO_TEST_CASE(an_abort_at_any_step_releases_once_and_commits_no_more)
{
    auto const story = a_revocation();
    for (std::size_t at = 1; at < story.size(); ++at)
        BOOST_TEST_CONTEXT("aborted before: " << story[at].what)
        {
            auto fsm = test::advance(story, at);
            auto actions = drive(fsm, fsm.abort());
            BOOST_TEST(!fsm.may_commit());
            // Leaving the group revokes what is owned; what was being drained goes on draining.
            for (auto const next : {fsm.revoked(false), fsm.drained()})
                std::ranges::copy(drive(fsm, next), std::back_inserter(actions));
            BOOST_TEST(std::ranges::count(actions, action::release) >= 1);
            BOOST_TEST(std::ranges::count(actions, action::commit) == 0);
        }
}

BOOST_AUTO_TEST_CASE(a_loss_at_any_step_commits_no_more)
{
    auto const story = a_revocation();
    for (std::size_t at = 1; at < story.size(); ++at)
        BOOST_TEST_CONTEXT("lost before: " << story[at].what)
        {
            auto fsm = test::advance(story, at);
            auto actions = drive(fsm, fsm.revoked(true));
            for (auto const next : {fsm.drained(), fsm.committed()})
                std::ranges::copy(drive(fsm, next), std::back_inserter(actions));
            BOOST_TEST(!fsm.may_commit());
            BOOST_TEST(std::ranges::count(actions, action::release) == 1);
            BOOST_TEST(std::ranges::count(actions, action::commit) == 0);
        }
}

BOOST_AUTO_TEST_CASE(time_outs_alone_lead_from_any_step_of_a_revocation_to_the_release)
{
    auto const story = a_revocation();
    for (std::size_t at = 2; at < story.size(); ++at)
        BOOST_TEST_CONTEXT("nothing but time-outs after: " << story[at - 1].what)
        {
            auto fsm = test::advance(story, at);
            auto released = 0;
            for (auto i = 0; i < 5; ++i)
                released += fsm.out_of_time() == action::release ? 1 : 0;
            BOOST_TEST(released == 1);
        }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::rebalance_fsm_test
