#pragma once

#include "table/resident_entries.hpp"
#include "table/restore_buffer.hpp"

#include <paperboy/shard_store.hpp>

#include <boost/circular_buffer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::tables
{

// Who writes the changelog partition.
enum class writers : std::uint8_t
{
    // This working set alone: an acknowledged change is the next of the changelog.
    one,
    // Others too: a change counts where it stands in the changelog, so it has to be read back (`restored`).
    many,
};

struct working_set_settings
{
    writers who = writers::one;
    // A change of a key that has not been sent yet is replaced by the next.
    bool coalesce = false;
    // Whether keys are kept in order from the start, and not from the first walk on.
    bool ordered = false;
    // What entries that are in the store as well, and the others, may take together; the others are not bounded by it.
    std::size_t bytes = std::numeric_limits<std::size_t>::max();
    // What a restore collects before it is to be written.
    std::size_t restore_bytes = std::size_t{64} << 20U;
};

// The part of a table's shard that is in memory: all of it without a store, else what was used last and what is not in
// the store yet. It does no I/O but through the store, and knows no threads.
//
// A change goes through three states: pending (set, and perhaps sent), dirty (acknowledged by the brokers) and clean
// (in the store). The store only ever sees what was acknowledged, so the end of a working set, at whatever moment,
// leaves the store as the changelog's fold up to the store's next offset.
//
// Views that it hands out hold until the next call of anything but `get`.
class working_set
{
public:
    using change_number = std::uint64_t;

    // What goes to the store at a checkpoint: a copy, for whatever thread writes it.
    struct store_update
    {
        restore_buffer changes;
        std::int64_t next_offset = 0;
        // How old that is, as the store is to know it.
        std::optional<std::chrono::system_clock::time_point> as_of = {};

        // Throws what the store throws.
        void write(shard_store& to) const { to.apply(changes.sorted(), {next_offset, as_of}); }
    };

    // `store` may be null, and outlives the working set.
    explicit working_set(shard_store* store, working_set_settings const& settings = {});

    // Sees changes from when they are set. What is not in memory is read from the store, and remembered.
    [[nodiscard]] pinned_value get(std::string_view key);

    // These keys, `key_of(index)`, are likely to be asked for next, in this order.
    template <class KeyOf>
    void expect(std::size_t count, KeyOf key_of)
    {
        entries_.expect(count, key_of);
    }
    void expect_nothing() noexcept { entries_.expect_nothing(); }

    // Numbers grow with each change, and are never 0. With `coalesce` a change that replaces one has its number.
    change_number set(std::string_view key, std::string_view value);
    change_number erase(std::string_view key);

    // Calls `send(change_number, shard_change const&)` for each change that was not sent yet, or the first of them, in
    // the order in which they have to be acknowledged. What `send` is shown holds until the next change.
    template <class Send>
    void send_changes(Send send, std::size_t at_most = std::numeric_limits<std::size_t>::max())
    {
        for (; at_most > 0 && sent_ < pending_.size(); --at_most)
        {
            auto const& each = pending_[sent_++];
            send(first_ + sent_ - 1, shard_change{each.at->key, each.current()});
        }
    }

    // So many changes from this one on are in the changelog, the last of them at `offset`, or, when it is negative,
    // nobody knows where. In any order, but changes count in theirs.
    void acknowledged(change_number first, std::int64_t offset, std::size_t count = 1);

    // An acknowledged change of one writer that is in front of what it has to follow: of what was read, or of the
    // change before it. The changelog is another then, or its order.
    struct misplaced_change
    {
        std::int64_t offset;
        std::int64_t at_least;
    };
    // The first such one.
    [[nodiscard]] std::optional<misplaced_change> const& misplaced() const noexcept { return misplaced_; }

    // Records of the changelog, in order, and the offset behind the last. Until `restore_finished` they are collected
    // for the store, and `get` and the walks do not see them. What is collected goes to the store as a checkpoint does,
    // when there is enough of it.
    template <class Changes>
    void restored(Changes const& changes, std::int64_t next_offset)
    {
        for (shard_change const& each : changes)
            restored_one(each);
        advance(next_offset);
    }
    [[nodiscard]] bool has_collected() const noexcept { return buffer_ && buffer_->bytes() >= settings_.restore_bytes; }
    // Writes what is still collected. Throws what the store throws.
    void restore_finished();

    // Brings the store up to what was acknowledged, in three steps: what it lacks is copied; somebody writes that to
    // the store, while all else goes on; and it is told here whether that worked. If not nothing is lost, and it may be
    // tried again; but a restore has to begin again. Nothing to write: there is none. One at a time.
    [[nodiscard]] std::optional<store_update> begin_checkpoint();
    // Takes the memory of `of` back.
    void end_checkpoint(store_update& of, bool written);

    // All three at once. Throws what the store throws.
    void checkpoint();

    // The entries with `from <= key`, and `key < to` unless `to` is empty, in ascending order of the keys' bytes: as
    // they are now, whatever changes later, or without a copy until the next change.
    [[nodiscard]] std::unique_ptr<shard_cursor> snapshot(std::string_view from, std::string_view to);
    [[nodiscard]] std::unique_ptr<shard_cursor> walk(std::string_view from, std::string_view to);

    // Forgets clean entries until the rest fits. Changes do that as they go, but reading does not: it is to be called
    // after each batch of records.
    void trim() { trim(2 * entries_.size()); }
    // The same after a single get, in a few steps.
    void look_ended();

    // From now on.
    void limit(std::size_t bytes, std::size_t restore_bytes)
    {
        settings_.bytes = bytes;
        settings_.restore_bytes = restore_bytes;
        trim();
    }

    // The offset up to which the changelog is in here, and up to which it is in the store.
    [[nodiscard]] std::optional<std::int64_t> next_offset() const noexcept { return next_offset_; }
    [[nodiscard]] std::optional<std::int64_t> stored_offset() const noexcept { return stored_offset_; }

    // All memory, and the part that only a checkpoint, or an acknowledgement, makes free.
    [[nodiscard]] std::size_t bytes() const noexcept;
    [[nodiscard]] std::size_t dirty_bytes() const noexcept { return dirty_bytes_ + leaving_bytes_; }
    [[nodiscard]] std::size_t pending() const noexcept { return pending_.size(); }
    // The number of the oldest change that is pending, or of the next one; and that of the next one.
    [[nodiscard]] change_number first_pending() const noexcept { return first_; }
    [[nodiscard]] change_number next_number() const noexcept { return first_ + pending_.size(); }
    // How many keys are in memory.
    [[nodiscard]] std::size_t resident() const noexcept { return entries_.size(); }

private:
    struct pending_change
    {
        resident_entry* at = nullptr;
        std::string value;
        std::int64_t offset = -1;
        bool erased = false;
        bool acknowledged = false;

        [[nodiscard]] std::optional<std::string_view> current() const noexcept
        {
            return erased ? std::nullopt : std::optional<std::string_view>{value};
        }
    };

    [[nodiscard]] resident_entry* find(std::string_view key);
    void trim(std::size_t steps);
    change_number change(std::string_view key, std::optional<std::string_view> value);
    void prefetch(resident_entry const& entry) const noexcept;
    [[nodiscard]] pending_change& newest(resident_entry const& of) { return pending_[of.newest - first_]; }
    [[nodiscard]] std::optional<std::string_view> current(resident_entry const& of);
    void remember(std::string_view key, std::string_view value);
    [[nodiscard]] bool settled(pending_change const& change) const noexcept;
    void settle_front();
    void look_at_place(pending_change const& change) noexcept;
    void settle_entry(resident_entry& entry, pending_change& change);
    void settle();
    void restored_one(shard_change const& change);
    // The entry's acknowledged value is now the one in it.
    void touched(resident_entry& entry, std::size_t bytes_before);
    void make_dirty(resident_entry& entry);
    void advance(std::int64_t next_offset);
    [[nodiscard]] std::optional<store_update> take_collected();
    [[nodiscard]] std::vector<shard_change> overlay(std::string_view from, std::string_view to);
    [[nodiscard]] std::unique_ptr<shard_cursor> below(std::string_view from, std::string_view to) const;

    shard_store* store_;
    working_set_settings settings_;
    // Whether entries have the newest change, acknowledged or not: nobody asks for anything else.
    bool const direct_;
    resident_entries entries_;
    // What was looked for last: a hook that changes a key has mostly read it just now.
    resident_entry* last_ = nullptr;
    // Whether the store has no key that is not in memory, so that nothing needs to be looked for there: as long as a
    // store that was empty to begin with has only got what is here.
    bool complete_;

    // The first has the number `first_`; those from `sent_` on were not sent yet.
    boost::circular_buffer<pending_change> pending_;
    change_number first_ = 1;
    std::size_t sent_ = 0;
    std::size_t pending_bytes_ = 0;

    std::vector<resident_entry*> dirty_;
    std::size_t dirty_bytes_ = 0;
    std::vector<resident_entry*> leaving_;
    std::size_t leaving_bytes_ = 0;
    std::optional<restore_buffer> buffer_;
    // The memory of what was written last.
    restore_buffer spare_;
    std::optional<std::int64_t> next_offset_;
    std::optional<std::int64_t> stored_offset_;
    std::optional<misplaced_change> misplaced_;
};

} // namespace paperboy::tables
