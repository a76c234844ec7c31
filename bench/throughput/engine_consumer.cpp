#include "throughput/consumers.hpp"
#include "throughput/packed_samples.hpp"
#include "throughput/page_view.hpp"
#include "throughput/partition_tally.hpp"
#include "throughput/scrape.hpp"

#include "serde/avro_plan.hpp"

#include <paperboy/engine.hpp>
#include <paperboy/json.hpp>
#include <paperboy/msgpack.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace paperboy::bench
{
namespace
{

namespace asio = boost::asio;

// Touches the values of one partition.
class partition_reader
{
public:
    partition_reader(run_state& shared, options const& from, topic_partition const& where)
        : tally_{shared, from.partition_sizes.at(static_cast<std::size_t>(where.partition))}, work_{from.work}
    {
    }

    void touch(record_view const& record, std::uint64_t decoded = 0)
    {
        auto const value = record.value();
        auto const checksum = value.size() + static_cast<unsigned char>(value.front()) + decoded;
        if (work_.count() > 0)
            work_for(work_);
        tally_.add(record.offset(), checksum);
    }

private:
    partition_tally tally_;
    std::chrono::nanoseconds work_;
};

struct void_handler : partition_reader
{
    using partition_reader::partition_reader;

    void on_message(record_view const& record) { touch(record); }
};

struct awaitable_handler : partition_reader
{
    using partition_reader::partition_reader;

    asio::awaitable<void> on_message(record_view const& record)
    {
        touch(record);
        co_return;
    }
};

struct bulk_handler : void_handler
{
    using void_handler::void_handler;

    void on_bulk(std::span<record_view const> records)
    {
        for (auto const& each : records)
            touch(each);
    }
};

struct stalled_handler : partition_reader
{
    using partition_reader::partition_reader;

    void on_message(record_view const& record)
    {
        if (record.offset() == 0)
            std::this_thread::sleep_for(std::chrono::seconds{3});
        touch(record);
    }
};

struct typed_handler : partition_reader
{
    using partition_reader::partition_reader;

    void on_message(record<page_view> const& record)
    {
        seen_ = seen_ + record.value().sum();
        touch(record);
    }

private:
    std::uint64_t volatile seen_ = 0;
};

struct packed_handler : partition_reader
{
    using partition_reader::partition_reader;

    void on_message(record<page_view> const& record) { touch(record, record.value().sum()); }
};

// Avro by one schema, with no id in front and so without a registry: what is measured is the plan.
class plain_avro
{
public:
    using value_type = page_view;

    void decode(bytes_view data, page_view& out) const { serde::run(plan_, data, &out, {}); }

private:
    serde::avro_plan plan_ = serde::compile(serde::avro_schema{avro_page_schema()}, detail::avro_type_of<page_view>());
};

void run(asio::io_context& context, int threads)
{
    auto others = std::vector<std::jthread>{};
    for (auto i = 1; i < threads; ++i)
        others.emplace_back([&context] { context.run(); });
    context.run();
}

// Resumes the engine when so many records wait.
asio::awaitable<void> resume_with(engine& paused, std::int64_t records)
{
    auto timer = asio::steady_timer{co_await asio::this_coro::executor};
    auto const waiting = [&]
    {
        auto count = std::size_t{0};
        for (auto const& each : paused.stats().partitions)
            count += each.prefetched;
        return static_cast<std::int64_t>(count);
    };
    while (waiting() < records)
    {
        timer.expires_after(std::chrono::milliseconds{10});
        co_await timer.async_wait(asio::use_awaitable);
    }
    paused.resume();
}

// What is done beside consuming.
enum class extra
{
    nothing,
    // Paused until all records wait.
    paused,
    // /metrics is asked for once a second.
    scraped,
};

class scraper
{
public:
    scraper(asio::io_context& context, engine const& watched) : timer_{context}, scrape_{scrape_of(watched)} { wait(); }

    void stop() { timer_.cancel(); }

private:
    void wait()
    {
        timer_.expires_after(std::chrono::seconds{1});
        timer_.async_wait(
            [this](error_code error)
            {
                if (error)
                    return;
                seen_ = seen_ + scrape_().size();
                wait();
            });
    }

    asio::steady_timer timer_;
    std::function<std::string()> scrape_;
    std::size_t volatile seen_ = 0;
};

template <class Handler, class... Serde>
measurement consume(options const& from, config const& settings, extra with, Serde... serdes)
{
    auto context = asio::io_context{from.threads};
    auto consumer = engine{context, settings};
    auto shared = run_state{progress{from.total()}, &consumer};
    consumer.handle(from.topic, serdes...,
                    per_partition([&](topic_partition const& where) { return Handler{shared, from, where}; }));
    auto result = error_code{};
    auto scraping = std::optional<scraper>{};
    if (with == extra::scraped)
        scraping.emplace(context, consumer);
    if (with == extra::paused)
    {
        consumer.pause();
        asio::co_spawn(context, resume_with(consumer, static_cast<std::int64_t>(from.total())), asio::detached);
    }
    consumer.async_run(
        [&](error_code error)
        {
            result = error;
            if (scraping)
                scraping->stop();
        });
    run(context, from.threads);
    if (result)
        throw std::runtime_error{result.message() + ": " + consumer.last_failure().text};
    return shared.counted.result();
}

} // namespace

measurement consume_void(options const& from)
{
    return consume<void_handler>(from, engine_settings(from), extra::nothing);
}

measurement consume_void_scraped(options const& from)
{
    return consume<void_handler>(from, engine_settings(from), extra::scraped);
}

measurement consume_awaitable(options const& from)
{
    return consume<awaitable_handler>(from, engine_settings(from), extra::nothing);
}

measurement consume_bulk(options const& from)
{
    return consume<bulk_handler>(from, engine_settings(from), extra::nothing);
}

measurement consume_json(options const& from)
{
    return consume<typed_handler>(from, engine_settings(from), extra::nothing, json<page_view>{});
}

measurement consume_msgpack(options const& from)
{
    return consume<packed_handler>(from, engine_settings(from), extra::nothing, msgpack<page_view>{});
}

measurement consume_avro(options const& from)
{
    return consume<packed_handler>(from, engine_settings(from), extra::nothing, plain_avro{});
}

// As much memory as the records need, at 380 bytes more than their own each.
measurement consume_ready(options const& from)
{
    auto settings = engine_settings(from);
    settings.memory_limit = static_cast<std::size_t>(from.total()) * 4096;
    settings.properties.emplace("queued.min.messages", "10000000");
    settings.properties.emplace("queued.max.messages.kbytes", "2000000");
    return consume<void_handler>(from, settings, extra::paused);
}

measurement consume_stalled(options const& from)
{
    return consume<stalled_handler>(from, engine_settings(from), extra::nothing);
}

} // namespace paperboy::bench
