#include "engine/engine_fsm.hpp"

#include "support/manual_script.hpp"

#include <algorithm>

namespace paperboy::engine_detail::engine_fsm_test
{
namespace
{

using action = engine_action;
using steps = test::script<engine_fsm, engine_action>;
using input = std::function<std::optional<action>(engine_fsm&)>;

error_code const failed = errc::handler_failed;
error_code const fatal = errc::client_failed;
error_code const too_late = errc::shutdown_timeout;
error_code const cancelled = boost::system::errc::make_error_code(boost::system::errc::operation_canceled);

input stop(error_code result)
{
    return [=](engine_fsm& fsm) { return std::optional{fsm.stop(result)}; };
}
input abort()
{
    return [](engine_fsm& fsm) { return std::optional{fsm.abort(cancelled)}; };
}
input closed()
{
    return [](engine_fsm& fsm) { return std::optional{fsm.closed()}; };
}
input destroyed()
{
    return [](engine_fsm& fsm) { return std::optional{fsm.destroyed()}; };
}
input out_of_time()
{
    return [](engine_fsm& fsm) { return std::optional{fsm.out_of_time(too_late)}; };
}

steps an_end(error_code reason)
{
    return {
        {"stop", stop(reason), action::close},
        {"the group is left", closed(), action::destroy},
        {"the client is gone", destroyed(), action::complete},
    };
}

struct injection
{
    char const* what;
    input happens;
    // The result when it happens before each step of an_end, and after the last; an_end(success) otherwise.
    std::vector<error_code> results;
};

} // namespace

BOOST_AUTO_TEST_SUITE(engine_fsm_suite)

BOOST_AUTO_TEST_CASE(a_run_ends_by_leaving_the_group_and_letting_the_client_go)
{
    for (auto const reason : {error_code{}, failed})
    {
        auto fsm = engine_fsm{};
        BOOST_TEST(fsm.running());
        test::play(fsm, an_end(reason));
        BOOST_TEST(fsm.result() == reason);
        BOOST_TEST(fsm.completed());
        BOOST_TEST(!fsm.running());
    }
}

BOOST_AUTO_TEST_CASE(a_second_stop_changes_nothing)
{
    auto fsm = engine_fsm{};
    test::play(fsm, steps{{"stop", stop({}), action::close},
                          {"stop", stop({}), action::none},
                          {"closed", closed(), action::destroy},
                          {"stop", stop({}), action::none},
                          {"destroyed", destroyed(), action::complete},
                          {"stop", stop({}), action::none}});
    BOOST_TEST(!fsm.result());
}

BOOST_AUTO_TEST_CASE(the_first_failure_is_the_result)
{
    auto fsm = engine_fsm{};
    test::play(fsm, steps{{"a hook fails", stop(failed), action::close}, {"another fails", stop(fatal), action::none}});
    BOOST_TEST(fsm.result() == failed);
}

BOOST_AUTO_TEST_CASE(a_failure_on_the_way_out_of_a_stop_is_the_result)
{
    auto fsm = engine_fsm{};
    test::play(fsm, steps{{"stop", stop({}), action::close}, {"a hook fails", stop(failed), action::none}});
    BOOST_TEST(fsm.result() == failed);
}

BOOST_AUTO_TEST_CASE(a_terminal_cancellation_is_the_result_whatever_was_before)
{
    auto running = engine_fsm{};
    test::play(running, steps{{"abort", abort(), action::abort}, {"abort again", abort(), action::hurry}});
    BOOST_TEST(running.result() == cancelled);

    auto closing = engine_fsm{};
    test::play(closing, steps{{"a hook fails", stop(failed), action::close}, {"abort", abort(), action::hurry}});
    BOOST_TEST(closing.result() == cancelled);
}

BOOST_AUTO_TEST_CASE(out_of_time_completes_at_once)
{
    auto closing = engine_fsm{};
    test::play(closing, steps{{"stop", stop({}), action::close},
                              {"out of time", out_of_time(), action::complete},
                              {"closed after all", closed(), action::none},
                              {"destroyed after all", destroyed(), action::none},
                              {"out of time again", out_of_time(), action::none}});
    BOOST_TEST(closing.result() == too_late);
}

BOOST_AUTO_TEST_CASE(out_of_time_keeps_an_earlier_reason)
{
    auto fsm = engine_fsm{};
    test::play(fsm,
               steps{{"a hook fails", stop(failed), action::close}, {"out of time", out_of_time(), action::complete}});
    BOOST_TEST(fsm.result() == failed);
}

BOOST_AUTO_TEST_CASE(stray_inputs_of_a_running_engine_do_nothing)
{
    auto fsm = engine_fsm{};
    test::play(fsm, steps{{"closed", closed(), action::none}, {"out of time", out_of_time(), action::none}});
    BOOST_TEST(fsm.running());
}

BOOST_AUTO_TEST_CASE(whatever_happens_at_any_step_it_completes_once)
{
    auto const story = an_end({});
    auto const injections = std::vector<injection>{
        {"a failure", stop(failed), {failed, failed, failed, {}}},
        {"a terminal cancellation", abort(), {cancelled, cancelled, {}, {}}},
        {"the timeout", out_of_time(), {{}, too_late, too_late, {}}},
    };
    for (auto const& [what, happens, results] : injections)
        for (std::size_t at = 0; at <= story.size(); ++at)
            BOOST_TEST_CONTEXT(what << " before step " << at)
            {
                auto fsm = engine_fsm{};
                auto answers = std::vector<std::optional<action>>{};
                for (std::size_t step = 0; step <= story.size(); ++step)
                {
                    if (step == at)
                        answers.push_back(happens(fsm));
                    if (step < story.size())
                        answers.push_back(story[step].input(fsm));
                }
                BOOST_TEST(std::ranges::count(answers, action::complete) == 1);
                BOOST_TEST(std::ranges::count(answers, action::close) + std::ranges::count(answers, action::abort) ==
                           1);
                BOOST_TEST(std::ranges::count(answers, action::destroy) <= 1);
                BOOST_TEST(fsm.completed());
                BOOST_TEST(fsm.result() == results[at]);
            }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::engine_detail::engine_fsm_test
