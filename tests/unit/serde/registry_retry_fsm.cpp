#include "serde/registry_retry_fsm.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace paperboy::serde::registry_retry_fsm_test
{
namespace
{

using namespace std::chrono_literals;
using std::nullopt;

bool is(retry_action found, retry_action expected)
{
    return found == expected;
}

retry_policy policy(std::size_t urls, std::size_t retries)
{
    return {urls, retries, 100ms, 1000ms};
}

} // namespace

BOOST_AUTO_TEST_SUITE(registry_retry_fsm_suite)

BOOST_AUTO_TEST_CASE(an_answer_is_final)
{
    auto fsm = registry_retry_fsm{policy(2, 3), 1};
    BOOST_TEST(is(fsm.begin(), retry_action::send));
    BOOST_TEST(fsm.url() == 1U);
    BOOST_TEST(is(fsm.ended(attempt_end::answered, nullopt, 0), retry_action::done));
    BOOST_TEST(fsm.attempts() == 1U);
}

BOOST_AUTO_TEST_CASE(every_url_is_tried_before_a_wait)
{
    auto fsm = registry_retry_fsm{policy(3, 1), 1};
    auto urls = std::vector<std::size_t>{fsm.url()};
    for (auto const expected : {retry_action::send, retry_action::send, retry_action::wait})
    {
        BOOST_TEST(is(fsm.ended(attempt_end::no_answer, nullopt, 0), expected));
        urls.push_back(fsm.url());
    }
    BOOST_TEST((urls == std::vector<std::size_t>{1, 2, 0, 1}));
    BOOST_TEST(is(fsm.waited(), retry_action::send));
    BOOST_TEST(is(fsm.ended(attempt_end::server_error, nullopt, 0), retry_action::send));
    BOOST_TEST(is(fsm.ended(attempt_end::no_answer, nullopt, 0), retry_action::send));
    BOOST_TEST(is(fsm.ended(attempt_end::no_answer, nullopt, 0), retry_action::give_up));
    BOOST_TEST(fsm.attempts() == 6U);
}

BOOST_AUTO_TEST_CASE(a_url_that_misbehaves_is_passed_over)
{
    auto fsm = registry_retry_fsm{policy(3, 5), 0};
    BOOST_TEST(is(fsm.ended(attempt_end::misbehaved, nullopt, 0), retry_action::send));
    BOOST_TEST(fsm.url() == 1U);
    BOOST_TEST(is(fsm.ended(attempt_end::misbehaved, 900ms, 0), retry_action::send));
    BOOST_TEST(fsm.url() == 2U);
    BOOST_TEST(is(fsm.ended(attempt_end::answered, nullopt, 0), retry_action::done));
}

BOOST_AUTO_TEST_CASE(when_all_urls_misbehave_time_changes_nothing)
{
    auto fsm = registry_retry_fsm{policy(2, 5), 1};
    BOOST_TEST(is(fsm.ended(attempt_end::misbehaved, nullopt, 0), retry_action::send));
    BOOST_TEST(!fsm.all_misbehaved());
    BOOST_TEST(is(fsm.ended(attempt_end::misbehaved, nullopt, 0), retry_action::give_up));
    BOOST_TEST(fsm.all_misbehaved());
}

BOOST_AUTO_TEST_CASE(one_that_may_do_better_is_waited_for)
{
    auto fsm = registry_retry_fsm{policy(2, 1), 0};
    BOOST_TEST(is(fsm.ended(attempt_end::no_answer, nullopt, 0), retry_action::send));
    BOOST_TEST(is(fsm.ended(attempt_end::misbehaved, nullopt, 0), retry_action::wait));
    BOOST_TEST(is(fsm.ended(attempt_end::no_answer, nullopt, 0), retry_action::send));
    BOOST_TEST(is(fsm.ended(attempt_end::misbehaved, nullopt, 0), retry_action::give_up));
    BOOST_TEST(!fsm.all_misbehaved());
}

BOOST_AUTO_TEST_CASE(no_retries_means_one_round)
{
    auto fsm = registry_retry_fsm{policy(1, 0), 0};
    BOOST_TEST(is(fsm.ended(attempt_end::server_error, nullopt, 0), retry_action::give_up));
}

BOOST_AUTO_TEST_CASE(waits_double_up_to_the_most)
{
    auto fsm = registry_retry_fsm{policy(1, 7), 0};
    auto waits = std::vector<std::chrono::milliseconds>{};
    while (fsm.ended(attempt_end::no_answer, nullopt, 0) == retry_action::wait)
        waits.push_back(fsm.delay());
    BOOST_TEST((waits == std::vector<std::chrono::milliseconds>{100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms, 1000ms}));
}

BOOST_AUTO_TEST_CASE(chance_takes_up_to_a_half)
{
    auto fsm = registry_retry_fsm{policy(1, 2), 0};
    BOOST_TEST(is(fsm.ended(attempt_end::no_answer, nullopt, 0.5), retry_action::wait));
    BOOST_TEST((fsm.delay() == 75ms));
    BOOST_TEST(is(fsm.ended(attempt_end::no_answer, nullopt, 0.999), retry_action::wait));
    BOOST_TEST((fsm.delay() > 100ms && fsm.delay() < 105ms));
}

BOOST_AUTO_TEST_CASE(too_many_requests_wait_at_once_and_as_asked)
{
    auto fsm = registry_retry_fsm{policy(2, 5), 0};
    BOOST_TEST(is(fsm.ended(attempt_end::too_many_requests, nullopt, 0), retry_action::wait));
    BOOST_TEST((fsm.delay() == 100ms));
    BOOST_TEST(is(fsm.ended(attempt_end::too_many_requests, 900ms, 0), retry_action::wait));
    BOOST_TEST((fsm.delay() == 900ms));
    BOOST_TEST(is(fsm.ended(attempt_end::server_error, 500ms, 0), retry_action::wait));
    BOOST_TEST((fsm.delay() == 500ms));
}

BOOST_AUTO_TEST_CASE(a_short_retry_after_does_not_shorten_the_wait)
{
    auto fsm = registry_retry_fsm{policy(1, 5), 0};
    BOOST_TEST(is(fsm.ended(attempt_end::too_many_requests, 0ms, 0), retry_action::wait));
    BOOST_TEST((fsm.delay() == 100ms));
}

BOOST_AUTO_TEST_CASE(a_longer_wait_than_allowed_is_not_waited)
{
    auto fsm = registry_retry_fsm{policy(1, 5), 0};
    BOOST_TEST(is(fsm.ended(attempt_end::too_many_requests, 1001ms, 0), retry_action::give_up));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::serde::registry_retry_fsm_test
