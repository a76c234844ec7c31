#include "table_fold.hpp"

#include "patient_reader.hpp"

#include <array>
#include <utility>

namespace paperboy::cli
{
namespace
{

void apply(changelog_fold& fold, record_view const& change, std::int64_t next_offset)
{
    auto& entry = fold[std::string{change.key()}];
    if (change.offset() >= next_offset)
    {
        entry.changed_later = true;
        return;
    }
    entry.offset = change.offset();
    entry.value = change.is_tombstone() ? std::nullopt : std::optional{digest_of(change.value())};
}

std::uint64_t fnv_1a(std::string_view value) noexcept
{
    auto hash = std::uint64_t{0xcbf29ce484222325U};
    for (auto const each : value)
        hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001b3U;
    return hash;
}

} // namespace

value_digest digest_of(std::string_view value) noexcept
{
    return {std::hash<std::string_view>{}(value), fnv_1a(value)};
}

changelog_scan::changelog_scan(config const& settings, topic_partition where, std::chrono::milliseconds limit,
                               progress_line& progress, std::function<bool()> stop)
    : settings_{settings}, where_{std::move(where)}, limit_{limit}, progress_{progress}, stop_{std::move(stop)}
{
}

changelog_fold changelog_scan::fold(admin& cluster, std::int64_t next_offset) const
{
    auto const where = std::array{where_};
    auto const oldest = cluster.oldest_offsets(where).front().offset;
    auto const end = cluster.end_offsets(where).front().offset;
    if (next_offset > end)
        throw changelog_out_of_reach{to_string(where_) + " ends at " + std::to_string(end) +
                                     ", in front of the store's offset " + std::to_string(next_offset) +
                                     "; it is another topic, or was made anew: name the right one with --changelog"};
    if (next_offset < oldest)
        throw changelog_out_of_reach{to_string(where_) + " begins at " + std::to_string(oldest) +
                                     ", behind the store's offset " + std::to_string(next_offset) +
                                     ": what is in between was deleted, and an engine would fill the store anew"};
    auto fold = changelog_fold{};
    read(oldest, end, [&](record_view const& change) { apply(fold, change, next_offset); });
    return fold;
}

void changelog_scan::read(std::int64_t from, std::int64_t end,
                          std::function<void(record_view const&)> const& each) const
{
    auto reader = patient_reader{settings_, where_.topic, {{where_.partition, from}}, limit_, progress_};
    while (!stop_() && reader.positions().at(where_.partition) < end)
    {
        reader.read(each);
        progress_.update("reading " + to_string(where_),
                         static_cast<std::size_t>(reader.positions().at(where_.partition)),
                         static_cast<std::size_t>(end));
    }
}

} // namespace paperboy::cli
