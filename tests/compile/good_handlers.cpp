// The same kind of code as in misuse/, without the misuse.

#include <paperboy/paperboy.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <span>

struct simple
{
    void on_message(paperboy::record_view const&) {}
};

struct complete
{
    boost::asio::awaitable<int> define_context(paperboy::record_view const&) { co_return 0; }
    void did_receive_message(paperboy::record<std::string_view, std::int64_t>&, int&) {}
    boost::asio::awaitable<void> on_message(paperboy::record<std::string_view, std::int64_t> const&, int&)
    {
        co_return;
    }
    void on_tombstone(paperboy::keyed_record<std::string_view> const&, int&) {}
    paperboy::error_action on_error(std::exception_ptr, paperboy::record_view const&, int*)
    {
        return paperboy::error_action::skip;
    }
    void on_finished_handling(int&, paperboy::outcome) {}
};

// Hooks that are templates, in classes that nothing can be derived from to look for their names.
struct single_by_template final
{
    template <class Record>
    void on_message(Record const&)
    {
    }
    void on_bulk(std::span<paperboy::record_view const>) {}
};

struct bulk_by_template final
{
    void on_message(paperboy::record_view const&) {}
    template <class Record>
    void on_bulk(std::span<Record const>)
    {
    }
    paperboy::error_action on_bulk_error(std::exception_ptr const&) { return paperboy::error_action::skip; }
};

void use(boost::asio::io_context& context, complete& mine)
{
    auto engine = paperboy::engine{context, {.bootstrap_servers = "localhost:9092", .group_id = "billing"}};
    engine.handle("a", simple{})
        .handle("b", paperboy::text{}, paperboy::integer<std::int64_t>{}, std::ref(mine))
        .handle("^c", paperboy::bytes{}, paperboy::per_partition{[] { return simple{}; }})
        .handle("d", single_by_template{})
        .handle("e", bulk_by_template{});
    engine.async_run(boost::asio::detached);
}
