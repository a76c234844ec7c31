#include "support/manual_hooks.hpp"

#include <paperboy/testing.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

namespace paperboy::failures_test
{
namespace
{

using test::journal;
using testing::test_record;
using testing::test_result;
using modes = boost::mpl::list<test::plain_hooks, test::awaitable_hooks>;

enum class thrown
{
    standard,
    // Not derived from std::exception.
    strange,
};

// Where hooks throw, on the record at offset 1 only, and what on_error says then.
struct plan
{
    std::set<hook> throwing;
    thrown what = thrown::standard;
    error_action answer = error_action::skip;
};

using context = int;

template <class Mode>
class planned_handler
{
public:
    planned_handler(plan what, journal& calls) : plan_{std::move(what)}, calls_{calls} {}

    auto define_context(record_view const& record)
    {
        return Mode::run(
            [this, record]
            {
                enter(hook::define_context, record);
                return context{0};
            });
    }
    auto did_receive_message(record_view& record)
    {
        return Mode::run([this, record] { enter(hook::did_receive_message, record); });
    }
    auto on_message(record_view const& record)
    {
        return Mode::run([this, record] { enter(hook::on_message, record); });
    }
    auto on_tombstone(record_view const& record)
    {
        return Mode::run([this, record] { enter(hook::on_tombstone, record); });
    }
    auto on_error(std::exception_ptr const& error, record_view const& record, context* shared)
    {
        return Mode::run(
            [this, error, record, shared]
            {
                enter(hook::on_error, record,
                      ": " + describe(error) + (shared == nullptr ? ", no context" : ", with its context"));
                return plan_.answer;
            });
    }
    auto on_finished_handling(record_view const& record, outcome how)
    {
        return Mode::run([this, record, how]
                         { enter(hook::on_finished_handling, record, how == outcome::failed ? ": failed" : ""); });
    }

private:
    // Only the failing record's calls are of interest.
    void enter(hook where, record_view const& record, std::string const& details = {})
    {
        if (record.offset() != 1)
            return;
        calls_.push_back(std::string{to_string(where)} + details);
        if (!plan_.throwing.contains(where))
            return;
        if (plan_.what == thrown::strange)
            throw 42;
        throw std::runtime_error{std::string{to_string(where)} + " broke"};
    }

