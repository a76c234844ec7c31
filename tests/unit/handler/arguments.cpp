// Every form of arguments in which a hook may be declared.

#include "support/manual_hooks.hpp"

#include <paperboy/testing.hpp>

#include <boost/test/unit_test.hpp>

namespace paperboy::arguments_test
{
namespace
{

using test::journal;

struct context
{
    int number = 7;
};

struct base
{
    journal& calls;

    void note(std::string text) { calls.push_back(std::move(text)); }
    void note(std::string const& name, record_view const& record) { note(name + " " + std::string{record.value()}); }
    void note(std::string const& name, context const& shared) { note(name + " " + std::to_string(shared.number)); }
};

struct with_context : base
{
    context define_context() { return {}; }
    void on_message(record_view const&) {}
};

struct failing : with_context
{
    void on_message(record_view const&) { throw std::runtime_error{"no"}; }
};

struct anything : base
{
    context define_context() { return {}; }
    void on_message(auto const& record, auto& shared)
    {
        note("message", record);
        note("message", shared);
    }
};

// What the handler notes about one record with value "v" and one tombstone.
template <class Handler>
journal calls_of()
{
    auto calls = journal{};
    static_cast<void>(testing::run(Handler{{calls}}, {{"k", "v"}, {"k", std::nullopt}}));
    return calls;
}
template <class Handler>
journal calls_of_derived()
{
    auto calls = journal{};
    static_cast<void>(testing::run(Handler{{{calls}}}, {{"k", "v"}}));
    return calls;
}
template <class Handler>
journal calls_of_failing()
{
    auto calls = journal{};
    static_cast<void>(testing::run(Handler{{{{calls}}}}, {{"k", "v"}}));
    return calls;
}

char const* name(outcome how)
{
    return how == outcome::handled ? "handled" : "failed";
}

} // namespace

BOOST_AUTO_TEST_SUITE(arguments_suite)

BOOST_AUTO_TEST_CASE(define_context)
{
    struct nothing : base
    {
        int define_context() { return 1; }
        void on_message(record_view const&, int const& one) { note("context " + std::to_string(one)); }
    };
    struct record_only : base
    {
        std::string define_context(record_view const& record) { return "of " + std::string{record.value()}; }
        void on_message(record_view const&, std::string& text) { note("context " + text); }
    };
    BOOST_TEST(calls_of<nothing>() == journal{"context 1"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of<record_only>() == journal{"context of v"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(did_receive_message)
{
    struct record_only : base
    {
        void did_receive_message(record_view& record) { note("received", record); }
        void on_message(record_view const&) {}
    };
    struct record_and_context : with_context
    {
        void did_receive_message(record_view&, context& shared) { note("received", shared); }
    };
    BOOST_TEST(calls_of<record_only>() == (journal{"received v", "received "}), boost::test_tools::per_element());
    BOOST_TEST(calls_of_derived<record_and_context>() == journal{"received 7"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(on_message)
{
    struct by_reference : base
    {
        void on_message(record_view const& record) { note("message", record); }
    };
    struct by_value : base
    {
        void on_message(record_view record) { note("message", record); }
    };
    struct with_its_context : base
    {
        context define_context() { return {}; }
        void on_message(record_view const&, context& shared) { note("message", shared); }
    };
    struct unchanging : base
    {
        void on_message(record_view const&) const noexcept { calls.emplace_back("message"); }
    };
    struct shared_by_all
    {
        journal& calls;
        static void on_message(record_view const&) {}
        void on_tombstone(record_view const&) { calls.emplace_back("tombstone"); }
    };
    BOOST_TEST(calls_of<by_reference>() == journal{"message v"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of<by_value>() == journal{"message v"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of<with_its_context>() == journal{"message 7"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of<anything>() == (journal{"message v", "message 7"}), boost::test_tools::per_element());
    BOOST_TEST(calls_of<unchanging>() == journal{"message"}, boost::test_tools::per_element());
    auto calls = journal{};
    static_cast<void>(testing::run(shared_by_all{calls}, {{"k", {}}}));
    BOOST_TEST(calls == journal{"tombstone"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(on_message_overloaded_for_several_record_types)
{
    struct overloaded final : base
    {
        void on_message(record<std::string_view> const& record) { note("text", record); }
        void on_message(record<std::int32_t> const& record) { note("number " + std::to_string(record.value())); }
    };
    auto calls = journal{};
    auto handler = overloaded{{calls}};
    static_cast<void>(testing::run(text{}, std::ref(handler), {{{}, "v"}}));
    static_cast<void>(testing::run(integer<std::int32_t>{}, std::ref(handler), {{{}, std::string{"\0\0\0\1", 4}}}));
    BOOST_TEST(calls == (journal{"text v", "number 1"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(on_tombstone)
{
    struct record_only : base
    {
        void on_message(record_view const&) {}
        void on_tombstone(record_view const& record) { note("tombstone " + std::string{record.key()}); }
    };
    struct record_and_context : base
    {
        context define_context() { return {}; }
        void on_message(record_view const&) {}
        void on_tombstone(record_view const&, context& shared) { note("tombstone", shared); }
    };
    BOOST_TEST(calls_of<record_only>() == journal{"tombstone k"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of<record_and_context>() == journal{"tombstone 7"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(on_error)
{
    struct cause : failing
    {
        error_action on_error(std::exception_ptr const& error)
        {
            note(describe(error));
            return error_action::skip;
        }
    };
    struct cause_and_record : failing
    {
        error_action on_error(std::exception_ptr, record_view const& record)
        {
            note("error", record);
            return error_action::skip;
        }
    };
    struct all : failing
    {
        error_action on_error(std::exception_ptr, record_view const&, context* shared)
        {
            note("error", *shared);
            return error_action::skip;
        }
    };
    BOOST_TEST(calls_of_failing<cause>() == journal{"no"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of_failing<cause_and_record>() == journal{"error v"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of_failing<all>() == journal{"error 7"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(on_error_without_a_context)
{
    struct no_context : base
    {
        void on_message(record_view const&) { throw std::runtime_error{"no"}; }
        error_action on_error(std::exception_ptr const& error, record_view const& record)
        {
            note(describe(error), record);
            return error_action::skip;
        }
    };
    BOOST_TEST(calls_of<no_context>() == journal{"no v"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(on_finished_handling_with_a_context)
{
    struct nothing : with_context
    {
        void on_finished_handling() { note("finished"); }
    };
    struct record_only : with_context
    {
        void on_finished_handling(record_view const& record) { note("finished", record); }
    };
    struct context_only : with_context
    {
        void on_finished_handling(context& shared) { note("finished", shared); }
    };
    struct outcome_only : with_context
    {
        void on_finished_handling(outcome how) { note(name(how)); }
    };
    struct record_and_context : with_context
    {
        void on_finished_handling(record_view const& record, context& shared)
        {
            note("finished", record);
            note("finished", shared);
        }
    };
    struct record_and_outcome : with_context
    {
        void on_finished_handling(record_view const& record, outcome how) { note(name(how), record); }
    };
    struct context_and_outcome : with_context
    {
        void on_finished_handling(context& shared, outcome how) { note(name(how), shared); }
    };
    struct all : with_context
    {
        void on_finished_handling(record_view const& record, context& shared, outcome how)
        {
            note(name(how), record);
            note(name(how), shared);
        }
    };
    BOOST_TEST(calls_of_derived<nothing>() == journal{"finished"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of_derived<record_only>() == journal{"finished v"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of_derived<context_only>() == journal{"finished 7"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of_derived<outcome_only>() == journal{"handled"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of_derived<record_and_context>() == (journal{"finished v", "finished 7"}),
               boost::test_tools::per_element());
    BOOST_TEST(calls_of_derived<record_and_outcome>() == journal{"handled v"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of_derived<context_and_outcome>() == journal{"handled 7"}, boost::test_tools::per_element());
    BOOST_TEST(calls_of_derived<all>() == (journal{"handled v", "handled 7"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(on_finished_handling_without_a_context)
{
    struct all : base
    {
        void on_message(record_view const&) {}
        void on_finished_handling(record_view const& record, outcome how) { note(name(how), record); }
    };
    BOOST_TEST(calls_of<all>() == (journal{"handled v", "handled "}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::arguments_test
