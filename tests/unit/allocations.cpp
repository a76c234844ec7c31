// Counts what the heap is asked for, in a program of its own because operator new is the whole program's.

#include "pipeline/slim_executor.hpp"
#include "serde/avro_datum_schema.hpp"
#include "serde/avro_plan.hpp"
#include "serde/avro_schema_text.hpp"
#include "serde/avro_write.hpp"
#include "support/manual_allocations.hpp"
#include "support/manual_hooks.hpp"
#include "testing/memory_block.hpp"

#include <paperboy/avro_datum.hpp>
#include <paperboy/json.hpp>
#include <paperboy/json_document.hpp>
#include <paperboy/msgpack.hpp>
#include <paperboy/testing.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/describe/class.hpp>
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <span>
#include <string>
#include <vector>

namespace paperboy::allocations_test
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

struct page_view
{
    std::string_view page;
    std::uint64_t visitor = 0;
    std::optional<double> price;
};
BOOST_DESCRIBE_STRUCT(page_view, (), (page, visitor, price))

struct json_handler
{
    using key_serde = text;
    using value_serde = json<page_view>;

    std::uint64_t bytes = 0;
    void on_message(record<std::string_view, page_view> const& record)
    {
        bytes += record.value().page.size() + record.value().visitor;
    }
};

struct msgpack_handler
{
    using key_serde = text;
    using value_serde = msgpack<page_view>;

    std::uint64_t bytes = 0;
    void on_message(record<std::string_view, page_view> const& record)
    {
        bytes += record.value().page.size() + record.value().visitor;
    }
};

struct document_handler
{
    using key_serde = text;
    using value_serde = json_document;

