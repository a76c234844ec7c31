#pragma once

#include <boost/test/unit_test.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace paperboy::test
{

// One input to a state machine and the answer it must give; nothing when that input has no answer.
template <class Fsm, class Action>
struct script_step
{
    std::string what;
    std::function<std::optional<Action>(Fsm&)> input;
    std::optional<Action> answer;
};

template <class Fsm, class Action>
using script = std::vector<script_step<Fsm, Action>>;

// Plays a story on one machine and checks every answer.
template <class Fsm, class Action>
void play(Fsm& fsm, script<Fsm, Action> const& steps)
{
    for (auto const& step : steps)
    {
        auto const answer = step.input(fsm);
        BOOST_TEST_CONTEXT("step: " << step.what)
        {
            BOOST_TEST(answer.has_value() == step.answer.has_value());
            if (answer && step.answer)
                BOOST_TEST(static_cast<int>(*answer) == static_cast<int>(*step.answer));
        }
    }
}

// Replays the first `count` steps on a fresh machine, unchecked: a place to inject something into.
template <class Fsm, class Action>
Fsm advance(script<Fsm, Action> const& steps, std::size_t count)
{
    auto fsm = Fsm{};
    for (std::size_t i = 0; i < count; ++i)
        static_cast<void>(steps[i].input(fsm));
    return fsm;
}

} // namespace paperboy::test
