// Whatever a hook throws, whichever hook it is, ends the run cleanly, and its record is handled again.

#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <array>
#include <list>
#include <memory>
#include <new>
#include <optional>
#include <ostream>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace paperboy
{

// For Boost.Test's datasets.
static std::ostream& operator<<(std::ostream& to, hook which)
{
    return to << to_string(which);
}

} // namespace paperboy

namespace paperboy::exceptions_test
{

namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::collecting_handler;
using test::mock_fixture;
using test::outcome_of_run;
using test::seen_records;

enum class thrown
{
    exception,
    something_else,
    bad_alloc,
};

std::ostream& operator<<(std::ostream& to, thrown what)
{
    return to << (what == thrown::exception ? "exception" : what == thrown::bad_alloc ? "bad_alloc" : "something else");
}

constexpr auto kinds = std::array{thrown::exception, thrown::something_else, thrown::bad_alloc};
constexpr auto single_hooks =
    std::array{hook::define_context, hook::did_receive_message, hook::on_message, hook::on_tombstone,
               hook::on_error,       hook::on_finished_handling};
constexpr auto serdes = std::array{hook::decode_key, hook::decode_value};
constexpr auto bulk_hooks =
    std::array{hook::define_context, hook::did_receive_bulk_messages, hook::on_bulk, hook::on_error,
               hook::on_bulk_error,  hook::on_finished_handling};

// Throws out of one of its hooks, once it is given the record with this offset.
constexpr std::int64_t bad_offset = 3;

struct fault
{
    hook where;
    thrown what;

    void at(hook here, std::int64_t offset) const
    {
        if (here != where || offset != bad_offset)
            return;
        switch (what)
        {
        case thrown::exception:
            throw std::runtime_error{"broken"};
        case thrown::something_else:
            throw 42;
        case thrown::bad_alloc:
            throw std::bad_alloc{};
        }
    }
};

struct context
{
};

struct breaking_handler
{
    fault how;
    seen_records& seen;

    context define_context(record_view const& record)
    {
        how.at(hook::define_context, record.offset());
        return {};
    }
    void did_receive_message(record_view& record, context&) { how.at(hook::did_receive_message, record.offset()); }
    void on_message(record_view const& record, context&)
    {
        how.at(hook::on_message, record.offset());
        if (how.where == hook::on_error && record.offset() == bad_offset)
            throw std::runtime_error{"first"};
        collecting_handler{seen}.on_message(record);
    }
    void on_tombstone(record_view const& record, context&)
    {
        how.at(hook::on_tombstone, record.offset());
        collecting_handler{seen}.on_message(record);
    }
    error_action on_error(std::exception_ptr, record_view const& record)
    {
        how.at(hook::on_error, record.offset());
        return error_action::fail;
    }
    void on_finished_handling(record_view const& record, context&)
    {
        how.at(hook::on_finished_handling, record.offset());
    }
};

// The same with hooks that have already waited.
struct breaking_awaitable_handler
{
    fault how;
    seen_records& seen;

    static asio::awaitable<void> wait()
    {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    }
    asio::awaitable<context> define_context(record_view const& record)
    {
        co_await wait();
        how.at(hook::define_context, record.offset());
        co_return context{};
    }
    asio::awaitable<void> did_receive_message(record_view& record, context&)
    {
        co_await wait();
        how.at(hook::did_receive_message, record.offset());
    }
    asio::awaitable<void> on_message(record_view const& record, context& shared)
    {
        co_await wait();
        breaking_handler{how, seen}.on_message(record, shared);
    }
    asio::awaitable<void> on_tombstone(record_view const& record, context& shared)
    {
        co_await wait();
        breaking_handler{how, seen}.on_tombstone(record, shared);
    }
    asio::awaitable<error_action> on_error(std::exception_ptr error, record_view const& record)
    {
        co_await wait();
        co_return breaking_handler{how, seen}.on_error(error, record);
    }
    asio::awaitable<void> on_finished_handling(record_view const& record, context&)
    {
        co_await wait();
        how.at(hook::on_finished_handling, record.offset());
    }
};

// Keys and values are the records' offsets.
struct breaking_text : text
{
    fault how;
    hook here;

    breaking_text(fault which, hook self) : how{which}, here{self} {}

    void decode(bytes_view data, std::string_view& out) const
    {
        text::decode(data, out);
        how.at(here, std::stoll(std::string{out}));
    }
};

struct decoding_handler
{
    fault how;
    seen_records& seen;

    void on_message(record<std::string_view, std::string_view> const& record)
    {
        collecting_handler{seen}.on_message(record);
    }
};

struct breaking_bulk_handler
{
    fault how;
    seen_records& seen;

    context define_context()
    {
        how.at(hook::define_context, bad_offset);
        return {};
    }
    void did_receive_bulk_messages(std::vector<record_view>&, context&)
    {
        how.at(hook::did_receive_bulk_messages, bad_offset);
    }
    void on_bulk(std::span<record_view const> bulk, context&)
    {
        how.at(hook::on_bulk, bad_offset);
        if (how.where == hook::on_bulk_error)
            throw std::runtime_error{"first"};
        if (how.where == hook::on_error)
            throw bulk_error{0, "first"};
        for (auto const& each : bulk)
            collecting_handler{seen}.on_message(each);
    }
    error_action on_bulk_error(std::exception_ptr)
    {
        how.at(hook::on_bulk_error, bad_offset);
        return error_action::fail;
    }
    error_action on_error(std::exception_ptr)
    {
        how.at(hook::on_error, bad_offset);
        return error_action::fail;
    }
    void on_message(record_view const& record) { collecting_handler{seen}.on_message(record); }
    void on_finished_handling(context&) { how.at(hook::on_finished_handling, bad_offset); }
};

// The same with hooks that have already waited.
struct breaking_awaitable_bulk_handler
{
    fault how;
    seen_records& seen;

