// Counts what the heap is asked for, in a program of its own because operator new is the whole program's.

#include "support/manual_allocations.hpp"
#include "support/manual_hooks.hpp"
#include "testing/memory_block.hpp"

#include <paperboy/testing.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <vector>

namespace paperboy
{
namespace
{

class no_failures final : public detail::failure_sink
{
public:
    error_action::kind hook_failed(hook, std::exception_ptr const&, record_view const&,
                                   error_action const& action) noexcept override
    {
        ++count;
        return action.what();
    }
    int count = 0;
};

struct context
{
    std::uint64_t sum = 0;
};

struct plain_handler
{
    using key_serde = detail::no_serde;
    using value_serde = detail::no_serde;

    std::uint64_t bytes = 0;
    void on_message(record_view const& record) { bytes += record.value().size(); }
};

struct awaitable_handler
{
    using key_serde = detail::no_serde;
    using value_serde = detail::no_serde;

    std::uint64_t bytes = 0;
    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        bytes += record.value().size();
        co_return;
    }
};

struct text_handler
{
    using key_serde = text;
    using value_serde = text;

    std::uint64_t bytes = 0;
    void on_message(record<std::string_view, std::string_view> const& record)
    {
        bytes += record.value().size() + record.key().value_or("").size();
    }
};

struct every_plain_hook
{
    using key_serde = text;
    using value_serde = text;

    std::uint64_t bytes = 0;
    context define_context(record_view const&) { return {}; }
    void did_receive_message(record_view&, context&) {}
    void on_message(record<std::string_view, std::string_view> const& record, context& shared)
    {
        shared.sum += record.value().size();
    }
    error_action on_error(std::exception_ptr, record_view const&, context*) { return error_action::fail; }
    void on_finished_handling(record_view const&, context& shared, outcome) { bytes += shared.sum; }
};

struct every_awaitable_hook
{
    using key_serde = text;
    using value_serde = text;

    std::uint64_t bytes = 0;
    boost::asio::awaitable<context> define_context(record_view const&) { co_return context{}; }
    boost::asio::awaitable<void> did_receive_message(record_view&, context&) { co_return; }
    boost::asio::awaitable<void> on_message(record<std::string_view, std::string_view> const& record, context& shared)
    {
        co_await test::turn();
        shared.sum += record.value().size();
    }
    boost::asio::awaitable<error_action> on_error(std::exception_ptr, record_view const&, context*)
    {
        co_return error_action::fail;
    }
    boost::asio::awaitable<void> on_finished_handling(record_view const&, context& shared, outcome)
    {
        bytes += shared.sum;
        co_return;
    }
};

using handlers =
    boost::mpl::list<plain_handler, awaitable_handler, text_handler, every_plain_hook, every_awaitable_hook>;

void run_to_its_end(detail::batch_handler& adapter, detail::batch_run& run)
{
    if (!adapter.asynchronous())
    {
        static_cast<void>(adapter.run(run));
        return;
    }
    auto io = boost::asio::io_context{};
    boost::asio::co_spawn(io, adapter.run_async(run), [](std::exception_ptr const&, detail::batch_end) {});
    io.run();
}

// How often the heap was asked while a batch of `records` went through the handler.
template <class Handler>
std::uint64_t allocations_of(std::size_t records)
{
    auto handler = Handler{};
    auto const adapter =
        detail::make_handler_factory(std::ref(handler), typename Handler::key_serde{}, typename Handler::value_serde{})
            ->make({"test", 0});
    auto const block = testing::memory_block::make(
        std::vector<testing::test_record>(records, testing::test_record{"key", "value"}), {"test", 0});
    auto position = std::atomic<std::int64_t>{-1};
    auto const stop = std::atomic<bool>{false};
    auto sink = no_failures{};
    auto run = detail::batch_run{*block, block->messages(), position, stop, sink};
    auto const before = test::allocations();
    run_to_its_end(*adapter, run);
    auto const after = test::allocations();
    BOOST_TEST(run.unfinished() == 0U);
    BOOST_TEST(sink.count == 0);
    BOOST_TEST(handler.bytes >= 5 * records);
    return after - before;
}

} // namespace

BOOST_AUTO_TEST_SUITE(allocations_suite)

BOOST_AUTO_TEST_CASE(allocations_are_counted)
{
    auto const before = test::allocations();
    auto const something = std::vector<int>(100);
    BOOST_TEST(something.size() == 100U);
    BOOST_TEST(test::allocations() > before);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_record_costs_no_allocation, Handler, handlers)
{
    static_cast<void>(allocations_of<Handler>(100));
    auto const few = allocations_of<Handler>(100);
    auto const many = allocations_of<Handler>(10'100);
    BOOST_TEST(few == many);
    BOOST_TEST(many < 50U);
}

BOOST_AUTO_TEST_CASE(plain_hooks_need_no_heap_at_all)
{
    BOOST_TEST(allocations_of<plain_handler>(10'000) == 0U);
    BOOST_TEST(allocations_of<text_handler>(10'000) == 0U);
    BOOST_TEST(allocations_of<every_plain_hook>(10'000) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy
