// A bulk handler's hooks: order, arguments, and what each failure leaves finished.

#include "support/manual_hooks.hpp"

#include <paperboy/testing.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <span>
#include <stdexcept>

namespace paperboy::bulks_test
{
namespace
{

namespace asio = boost::asio;
using test::journal;
using testing::test_record;
using batch = std::span<record_view const>;

std::vector<test_record> records(std::initializer_list<char const*> values)
{
    auto all = std::vector<test_record>{};
    for (auto const* const value : values)
        all.push_back({{}, value});
    return all;
}

std::string joined(batch bulk)
{
    auto text = std::string{};
    for (auto const& each : bulk)
        text += each.is_tombstone() ? std::string_view{"-"} : each.value();
    return text;
}

std::string name_of(outcome how)
{
    return how == outcome::handled ? "handled" : "failed";
}

struct context
{
    std::string seen;
};

struct all_hooks
{
    journal& calls;

    context define_context(record_view const& first)
    {
        calls.push_back("define " + std::string{first.value()});
        return {};
    }
    void did_receive_bulk_messages(std::vector<record_view>& bulk, context& shared)
    {
        std::erase_if(bulk, [](auto const& each) { return each.value() == "x"; });
        shared.seen = "received";
    }
    void on_message(record_view const&, context&) { calls.push_back("message"); }
    void on_bulk(batch bulk, context& shared) { calls.push_back("bulk " + joined(bulk) + " " + shared.seen); }
    void on_finished_handling(batch bulk, context&, outcome how)
    {
        calls.push_back("finished " + joined(bulk) + " " + name_of(how));
    }
};

struct awaitable_hooks
{
    journal& calls;

    asio::awaitable<context> define_context() { co_return context{"made"}; }
    asio::awaitable<void> did_receive_bulk_messages(std::vector<record_view>&)
    {
        calls.push_back("received");
        co_return;
    }
    asio::awaitable<void> on_message(record_view const&) { co_return; }
    asio::awaitable<void> on_bulk(batch bulk, context& shared)
    {
        calls.push_back("bulk " + joined(bulk) + " " + shared.seen);
        co_return;
    }
    asio::awaitable<void> on_finished_handling(outcome how)
    {
        calls.push_back("finished " + name_of(how));
        co_return;
    }
};

// Throws bulk_error for every record "bad"; on_error answers with `action`.
struct picky
{
    journal& calls;
    error_action action = error_action::skip;

    void on_message(record_view const&) {}
    void on_bulk(batch bulk)
    {
        auto const bad = std::ranges::find(bulk, "bad", &record_view::value);
        if (bad != bulk.end())
            throw bulk_error{static_cast<std::size_t>(bad - bulk.begin()), "no bad ones"};
        calls.push_back("bulk " + joined(bulk));
    }
    error_action on_error(std::exception_ptr error, record_view const& record)
    {
        calls.push_back("error " + std::string{record.value()} + " " + describe(error));
        return action;
    }
    void on_finished_handling(batch bulk, outcome how)
    {
        calls.push_back("finished " + joined(bulk) + " " + name_of(how));
    }
};

struct failing
{
    journal& calls;
    error_action action = error_action::fail;

    void on_message(record_view const&) {}
    void on_bulk(batch) { throw std::runtime_error{"database away"}; }
    error_action on_bulk_error(std::exception_ptr error, batch bulk)
    {
        calls.push_back("bulk error " + joined(bulk) + " " + describe(error));
        return action;
    }
    void on_finished_handling(outcome how) { calls.push_back("finished " + name_of(how)); }
};

struct without_policy
{
    void on_message(record_view const&) {}
    void on_bulk(batch) { throw 42; }
};

struct numbers
{
    std::vector<std::int32_t>& seen;
    error_action action = error_action::skip;

