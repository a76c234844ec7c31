#include <paperboy/detail/retry_fsm.hpp>
#include <paperboy/error.hpp>

#include <boost/test/unit_test.hpp>

#include <string_view>

namespace paperboy::detail::retry_fsm_test
{
namespace
{

using namespace std::chrono_literals;
using kind = error_action::kind;

constexpr auto start = retry_fsm::time_point{} + 1h;

backoff doubling(std::size_t attempts)
{
    auto how = backoff{};
    how.first = 100ms;
    how.longest = 500ms;
    how.jitter = 0.5;
    how.attempts = attempts;
    return how;
}

// Fails in an attempt of its own.
kind fails_anew(retry_fsm& retries, std::int64_t offset, error_action const& action, retry_fsm::time_point now = start,
                double chance = 0)
{
    retries.attempt_begins();

    return retries.failed(offset, action, now, chance);
}

} // namespace

BOOST_AUTO_TEST_SUITE(retry_fsm_suite)

BOOST_AUTO_TEST_CASE(what_is_no_retry_is_passed_on)
{
    auto retries = retry_fsm{};
    BOOST_TEST((retries.failed(1, error_action::fail, start, 0) == kind::fail));
    BOOST_TEST((retries.failed(1, error_action::skip, start, 0) == kind::skip));
    BOOST_TEST(retries.retries() == 0U);
}

BOOST_AUTO_TEST_CASE(pauses_grow_up_to_the_longest_and_chance_only_shortens_them)
{
    auto retries = retry_fsm{};
    auto const action = error_action::retry(doubling(0));
    for (auto const pause : {100ms, 200ms, 400ms, 500ms, 500ms})
    {
        BOOST_TEST((fails_anew(retries, 1, action) == kind::retry));
        BOOST_TEST(retries.pause().count() == pause.count());
    }
    BOOST_TEST((fails_anew(retries, 1, action, start, 1) == kind::retry));
    BOOST_TEST(retries.pause().count() == 250);
}

BOOST_AUTO_TEST_CASE(after_so_many_attempts_the_other_action_applies)
{
    auto retries = retry_fsm{};
    auto const action = error_action::retry(doubling(2), error_action::skip);
    BOOST_TEST((fails_anew(retries, 1, action) == kind::retry));
    BOOST_TEST((fails_anew(retries, 1, action) == kind::retry));
    BOOST_TEST((fails_anew(retries, 1, action) == kind::skip));
    BOOST_TEST(retries.retries() == 2U);
}

BOOST_AUTO_TEST_CASE(no_attempt_begins_later_than_the_total)
{
    auto retries = retry_fsm{};
    auto how = doubling(0);
    how.total = 250ms;
    auto const action = error_action::retry(how);
    BOOST_TEST((fails_anew(retries, 1, action) == kind::retry));
    BOOST_TEST((fails_anew(retries, 1, action, start + 50ms, 0) == kind::retry));
    BOOST_TEST((fails_anew(retries, 1, action, start + 251ms, 0) == kind::fail));
}

BOOST_AUTO_TEST_CASE(another_record_begins_anew)
{
    auto retries = retry_fsm{};
    auto const action = error_action::retry(doubling(1));
    BOOST_TEST((fails_anew(retries, 1, action) == kind::retry));
    BOOST_TEST((fails_anew(retries, 2, action) == kind::retry));
    BOOST_TEST(retries.pause().count() == 100);
    BOOST_TEST((fails_anew(retries, 2, action) == kind::fail));
}

BOOST_AUTO_TEST_CASE(two_failures_in_one_attempt_are_one_retry)
{
    auto retries = retry_fsm{};
    auto const action = error_action::retry(doubling(2));
    for (auto attempt = 1U; attempt <= 2U; ++attempt)
    {
        BOOST_TEST((fails_anew(retries, 1, action) == kind::retry));
        BOOST_TEST((retries.failed(1, action, start, 0) == kind::retry));
        BOOST_TEST(retries.retries() == attempt);
        BOOST_TEST(retries.pause().count() == 100 * attempt);
    }
    BOOST_TEST((fails_anew(retries, 1, action) == kind::fail));
    BOOST_TEST((retries.failed(1, action, start, 0) == kind::fail));
}

BOOST_AUTO_TEST_CASE(there_is_a_pause_however_much_chance_takes_away)
{
    auto how = backoff{};
    how.first = how.longest = 1ms;
    how.jitter = 1;
    auto retries = retry_fsm{};
    for (auto const chance : {0.0, 0.5, 1.0})
    {
        BOOST_TEST((fails_anew(retries, 1, error_action::retry(how), start, chance) == kind::retry));
        BOOST_TEST(retries.pause().count() == 1);
    }
}

BOOST_AUTO_TEST_CASE(the_longest_total_is_no_overflow)
{
    auto how = doubling(0);
    how.total = std::chrono::milliseconds::max();
    auto retries = retry_fsm{};
    BOOST_TEST((fails_anew(retries, 1, error_action::retry(how)) == kind::retry));
    BOOST_TEST((fails_anew(retries, 1, error_action::retry(how), start + 24h) == kind::retry));
}

BOOST_AUTO_TEST_CASE(values_out_of_range_are_refused_with_their_names)
{
    auto const refused = [](auto change, std::string_view text)
    {
        auto how = backoff{};
        change(how);
        BOOST_CHECK_EXCEPTION(static_cast<void>(error_action::retry(how)), setup_error, [&](setup_error const& error)
                              { return std::string_view{error.what()}.find(text) != std::string_view::npos; });
    };
    refused([](backoff& how) { how.first = 0ms; }, "backoff.first is 0; set it to 1 ms to 1 h");
    refused([](backoff& how) { how.factor = 0.5; }, "backoff.factor is 0.5");
    refused([](backoff& how) { how.longest = 50ms; }, "backoff.longest is 50; set it to at least first");
    refused([](backoff& how) { how.jitter = 1.5; }, "backoff.jitter is 1.5");
    refused([](backoff& how) { how.total = -1ms; }, "backoff.total is -1");
    BOOST_CHECK_THROW(static_cast<void>(error_action::retry({}, error_action::retry())), setup_error);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::detail::retry_fsm_test
