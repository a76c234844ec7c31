#include "latency/ages.hpp"
#include "latency/modes.hpp"

#include <paperboy/engine.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <stdexcept>

namespace paperboy::bench
{
namespace
{

namespace asio = boost::asio;

struct arrivals
{
    ages of_records;
    engine* running = nullptr;

    void add(record_view const& record)
    {
        if (of_records.add(record.value()))
            running->stop();
    }
};

struct void_handler
{
    arrivals& arrived;

    void on_message(record_view const& record) { arrived.add(record); }
};

struct awaitable_handler
{
    arrivals& arrived;

    asio::awaitable<void> on_message(record_view const& record)
    {
        arrived.add(record);
        co_return;
    }
};

template <class Handler>
int time_arrivals(arguments const& given)
{
    auto context = asio::io_context{1};
    auto settings = config{};
    settings.bootstrap_servers = given.at(0);
    settings.group_id = "paperboy-latency-" + std::to_string(system_nanoseconds());
    settings.auto_offset_reset = offset_reset::latest;
    settings.log = logger{log_level::warning};
    auto consumer = engine{context, settings};
    auto arrived = arrivals{ages{std::stoul(given.at(2)), std::stoul(given.at(3))}, &consumer};
    consumer.handle(given.at(1), Handler{arrived});
    auto result = error_code{};
    consumer.async_run([&](error_code error) { result = error; });
    context.run();
    if (result)
        throw std::runtime_error{result.message() + ": " + consumer.last_failure().text};
    arrived.of_records.print();
    return 0;
}

} // namespace

int time_void(arguments const& given)
{
    return time_arrivals<void_handler>(given);
}

int time_awaitable(arguments const& given)
{
    return time_arrivals<awaitable_handler>(given);
}

} // namespace paperboy::bench
