#include "table_fold.hpp"

#include "patient_reader.hpp"

#include <array>

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
    entry.value = change.is_tombstone() ? std::nullopt : std::optional{std::string{change.value()}};
}

} // namespace

changelog_fold fold_changelog(config const& settings, admin& cluster, topic_partition const& changelog,
                              std::int64_t next_offset, std::chrono::milliseconds limit, progress_line& progress,
                              std::function<bool()> const& stop)
{
    auto const where = std::array{changelog};
    auto const oldest = cluster.oldest_offsets(where).front().offset;
    auto const end = cluster.end_offsets(where).front().offset;
    if (next_offset > end)
        throw changelog_out_of_reach{to_string(changelog) + " ends at " + std::to_string(end) +
                                     ", in front of the store's offset " + std::to_string(next_offset) +
                                     "; it is another topic, or was made anew: name the right one with --changelog"};
    if (next_offset < oldest)
        throw changelog_out_of_reach{to_string(changelog) + " begins at " + std::to_string(oldest) +
                                     ", behind the store's offset " + std::to_string(next_offset) +
                                     ": what is in between was deleted, and an engine would fill the store anew"};
    auto fold = changelog_fold{};
    auto reader = patient_reader{settings, changelog.topic, {{changelog.partition, oldest}}, limit, progress};
    while (!stop() && reader.positions().at(changelog.partition) < end)
    {
        reader.read([&](record_view const& change) { apply(fold, change, next_offset); });
        progress.update("reading " + to_string(changelog),
                        static_cast<std::size_t>(reader.positions().at(changelog.partition)),
                        static_cast<std::size_t>(end));
    }
    return fold;
}

} // namespace paperboy::cli
