#pragma once

#include <paperboy/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace paperboy
{

/// Keeps a table in memory only: each restart restores all of it from its changelog.
struct memory_store
{
};

/// Which part of a table an engine has.
enum class table_scope : std::uint8_t
{
    /// The partitions of the table that belong to the partitions which the group has assigned to the engine.
    partition,
    /// All of it, in every engine: each reads the whole changelog for as long as it runs. For small tables that many
    /// read, since each engine stores and reads everything, and for topics that others write.
    ///
    /// - The hooks of every topic may read and change every key. No partition's records are handled before the
    ///   changelog was read up to the end that it had when the run began.
    /// - A change is seen at once by the engine that makes it, and by the others when they have read it. Where several
    ///   change one key at about the same time, the changelog's order decides: once an engine has read its own change
    ///   back, it sees whatever was written last. So all engines come to hold the same.
    /// - `table_shard::update` reads and then changes; another engine, or the hook of another partition, may come in
    ///   between, and its change be lost. Counts belong in tables of scope `partition`.
    global,
};

/// What an engine does with a store on disk that has changes which the changelog does not have: a topic that was
/// deleted and made anew, one of another name or cluster, or one whose end was cut off.
enum class changelog_loss : std::uint8_t
{
    /// The run ends with `errc::wrong_changelog`, which names the store, the topic and the remedy. The store stays as
    /// it is: what it has is nowhere else. So does every later start, until its directory is removed, or `rebuild` is
    /// set. Two cases are rebuilt nevertheless: a topic that is cut off or made anew during a run, where the run ends
    /// as soon as a change is acknowledged out of order, and one without paperboy's mark that has grown past the store.
    fail,
    /// The store is emptied, with a warning, and the table becomes what the topic has.
    rebuild,
};

/// Options of a table, for `engine::make_table`.
struct table_options
{
    /// The topic that has every change of the table; empty: the table's name and "_changelog". It is created when it is
    /// not there.
    std::string changelog = {};

    /// The topics whose records change the table: all need the same number of partitions, which the changelog has, too.
    /// Empty: all topics that have a handler by name. None with scope `global`.
    std::vector<std::string> sources = {};

    /// How many replicas a new changelog gets, 1 or more; -1: as the brokers are set (`default.replication.factor`).
    std::int16_t replication_factor = -1;

    /// How many partitions a new changelog of scope `global` gets, 1 or more; one that is there may have any number.
    /// Keys are spread over them as Java's default partitioner does; the order of changes holds within each.
    std::int32_t partitions = 1;

    /// `segment.ms` of a new changelog; `std::nullopt`: as the brokers are set. With the next two it decides how long
    /// records that were overwritten stay, and thus how long a restore takes.
    std::optional<std::chrono::milliseconds> segment_ms = {};
    /// `min.cleanable.dirty.ratio` of a new changelog, 0 to 1; `std::nullopt`: as the brokers are set.
    std::optional<double> min_cleanable_dirty_ratio = {};
    /// `max.compaction.lag.ms` of a new changelog; `std::nullopt`: as the brokers are set.
    std::optional<std::chrono::milliseconds> max_compaction_lag_ms = {};

    /// Any other property of a new changelog, by its own name. `cleanup.policy` is compact.
    properties topic_properties = {};

    /// Which part of the table this engine has.
    table_scope scope = table_scope::partition;

    /// Whether several changes of one key by the records of one batch become one record of the changelog, the last. The
    /// changelog then does not tell how a value came about.
    bool coalesce = false;

    /// Whether keys are kept in order from the start. Walks and ranges need an order; without, the first one makes it,
    /// which takes a moment for a large table.
    bool ordered = false;

    /// With a store on disk: what happens when the changelog has lost what is in it.
    changelog_loss on_changelog_loss = changelog_loss::fail;

    /// With a store on disk: how often what was acknowledged goes there, 10 ms to 1 h. A restart reads what the
    /// changelog got after that.
    std::chrono::milliseconds checkpoint_interval{1000};
    /// With a store on disk: so many bytes of changes of a partition go there before the interval is over; half of the
    /// partition's part of `cache_bytes` at most. 1 or more.
    std::size_t checkpoint_bytes = std::size_t{16} * 1024 * 1024;

    /// With a store on disk: how much memory the entries that are read and written take, over all partitions of the
    /// table that the engine has. What is not there is read from the store. 1 MiB or more; all tables of an engine
    /// together get no more than a quarter of `config::memory_limit`, each its part of that. Changes that are not in
    /// the store yet stay in memory beyond that, while the store cannot be written.
    std::size_t cache_bytes = std::size_t{64} * 1024 * 1024;
};

} // namespace paperboy
