#include "support/manual_hooks.hpp"

#include <paperboy/testing.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>

namespace paperboy::handlers_test
{
namespace
{

using namespace std::chrono_literals;
using test::journal;

struct counting_handler
{
    int count = 0;
    void on_message(record_view const&) { ++count; }
};

// Holds something that cannot be copied.
struct movable_handler
{
    std::unique_ptr<journal> calls;
    journal& told;

    void on_message(record_view const& record)
    {
        calls->emplace_back(record.value());
        told = *calls;
    }
};

struct generic_handler final
{
    int count = 0;
    void on_message(auto const&) { ++count; }
};

struct hanging_handler
{
    boost::asio::awaitable<void> on_message(record_view const&)
    {
        auto const executor = co_await boost::asio::this_coro::executor;
        auto forever = boost::asio::steady_timer{executor, boost::asio::steady_timer::time_point::max()};
        co_await forever.async_wait(boost::asio::use_awaitable);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(handlers_suite)

BOOST_AUTO_TEST_CASE(a_reference_leaves_the_handler_with_its_owner)
{
    auto handler = counting_handler{};
    static_cast<void>(testing::run(std::ref(handler), {{{}, "1"}, {{}, "2"}}));
    static_cast<void>(testing::run(std::ref(handler), {{{}, "3"}}));
    BOOST_TEST(handler.count == 3);
}

BOOST_AUTO_TEST_CASE(a_handler_may_be_move_only)
{
    auto told = journal{};
    static_cast<void>(testing::run(movable_handler{std::make_unique<journal>(), told}, {{{}, "1"}, {{}, "2"}}));
    BOOST_TEST(told == (journal{"1", "2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_factory_is_told_the_partition)
{
    struct handler
    {
        topic_partition where;
        journal& calls;
        void on_message(record_view const&) { calls.push_back(to_string(where)); }
    };
    auto calls = journal{};
    auto made = 0;
    auto factory = per_partition{[&](topic_partition const& where)
                                 {
                                     ++made;
                                     return handler{where, calls};
                                 }};
    static_cast<void>(testing::run(factory, {{{}, "1"}, {{}, "2"}}, {"orders", 3}));
    static_cast<void>(testing::run(factory, {{{}, "1"}}, {"orders", 4}));
    BOOST_TEST(made == 2);
    BOOST_TEST(calls == (journal{"orders[3]", "orders[3]", "orders[4]"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_factory_may_take_nothing_and_make_movable_handlers)
{
    auto told = journal{};
    auto const result =
        testing::run(text{}, text{},
                     per_partition{[&]
                                   {
                                       struct handler
                                       {
                                           std::unique_ptr<int> state;
                                           journal& told;
                                           void on_message(record<std::string_view, std::string_view> const& record)
                                           {
                                               told.push_back(std::to_string(++*state) + std::string{record.value()});
                                           }
                                       };
                                       return handler{std::make_unique<int>(0), told};
                                   }},
                     {{"k", "a"}, {"k", "b"}});
    BOOST_TEST(told == (journal{"1a", "2b"}), boost::test_tools::per_element());
    BOOST_TEST(result.finished == 2U);
}

BOOST_AUTO_TEST_CASE(hooks_may_be_inherited)
{
    struct derived : counting_handler
    {
        int finished = 0;
        void on_finished_handling() { ++finished; }
    };
    auto handler = derived{};
    static_cast<void>(testing::run(std::ref(handler), {{{}, "1"}}));
    BOOST_TEST(handler.count == 1);
    BOOST_TEST(handler.finished == 1);
}

BOOST_AUTO_TEST_CASE(a_final_handler_with_a_template_hook)
{
    auto handler = generic_handler{};
    static_cast<void>(testing::run(std::ref(handler), {{{}, "1"}}));
    BOOST_TEST(handler.count == 1);
}

BOOST_AUTO_TEST_CASE(a_hook_that_does_not_end_by_the_deadline_is_named_in_time)
{
    auto const says = [](std::runtime_error const& error)
    { return std::string_view{error.what()} == "paperboy::testing::run: a hook did not complete within 50 ms"; };
    BOOST_CHECK_EXCEPTION(static_cast<void>(testing::run(hanging_handler{}, {{{}, "1"}}, {"test", 0}, 50ms)),
                          std::runtime_error, says);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::handlers_test
