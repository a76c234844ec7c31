// Records and bulks that are tried again.

#include "support/manual_hooks.hpp"

#include <paperboy/serde.hpp>
#include <paperboy/testing.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <span>

namespace paperboy::retries_test
{
namespace
{

using test::journal;
using testing::test_record;

std::vector<test_record> records(std::size_t count)
{
    return std::vector<test_record>(count, test_record{"k", "v"});
}

error_action a_few_times(std::size_t attempts, error_action const& otherwise)
{
    auto how = backoff{};
    how.attempts = attempts;
    return error_action::retry(how, otherwise);
}

// Fails on the record at offset 1, so often.
template <class Mode>
struct flaky_handler
{
    int failures;
    error_action answer;
    journal& calls;

    int define_context(record_view const& record)
    {
        calls.push_back("define " + std::to_string(record.offset()));
        return 0;
    }
    auto on_message(record_view const& record, int&)
    {
        auto const offset = record.offset();
        return Mode::run(
            [this, offset]
            {
                calls.push_back("message " + std::to_string(offset));
                if (offset == 1 && failures-- > 0)
                    throw std::runtime_error{"not now"};
            });
    }
    auto on_error(std::exception_ptr)
    {
        return Mode::run([this] { return answer; });
    }
    void on_finished_handling(record_view const& record, int&, outcome how)
    {
        calls.push_back((how == outcome::handled ? "handled " : "failed ") + std::to_string(record.offset()));
    }
};

template <class Mode>
void check_retried_until_it_works()
{
    auto calls = journal{};
    auto const result = testing::run(flaky_handler<Mode>{2, a_few_times(5, error_action::fail), calls}, records(3));
    BOOST_TEST(calls == (journal{"define 0", "message 0", "handled 0", "define 1", "message 1", "failed 1", "define 1",
                                 "message 1", "failed 1", "define 1", "message 1", "handled 1", "define 2", "message 2",
                                 "handled 2"}),
               boost::test_tools::per_element());
    BOOST_TEST(result.finished == 3U);
    BOOST_TEST(result.committable == 3);
    BOOST_TEST(result.failures.size() == 2U);
    BOOST_TEST(!result.stopped);
}

template <class Mode>
void check_used_up(error_action const& otherwise, bool stops)
{
    auto calls = journal{};
    auto const result = testing::run(flaky_handler<Mode>{9, a_few_times(2, otherwise), calls}, records(3));
    BOOST_TEST(result.failures.size() == 3U);
    BOOST_TEST(result.stopped == stops);
    BOOST_TEST(result.committable == (stops ? 1 : 3));
}

// A bulk handler that fails as it is told.
struct flaky_bulk_handler
{
    journal& calls;
    int bulk_failures = 0;
    std::map<std::int64_t, int> record_failures = {};
    error_action answer = a_few_times(3, error_action::skip);

