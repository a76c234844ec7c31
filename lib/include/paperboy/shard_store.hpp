#pragma once

/// What a table keeps on disk of one of its partitions, or whatever a user's own store keeps it on.
///
/// A store is a checkpoint of a changelog partition, never more: the changelog is the truth, and a store holds its fold
/// up to `next_offset()`. It is written in large pieces at checkpoints, and never told a change that the brokers have
/// not acknowledged, so a store that is lost, or older than the changelog, costs time and nothing else.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace paperboy
{

/// What kind of `store_error` it is.
enum class store_failure
{
    /// Another process holds the store, or this process has it open already.
    in_use,

    /// It cannot be read or written: disk full, read-only, no rights. It may be mended, and the store used again.
    unusable,

    /// What is there is not what was written. `clear` makes the store usable, and a restore fills it; it is empty, too,
    /// when it is opened again.
    damaged,
};

/// A store on disk does not work. The text names the path and the remedy.
class store_error : public std::runtime_error
{
public:
    /// `text` is what `what()` returns.
    store_error(store_failure why, std::string const& text) : std::runtime_error{text}, why_{why} {}

    /// What kind of error it is.
    [[nodiscard]] store_failure why() const noexcept { return why_; }

private:
    store_failure why_;
};

/// A change of one key: its new value, or nothing where the key was erased. Views of the caller's.
struct shard_change
{
    /// The key's bytes.
    std::string_view key;
    /// The new value's bytes; nothing where the key was erased.
    std::optional<std::string_view> value;
};

/// Up to where a store has its changelog.
struct store_position
{
    /// The changelog offset that follows the last change.
    std::int64_t next_offset;
    /// The tombstones that the store lacks came to the changelog, or were read there, after this, by this machine's
    /// clock: the changelog keeps them for `delete.retention.ms` longer. `std::nullopt`: that is not known.
    std::optional<std::chrono::system_clock::time_point> as_of;

    /// An offset alone stands for a position of unknown age.
    store_position(std::int64_t next, // NOLINT(google-explicit-constructor)
                   std::optional<std::chrono::system_clock::time_point> age = std::nullopt) noexcept
        : next_offset{next}, as_of{age}
    {
    }
};

/// A value read from a store, without copying it: the bytes stay where they are until this object is destroyed.
class pinned_value
{
public:
    /// Nothing was found.
    pinned_value() noexcept = default;

    /// `bytes` stay as they are while `pin` lives; `pin` may be null for bytes that outlive the caller's use.
    pinned_value(std::string_view bytes, std::shared_ptr<void const> pin) noexcept : pin_{std::move(pin)}, bytes_{bytes}
    {
    }

    /// Whether there is a value.
    [[nodiscard]] explicit operator bool() const noexcept { return bytes_.has_value(); }
    /// The value, which has to be there.
    [[nodiscard]] std::string_view operator*() const noexcept { return *bytes_; }

private:
    std::shared_ptr<void const> pin_;
    std::optional<std::string_view> bytes_;
};

/// A walk over a store as it was when the cursor was made, in ascending order of the keys' bytes. Used by one thread at
/// a time; destroyed before its store.
class shard_cursor
{
public:
    shard_cursor() = default;
    shard_cursor(shard_cursor const&) = delete;
    shard_cursor& operator=(shard_cursor const&) = delete;
    virtual ~shard_cursor() = default;

    /// Whether the cursor stands at an entry; `key`, `value` and `next` are for such a cursor only.
    [[nodiscard]] virtual bool valid() const = 0;
    /// Views that `next` ends.
    [[nodiscard]] virtual std::string_view key() const = 0;
    /// A view that `next` ends.
    [[nodiscard]] virtual std::string_view value() const = 0;
    /// Goes on to the next entry.
    virtual void next() = 0;
};

/// The store of one partition of one table. The engine calls it from one thread at a time, not always the same;
/// `concurrent` makes an exception.
///
/// Errors are exceptions: `store_error`, from every function but the destructor. After a failed `apply` the store is as
/// it was before, or damaged.
class shard_store
{
public:
    shard_store() = default;
    shard_store(shard_store const&) = delete;
    shard_store& operator=(shard_store const&) = delete;
    /// Closes the store; what was applied stays readable for the next process.
    virtual ~shard_store() = default;

    /// The changelog offset that follows the last change which the store holds: where a restore goes on.
    /// `std::nullopt`: the store is new, or was cleared.
    [[nodiscard]] virtual std::optional<std::int64_t> next_offset() const = 0;

    /// Which changelog topic the offsets belong to, as it was given to `clear`; empty for a new store. A topic that
    /// paperboy has created has another identity than one of the same name that was there before it.
    [[nodiscard]] virtual std::string changelog_identity() const = 0;

    /// The topic is known by this identity from now on, which tells more of it than the one that was given to `clear`;
    /// to be kept with the changes that come next. Without it the store goes on as before.
    virtual void changelog_is(std::string_view /*identity*/) {}

    /// How old the store is: `store_position::as_of` of the last `apply` whose changes are in it; `std::nullopt`: it is
    /// not known. A store that is older than the changelog keeps tombstones (`delete.retention.ms`) may lack some for
    /// ever, so it is cleared unless nothing has changed since; one that does not know its age is not.
    [[nodiscard]] virtual std::optional<std::chrono::system_clock::time_point> as_of() const { return std::nullopt; }

    /// Applies changes of distinct keys in ascending order of their bytes, and the position that they lead to, as one:
    /// after a crash either all of it is there or nothing.
    virtual void apply(std::span<shard_change const> changes, store_position up_to) = 0;

    /// Whether `get` and `scan`, with the cursors that it makes, may be called while another thread is in `apply`: they
    /// see the store as it was before or as it is afterwards. Checkpoints and restores are then written, and the store
    /// is destroyed, on a thread of the engine, "paperboy-store", while hooks go on; else they wait. That thread is
    /// left behind, with the store, when it is still at work some time after the end of a run.
    [[nodiscard]] virtual bool concurrent() const noexcept { return false; }

    /// The value of a key, or an empty `pinned_value`.
    [[nodiscard]] virtual pinned_value get(std::string_view key) const = 0;

    /// The entries with `from <= key`, and `key < to` unless `to` is empty.
    [[nodiscard]] virtual std::unique_ptr<shard_cursor> scan(std::string_view from, std::string_view to) const = 0;

    /// Forgets everything, and remembers whose offsets will come.
    virtual void clear(std::string_view changelog_identity) = 0;
};

/// The memory that the stores of a provider take now, in bytes.
struct store_memory
{
    /// What is cached of files.
    std::uint64_t cached = 0;
    /// The part of it that is in use and cannot be dropped now.
    std::uint64_t pinned = 0;
    /// The most that is kept in the cache.
    std::uint64_t cache_limit = 0;

    /// What is not written to files yet (RocksDB: memtables).
    std::uint64_t unwritten = 0;
    /// The size at which it is written.
    std::uint64_t unwritten_limit = 0;
};

/// Opens the stores of an engine's tables. Thread-safe. Shared by all tables that are to share its resources.
class shard_store_provider
{
public:
    shard_store_provider() = default;
    shard_store_provider(shard_store_provider const&) = delete;
    shard_store_provider& operator=(shard_store_provider const&) = delete;
    virtual ~shard_store_provider() = default;

    /// Opens the store of a partition of a table; makes one where there is none. What is there but cannot be read is
    /// thrown away and logged: the changelog has it all. A store that another process holds is an error that names the
    /// directory.
    [[nodiscard]] virtual std::unique_ptr<shard_store> open(std::string_view table, std::int32_t partition) = 0;

    /// Where the stores are, as errors are to name it: a directory. Empty: nowhere in particular. Must not throw.
    [[nodiscard]] virtual std::string place() const { return {}; }

    /// The memory in bytes that all stores together take at most, to be counted in `config::memory_limit`.
    [[nodiscard]] virtual std::size_t memory_bytes() const noexcept { return 0; }

    /// The memory that they take now; nothing when it is not known. From any thread, quickly.
    [[nodiscard]] virtual std::optional<store_memory> memory() const { return std::nullopt; }
};

} // namespace paperboy