    static asio::awaitable<void> wait() { return breaking_awaitable_handler::wait(); }
    [[nodiscard]] breaking_bulk_handler plain() const { return {how, seen}; }

    asio::awaitable<context> define_context()
    {
        co_await wait();
        co_return plain().define_context();
    }
    asio::awaitable<void> did_receive_bulk_messages(std::vector<record_view>& bulk, context& shared)
    {
        co_await wait();
        plain().did_receive_bulk_messages(bulk, shared);
    }
    asio::awaitable<void> on_bulk(std::span<record_view const> bulk, context& shared)
    {
        co_await wait();
        plain().on_bulk(bulk, shared);
    }
    asio::awaitable<error_action> on_bulk_error(std::exception_ptr error)
    {
        co_await wait();
        co_return plain().on_bulk_error(error);
    }
    asio::awaitable<error_action> on_error(std::exception_ptr error)
    {
        co_await wait();
        co_return plain().on_error(error);
    }
    void on_message(record_view const& record) { plain().on_message(record); }
    asio::awaitable<void> on_finished_handling(context& shared)
    {
        co_await wait();
        plain().on_finished_handling(shared);
    }
};

struct decoding_bulk_handler : decoding_handler
{
    void on_bulk(std::span<record<std::string_view, std::string_view> const> bulk)
    {
        for (auto const& each : bulk)
            on_message(each);
    }
};

struct working_handler : collecting_handler
{
    void on_tombstone(record_view const& record) { on_message(record); }
};

class any_trial
{
public:
    any_trial() = default;
    any_trial(any_trial const&) = delete;
    any_trial& operator=(any_trial const&) = delete;
    virtual ~any_trial() = default;

    virtual void break_and_start_again() = 0;
    virtual void finish() = 0;
};

// One hook that throws, in a topic and a group of its own.
template <class Handler>
class trial final : public any_trial, mock_fixture
{
public:
    // Ten records, the one with the bad offset a tombstone if that is what the hook is for.
    trial(fault how, handler_options options) : how_{how}
    {
        for (auto number = 0; number < count; ++number)
        {
            auto record = mock_cluster::outgoing{};
            auto const text = std::to_string(number);
            record.partition = 0;
            record.key = text;
            if (how.where != hook::on_tombstone || number != bad_offset)
                record.value = text;
            cluster.produce(topic, record);
        }
        cluster.flush();
        engine_.emplace(io.context(), this->settings());
        if constexpr (std::is_base_of_v<decoding_handler, Handler>)
            engine_->handle(topic, breaking_text{how_, hook::decode_key}, breaking_text{how_, hook::decode_value},
                            Handler{how_, seen_}, options);
        else
            engine_->handle(topic, Handler{how_, seen_}, options);
        run_ = outcome_of_run::start(*engine_);
    }

    // The run ends with the handler's failure; a second one starts, with a handler that works.
    void break_and_start_again() override
    {
        BOOST_TEST_CONTEXT(how_.where << " throws " << how_.what)
        {
            BOOST_TEST(run_->get() == make_error_code(errc::handler_failed));
            auto const why = engine_->last_failure();
            BOOST_TEST((why.cause != nullptr));
            BOOST_TEST(why.text.find(topic + "[0]") != std::string::npos, why.text);
            BOOST_TEST((watcher->seen.get().committed()[topic_partition{topic, 0}]) <= bad_offset);
            engine_.emplace(io.context(), this->settings());
            engine_->handle(topic, working_handler{{seen_}});
            run_ = outcome_of_run::start(*engine_);
        }
    }

    // It takes up where the first one was.
    void finish() override
    {
        BOOST_TEST_CONTEXT(how_.where << " throws " << how_.what)
        {
            BOOST_TEST(seen_.wait_until(
                [](auto const& all)
                {
                    auto different = std::set<std::int64_t>{};
                    for (auto const& each : all)
                        different.insert(each.offset);
                    return different.size() == std::size_t{count};
                }));
            engine_->stop();
            BOOST_TEST(run_->get() == error_code{});
        }
    }

private:
    static constexpr int count = 10;
    fault how_;
    seen_records seen_;
    std::optional<engine> engine_;
    std::optional<outcome_of_run> run_;
};

using trials = std::list<std::unique_ptr<any_trial>>;

template <class Handler>
void begin(trials& all, std::span<hook const> hooks, thrown what, handler_options const& options = {})
{
    for (auto const where : hooks)
        all.push_back(std::make_unique<trial<Handler>>(fault{where, what}, options));
}

} // namespace

BOOST_AUTO_TEST_SUITE(exceptions_suite)

// All hooks at the same time: most of it is the group's waiting for members.
BOOST_DATA_TEST_CASE(out_of_any_hook, kinds, what)
{
    auto const bulk = handler_options{.mode = mode_policy{.mode = handling_mode::bulk}};
    auto all = trials{};
    begin<breaking_handler>(all, single_hooks, what);
    begin<breaking_awaitable_handler>(all, single_hooks, what);
    begin<breaking_awaitable_handler>(all, single_hooks, what, {.ordering = ordering::key, .max_concurrency = 4});
    begin<decoding_handler>(all, serdes, what);
    begin<breaking_bulk_handler>(all, bulk_hooks, what, bulk);
    begin<breaking_awaitable_bulk_handler>(all, bulk_hooks, what, bulk);
    begin<decoding_bulk_handler>(all, serdes, what, bulk);
    for (auto const& each : all)
        each->break_and_start_again();
    for (auto const& each : all)
        each->finish();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::exceptions_test
