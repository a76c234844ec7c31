#include "table_fold.hpp"

#include "command.hpp"

#include <paperboy/topic_reader.hpp>

#include <array>

namespace paperboy::cli
{
namespace
{

using namespace std::chrono_literals;

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
                              std::int64_t next_offset, std::function<void(std::int64_t, std::int64_t)> const& progress,
                              std::function<bool()> const& stop)
{
    auto const where = std::array{changelog};
    auto const oldest = cluster.oldest_offsets(where).front().offset;
    auto const end = cluster.end_offsets(where).front().offset;
    if (next_offset > end)
        throw command_failed{to_string(changelog) + " ends at " + std::to_string(end) +
                             ", in front of the store's offset " + std::to_string(next_offset) +
                             "; it is another topic, or was made anew: name the right one with --changelog"};
    if (next_offset < oldest)
        throw command_failed{to_string(changelog) + " begins at " + std::to_string(oldest) +
                             ", behind the store's offset " + std::to_string(next_offset) +
                             ": what is in between was deleted, and an engine would fill the store anew"};
    auto fold = changelog_fold{};
    auto reader = topic_reader{settings, changelog.topic, {{changelog.partition, oldest}}};
    while (!stop() && reader.positions().at(changelog.partition) < end)
    {
        reader.read(100ms, [&](record_view const& change) { apply(fold, change, next_offset); });
        progress(reader.positions().at(changelog.partition), end);
    }
    return fold;
}

} // namespace paperboy::cli
