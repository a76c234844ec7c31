#include "faults/dying_store.hpp"

#include <paperboy/rocksdb_store.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace faults
{
namespace
{

using paperboy::shard_store;

// How many checkpoints have been begun, of all shards.
class countdown
{
public:
    explicit countdown(int die_at) : die_at_{die_at} {}

    template <class Write>
    void over(Write write)
    {
        auto const last = ++begun_ == std::abs(die_at_);
        if (last && die_at_ > 0)
            std::raise(SIGKILL);
        write();
        if (last)
            std::raise(SIGKILL);
    }

private:
    int die_at_;
    std::atomic<int> begun_{0};
};

class dying_store final : public shard_store
{
public:
    dying_store(std::unique_ptr<shard_store> over, std::shared_ptr<countdown> left)
        : over_{std::move(over)}, left_{std::move(left)}
    {
    }

    [[nodiscard]] std::optional<std::int64_t> next_offset() const override { return over_->next_offset(); }
    [[nodiscard]] std::string changelog_identity() const override { return over_->changelog_identity(); }
    [[nodiscard]] bool concurrent() const noexcept override { return over_->concurrent(); }
    void apply(std::span<paperboy::shard_change const> changes, paperboy::store_position up_to) override
    {
        left_->over([&] { over_->apply(changes, up_to); });
    }
    [[nodiscard]] paperboy::pinned_value get(std::string_view key) const override { return over_->get(key); }
    [[nodiscard]] std::unique_ptr<paperboy::shard_cursor> scan(std::string_view from,
                                                               std::string_view to) const override
    {
        return over_->scan(from, to);
    }
    void changelog_is(std::string_view identity) override { over_->changelog_is(identity); }
    void clear(std::string_view identity) override { over_->clear(identity); }

private:
    std::unique_ptr<shard_store> over_;
    std::shared_ptr<countdown> left_;
};

class dying_stores final : public paperboy::shard_store_provider
{
public:
    dying_stores(std::shared_ptr<shard_store_provider> over, int die_at)
        : over_{std::move(over)}, left_{std::make_shared<countdown>(die_at)}
    {
    }

    [[nodiscard]] std::unique_ptr<shard_store> open(std::string_view table, std::int32_t partition) override
    {
        return std::make_unique<dying_store>(over_->open(table, partition), left_);
    }
    [[nodiscard]] std::size_t memory_bytes() const noexcept override { return over_->memory_bytes(); }

private:
    std::shared_ptr<shard_store_provider> over_;
    std::shared_ptr<countdown> left_;
};

} // namespace

std::shared_ptr<paperboy::shard_store_provider> open_dying_store(std::string const& directory, int die_at)
{
    auto how = paperboy::rocksdb_options{};
    how.ingest_bytes = 0;
    how.write_buffer_bytes = std::size_t{1} << 20U;
    return std::make_shared<dying_stores>(paperboy::open_rocksdb(directory, how), die_at);
}

} // namespace faults