    std::uint64_t bytes = 0;
    void on_message(record<std::string_view, json_view> const& record)
    {
        bytes += std::string_view{record.value()["page"]}.size();
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

struct raw_bulk_handler : plain_handler
{
    void on_bulk(std::span<record_view const> bulk)
    {
        for (auto const& each : bulk)
            bytes += each.value().size();
    }
};

using handlers =
    boost::mpl::list<plain_handler, awaitable_handler, text_handler, every_plain_hook, every_awaitable_hook>;

using json_handlers = boost::mpl::list<json_handler, document_handler>;

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
std::uint64_t allocations_of(std::size_t records, std::string const& value = "value")
{
    auto handler = Handler{};
    auto const adapter =
        detail::make_handler_factory(std::ref(handler), typename Handler::key_serde{}, typename Handler::value_serde{})
            ->make({"test", 0});
    auto const block = testing::memory_block::make(
        std::vector<testing::test_record>(records, testing::test_record{"key", value}), {"test", 0});
    auto position = std::atomic<std::int64_t>{-1};
    auto const stop = std::atomic<bool>{false};
    auto sink = no_failures{};
    auto run = detail::batch_run{*block, block->messages(), position, stop, sink};
    auto const before = test::allocations();
    run_to_its_end(*adapter, run);
    auto const after = test::allocations();
    BOOST_TEST(run.unfinished() == 0U);
    BOOST_TEST(sink.count == 0);
    BOOST_TEST(handler.bytes >= records);
    return after - before;
}

// The same for one bulk.
template <class Handler>
std::uint64_t allocations_of_bulk(std::size_t records)
{
    auto handler = Handler{};
    auto const adapter =
        detail::make_handler_factory(std::ref(handler), detail::no_serde{}, detail::no_serde{})->make({"test", 0});
    auto const block = testing::memory_block::make(
        std::vector<testing::test_record>(records, testing::test_record{"key", "value"}), {"test", 0});
    auto views = std::vector<record_view>{};
    for (auto const* const each : block->messages())
        views.emplace_back(*block, *each);
    auto position = std::atomic<std::int64_t>{-1};
    auto sink = no_failures{};
    auto run = detail::bulk_run{views, position, sink};
    auto io = boost::asio::io_context{};
    auto const before = test::allocations();
    boost::asio::co_spawn(io, adapter->run_bulk(run), [](std::exception_ptr const&, detail::batch_end) {});
    io.run();
    auto const after = test::allocations();
    BOOST_TEST(handler.bytes == 5 * records);
    return after - before;
}

// What a coroutine on this strand asks of the heap for so many turns.
template <class Strand>
std::uint64_t allocations_of_turns(Strand on, int turns, boost::asio::io_context& io)
{
    auto const before = test::allocations();
    boost::asio::co_spawn(
        on,
        [](int left) -> boost::asio::awaitable<void>
        {
            while (left-- > 0)
                co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
        }(turns),
        boost::asio::detached);
    io.restart();
    io.run();
    return test::allocations() - before;
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

BOOST_AUTO_TEST_CASE(a_record_of_a_raw_bulk_costs_no_allocation)
{
    static_cast<void>(allocations_of_bulk<raw_bulk_handler>(100));
    auto const few = allocations_of_bulk<raw_bulk_handler>(100);
    BOOST_TEST(few == allocations_of_bulk<raw_bulk_handler>(10'100));
    BOOST_TEST(few <= 8U);
}

// Between two blocks a pipeline lets other work of the executor run: once per thousand records.
BOOST_AUTO_TEST_CASE(a_turn_on_a_pipelines_strand_costs_no_allocation)
{
    auto io = boost::asio::io_context{1};
    auto const target = boost::asio::any_io_executor{io.get_executor()};
    auto const slim = pipeline::slim_strand{pipeline::slim_executor{target}};
    static_cast<void>(allocations_of_turns(slim, 1000, io));
    BOOST_TEST(allocations_of_turns(slim, 100, io) == allocations_of_turns(slim, 10'100, io));
    auto const plain = boost::asio::strand<boost::asio::any_io_executor>{target};
    BOOST_TEST(allocations_of_turns(plain, 10'100, io) >= 10'000U);
}

// The first record makes the parser, the texts with escapes their memory, a text at the end of a page room for a copy.
BOOST_AUTO_TEST_CASE_TEMPLATE(json_costs_no_allocation_per_record, Handler, json_handlers)
{
    for (std::string const value :
         {R"({"page":"/","visitor":7,"price":1.5,"x":["y"]})", R"({"page":"\/\u0041","visitor":7})"})
    {
        static_cast<void>(allocations_of<Handler>(100, value));
        BOOST_TEST(allocations_of<Handler>(10'000, value) < 20U);
    }
}

BOOST_AUTO_TEST_CASE(messagepack_costs_no_allocation_at_all)
{
    auto value = std::string{};
    msgpack<page_view>{}.encode({"a text too long for a small string to hold it in place", 7, 1.5}, value);
    BOOST_TEST(allocations_of<msgpack_handler>(10'000, value) == 0U);
}

// What avro<T> does for each record once it has the schema.
BOOST_AUTO_TEST_CASE(avro_costs_no_allocation_per_record)
{
    auto const& type = detail::avro_type_of<page_view>();
    auto const tree = serde::avro_schema{serde::schema_text(type)};
    auto const value = page_view{"a text too long for a small string to hold it in place", 7, 1.5};
    auto data = std::string{};
    serde::avro_writer{tree, type}.write(&value, data);
    auto const body = std::as_bytes(std::span{data});
    auto const plan = serde::compile(tree, type);
    auto const schema = std::make_shared<detail::avro_datum_schema const>(tree, nullptr);
    auto typed = page_view{};
    auto generic = avro_datum{};
    generic.assign(schema, body, 64, 1'000);
    auto const before = test::allocations();
    for (auto i = 0; i < 1'000; ++i)
        serde::run(plan, body, &typed, {});
    BOOST_TEST(test::allocations() == before);
    BOOST_TEST(typed.page == value.page);
    // Its errors name places, so the generic reader keeps one.
    for (auto i = 0; i < 1'000; ++i)
        generic.assign(schema, body, 64, 1'000);
    BOOST_TEST(test::allocations() - before <= 1'000U);
    BOOST_TEST(generic["page"].text() == value.page);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::allocations_test
