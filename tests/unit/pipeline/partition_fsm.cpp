#include "pipeline/partition_fsm.hpp"

#include "support/manual_script.hpp"

namespace paperboy::pipeline::partition_fsm_test
{
namespace
{

using action = partition_action;
using detail::batch_end;
using steps = test::script<partition_fsm, partition_action>;

auto begin()
{
    return [](partition_fsm& fsm) { return std::optional{fsm.begin()}; };
}
auto fetched(std::size_t records, bool more)
{
    return [=](partition_fsm& fsm) { return std::optional{fsm.fetched(records, more)}; };
}
auto handled(batch_end end)
{
    return [=](partition_fsm& fsm) { return std::optional{fsm.handled(end)}; };
}
auto resumed()
{
    return [](partition_fsm& fsm) { return std::optional{fsm.resumed()}; };
}
auto stop()
{
    return [](partition_fsm& fsm)
    {
        fsm.stop();
        return std::optional<action>{};
    };
}

// A full queue, a rest in it, an empty look, a wakeup, a last record.
steps a_life()
{
    return {
        {"begin", begin(), action::fetch},
        {"a full block", fetched(1000, true), action::handle},
        {"handled, more waits", handled(batch_end::left), action::yield},
        {"back from the yield", resumed(), action::fetch},
        {"only errors, but more waits", fetched(0, true), action::yield},
        {"back again", resumed(), action::fetch},
        {"the rest", fetched(3, false), action::handle},
        {"handled, the queue is empty", handled(batch_end::left), action::rest},
        {"a wakeup", resumed(), action::fetch},
        {"for nothing", fetched(0, false), action::rest},
        {"another wakeup", resumed(), action::fetch},
        {"a record", fetched(1, false), action::handle},
        {"handled", handled(batch_end::left), action::rest},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(partition_fsm_suite)

BOOST_AUTO_TEST_CASE(fetches_handles_yields_and_rests)
{
    auto fsm = partition_fsm{};
    test::play(fsm, a_life());
}

BOOST_AUTO_TEST_CASE(a_stop_at_any_step_makes_the_next_answer_the_end)
{
    auto const life = a_life();
    for (std::size_t at = 0; at < life.size(); ++at)
        BOOST_TEST_CONTEXT("stopped before: " << life[at].what)
        {
            auto fsm = test::advance(life, at);
            fsm.stop();
            BOOST_TEST((life[at].input(fsm) == action::end));
            BOOST_TEST((fsm.why() == partition_end::stopped));
        }
}

BOOST_AUTO_TEST_CASE(a_failed_hook_ends_the_partition)
{
    auto fsm = partition_fsm{};
    test::play(fsm, steps{{"begin", begin(), action::fetch},
                          {"records", fetched(5, true), action::handle},
                          {"a hook fails", handled(batch_end::failed), action::end}});
    BOOST_TEST((fsm.why() == partition_end::failed));
}

BOOST_AUTO_TEST_CASE(a_failed_hook_counts_even_when_a_stop_was_asked_for)
{
    auto fsm = partition_fsm{};
    test::play(fsm, steps{{"begin", begin(), action::fetch},
                          {"records", fetched(5, true), action::handle},
                          {"stop", stop(), {}},
                          {"a hook fails", handled(batch_end::failed), action::end}});
    BOOST_TEST((fsm.why() == partition_end::failed));
}

BOOST_AUTO_TEST_CASE(cancelled_hooks_end_the_partition)
{
    auto fsm = partition_fsm{};
    test::play(fsm, steps{{"begin", begin(), action::fetch},
                          {"records", fetched(5, true), action::handle},
                          {"stop", stop(), {}},
                          {"the hooks are cancelled", handled(batch_end::cancelled), action::end}});
    BOOST_TEST((fsm.why() == partition_end::cancelled));
}

BOOST_AUTO_TEST_CASE(a_stop_before_the_beginning_ends_it_at_once)
{
    auto fsm = partition_fsm{};
    test::play(fsm, steps{{"stop", stop(), {}}, {"begin", begin(), action::end}});
    BOOST_TEST((fsm.why() == partition_end::stopped));
}

BOOST_AUTO_TEST_CASE(an_exception_is_a_failure_unless_the_partition_was_to_end)
{
    auto running = partition_fsm{};
    static_cast<void>(running.begin());
    BOOST_TEST((running.broke() == partition_end::failed));
    BOOST_TEST((running.why() == partition_end::failed));

    auto stopping = partition_fsm{};
    static_cast<void>(stopping.begin());
    stopping.stop();
    BOOST_TEST((stopping.broke() == partition_end::cancelled));
    BOOST_TEST((stopping.why() == partition_end::cancelled));
}

BOOST_AUTO_TEST_CASE(what_ends_after_a_failure_does_not_hide_it)
{
    auto fsm = partition_fsm{};
    static_cast<void>(fsm.begin());
    fsm.ended(batch_end::failed);
    fsm.ended(batch_end::cancelled);
    BOOST_TEST((fsm.why() == partition_end::failed));
    BOOST_TEST((fsm.broke() == partition_end::failed));
}

BOOST_AUTO_TEST_CASE(a_held_partition_rests_whatever_happens_until_it_is_released)
{
    auto fsm = partition_fsm{};
    fsm.hold(hold_reason::user);
    BOOST_TEST((fsm.begin() == partition_action::rest));
    BOOST_TEST((fsm.resumed() == partition_action::rest));
    fsm.release(hold_reason::user);
    BOOST_TEST((fsm.resumed() == partition_action::fetch));
    BOOST_TEST((fsm.fetched(5, true) == partition_action::handle));
    fsm.hold(hold_reason::user);
    BOOST_TEST((fsm.handled(detail::batch_end::left, true) == partition_action::rest));
}

BOOST_AUTO_TEST_CASE(each_holder_releases_only_what_it_held)
{
    auto fsm = partition_fsm{};
    fsm.hold(hold_reason::user);
    fsm.hold(hold_reason::step);
    fsm.hold(hold_reason::step);
    fsm.release(hold_reason::step);
    BOOST_TEST((fsm.resumed() == partition_action::rest));
    fsm.release(hold_reason::user);
    fsm.release(hold_reason::user);
    BOOST_TEST((fsm.resumed() == partition_action::fetch));
}

BOOST_AUTO_TEST_CASE(a_held_partition_ends_when_it_is_stopped)
{
    auto fsm = partition_fsm{};
    fsm.hold(hold_reason::step);
    fsm.stop();
    BOOST_TEST((fsm.resumed() == partition_action::end));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::partition_fsm_test
