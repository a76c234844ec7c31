#include "pipeline/commit_fsm.hpp"

#include "support/manual_script.hpp"

namespace paperboy::pipeline::commit_fsm_test
{
namespace
{

using action = commit_action;
using steps = test::script<commit_fsm, commit_action>;

constexpr int coordinator_not_available = 15;
constexpr int unknown_member = 25;

error_code kafka(int code)
{
    return {code, kafka_category()};
}

auto due()
{
    return [](commit_fsm& fsm) { return std::optional{fsm.due()}; };
}
auto finalize()
{
    return [](commit_fsm& fsm) { return std::optional{fsm.finalize()}; };
}
auto sent()
{
    return [](commit_fsm& fsm)
    {
        fsm.sent();
        return std::optional<action>{};
    };
}
auto nothing_to_send()
{
    return [](commit_fsm& fsm) { return std::optional{fsm.nothing_to_send()}; };
}
auto result(error_code error)
{
    return [=](commit_fsm& fsm) { return std::optional{fsm.result(error)}; };
}
auto retry()
{
    return [](commit_fsm& fsm) { return std::optional{fsm.retry()}; };
}
auto give_up()
{
    return [](commit_fsm& fsm) { return std::optional{fsm.give_up()}; };
}

// A commit by interval, then one in flight while the partitions end, then the final one with a retry.
steps a_life()
{
    return {
        {"due", due(), action::send},
        {"sent", sent(), {}},
        {"due again while it is in flight", due(), action::none},
        {"accepted", result({}), action::none},
        {"due", due(), action::send},
        {"sent", sent(), {}},
        {"the partitions' work has ended", finalize(), action::none},
        {"the earlier one is accepted", result({}), action::send},
        {"sent", sent(), {}},
        {"coordinator away", result(kafka(coordinator_not_available)), action::retry_later},
        {"due in the pause", due(), action::none},
        {"the pause is over", retry(), action::send},
        {"sent", sent(), {}},
        {"accepted", result({}), action::send},
        {"nothing is left", nothing_to_send(), action::done},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(commit_fsm_suite)

BOOST_AUTO_TEST_CASE(one_commit_at_a_time_and_a_final_one)
{
    auto fsm = commit_fsm{};
    test::play(fsm, a_life());
    BOOST_TEST(fsm.settled());
}

BOOST_AUTO_TEST_CASE(nothing_finished_is_nothing_to_do)
{
    auto fsm = commit_fsm{};
    test::play(fsm, steps{{"due", due(), action::send},
                          {"nothing to send", nothing_to_send(), action::none},
                          {"due", due(), action::send},
                          {"nothing to send", nothing_to_send(), action::none},
                          {"the end", finalize(), action::send},
                          {"nothing to send", nothing_to_send(), action::done}});
    BOOST_TEST(fsm.settled());
}

BOOST_AUTO_TEST_CASE(a_failed_commit_by_interval_waits_for_the_next_interval)
{
    for (auto const code : {coordinator_not_available, unknown_member})
    {
        auto fsm = commit_fsm{};
        test::play(fsm, steps{{"due", due(), action::send},
                              {"sent", sent(), {}},
                              {"it fails", result(kafka(code)), action::none},
                              {"a stray retry", retry(), action::none},
                              {"due", due(), action::send}});
    }
}

BOOST_AUTO_TEST_CASE(a_final_commit_that_cannot_succeed_is_over)
{
    auto fsm = commit_fsm{};
    test::play(fsm, steps{{"the end", finalize(), action::send},
                          {"sent", sent(), {}},
                          {"not a member any more", result(kafka(unknown_member)), action::done}});
    BOOST_TEST(!fsm.settled());
}

BOOST_AUTO_TEST_CASE(giving_up_at_any_step_of_the_final_commit_is_the_end_of_it)
{
    auto const life = a_life();
    for (std::size_t at = 0; at < life.size(); ++at)
        BOOST_TEST_CONTEXT("given up before: " << life[at].what)
        {
            auto fsm = test::advance(life, at);
            auto const in_final_commit = at >= 7;
            BOOST_TEST((give_up()(fsm) == (in_final_commit ? action::done : action::none)));
            BOOST_TEST(fsm.settled() == !in_final_commit);
        }
}

BOOST_AUTO_TEST_CASE(an_error_that_cannot_be_retried_at_any_step_never_sends_again_by_itself)
{
    auto const life = a_life();
    for (std::size_t at = 0; at < life.size(); ++at)
    {
        if (!life[at].what.starts_with("accepted") && !life[at].what.starts_with("the earlier"))
            continue;
        BOOST_TEST_CONTEXT("failed in place of: " << life[at].what)
        {
            auto fsm = test::advance(life, at);
            auto const in_final_commit = at >= 7;
            auto const answer = result(kafka(unknown_member))(fsm);
            BOOST_TEST((answer == (in_final_commit ? action::done : action::none)));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_retry_while_a_commit_is_in_flight_does_nothing)
{
    auto fsm = commit_fsm{};
    test::play(
        fsm,
        steps{{"the end", finalize(), action::send}, {"sent", sent(), {}}, {"a stray retry", retry(), action::none}});
}

BOOST_AUTO_TEST_CASE(a_new_assignment_starts_afresh)
{
    auto fsm = commit_fsm{};
    test::play(
        fsm,
        steps{{"the end", finalize(), action::send}, {"sent", sent(), {}}, {"out of time", give_up(), action::done}});
    fsm.reset();
    BOOST_TEST(fsm.settled());
    test::play(fsm, steps{{"due", due(), action::send}, {"sent", sent(), {}}, {"accepted", result({}), action::none}});
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::commit_fsm_test