    plan plan_;
    journal& calls_;
};

constexpr auto strange_text = "an exception that is not derived from std::exception";

std::string text_of(plan const& what, hook where)
{
    return what.what == thrown::strange ? strange_text : std::string{to_string(where)} + " broke";
}

std::vector<test_record> records_for(plan const& what)
{
    auto const tombstone = what.throwing.contains(hook::on_tombstone);
    return {{"a", "0"}, tombstone ? test_record{"a"} : test_record{"a", "1"}, {"a", "2"}};
}

std::vector<plan> all_plans(std::set<hook> const& throwing)
{
    auto all = std::vector<plan>{};
    for (auto const what : {thrown::standard, thrown::strange})
        for (auto const& answer : {error_action::skip, error_action::fail})
            all.push_back({throwing, what, answer});
    return all;
}

void check_end(test_result const& result, error_action action)
{
    auto const stopped = action == error_action::fail;
    BOOST_TEST(result.stopped == stopped);
    BOOST_TEST(result.finished == (stopped ? 1U : 3U));
    BOOST_TEST(result.committable == (stopped ? 1 : 3));
}

void check_failure(testing::test_failure const& failure, hook where, std::string const& text, error_action action)
{
    BOOST_TEST((failure.where == where));
    BOOST_TEST(describe(failure.error) == text);
    BOOST_TEST(failure.offset == 1);
    BOOST_TEST((failure.action == action));
}

// One hook throws; the calls that follow are given, "TEXT" standing for the exception's text.
template <class Mode>
void check_one(hook where, journal const& expected)
{
    for (auto const& each : all_plans({where}))
        BOOST_TEST_CONTEXT(to_string(where) << (each.what == thrown::strange ? ", strange" : "")
                                            << (each.answer == error_action::fail ? ", fail" : ", skip"))
        {
            auto calls = journal{};
            auto const result = testing::run(planned_handler<Mode>{each, calls}, records_for(each));
            auto filled = expected;
            for (auto& call : filled)
                if (auto const at = call.find("TEXT"); at != std::string::npos)
                    call.replace(at, 4, text_of(each, where));
            BOOST_TEST(calls == filled, boost::test_tools::per_element());
            check_end(result, each.answer);
            BOOST_REQUIRE(result.failures.size() == 1U);
            check_failure(result.failures[0], where, text_of(each, where), each.answer);
        }
}

} // namespace

BOOST_AUTO_TEST_SUITE(failures_suite)

BOOST_AUTO_TEST_CASE_TEMPLATE(define_context_fails, Mode, modes)
{
    check_one<Mode>(hook::define_context, {"define_context", "on_error: TEXT, no context"});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(did_receive_message_fails, Mode, modes)
{
    check_one<Mode>(hook::did_receive_message, {"define_context", "did_receive_message",
                                                "on_error: TEXT, with its context", "on_finished_handling: failed"});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(on_message_fails, Mode, modes)
{
    check_one<Mode>(hook::on_message, {"define_context", "did_receive_message", "on_message",
                                       "on_error: TEXT, with its context", "on_finished_handling: failed"});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(on_tombstone_fails, Mode, modes)
{
    check_one<Mode>(hook::on_tombstone, {"define_context", "did_receive_message", "on_tombstone",
                                         "on_error: TEXT, with its context", "on_finished_handling: failed"});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(on_finished_handling_fails, Mode, modes)
{
    check_one<Mode>(hook::on_finished_handling, {"define_context", "did_receive_message", "on_message",
                                                 "on_finished_handling", "on_error: TEXT, with its context"});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(on_error_that_fails_itself_means_fail, Mode, modes)
{
    for (auto const& each : all_plans({hook::on_message, hook::on_error}))
    {
        auto calls = journal{};
        auto const result = testing::run(planned_handler<Mode>{each, calls}, records_for(each));
        BOOST_TEST(calls == (journal{"define_context", "did_receive_message", "on_message",
                                     "on_error: " + text_of(each, hook::on_message) + ", with its context",
                                     "on_finished_handling: failed"}),
                   boost::test_tools::per_element());
        check_end(result, error_action::fail);
        BOOST_REQUIRE(result.failures.size() == 2U);
        check_failure(result.failures[0], hook::on_error, text_of(each, hook::on_error), error_action::fail);
        check_failure(result.failures[1], hook::on_message, text_of(each, hook::on_message), error_action::fail);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(on_message_and_on_finished_handling_fail_both, Mode, modes)
{
    for (auto const& each : all_plans({hook::on_message, hook::on_finished_handling}))
    {
        auto calls = journal{};
        auto const result = testing::run(planned_handler<Mode>{each, calls}, records_for(each));
        BOOST_TEST(calls == (journal{"define_context", "did_receive_message", "on_message",
                                     "on_error: " + text_of(each, hook::on_message) + ", with its context",
                                     "on_finished_handling: failed",
                                     "on_error: " + text_of(each, hook::on_finished_handling) + ", with its context"}),
                   boost::test_tools::per_element());
        check_end(result, each.answer);
        BOOST_REQUIRE(result.failures.size() == 2U);
        check_failure(result.failures[0], hook::on_message, text_of(each, hook::on_message), each.answer);
        check_failure(result.failures[1], hook::on_finished_handling, text_of(each, hook::on_finished_handling),
                      each.answer);
    }
}

BOOST_AUTO_TEST_CASE(without_on_error_the_engine_stops_in_front_of_the_record)
{
    struct handler
    {
        journal& calls;

        void on_message(record_view const& record)
        {
            calls.push_back("message " + std::string{record.value()});
            if (record.offset() == 1)
                throw std::runtime_error{"no"};
        }
        void on_finished_handling(outcome how) { calls.emplace_back(how == outcome::failed ? "failed" : "handled"); }
    };
    auto calls = journal{};
    auto const result = testing::run(handler{calls}, {{{}, "0"}, {{}, "1"}, {{}, "2"}});
    BOOST_TEST(calls == (journal{"message 0", "handled", "message 1", "failed"}), boost::test_tools::per_element());
    check_end(result, error_action::fail);
    BOOST_REQUIRE(result.failures.size() == 1U);
    check_failure(result.failures[0], hook::on_message, "no", error_action::fail);
}

BOOST_AUTO_TEST_CASE(without_on_error_a_failed_on_finished_handling_stops_as_well)
{
    struct handler
    {
        void on_message(record_view const&) {}
        boost::asio::awaitable<void> on_finished_handling(record_view const& record)
        {
            co_await test::turn();
            if (record.offset() == 1)
                throw std::runtime_error{"no"};
        }
    };
    auto const result = testing::run(handler{}, {{{}, "0"}, {{}, "1"}, {{}, "2"}});
    check_end(result, error_action::fail);
    BOOST_REQUIRE(result.failures.size() == 1U);
    check_failure(result.failures[0], hook::on_finished_handling, "no", error_action::fail);
}

BOOST_AUTO_TEST_CASE(an_awaitable_on_error_of_plain_hooks)
{
    struct handler
    {
        void on_message(record_view const& record)
        {
            if (record.offset() == 1)
                throw std::runtime_error{"no"};
        }
        boost::asio::awaitable<error_action> on_error(std::exception_ptr)
        {
            co_await test::turn();
            co_return error_action::skip;
        }
    };
    check_end(testing::run(handler{}, {{{}, "0"}, {{}, "1"}, {{}, "2"}}), error_action::skip);
}

BOOST_AUTO_TEST_CASE(a_plain_on_error_of_awaitable_hooks)
{
    struct handler
    {
        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            co_await test::turn();
            if (record.offset() == 1)
                throw std::runtime_error{"no"};
        }
        error_action on_error(std::exception_ptr) { return error_action::skip; }
    };
    check_end(testing::run(handler{}, {{{}, "0"}, {{}, "1"}, {{}, "2"}}), error_action::skip);
}

BOOST_AUTO_TEST_CASE(a_hook_that_throws_before_it_returns_its_awaitable)
{
    struct handler
    {
        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            if (record.offset() == 1)
                throw std::runtime_error{"no"};
            return test::turn();
        }
        error_action on_error(std::exception_ptr) { return error_action::skip; }
    };
    auto const result = testing::run(handler{}, {{{}, "0"}, {{}, "1"}, {{}, "2"}});
    check_end(result, error_action::skip);
    BOOST_REQUIRE(result.failures.size() == 1U);
    check_failure(result.failures[0], hook::on_message, "no", error_action::skip);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::failures_test
