#pragma once

#include <paperboy/record.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace paperboy
{

/// The last records of the keys in a bulk, made by `last_by_key`. `R` is the topic's record type.
///
/// Points into the bulk: valid as long as the records are, which for the bulk of a hook is until the hook has
/// completed.
template <class R>
struct last_records
{
    /// The records with a value, in the order of their offsets. Never null.
    std::vector<R const*> values;

    /// The tombstones, in the order of their offsets: these keys are deleted. Never null.
    std::vector<R const*> tombstones;
};

/// What remains of a bulk when later records replace earlier ones of the same key, as compaction would leave it: the
/// last record of each key, split into values and tombstones.
///
/// For handlers that write the state of keys somewhere: `on_bulk` then writes each key once. Nothing is copied but
/// pointers; the time is linear in the number of records.
///
/// - `bulk`: the records of one partition in the order of their offsets, as `on_bulk` gets them: `record_view`s,
///   `record<V>`s or `record<K, V>`s. May be empty.
/// - Keys are compared byte by byte, as the broker compares them, not by what a serde makes of them. An empty key is a
///   key.
/// - A record without a key replaces nothing and is replaced by nothing: each stands for itself, among the values or
///   the tombstones.
///
/// Throws std::bad_alloc. Safe from any thread, on records that may be read there.
///
///     void on_bulk(std::span<paperboy::record<order> const> bulk)
///     {
///         auto const last = paperboy::last_by_key(bulk);
///         for (auto const* each : last.values)
///             database.upsert(each->key(), each->value());
///         for (auto const* each : last.tombstones)
///             database.erase(each->key());
///     }
template <class R>
    requires std::is_base_of_v<record_view, R>
[[nodiscard]] last_records<R> last_by_key(std::span<R const> bulk)
{
    constexpr auto replaced = static_cast<R const*>(nullptr);
    auto last = std::vector<R const*>{};
    last.reserve(bulk.size());
    auto places = boost::unordered_flat_map<std::string_view, std::size_t>{};
    places.reserve(bulk.size());
    for (auto const& each : bulk)
    {
        if (each.has_key())
        {
            auto const [known, fresh] = places.try_emplace(each.record_view::key(), last.size());
            if (!fresh)
                last[std::exchange(known->second, last.size())] = replaced;
        }
        last.push_back(&each);
    }
    auto result = last_records<R>{};
    for (auto const* const each : last)
        if (each != replaced)
            (each->is_tombstone() ? result.tombstones : result.values).push_back(each);
    return result;
}

/// The same for a vector of records, as `did_receive_bulk_messages` gets it: valid until the vector changes.
template <class R>
    requires std::is_base_of_v<record_view, R>
[[nodiscard]] last_records<R> last_by_key(std::vector<R> const& bulk)
{
    return last_by_key(std::span<R const>{bulk});
}

template <class R>
last_records<R> last_by_key(std::vector<R> const&& bulk) = delete;

} // namespace paperboy
