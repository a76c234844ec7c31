#include "throughput/consumers.hpp"

#include <paperboy/engine.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

namespace paperboy::bench
{
namespace
{

namespace asio = boost::asio;

// What all partitions of a run share.
struct run_state
{
    progress counted;
    engine* running = nullptr;
};

// Touches the values of one partition, and reports every thousandth record and the last: one comparison a record is all
// that the measurement adds to a hook.
class partition_reader
{
public:
    partition_reader(run_state& shared, std::int64_t size) : shared_{&shared}, last_{size - 1} {}

    void touch(record_view const& record)
    {
        auto const value = record.value();
        checksum_ += value.size() + static_cast<unsigned char>(value.front());
        if (record.offset() == next_report_) [[unlikely]]
            report();
    }

private:
    void report()
    {
        auto const last = shared_->counted.add(static_cast<std::uint64_t>(next_report_ - reported_), checksum_);
        reported_ = next_report_;
        next_report_ = std::min(next_report_ + 1000, last_);
        checksum_ = 0;
        if (last)
            shared_->running->stop();
    }

    run_state* shared_;
    std::int64_t last_;
    std::int64_t next_report_ = 0;
    std::int64_t reported_ = -1;
    std::uint64_t checksum_ = 0;
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

void run(asio::io_context& context, int threads)
{
    auto others = std::vector<std::jthread>{};
    for (auto i = 1; i < threads; ++i)
        others.emplace_back([&context] { context.run(); });
    context.run();
}

template <class Handler>
measurement consume(options const& from)
{
    auto const total = std::accumulate(from.partition_sizes.begin(), from.partition_sizes.end(), std::int64_t{0});
    auto context = asio::io_context{from.threads};
    auto consumer = engine{context, engine_settings(from)};
    auto shared = run_state{progress{static_cast<std::uint64_t>(total)}, &consumer};
    consumer.handle(
        from.topic,
        per_partition([&](topic_partition const& where)
                      { return Handler{shared, from.partition_sizes.at(static_cast<std::size_t>(where.partition))}; }));
    auto result = error_code{};
    consumer.async_run([&](error_code error) { result = error; });
    run(context, from.threads);
    if (result)
        throw std::runtime_error{result.message() + ": " + consumer.last_failure().text};
    return shared.counted.result();
}

} // namespace

measurement consume_void(options const& from)
{
    return consume<void_handler>(from);
}

measurement consume_awaitable(options const& from)
{
    return consume<awaitable_handler>(from);
}

} // namespace paperboy::bench
