#include "scratch_directory.hpp"
#include "throughput/run_engine.hpp"
#include "throughput/table_modes.hpp"

#include <paperboy/engine.hpp>
#include <paperboy/observer.hpp>
#include <paperboy/rocksdb_store.hpp>
#include <paperboy/serde.hpp>
#include <paperboy/table.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace paperboy::bench
{
namespace
{

namespace asio = boost::asio;

constexpr auto table_name = "counts";
constexpr auto tail = std::int64_t{1000};

// Measures from the assignment until the last partition is restored, which ends the run.
class restore_clock final : public observer
{
public:
    restore_clock(std::size_t partitions, std::uint64_t records)
        : left_{partitions}, expected_{records}, counted_{records}
    {
    }

    void watch(engine& running) noexcept { running_ = &running; }

    void on_assigned(std::span<topic_partition const> /*partitions*/) noexcept override { counted_.begin(); }

    void on_restore(restore_progress const& so_far) noexcept override
    {
        if (!so_far.done)
            return;
        restored_ += so_far.records;
        if (--left_ > 0)
            return;
        counted_.add(expected_, 0);
        running_->stop();
    }

    [[nodiscard]] measurement result() const
    {
        if (restored_ != expected_)
            throw std::runtime_error{std::to_string(restored_) + " records were restored instead of " +
                                     std::to_string(expected_)};
        return counted_.result();
    }

private:
    engine* running_ = nullptr;
    std::size_t left_;
    std::uint64_t restored_ = 0;
    std::uint64_t expected_;
    progress counted_;
};

struct idle_handler
{
    void on_message(record_view const& /*record*/) {}
};

measurement restore(options const& from, std::shared_ptr<shard_store_provider> stores, std::uint64_t records)
{
    auto context = asio::io_context{1};
    auto const clock = std::make_shared<restore_clock>(from.partition_sizes.size(), records);
    auto settings = engine_settings(from);
    settings.watcher = clock;
    auto restored = engine{context, std::move(settings)};
    clock->watch(restored);
    auto how = table_options{};
    how.changelog = from.topic;
    how.cache_bytes = from.cache_bytes;
    static_cast<void>(restored.make_table<std::string, std::int64_t>(table_name, std::move(stores), std::move(how),
                                                                     text{}, integer<std::int64_t>{}));
    restored.handle(from.topic + "-source", idle_handler{});
    run_engine(context, restored);
    return clock->result();
}

} // namespace

measurement restore_memory(options const& from)
{
    return restore(from, nullptr, from.total());
}

measurement restore_rocksdb(options const& from)
{
    auto const where = scratch_directory{};
    return restore(from, open_rocksdb(where.path()), from.total());
}

// The stores are told that they have less than they do: replaying changes that they have already changes nothing.
measurement restart_rocksdb(options const& from)
{
    auto const where = scratch_directory{};
    static_cast<void>(restore(from, open_rocksdb(where.path()), from.total()));
    {
        auto const stores = open_rocksdb(where.path());
        for (std::size_t partition = 0; partition < from.partition_sizes.size(); ++partition)
        {
            auto const store = stores->open(table_name, static_cast<std::int32_t>(partition));
            store->apply({}, store->next_offset().value() - tail);
        }
    }
    auto const records = static_cast<std::uint64_t>(tail) * from.partition_sizes.size();
    return restore(from, open_rocksdb(where.path()), records);
}

} // namespace paperboy::bench
