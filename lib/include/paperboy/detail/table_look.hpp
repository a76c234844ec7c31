#pragma once

#include <paperboy/detail/shard_core.hpp>
#include <paperboy/detail/table_operation.hpp>
#include <paperboy/detail/table_serdes.hpp>
#include <paperboy/error.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy::detail
{

// Looks a key up on its shard's strand, for any completion handler.
template <class V, class KeySerde, class ValueSerde, class Handler>
void start_get(table_core const& table, std::optional<std::int32_t> partition, std::string key, Handler handler)
{
    using operation = table_operation<Handler, std::optional<V>>;
    auto found = table.find(partition);
    auto const waiting = std::make_shared<operation>(std::move(handler), table.executor());
    if (!found.first)
        found.first = found.second->usable();
    if (found.first)
        return waiting->complete(found.first, std::nullopt);
    auto const strand = found.second->executor();
    auto look = [shard = std::move(found.second), key = std::move(key), waiting]
    {
        auto value = std::optional<V>{};
        auto error = shard->usable();
        try
        {
            if (!error)
                if (auto const bytes = shard->get(key))
                    value.emplace(decode_for_table<V>(
                        static_cast<table_serdes<KeySerde, ValueSerde>*>(shard->serdes())->value, *bytes));
        }
        catch (...)
        {
            error = error_of_shard(std::current_exception());
        }
        shard->look_ended();
        waiting->complete(error, std::move(value));
    };
    boost::asio::post(strand, std::move(look));
}

// What the shards of a scan have brought so far.
template <class K, class V, class Handler>
class scan_state
{
public:
    using entries = std::vector<std::pair<K, V>>;

    scan_state(Handler handler, boost::asio::any_io_executor const& otherwise, std::size_t shards, std::size_t limit)
        : waiting_{std::move(handler), otherwise}, shards_{shards}, left_{shards}, limit_{limit}
    {
    }

    // Called once by each shard; the last one completes. A shard that has left meanwhile is one that is not here,
    // unless none is.
    void add(error_code error, entries found)
    {
        {
            auto const lock = std::scoped_lock{guard_};
            if (error == errc::not_local)
                ++gone_;
            else if (!error_)
                error_ = error;
            std::ranges::move(found, std::back_inserter(all_));
            if (--left_ > 0)
                return;
        }
        if (!error_ && gone_ == shards_)
            error_ = errc::not_local;
        if (error_)
            return waiting_.complete(error_, {});
        std::ranges::sort(all_, {}, [](auto const& each) -> K const& { return each.first; });
        if (all_.size() > limit_)
            all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(limit_), all_.end());
        waiting_.complete({}, std::move(all_));
    }

private:
    std::mutex guard_;
    table_operation<Handler, entries> waiting_;
    std::size_t shards_;
    std::size_t left_;
    std::size_t gone_ = 0;
    std::size_t limit_;
    error_code error_;
    entries all_;
};

// The keys that a scan is for: all that begin with a text.
struct keys_with_prefix
{
    std::string prefix;

    template <class KeySerde>
    [[nodiscard]] std::vector<key_range> ranges() const
    {
        return prefix_ranges<KeySerde>(prefix);
    }
    [[nodiscard]] bool have(std::string_view key) const noexcept { return key.starts_with(prefix); }
};

// All keys of a table.
struct all_keys
{
    template <class KeySerde>
    [[nodiscard]] std::vector<key_range> ranges() const
    {
        return {key_range{}};
    }
    template <class K>
    [[nodiscard]] bool have(K const& /*key*/) const noexcept
    {
        return true;
    }
};

// Whether a shard has its entries in the order of the keys. Types of users may have another order than their bytes.
template <class K, class KeySerde>
inline constexpr bool comes_in_order = keeps_order<KeySerde> && std::same_as<K, std::string>;

// The first `limit` entries that are added, in the order of their keys.
template <class K, class V>
class first_entries
{
public:
    first_entries(std::size_t limit, bool ordered) : limit_{limit}, ordered_{ordered} {}

    // Whether none of those that follow can be among them.
    [[nodiscard]] bool complete() const noexcept { return ordered_ && found_.size() == limit_; }

    // A heap with the last of the kept keys on top, where they do not come in order.
    template <class Value>
    void add(K key, Value value)
    {
        if (found_.size() == limit_ && (limit_ == 0 || !(key < found_.front().first)))
            return;
        if (found_.size() == limit_)
        {
            std::ranges::pop_heap(found_, before);
            found_.pop_back();
        }
        found_.emplace_back(std::move(key), value());
        if (!ordered_)
            std::ranges::push_heap(found_, before);
    }

    [[nodiscard]] std::vector<std::pair<K, V>> take() { return std::move(found_); }

private:
    static bool before(std::pair<K, V> const& left, std::pair<K, V> const& right) { return left.first < right.first; }

    std::size_t limit_;
    bool ordered_;
    std::vector<std::pair<K, V>> found_;
};

// The first `limit` entries of a shard whose keys are among `keys`, in the order of the keys.
template <class K, class V, class KeySerde, class ValueSerde, class Keys>
std::vector<std::pair<K, V>> scan_shard(shard_core& shard, Keys const& keys, std::size_t limit)
{
    auto& serdes = *static_cast<table_serdes<KeySerde, ValueSerde>*>(shard.serdes());
    auto found = first_entries<K, V>{limit, comes_in_order<K, KeySerde>};
    for (auto const& [from, to] : keys.template ranges<KeySerde>())
        for (auto const at = shard.walk(from, to); at->valid() && !found.complete(); at->next())
        {
            auto key = decode_for_table<K>(serdes.key, at->key());
            if (keys.have(key))
                found.add(std::move(key), [&] { return decode_for_table<V>(serdes.value, at->value()); });
        }
    return found.take();
}

// Scans all shards at hand, each on its strand, for any completion handler.
template <class K, class V, class KeySerde, class ValueSerde, class Keys, class Handler>
void start_scan(table_core const& table, Keys const& keys, std::size_t limit, Handler handler)
{
    using state = scan_state<K, V, Handler>;
    auto const shards = table.shards();
    auto const scan =
        std::make_shared<state>(std::move(handler), table.executor(), std::max<std::size_t>(1, shards.size()), limit);
    if (shards.empty())
    {
        auto const why = table.find(0).first;
        return scan->add(why == make_error_code(errc::not_running) ? why : make_error_code(errc::not_local), {});
    }
    for (auto const& shard : shards)
    {
        if (auto const error = shard->usable())
        {
            scan->add(error, {});
            continue;
        }
        auto look = [shard, keys, limit, scan]
        {
            auto found = std::vector<std::pair<K, V>>{};
            auto error = shard->usable();
            try
            {
                if (!error)
                    found = scan_shard<K, V, KeySerde, ValueSerde>(*shard, keys, limit);
            }
            catch (...)
            {
                error = error_of_shard(std::current_exception());
            }
            scan->add(error, std::move(found));
        };
        boost::asio::post(shard->executor(), std::move(look));
    }
}

} // namespace paperboy::detail
