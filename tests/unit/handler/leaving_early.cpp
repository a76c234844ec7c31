// What an adapter does when it is told to leave in the middle of a batch.

#include "support/manual_hooks.hpp"
#include "testing/memory_block.hpp"

#include <paperboy/testing.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>

namespace paperboy::leaving_early_test
{
namespace
{

using detail::batch_end;
using test::journal;
using testing::memory_block;

// A batch of five records and everything around it.
class batch final : public detail::failure_sink
{
public:
    error_action::kind hook_failed(hook where, std::exception_ptr const&, record_view const&,
                                   error_action const& action) noexcept override
    {
        failures.emplace_back(to_string(where));
        return action.what();
    }

    std::atomic<std::int64_t> position{-1};
    std::atomic<bool> stop{false};
    journal failures;
    detail::block_holder block =
        memory_block::make(std::vector<testing::test_record>(5, testing::test_record{"k", "v"}), {"test", 0});
    detail::batch_run run{*block, block->messages(), position, stop, *this};
};

template <class Handler>
batch_end finish(batch& over, Handler& handler)
{
    auto const adapter =
        detail::make_handler_factory(std::ref(handler), detail::no_serde{}, detail::no_serde{})->make({"test", 0});
    if (!adapter->asynchronous())
        return adapter->run(over.run);
    auto context = boost::asio::io_context{};
    auto end = batch_end::left;
    boost::asio::co_spawn(context, adapter->run_async(over.run),
                          [&](std::exception_ptr const& error, batch_end how)
                          {
                              BOOST_TEST(!error);
                              end = how;
                          });
    context.run();
    return end;
}

// Every hook is awaitable; `interrupts` runs inside the hook named, on the record at offset 2.
struct interruptible
{
    hook at;
    std::function<void()> interrupts;
    journal calls = {};

    boost::asio::awaitable<void> enter(hook where, std::int64_t offset)
    {
        co_await test::turn();
        calls.push_back(std::string{to_string(where)} + " " + std::to_string(offset));
        if (where == at && offset == 2)
            interrupts();
    }

    boost::asio::awaitable<int> define_context(record_view const& record)
    {
        co_await enter(hook::define_context, record.offset());
        co_return 0;
    }
    boost::asio::awaitable<void> did_receive_message(record_view& record)
    {
        return enter(hook::did_receive_message, record.offset());
    }
    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        return enter(hook::on_message, record.offset());
    }
    boost::asio::awaitable<error_action> on_error(std::exception_ptr, record_view const& record)
    {
        co_await enter(hook::on_error, record.offset());
        co_return error_action::skip;
    }
    boost::asio::awaitable<void> on_finished_handling(record_view const& record)
    {
        return enter(hook::on_finished_handling, record.offset());
    }
};

constexpr auto hooks_in_order = {hook::define_context, hook::did_receive_message, hook::on_message,
                                 hook::on_finished_handling};

[[noreturn]] void throw_aborted()
{
    throw boost::system::system_error{boost::asio::error::operation_aborted};
}

} // namespace

BOOST_AUTO_TEST_SUITE(leaving_early_suite)

BOOST_AUTO_TEST_CASE(a_stop_lets_the_record_in_its_hooks_finish)
{
    for (auto const where : hooks_in_order)
        BOOST_TEST_CONTEXT("stopped in " << to_string(where))
        {
            auto over = batch{};
            auto handler = interruptible{where, [&] { over.stop = true; }};
            BOOST_TEST((finish(over, handler) == batch_end::left));
            BOOST_TEST(over.position.load() == 3);
            BOOST_TEST(over.run.unfinished() == 2U);
            BOOST_TEST(handler.calls.back() == "on_finished_handling 2");
            BOOST_TEST(over.failures.empty());
        }
}

BOOST_AUTO_TEST_CASE(a_stop_is_seen_between_plain_hooks)
{
    struct stopping
    {
        std::atomic<bool>& stop;
        void on_message(record_view const& record) { stop = record.offset() == 2; }
    };
    auto over = batch{};
    auto handler = stopping{over.stop};
    BOOST_TEST((finish(over, handler) == batch_end::left));
    BOOST_TEST(over.position.load() == 3);
    BOOST_TEST(over.run.unfinished() == 2U);
}

BOOST_AUTO_TEST_CASE(a_stop_before_the_first_record_calls_nothing)
{
    auto over = batch{};
    over.stop = true;
    auto handler = interruptible{hook::on_message, [] {}};
    BOOST_TEST((finish(over, handler) == batch_end::left));
    BOOST_TEST(handler.calls.empty());
    BOOST_TEST(over.position.load() == -1);
}

BOOST_AUTO_TEST_CASE(a_cancelled_hook_is_neither_failed_nor_finished)
{
    for (auto const where : hooks_in_order)
        BOOST_TEST_CONTEXT("cancelled in " << to_string(where))
        {
            auto over = batch{};
            auto handler = interruptible{where, [&]
                                         {
                                             over.run.cancel();
                                             throw_aborted();
                                         }};
            BOOST_TEST((finish(over, handler) == batch_end::cancelled));
            BOOST_TEST(over.position.load() == 2);
            BOOST_TEST(over.run.unfinished() == 3U);
            BOOST_TEST(handler.calls.back() == std::string{to_string(where)} + " 2");
            BOOST_TEST(over.failures.empty());
        }
}

BOOST_AUTO_TEST_CASE(a_cancellation_that_a_hook_swallows_counts_all_the_same)
{
    auto over = batch{};
    auto handler = interruptible{hook::on_message, [&] { over.run.cancel(); }};
    BOOST_TEST((finish(over, handler) == batch_end::cancelled));
    BOOST_TEST(over.position.load() == 2);
    BOOST_TEST(handler.calls.back() == "on_message 2");
}

BOOST_AUTO_TEST_CASE(an_aborted_operation_of_a_handlers_own_is_a_failure)
{
    auto over = batch{};
    auto handler = interruptible{hook::on_message, [] { throw_aborted(); }};
    BOOST_TEST((finish(over, handler) == batch_end::left));
    BOOST_TEST(over.failures == journal{"on_message"}, boost::test_tools::per_element());
    BOOST_TEST(over.position.load() == 5);
}

BOOST_AUTO_TEST_CASE(a_cancellation_in_on_error_leaves_the_record_unfinished)
{
    struct failing : interruptible
    {
        boost::asio::awaitable<void> on_message(record_view const& record)
        {
            co_await test::turn();
            if (record.offset() == 2)
                throw std::runtime_error{"no"};
        }
    };
    auto over = batch{};
    auto handler = failing{{hook::on_error, [&]
                            {
                                over.run.cancel();
                                throw_aborted();
                            }}};
    BOOST_TEST((finish(over, handler) == batch_end::cancelled));
    BOOST_TEST(over.position.load() == 2);
    BOOST_TEST(over.failures.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::leaving_early_test
