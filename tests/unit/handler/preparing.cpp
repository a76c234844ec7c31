// Serdes that may have to wait before they can decode.

#include "support/manual_hooks.hpp"

#include <paperboy/testing.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

namespace paperboy::preparing_test
{
namespace
{

using test::journal;
using modes = boost::mpl::list<test::plain_hooks, test::awaitable_hooks>;

// Text that needs a preparation for each new value; "fail…" cannot be prepared, and "thrown…" throws at once.
struct reluctant
{
    using value_type = std::string;

    explicit reluctant(journal& calls) : calls_{&calls} {}

    bool ready(bytes_view data) noexcept { return known_.contains(text_of(data)); }
    boost::asio::awaitable<void> prepare(bytes_view data)
    {
        auto const value = text_of(data);
        calls_->push_back("prepare " + value);
        if (value.starts_with("thrown"))
            throw decode_error{value};
        co_await test::turn();
        if (value.starts_with("fail"))
            throw decode_error{value};
        if (!value.starts_with("forgotten"))
            known_.insert(value);
    }
    void decode(bytes_view data, std::string& out) { out = text_of(data); }

private:
    static std::string text_of(bytes_view data) { return {reinterpret_cast<char const*>(data.data()), data.size()}; }

    journal* calls_;
    std::set<std::string> known_;
};

template <class Mode>
struct handler
{
    journal& calls;

    int define_context()
    {
        calls.emplace_back("context");
        return 0;
    }
    auto on_message(record<std::string> const& record, int&)
    {
        return Mode::run([this, &record] { calls.push_back(record.value()); });
    }
    auto on_error(std::exception_ptr const& error)
    {
        return Mode::run(
            [this, error]
            {
                calls.push_back("error " + describe(error));
                return error_action::skip;
            });
    }
};

// Has no context for values that begin with "fail" or "refused".
template <class Mode>
struct choosy_handler
{
    journal& calls;

    int define_context(record_view const& record)
    {
        if (record.value().starts_with("fail") || record.value().starts_with("refused"))
            throw std::runtime_error{"no context for " + std::string{record.value()}};
        return 0;
    }
    auto on_message(record<std::string> const& record, int&)
    {
        return Mode::run([this, &record] { calls.push_back(record.value()); });
    }
    error_action on_error(std::exception_ptr const& error)
    {
        calls.push_back("error " + describe(error));
        return error_action::skip;
    }
};

template <class Mode>
struct bulk_handler
{
    journal& calls;

    void on_message(record<std::string> const&) {}
    auto on_bulk(std::span<record<std::string> const> records)
    {
        return Mode::run(
            [this, records]
            {
                auto all = std::string{"bulk"};
                for (auto const& each : records)
                    all += " " + each.value();
                calls.push_back(all);
            });
    }
    error_action on_error(std::exception_ptr const& error)
    {
        calls.push_back("error " + describe(error));
        return error_action::skip;
    }
};

struct keyed_handler
{
    journal& calls;

    void on_message(record<std::string, std::string> const& record)
    {
        calls.push_back(record.key().value_or("none") + "=" + record.value());
    }
    void on_tombstone(keyed_record<std::string> const& record) { calls.push_back(*record.key() + " deleted"); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(preparing_suite)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_record_is_prepared_before_its_hooks, Mode, modes)
{
    auto calls = journal{};
    auto const result =
        testing::run(reluctant{calls}, handler<Mode>{calls}, {{{}, "a"}, {{}, "a"}, {{}, {}}, {{}, "b"}, {{}, "a"}});
    BOOST_TEST(calls == (journal{"prepare a", "context", "a", "context", "a", "context", "prepare b", "context", "b",
                                 "context", "a"}),
               boost::test_tools::per_element());
    BOOST_TEST(result.finished == 5U);
    BOOST_TEST(result.failures.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_prepare_throws_is_a_failure_to_decode, Mode, modes)
{
    auto calls = journal{};
    auto const result = testing::run(reluctant{calls}, handler<Mode>{calls}, {{{}, "fail"}, {{}, "thrown"}, {{}, "a"}});
    BOOST_TEST(calls == (journal{"prepare fail", "context", "error fail", "prepare thrown", "context", "error thrown",
                                 "prepare a", "context", "a"}),
               boost::test_tools::per_element());
    BOOST_TEST_REQUIRE(result.failures.size() == 2U);
    BOOST_TEST((result.failures[0].where == hook::decode_value));
    BOOST_TEST(result.failures[1].offset == 1);
    BOOST_TEST(result.committable == 3);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(each_record_is_prepared_once, Mode, modes)
{
    auto calls = journal{};
    static_cast<void>(testing::run(reluctant{calls}, handler<Mode>{calls}, {{{}, "forgotten"}, {{}, "forgotten"}}));
    BOOST_TEST(calls ==
                   (journal{"prepare forgotten", "context", "forgotten", "prepare forgotten", "context", "forgotten"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_record_that_is_given_up_before_it_is_decoded_leaves_nothing_to_the_next, Mode, modes)
{
    auto calls = journal{};
    auto const result = testing::run(reluctant{calls}, choosy_handler<Mode>{calls},
                                     {{{}, "fail"}, {{}, "a"}, {{}, "refused"}, {{}, "b"}});
    BOOST_TEST(calls == (journal{"prepare fail", "error no context for fail", "prepare a", "a", "prepare refused",
                                 "error no context for refused", "prepare b", "b"}),
               boost::test_tools::per_element());
    BOOST_TEST(result.finished == 4U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_bulk_is_prepared_as_a_whole, Mode, modes)
{
    auto calls = journal{};
    auto const result =
        testing::run_bulk(reluctant{calls}, bulk_handler<Mode>{calls}, {{{}, "a"}, {{}, "fail"}, {{}, "b"}, {{}, "a"}});
    BOOST_TEST(calls == (journal{"prepare a", "prepare fail", "error fail", "prepare b", "bulk a b a"}),
               boost::test_tools::per_element());
    BOOST_TEST(result.finished == 4U);
}

BOOST_AUTO_TEST_CASE(keys_are_prepared_too)
{
    auto calls = journal{};
    auto const result = testing::run(reluctant{calls}, reluctant{calls}, keyed_handler{calls},
                                     {{"k", "v"}, {"k", "v"}, {{}, "w"}, {"l", {}}, {"fail", "v"}});
    BOOST_TEST(calls == (journal{"prepare k", "prepare v", "k=v", "k=v", "prepare w", "none=w", "prepare l",
                                 "l deleted", "prepare fail"}),
               boost::test_tools::per_element());
    BOOST_TEST(result.stopped);
    BOOST_TEST_REQUIRE(result.failures.size() == 1U);
    BOOST_TEST((result.failures[0].where == hook::decode_key));
    BOOST_TEST(result.committable == 4);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::preparing_test