    void on_message(record<std::int32_t> const&) {}
    void on_bulk(std::span<record<std::int32_t> const> bulk)
    {
        for (auto const& each : bulk)
            seen.push_back(each.is_tombstone() ? -1 : each.value());
    }
    error_action on_error(std::exception_ptr) { return action; }
};

std::string encoded(std::int32_t value)
{
    auto text = std::string{};
    integer<std::int32_t>{}.encode(value, text);
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(bulks)

BOOST_AUTO_TEST_CASE(hooks_run_once_per_bulk_in_order_and_may_remove_records)
{
    auto calls = journal{};
    auto const result = testing::run_bulk(all_hooks{calls}, records({"a", "x", "b", "x"}));
    BOOST_TEST(calls == (journal{"define a", "bulk ab received", "finished ab handled"}),
               boost::test_tools::per_element());
    BOOST_TEST(result.committable == 4);
    BOOST_TEST(result.finished == 4U);
    BOOST_TEST(!result.stopped);
}

BOOST_AUTO_TEST_CASE(awaitable_hooks_run_the_same_way)
{
    auto calls = journal{};
    auto const result = testing::run_bulk(awaitable_hooks{calls}, records({"a", "b"}));
    BOOST_TEST(calls == (journal{"received", "bulk ab made", "finished handled"}), boost::test_tools::per_element());
    BOOST_TEST(result.committable == 2);
}

BOOST_AUTO_TEST_CASE(a_single_record_reaches_a_finish_hook_for_bulks_as_a_span_of_one)
{
    auto calls = journal{};
    static_cast<void>(testing::run(all_hooks{calls}, records({"a"})));
    BOOST_TEST(calls == (journal{"define a", "message", "finished a handled"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tombstones_are_in_the_bulk)
{
    auto calls = journal{};
    static_cast<void>(testing::run_bulk(all_hooks{calls}, {{"k", "a"}, {"k", std::nullopt}}));
    BOOST_TEST(calls[1] == "bulk a- received");
}

BOOST_AUTO_TEST_CASE(a_named_record_goes_through_on_error_and_the_others_are_handled)
{
    auto calls = journal{};
    auto const result = testing::run_bulk(picky{calls}, records({"a", "b", "bad", "c", "bad", "d"}));
    BOOST_TEST(calls == (journal{"finished ab handled", "error bad no bad ones", "finished c handled",
                                 "error bad no bad ones", "bulk d", "finished d handled"}),
               boost::test_tools::per_element());
    BOOST_TEST(result.committable == 6);
    BOOST_TEST(result.failures.size() == 2U);
    BOOST_TEST(result.failures.front().offset == 2);
}

BOOST_AUTO_TEST_CASE(a_named_record_that_fails_the_engine_leaves_those_before_it_finished)
{
    auto calls = journal{};
    auto const result = testing::run_bulk(picky{calls, error_action::fail}, records({"a", "b", "bad", "c"}));
    BOOST_TEST(result.stopped);
    BOOST_TEST(result.committable == 2);
    BOOST_TEST(result.finished == 2U);
}

BOOST_AUTO_TEST_CASE(the_first_record_can_be_the_named_one)
{
    auto calls = journal{};
    auto const result = testing::run_bulk(picky{calls, error_action::fail}, records({"bad", "c"}));
    BOOST_TEST(result.stopped);
    BOOST_TEST(result.committable == 0);
}

BOOST_AUTO_TEST_CASE(an_index_beyond_the_bulk_is_an_error_of_the_whole_bulk)
{
    struct confused
    {
        void on_message(record_view const&) {}
        void on_bulk(batch bulk) { throw bulk_error{bulk.size(), "lost count"}; }
    };
    auto const result = testing::run_bulk(confused{}, records({"a", "b"}));
    BOOST_TEST(result.stopped);
    BOOST_TEST(result.finished == 0U);
}

// What stands before the failed record then need not be what has lower offsets.
BOOST_AUTO_TEST_CASE(an_index_into_a_bulk_in_another_order_is_an_error_of_the_whole_bulk)
{
    struct reordering
    {
        void did_receive_bulk_messages(std::vector<record_view>& bulk) { std::ranges::reverse(bulk); }
        void on_message(record_view const&) {}
        void on_bulk(batch) { throw bulk_error{0, "the newest one"}; }
    };
    auto const result = testing::run_bulk(reordering{}, records({"a", "b", "c"}));
    BOOST_TEST(result.stopped);
    BOOST_TEST(result.finished == 0U);
    BOOST_TEST_REQUIRE(result.failures.size() == 1U);
    BOOST_TEST((result.failures.front().where == hook::on_bulk));
}

BOOST_AUTO_TEST_CASE(on_bulk_error_decides_about_the_whole_bulk)
{
    auto calls = journal{};
    auto const failed = testing::run_bulk(failing{calls}, records({"a", "b"}));
    BOOST_TEST(calls == (journal{"bulk error ab database away", "finished failed"}), boost::test_tools::per_element());
    BOOST_TEST(failed.stopped);
    BOOST_TEST(failed.finished == 0U);

    auto const skipped = testing::run_bulk(failing{calls, error_action::skip}, records({"a", "b"}));
    BOOST_TEST(!skipped.stopped);
    BOOST_TEST(skipped.committable == 2);
}

BOOST_AUTO_TEST_CASE(without_on_bulk_error_any_exception_fails_and_nothing_is_finished)
{
    auto const result = testing::run_bulk(without_policy{}, records({"a", "b"}));
    BOOST_TEST(result.stopped);
    BOOST_TEST(result.committable == -1);
    BOOST_TEST_REQUIRE(result.failures.size() == 1U);
    BOOST_TEST((result.failures.front().where == hook::on_bulk));
}

BOOST_AUTO_TEST_CASE(undecodable_records_do_not_sink_the_bulk)
{
    auto seen = std::vector<std::int32_t>{};
    auto const input = std::vector<test_record>{{{}, encoded(1)}, {{}, "broken"}, {"k", std::nullopt},
                                                {{}, encoded(4)}, {{}, ""},       {{}, encoded(6)}};
    auto const result = testing::run_bulk(integer<std::int32_t>{}, numbers{seen}, input);
    BOOST_TEST(seen == (std::vector<std::int32_t>{1, -1, 4, 6}), boost::test_tools::per_element());
    BOOST_TEST(result.committable == 6);
    BOOST_TEST(result.failures.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_undecodable_record_that_fails_the_engine_comes_after_those_before_it)
{
    auto seen = std::vector<std::int32_t>{};
    auto const result = testing::run_bulk(integer<std::int32_t>{}, numbers{seen, error_action::fail},
                                          {{{}, encoded(1)}, {{}, encoded(2)}, {{}, "broken"}, {{}, encoded(4)}});
    BOOST_TEST(seen == (std::vector<std::int32_t>{1, 2}), boost::test_tools::per_element());
    BOOST_TEST(result.stopped);
    BOOST_TEST(result.committable == 2);
}

BOOST_AUTO_TEST_CASE(a_handler_without_on_bulk_is_refused)
{
    struct plain
    {
        void on_message(record_view const&) {}
    };
    BOOST_CHECK_THROW(testing::run_bulk(plain{}, records({"a"})), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::bulks_test
