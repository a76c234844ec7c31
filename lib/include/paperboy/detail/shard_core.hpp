#pragma once

#include <paperboy/detail/message.hpp>
#include <paperboy/detail/outgoing.hpp>
#include <paperboy/record.hpp>
#include <paperboy/shard_store.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy::detail
{

class table_core;

// A shard of a table, in bytes. For its strand alone, but for usable(), executor() and owner().
class shard_core
{
public:
    explicit shard_core(table_core const& owner) noexcept : owner_{&owner} {}
    shard_core(shard_core const&) = delete;
    shard_core& operator=(shard_core const&) = delete;
    virtual ~shard_core() = default;

    // Whose shard it is.
    [[nodiscard]] table_core const* owner() const noexcept { return owner_; }

    // As the table's make_serdes() made it.
    [[nodiscard]] void* serdes() const noexcept { return serdes_.get(); }

    // A view until the next change.
    [[nodiscard]] virtual pinned_value get(std::string_view key) = 0;

    // On behalf of `cause`; null: of nobody.
    virtual void change(std::string_view key, std::optional<std::string_view> value, record_view const* cause) = 0;
    virtual void change(std::string_view key, std::optional<std::string_view> value, record_view const* cause,
                        std::shared_ptr<send_completion> completion) = 0;

    // No change may be made while the cursor lives.
    [[nodiscard]] virtual std::unique_ptr<shard_cursor> walk(std::string_view from, std::string_view to) = 0;

    // As it is now, whatever changes later.
    [[nodiscard]] virtual std::unique_ptr<shard_cursor> snapshot(std::string_view from, std::string_view to) = 0;

    // The hooks of these records come next, in this order. Nothing but a hint, for those who guess that the keys of
    // records are what hooks will ask for.
    virtual void batch_begins(std::span<message const* const> /*records*/) {}

    // The hooks of a batch of records have ended, or one of several at the same time.
    virtual void batch_ended() {}

    // Somebody else has the partition: what is not written to the changelog must not be any more. A global table is
    // everybody's.
    virtual void lose() {}

    // A look from outside of the hooks has ended: what get() has shown to it is not used any more.
    virtual void look_ended() {}

    // Why it cannot be asked from outside now, if it cannot. Safe from any thread.
    [[nodiscard]] virtual boost::system::error_code usable() const noexcept = 0;

    [[nodiscard]] virtual boost::asio::any_io_executor executor() const = 0;

protected:
    void keep_serdes(std::shared_ptr<void> serdes) noexcept { serdes_ = std::move(serdes); }

private:
    table_core const* owner_;
    std::shared_ptr<void> serdes_;
};

// A table as its handles see it; thread-safe.
class table_core
{
public:
    table_core() = default;
    table_core(table_core const&) = delete;
    table_core& operator=(table_core const&) = delete;
    virtual ~table_core() = default;

    [[nodiscard]] virtual std::string const& name() const noexcept = 0;

    // The engine's.
    [[nodiscard]] virtual boost::asio::any_io_executor executor() const = 0;

    // Where its shards are among those of a ledger.
    [[nodiscard]] virtual std::size_t number() const noexcept = 0;

    // The shard of a record whose ledger has none of this table; throws setup_error when there is none.
    [[nodiscard]] virtual shard_core& shard_of(record_view const& record) const = 0;

    // Whether an engine has all of it: then its one shard is all partitions.
    [[nodiscard]] virtual bool global() const noexcept = 0;

    // Where a key belongs, as Java's default partitioner would send a record that has these bytes as its key; nothing
    // before the number of partitions is known.
    [[nodiscard]] virtual std::optional<std::int32_t> partition_of(std::string_view key) const = 0;

    // The shard of a partition, or why there is none: not_local, not_running. Of a global table the one shard.
    [[nodiscard]] virtual std::pair<boost::system::error_code, std::shared_ptr<shard_core>>
    find(std::optional<std::int32_t> partition) const = 0;

    // All shards at hand.
    [[nodiscard]] virtual std::vector<std::shared_ptr<shard_core>> shards() const = 0;
};

} // namespace paperboy::detail