    void on_message(record_view const&) {}
    void did_receive_bulk_messages(std::vector<record_view>&) { calls.push_back("received"); }
    void on_bulk(std::span<record_view const> bulk)
    {
        calls.push_back("bulk " + std::to_string(bulk.front().offset()) + ".." + std::to_string(bulk.back().offset()));
        if (bulk_failures-- > 0)
            throw std::runtime_error{"not now"};
        for (std::size_t i = 0; i < bulk.size(); ++i)
            if (record_failures[bulk[i].offset()]-- > 0)
                throw bulk_error{i, "poison"};
    }
    error_action on_bulk_error(std::exception_ptr) const { return answer; }
    error_action on_error(std::exception_ptr) const { return answer; }
};

} // namespace

BOOST_AUTO_TEST_SUITE(retries_suite)

BOOST_AUTO_TEST_CASE(all_hooks_of_a_record_run_again_until_they_succeed)
{
    check_retried_until_it_works<test::plain_hooks>();
    check_retried_until_it_works<test::awaitable_hooks>();
}

BOOST_AUTO_TEST_CASE(when_the_retries_are_used_up_the_other_action_applies)
{
    check_used_up<test::plain_hooks>(error_action::fail, true);
    check_used_up<test::plain_hooks>(error_action::skip, false);
    check_used_up<test::awaitable_hooks>(error_action::fail, true);
    check_used_up<test::awaitable_hooks>(error_action::skip, false);
}

BOOST_AUTO_TEST_CASE(a_failure_of_the_last_hook_runs_all_of_them_again)
{
    struct handler
    {
        int& finishes;
        int& messages;
        void on_message(record_view const&) { ++messages; }
        void on_finished_handling()
        {
            if (++finishes == 1)
                throw std::runtime_error{"no commit"};
        }
        error_action on_error(std::exception_ptr) { return error_action::retry(); }
    };
    auto finishes = 0;
    auto messages = 0;
    auto const result = testing::run(handler{finishes, messages}, records(1));
    BOOST_TEST(messages == 2);
    BOOST_TEST(finishes == 2);
    BOOST_TEST(result.committable == 1);
}

BOOST_AUTO_TEST_CASE(a_last_hook_that_fails_as_well_takes_no_attempt_away)
{
    struct handler
    {
        int& messages;
        void on_message(record_view const&)
        {
            ++messages;
            throw std::runtime_error{"no luck"};
        }
        void on_finished_handling() { throw std::runtime_error{"no rollback"}; }
        error_action on_error(std::exception_ptr) { return a_few_times(3, error_action::skip); }
    };
    auto messages = 0;
    auto const result = testing::run(handler{messages}, records(1));
    BOOST_TEST(messages == 4);
    BOOST_TEST(result.committable == 1);
}

BOOST_AUTO_TEST_CASE(a_bulk_that_failed_as_a_whole_comes_again)
{
    auto calls = journal{};
    auto handler = flaky_bulk_handler{calls};
    handler.bulk_failures = 2;
    auto const result = testing::run_bulk(handler, records(4));
    BOOST_TEST(calls == (journal{"received", "bulk 0..3", "received", "bulk 0..3", "received", "bulk 0..3"}),
               boost::test_tools::per_element());
    BOOST_TEST(result.committable == 4);
    BOOST_TEST(result.failures.size() == 2U);
}

// Which record a bulk begins with after did_receive_bulk_messages may change from attempt to attempt.
BOOST_AUTO_TEST_CASE(a_bulk_whose_first_record_is_removed_at_times_uses_its_retries_up)
{
    struct handler
    {
        int& attempts;
        void on_message(record_view const&) {}
        void did_receive_bulk_messages(std::vector<record_view>& bulk)
        {
            if (++attempts % 2 == 0)
                bulk.erase(bulk.begin());
        }
        void on_bulk(std::span<record_view const>)
        {
            if (attempts < 100)
                throw std::runtime_error{"not now"};
        }
        error_action on_bulk_error(std::exception_ptr) { return a_few_times(3, error_action::fail); }
    };
    auto attempts = 0;
    auto const result = testing::run_bulk(handler{attempts}, records(4));
    BOOST_TEST(attempts == 4);
    BOOST_TEST(result.stopped);
}

BOOST_AUTO_TEST_CASE(a_named_record_is_tried_again_with_what_follows_it_and_then_passed)
{
    auto calls = journal{};
    auto handler = flaky_bulk_handler{calls};
    handler.record_failures = {{2, 9}};
    auto const result = testing::run_bulk(handler, records(5));
    BOOST_TEST(calls == (journal{"received", "bulk 0..4", "received", "bulk 2..4", "received", "bulk 2..4", "received",
                                 "bulk 2..4", "bulk 3..4"}),
               boost::test_tools::per_element());
    BOOST_TEST(result.committable == 5);
    BOOST_TEST(!result.stopped);
}

BOOST_AUTO_TEST_CASE(an_undecodable_record_of_a_bulk_is_tried_again_where_it_is_and_then_passed)
{
    struct handler
    {
        journal& calls;
        void on_message(record<std::int32_t> const&) {}
        void on_bulk(std::span<record<std::int32_t> const> bulk)
        {
            for (auto const& each : bulk)
                calls.push_back(std::to_string(each.offset()));
        }
        error_action on_error(std::exception_ptr) { return a_few_times(2, error_action::skip); }
    };
    auto all = std::vector<test_record>(5, test_record{"k", std::string(4, '\0')});
    all[2].value = "xyz";
    auto calls = journal{};
    auto const result = testing::run_bulk(integer<std::int32_t>{}, handler{calls}, all);
    BOOST_TEST(calls == (journal{"0", "1", "3", "4"}), boost::test_tools::per_element());
    BOOST_TEST(result.failures.size() == 3U);
    BOOST_TEST(result.committable == 5);
}

// What becomes of it was decided by the first attempt, and another answer must not undo that.
BOOST_AUTO_TEST_CASE(an_undecodable_record_is_asked_about_once_however_often_its_bulk_comes_again)
{
    struct handler
    {
        int& asked;
        int& attempts;
        void on_message(record<std::int32_t> const&) {}
        void on_bulk(std::span<record<std::int32_t> const>)
        {
            if (++attempts < 3)
                throw std::runtime_error{"not now"};
        }
        error_action on_bulk_error(std::exception_ptr) { return a_few_times(3, error_action::fail); }
        error_action on_error(std::exception_ptr)
        {
            return ++asked == 1 ? error_action{error_action::skip} : error_action{error_action::fail};
        }
    };
    auto all = std::vector<test_record>(5, test_record{"k", std::string(4, '\0')});
    all[2].value = "xyz";
    auto asked = 0;
    auto attempts = 0;
    auto const result = testing::run_bulk(integer<std::int32_t>{}, handler{asked, attempts}, all);
    BOOST_TEST(attempts == 3);
    BOOST_TEST(asked == 1);
    BOOST_TEST(!result.stopped);
    BOOST_TEST(result.committable == 5);
}

// As one whose schema is registered after its letter was sent.
BOOST_AUTO_TEST_CASE(a_record_that_was_left_out_stays_out_even_if_it_could_be_decoded_later)
{
    struct late_serde
    {
        using value_type = std::string;
        int& decoded;
        void decode(bytes_view data, std::string& out)
        {
            if (data.size() == 3 && ++decoded == 1)
                throw decode_error{"not yet"};
            out.assign(reinterpret_cast<char const*>(data.data()), data.size());
        }
    };
    struct handler
    {
        journal& calls;
        int& attempts;
        void on_message(record<std::string> const&) {}
        void on_bulk(std::span<record<std::string> const> bulk)
        {
            auto line = std::string{};
            for (auto const& each : bulk)
                line += std::to_string(each.offset());
            calls.push_back(line);
            if (++attempts < 2)
                throw std::runtime_error{"not now"};
        }
        error_action on_bulk_error(std::exception_ptr) { return a_few_times(3, error_action::fail); }
        error_action on_error(std::exception_ptr) { return error_action::skip; }
    };
    auto all = std::vector<test_record>(4, test_record{"k", "value"});
    all[2].value = "xyz";
    auto calls = journal{};
    auto attempts = 0;
    auto decoded = 0;
    auto const result = testing::run_bulk(late_serde{decoded}, handler{calls, attempts}, all);
    BOOST_TEST(calls == (journal{"013", "013"}), boost::test_tools::per_element());
    BOOST_TEST(decoded == 1);
    BOOST_TEST(result.committable == 4);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::retries_test
