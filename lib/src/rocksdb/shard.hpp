#pragma once

#include "rocksdb/column_family.hpp"
#include "rocksdb/stored_keys.hpp"
#include "rocksdb/table_directory.hpp"

#include <paperboy/shard_store.hpp>

#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace paperboy::rocksdb_detail
{

// A shard in a column family.
//
// Why no checkpoint can be half there: all of its changes and the shard's state, under the empty key, are either in one
// write batch, which goes into one memtable, which becomes one file; or they are in one file from the beginning.
// RocksDB writes the memtables of a column family in their order, and before a file with a key that they have is taken
// in.
class shard : public shard_store
{
public:
    shard(std::shared_ptr<table_directory> directory, std::string name);
    // Writes to files what is in memory; logs it when that fails, because the changelog has it too.
    ~shard() override;

    [[nodiscard]] std::optional<std::int64_t> next_offset() const override { return state_.next_offset; }
    [[nodiscard]] std::string changelog_identity() const override { return state_.identity; }
    [[nodiscard]] std::optional<std::chrono::system_clock::time_point> as_of() const override { return state_.as_of; }
    void apply(std::span<shard_change const> changes, store_position up_to) override;
    // Readers use the column family alone, which stays the same but in clear().
    [[nodiscard]] bool concurrent() const noexcept override { return true; }
    [[nodiscard]] pinned_value get(std::string_view key) const override;
    [[nodiscard]] std::unique_ptr<shard_cursor> scan(std::string_view from, std::string_view to) const override;
    void clear(std::string_view changelog_identity) override;
    void changelog_is(std::string_view identity) override { state_.identity = identity; }

private:
    // A value where RocksDB has it: in a block of its cache, most often.
    struct pin
    {
        explicit pin(std::shared_ptr<column_family> of) : family{std::move(of)} {}

        std::shared_ptr<column_family> family;
        rocksdb::PinnableSlice value;
        std::string room;
    };

    void load_state();
    void start_anew(std::string_view changelog_identity);
    [[nodiscard]] rocksdb::Status write(std::span<shard_change const> changes, std::string_view state);
    [[nodiscard]] rocksdb::Status ingest(std::span<shard_change const> changes, std::string_view state);
    [[nodiscard]] rocksdb::Status flush(bool wait);
    void flush_when_old();

    std::shared_ptr<table_directory> directory_;
    std::string name_;
    std::shared_ptr<column_family> family_;
    rocksdb::ReadOptions reading_;
    // Of the value that was read last, whoever still has it. For whoever reads.
    mutable std::shared_ptr<pin> pin_;
    shard_state state_;
    // Whether `state_` is on its way to the disk; and since when something waits in memory.
    bool state_written_ = true;
    std::optional<std::chrono::steady_clock::time_point> waits_since_;
    std::string room_;
};

} // namespace paperboy::rocksdb_detail
