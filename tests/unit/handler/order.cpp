#include "support/manual_hooks.hpp"

#include <paperboy/testing.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

namespace paperboy::order_test
{
namespace
{

using test::journal;
using testing::test_record;
using modes = boost::mpl::list<test::plain_hooks, test::awaitable_hooks>;

std::string at(char const* hook, record_view const& record)
{
    return hook + std::string{" "} + std::to_string(record.offset());
}

using transaction = int;

// Every hook, all plain or all awaitable.
template <class Mode>
struct every_hook
{
    journal& calls;
    int transactions = 0;

    auto define_context(record_view const& record)
    {
        return Mode::run(
            [this, record]
            {
                calls.push_back(at("define_context", record));
                return transactions++;
            });
    }
    auto did_receive_message(record_view& record, transaction&)
    {
        return Mode::run([this, record] { calls.push_back(at("did_receive_message", record)); });
    }
    auto on_message(record_view const& record, transaction& tx)
    {
        return Mode::run([this, record, number = tx]
                         { calls.push_back(at("on_message", record) + " in transaction " + std::to_string(number)); });
    }
    auto on_tombstone(record_view const& record, transaction&)
    {
        return Mode::run([this, record] { calls.push_back(at("on_tombstone", record)); });
    }
    auto on_error(std::exception_ptr const&, record_view const& record, transaction*)
    {
        return Mode::run(
            [this, record]
            {
                calls.push_back(at("on_error", record));
                return error_action::skip;
            });
    }
    auto on_finished_handling(record_view const& record, transaction&, outcome how)
    {
        return Mode::run(
            [this, record, how]
            { calls.push_back(at("on_finished_handling", record) + (how == outcome::handled ? "" : " failed")); });
    }
};

journal const every_call = {
    "define_context 0",
    "did_receive_message 0",
    "on_message 0 in transaction 0",
    "on_finished_handling 0",
    "define_context 1",
    "did_receive_message 1",
    "on_tombstone 1",
    "on_finished_handling 1",
    "define_context 2",
    "did_receive_message 2",
    "on_message 2 in transaction 2",
    "on_finished_handling 2",
};

std::vector<test_record> three_records()
{
    return {{"a", "1"}, {"b", std::nullopt}, {"c", "3"}};
}

template <class Mode>
struct one_hook
{
    journal& calls;

    auto on_message(record_view const& record)
    {
        return Mode::run([this, record] { calls.push_back(at("on_message", record)); });
    }
};

// One awaitable hook among plain ones.
struct mixed_hooks : every_hook<test::plain_hooks>
{
    auto on_finished_handling(record_view const& record)
    {
        return test::awaitable_hooks::run([this, record] { calls.push_back(at("on_finished_handling", record)); });
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(order_suite)

BOOST_AUTO_TEST_CASE_TEMPLATE(every_hook_in_its_order, Mode, modes)
{
    auto calls = journal{};
    auto const result = testing::run(every_hook<Mode>{calls}, three_records());
    BOOST_TEST(calls == every_call, boost::test_tools::per_element());
    BOOST_TEST(result.finished == 3U);
    BOOST_TEST(result.committable == 3);
    BOOST_TEST(!result.stopped);
    BOOST_TEST(result.failures.empty());
}

BOOST_AUTO_TEST_CASE(one_awaitable_hook_among_plain_ones)
{
    auto calls = journal{};
    static_cast<void>(testing::run(mixed_hooks{{calls}}, three_records()));
    BOOST_TEST(calls == every_call, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(on_message_alone_never_sees_a_tombstone, Mode, modes)
{
    auto calls = journal{};
    auto const result = testing::run(one_hook<Mode>{calls}, three_records());
    BOOST_TEST(calls == (journal{"on_message 0", "on_message 2"}), boost::test_tools::per_element());
    BOOST_TEST(result.finished == 3U);
    BOOST_TEST(result.committable == 3);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(no_records_no_calls, Mode, modes)
{
    auto calls = journal{};
    auto const result = testing::run(every_hook<Mode>{calls}, {});
    BOOST_TEST(calls.empty());
    BOOST_TEST(result.finished == 0U);
    BOOST_TEST(result.committable == -1);
    BOOST_TEST(!result.stopped);
}

BOOST_AUTO_TEST_CASE(an_awaitable_hook_ends_before_the_next_one_begins)
{
    struct slow_handler
    {
        journal& calls;

        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            calls.push_back(at("begin", record));
            co_await test::turn();
            co_await test::turn();
            calls.push_back(at("end", record));
        }
    };
    auto calls = journal{};
    static_cast<void>(testing::run(slow_handler{calls}, {{{}, "1"}, {{}, "2"}}));
    BOOST_TEST(calls == (journal{"begin 0", "end 0", "begin 1", "end 1"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::order_test
