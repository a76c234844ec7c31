#pragma once

#include <paperboy/detail/shard_core.hpp>
#include <paperboy/detail/table_look.hpp>
#include <paperboy/detail/table_serdes.hpp>
#include <paperboy/error.hpp>
#include <paperboy/record.hpp>
#include <paperboy/table_options.hpp>
#include <paperboy/table_shard.hpp>

#include <boost/asio/async_result.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy
{

/// Keyed state that is as safe as the topics it came from; made by `engine::make_table`, for handlers.
///
/// Every change is a record of the table's changelog, a compacted topic. The table has a partition for each partition
/// of its sources, called a shard: it is restored from the changelog when the group assigns the partition, before the
/// partition's first record is handled, and moves with it from engine to engine. A record's offset is committed only
/// when every change made for it is in the changelog. A table of scope `global` is in every engine as a whole instead
/// (`table_scope`).
///
/// Keys: the table's key should be the record's key. `shard(record)` writes into the partition of the record, and
/// `async_get(key)` looks where records with that key go. A key that is not the record's exists once in each partition
/// whose records had it: `async_scan` brings it once for each, to be added up; or re-key the records through a topic
/// first.
///
/// At least once: after a crash, records whose changes are in the changelog but whose offset was not committed are
/// handled again. A count may then be too high, never too low. Changes that a hook made before it failed stay: whoever
/// retries or skips records should change the table last.
///
/// A handle of a few pointers, to be copied into handlers; it may be kept beyond the engine. `shard` is for hooks; the
/// rest is safe from any thread.
template <class K, class V, class KeySerde = msgpack<K>, class ValueSerde = msgpack<V>>
class table
{
public:
    /// The type of keys.
    using key_type = K;
    /// The type of values.
    using value_type = V;
    /// A partition of the table.
    using shard_type = table_shard<K, V, KeySerde, ValueSerde>;
    /// What `async_scan` completes with.
    using entries = std::vector<std::pair<K, V>>;

    /// Made by `engine::make_table` and by `testing.hpp`, not by users.
    table(std::shared_ptr<detail::table_core> core, KeySerde key_serde)
        : core_{std::move(core)}, number_{core_->number()}, key_serde_{std::move(key_serde)}
    {
    }

    /// As it was given to `engine::make_table`.
    [[nodiscard]] std::string const& name() const noexcept { return core_->name(); }

    /// The shard of the table that goes with the partition of `cause`, a record that a hook is handling; to be used
    /// before that hook has completed. Whatever the key, changes go to that partition.
    ///
    /// Of a global table it is all of the table, for any record.
    ///
    /// Throws `setup_error` (`errc::invalid_config`) when the record's topic is none of the table's sources.
    [[nodiscard]] shard_type shard(record_view const& cause) const
    {
        auto const& ledger = cause.ledger();
        auto* core = ledger ? ledger->shard(number_) : nullptr;
        if (core == nullptr || core->owner() != core_.get())
            core = &core_->shard_of(cause);
        return {*core, cause};
    }

    /// The partition that a key is in when the records of the sources have the table's keys as theirs, and went where
    /// Java's default partitioner, or librdkafka's murmur2, sends them. Texts count as the bytes that they are, other
    /// keys as the key serde writes them. Of a global table, the partition of the changelog where engines put a new
    /// key, by its bytes there. `std::nullopt` before the first run knows how many partitions there are. In tables of
    /// testing.hpp it is always 0.
    template <detail::table_argument<K> Key>
    [[nodiscard]] std::optional<std::int32_t> partition_of(Key const& key) const
    {
        auto scratch = std::string{};
        return core_->partition_of(core_->global() ? detail::encode_for_table(key_serde_, key, scratch)
                                                   : detail::partitioning_bytes(key_serde_, key, scratch));
    }

    /// Gets the value of a key from outside of the hooks: from any executor or thread, on the partition's strand,
    /// between the hooks of records.
    ///
    /// Signature of the completion: `void(error_code, std::optional<V>)`; `std::nullopt`, without an error, when the
    /// key has no value.
    /// - `errc::not_local`: the key is in a partition that this engine does not have; `partition_of` says in which.
    ///   Never of a global table;
    /// - `errc::restoring`: the partition, or any of a global table, is being restored;
    /// - `errc::not_running`: no run of the engine is in progress;
    /// - `errc::store_failed`, `errc::invalid_entry`: the store cannot be read, or what is there cannot be decoded.
    ///
    /// What it sees may not be acknowledged by the brokers yet. It waits while a hook runs that does not give the
    /// thread back.
    /// Executor: the completion runs on the token's associated executor, else on the engine's; never inside this
    /// function. Cancellation: none, it takes no longer than the current hook.
    template <detail::table_argument<K> Key,
              boost::asio::completion_token_for<void(error_code, std::optional<V>)> Token>
    auto async_get(Key const& key, Token&& token) const // NOLINT(modernize-use-nodiscard)
    {
        return get_from(partition_of(key), key, std::forward<Token>(token));
    }

    /// The same where the key's partition does not follow from the key, as in a table whose keys are not those of the
    /// records that change it. In a global table, keys are found whatever the partition.
    template <detail::table_argument<K> Key,
              boost::asio::completion_token_for<void(error_code, std::optional<V>)> Token>
    auto async_get_in(std::int32_t partition, Key const& key, Token&& token) const // NOLINT(modernize-use-nodiscard)
    {
        return get_from(std::optional{partition}, key, std::forward<Token>(token));
    }

    /// Gets the entries whose keys begin with `prefix`, at most `limit`, from all partitions that this engine has, in
    /// ascending order of the keys. Each partition is seen as it is at one moment, not all at the same.
    ///
    /// Signature of the completion: `void(error_code, entries)`; errors as of `async_get`; with `errc::restoring` when
    /// any partition is being restored. `errc::not_local`: the engine has no partition of the table.
    template <boost::asio::completion_token_for<void(error_code, std::vector<std::pair<K, V>>)> Token>
        requires std::convertible_to<K const&, std::string_view>
    // NOLINTNEXTLINE(modernize-use-nodiscard): callbacks have nothing to return
    auto async_scan(std::string_view prefix, std::size_t limit, Token&& token) const
    {
        return scan(detail::keys_with_prefix{std::string{prefix}}, limit, std::forward<Token>(token));
    }

    /// Gets the entries of the whole table, at most `limit`, from all partitions that this engine has, in ascending
    /// order of the keys as their `<` has it, whatever the key serde writes. For keys of any type that is totally
    /// ordered: integers, texts, structs with a defaulted `<=>`. Each partition is seen as it is at one moment, not all
    /// at the same; a key that is in several comes once for each, in any order.
    ///
    /// All of a partition is read, on its strand, between the hooks of records (of a global table beside them); only
    /// where the keys are `std::string` and the key serde is `text`, no more than `limit` entries of it. What is found
    /// is in memory before it is handed over, up to `limit` entries of each partition.
    ///
    /// Signature of the completion: `void(error_code, entries)`; errors as of the scan for a prefix.
    template <boost::asio::completion_token_for<void(error_code, std::vector<std::pair<K, V>>)> Token>
        requires std::totally_ordered<K>
    // NOLINTNEXTLINE(modernize-use-nodiscard): callbacks have nothing to return
    auto async_scan(std::size_t limit, Token&& token) const
    {
        return scan(detail::all_keys{}, limit, std::forward<Token>(token));
    }

private:
    template <class Keys, class Token> // NOLINTNEXTLINE(modernize-use-nodiscard)
    auto scan(Keys keys, std::size_t limit, Token&& token) const
    {
        auto begin = [core = core_, keys = std::move(keys), limit](auto handler)
        { detail::start_scan<K, V, KeySerde, ValueSerde>(*core, keys, limit, std::move(handler)); };
        return boost::asio::async_initiate<Token, void(error_code, entries)>(std::move(begin), token);
    }

    template <class Key, class Token> // NOLINTNEXTLINE(modernize-use-nodiscard)
    auto get_from(std::optional<std::int32_t> partition, Key const& key, Token&& token) const
    {
        auto bytes = std::string{};
        bytes = detail::encode_for_table(key_serde_, key, bytes);
        auto begin = [core = core_, partition, bytes = std::move(bytes)](auto handler)
        { detail::start_get<V, KeySerde, ValueSerde>(*core, partition, bytes, std::move(handler)); };
        return boost::asio::async_initiate<Token, void(error_code, std::optional<V>)>(std::move(begin), token);
    }

    std::shared_ptr<detail::table_core> core_;
    std::size_t number_;
    [[no_unique_address]] KeySerde key_serde_;
};

} // namespace paperboy
