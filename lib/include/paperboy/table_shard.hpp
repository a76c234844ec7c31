#pragma once

#include <paperboy/detail/send_operation.hpp>
#include <paperboy/detail/shard_core.hpp>
#include <paperboy/detail/table_serdes.hpp>
#include <paperboy/error.hpp>
#include <paperboy/produced.hpp>
#include <paperboy/record.hpp>

#include <boost/asio/async_result.hpp>

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace paperboy
{

/// The part of a table that goes with the partition of a record: made by `table::shard`, for the hooks of that record.
///
/// Reads see every change at once, also changes that the brokers have not acknowledged yet. Changes go to the
/// changelog: the record's offset is not committed before all changes made for it are acknowledged there.
///
/// To be used by the hooks of its record only, which all run on the partition's strand. Hooks of several records of the
/// partition may overlap (`ordering`, or sources that share the table): each function is one step that no other comes
/// in between; between two of them with a `co_await` in between, others may change the same key.
///
/// Exceptions: what a serde throws; `store_error` from the table's store. They leave the table as it was, and count as
/// the hook's failure unless it catches them.
template <class K, class V, class KeySerde = msgpack<K>, class ValueSerde = msgpack<V>>
class table_shard
{
    using serdes = detail::table_serdes<KeySerde, ValueSerde>;

public:
    /// The type of keys.
    using key_type = K;
    /// The type of values.
    using value_type = V;

    /// Made by `table::shard`, not by users.
    table_shard(detail::shard_core& core, std::optional<record_view> cause) noexcept
        : core_{&core}, serdes_{static_cast<serdes*>(core.serdes())}, cause_{cause}
    {
    }

    /// The value of a key; nothing when it has none.
    template <detail::table_argument<K> Key>
    [[nodiscard]] std::optional<V> get(Key const& key) const
    {
        auto const found = core_->get(bytes_of(key));
        if (!found)
            return std::nullopt;
        return detail::decode_for_table<V>(serdes_->value, *found);
    }

    /// Calls `look` with the value of a key, without copying what the serde can show in place (texts, bytes, views in
    /// structs); false, and no call, when the key has none. What `look` is given is valid inside it, until the shard is
    /// changed.
    template <detail::table_argument<K> Key, class Look>
        requires std::invocable<Look&, typename ValueSerde::value_type const&>
    bool visit(Key const& key, Look&& look) const
    {
        auto const found = core_->get(bytes_of(key));
        if (!found)
            return false;
        auto value = typename ValueSerde::value_type{};
        detail::decode_in_place(serdes_->value, *found, value);
        look(std::as_const(value));
        return true;
    }

    /// Whether a key has a value.
    template <detail::table_argument<K> Key>
    [[nodiscard]] bool contains(Key const& key) const
    {
        return static_cast<bool>(core_->get(bytes_of(key)));
    }

    /// Gives a key a value. Returns at once: nothing waits for the brokers.
    template <detail::table_argument<K> Key, detail::table_argument<V> Value>
    void set(Key const& key, Value const& value) const
    {
        core_->change(bytes_of(key), bytes_of_value(value), cause());
    }

    /// Takes a key out, by a tombstone in the changelog.
    template <detail::table_argument<K> Key>
    void erase(Key const& key) const
    {
        core_->change(bytes_of(key), std::nullopt, cause());
    }

    /// Gives a key the value that `change` makes of its present one (`std::optional<V>`, empty when it has none), and
    /// returns that. `change` returns a `V`, or a `std::optional<V>` that is empty to take the key out. In a global
    /// table, hooks of other partitions and engines may come in between.
    template <detail::table_argument<K> Key, class Change>
        requires std::invocable<Change&, std::optional<V>>
    auto update(Key const& key, Change&& change) const
    {
        auto next = change(get(key));
        if constexpr (detail::can_be_null<decltype(next)>::value)
        {
            if (next)
                set(key, *next);
            else
                erase(key);
        }
        else
            set(key, next);
        return next;
    }

    /// Gives a key a value and completes when the brokers have acknowledged it: `void(error_code, produced)`, with the
    /// place in the changelog. Reads see the value as soon as the operation has started. Errors are those of
    /// `topic_producer::async_send`. A handler without an executor of its own is called on the shard's strand.
    template <detail::table_argument<K> Key, detail::table_argument<V> Value,
              boost::asio::completion_token_for<void(error_code, produced)> Token>
    auto async_set(Key const& key, Value const& value, Token&& token) const
    {
        auto begin = [core = core_, cause = cause_, key_bytes = std::string{bytes_of(key)},
                      value_bytes = std::string{bytes_of_value(value)}](auto handler)
        {
            auto operation =
                std::make_shared<detail::send_operation<decltype(handler)>>(std::move(handler), core->executor());
            core->change(key_bytes, value_bytes, cause ? &*cause : nullptr, std::move(operation));
        };
        return boost::asio::async_initiate<Token, void(error_code, produced)>(std::move(begin), token);
    }

    /// Calls `look(key, value)` for each entry, in ascending order of the keys' bytes as the key serde writes them. A
    /// `look` that returns a bool ends the walk with false. It must not change the shard: that throws
    /// `std::logic_error`. Of a global table, the walk sees a copy.
    template <class Look>
        requires std::invocable<Look&, K const&, V const&>
    void walk(Look&& look) const
    {
        visit_all({}, {}, [](K const&) { return true; }, look);
    }

    /// The same for the keys that begin with a text. Only these are read where the key serde writes texts as they are
    /// (`text`), or behind their length (`msgpack<std::string>`: shorter ones come first); else all are, and those that
    /// do not fit passed over.
    template <class Look>
        requires std::invocable<Look&, K const&, V const&> && std::convertible_to<K const&, std::string_view>
    void prefix(std::string_view begin, Look&& look) const
    {
        auto const fits = [begin](K const& key) { return std::string_view{key}.starts_with(begin); };
        for (auto const& [from, to] : detail::prefix_ranges<KeySerde>(begin))
            if (!visit_all(from, to, fits, look))
                return;
    }

    /// The same for the keys from `from` to before `to`. Only these are read where the key serde keeps the order of the
    /// keys (`text`, `bytes`); else all are, and those that do not fit passed over.
    template <detail::table_argument<K> From, detail::table_argument<K> To, class Look>
        requires std::invocable<Look&, K const&, V const&>
    void range(From const& from, To const& to, Look&& look) const
    {
        auto const first = K(from);
        auto const last = K(to);
        auto const fits = [&](K const& key) { return !(key < first) && key < last; };
        if constexpr (detail::keeps_order<KeySerde>)
            visit_all(std::string{bytes_of(first)}, std::string{bytes_of(last)}, fits, look);
        else
            visit_all({}, {}, fits, look);
    }

private:
    [[nodiscard]] record_view const* cause() const noexcept { return cause_ ? &*cause_ : nullptr; }

    template <class Key>
    [[nodiscard]] std::string_view bytes_of(Key const& key) const
    {
        return detail::encode_for_table(std::as_const(serdes_->key), key, detail::send_scratch::key());
    }
    template <class Value>
    [[nodiscard]] std::string_view bytes_of_value(Value const& value) const
    {
        return detail::encode_for_table(std::as_const(serdes_->value), value, detail::send_scratch::value());
    }

    // False: `look` wants no more.
    template <class Fits, class Look>
    bool visit_all(std::string_view from, std::string_view to, Fits fits, Look& look) const
    {
        for (auto const at = core_->walk(from, to); at->valid(); at->next())
        {
            auto const key = detail::decode_for_table<K>(serdes_->key, at->key());
            if (!fits(key))
                continue;
            auto const value = detail::decode_for_table<V>(serdes_->value, at->value());
            if constexpr (std::is_same_v<std::invoke_result_t<Look&, K const&, V const&>, bool>)
            {
                if (!look(key, value))
                    return false;
            }
            else
                look(key, value);
        }
        return true;
    }

    detail::shard_core* core_;
    serdes* serdes_;
    std::optional<record_view> cause_;
};

} // namespace paperboy
