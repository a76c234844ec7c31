#include "support/broker_journal.hpp"

#include <algorithm>

namespace paperboy::test
{
namespace
{

topic_partition place_of(record_view const& record)
{
    return {std::string{record.topic()}, record.partition()};
}

std::string name_of(record_view const& record)
{
    return to_string(place_of(record)) + "@" + std::to_string(record.offset());
}

} // namespace

void journal::violated(std::string line)
{
    violations_.push_back(std::move(line));
}

void journal::started(std::string const& engine, record_view const& record)
{
    auto const lock = guard{mutex_};
    auto& where = partitions_[place_of(record)];
    if (where.in_hook)
        violated(name_of(record) + " started in " + engine + " while another hook of the partition ran");
    if (where.owner != engine)
        violated(name_of(record) + " started in " + engine + ", but the owner is \"" + where.owner + "\"");
    if (record.offset() <= where.last_started)
        violated(name_of(record) + " started in " + engine + " after offset " + std::to_string(where.last_started));
    where.in_hook = true;
    where.last_started = record.offset();
    ++where.starts[record.offset()];
    changed_.notify_all();
}

void journal::finished(std::string const& engine, record_view const& record)
{
    auto const lock = guard{mutex_};
    auto& where = partitions_[place_of(record)];
    where.in_hook = false;
    if (where.finishers.emplace(record.offset(), engine).second)
        ++finished_by_[engine];
    else
        ++repeated_;
    while (where.finishers.contains(where.unfinished))
        ++where.unfinished;
    changed_.notify_all();
}

void journal::abandoned(std::string const& engine, record_view const& record)
{
    auto const lock = guard{mutex_};
    auto& where = partitions_[place_of(record)];
    if (where.owner != engine)
        violated(name_of(record) + " was abandoned by " + engine + ", but the owner is \"" + where.owner + "\"");
    where.in_hook = false;
    changed_.notify_all();
}

void journal::assigned(std::string const& engine, std::span<topic_partition const> partitions)
{
    auto const lock = guard{mutex_};
    for (auto const& each : partitions)
    {
        auto& where = partitions_[each];
        if (!where.owner.empty())
            violated(to_string(each) + " was assigned to " + engine + " while " + where.owner + " owned it");
        where.owner = engine;
        where.last_started = -1;
    }
    changed_.notify_all();
}

void journal::released(std::string const& engine, std::span<topic_partition const> partitions, bool lost)
{
    auto const lock = guard{mutex_};
    for (auto const& each : partitions)
    {
        auto& where = partitions_[each];
        if (where.owner != engine)
            violated(to_string(each) + " was released by " + engine + ", but the owner is \"" + where.owner + "\"");
        where.owner.clear();
        lost_by_[engine] += lost ? 1 : 0;
    }
    changed_.notify_all();
}

void journal::committed(std::string const& engine, error_code result, std::span<partition_offset const> offsets)
{
    auto const lock = guard{mutex_};
    if (result)
        return;
    ++commits_;
    for (auto const& each : offsets)
    {
        auto& where = partitions_[{each.topic, each.partition}];
        auto const text = engine + " committed " + to_string(topic_partition{each.topic, each.partition}) + "@" +
                          std::to_string(each.offset);
        if (each.offset > where.unfinished)
            violated(text + " while offset " + std::to_string(where.unfinished) + " was unfinished");
        if (each.offset < where.committed)
            violated(text + " after " + std::to_string(where.committed));
        where.committed = std::max(where.committed, each.offset);
    }
    changed_.notify_all();
}

void journal::seen_committed(std::string const& topic, std::map<std::int32_t, std::int64_t> const& offsets)
{
    auto const lock = guard{mutex_};
    for (auto const& [number, offset] : offsets)
    {
        auto& where = partitions_[{topic, number}];
        auto const text =
            "the group's offset of " + to_string(topic_partition{topic, number}) + " is " + std::to_string(offset);
        if (offset > where.unfinished)
            violated(text + " while offset " + std::to_string(where.unfinished) + " was unfinished");
        if (offset < where.seen_committed)
            violated(text + " after " + std::to_string(where.seen_committed));
        where.seen_committed = offset;
    }
}

bool journal::await(std::function<bool()> const& condition, std::chrono::milliseconds deadline) const
{
    auto lock = std::unique_lock{mutex_};
    return changed_.wait_for(lock, deadline, condition);
}

// ---- questions

journal::partition const* journal::find(topic_partition const& where) const
{
    auto const found = partitions_.find(where);
    return found == partitions_.end() ? nullptr : &found->second;
}

std::size_t journal::finished_count() const
{
    auto const lock = guard{mutex_};
    std::size_t count = 0;
    for (auto const& [engine, records] : finished_by_)
        count += records;
    return count;
}

std::size_t journal::finished_by(std::string const& engine) const
{
    auto const lock = guard{mutex_};
    auto const found = finished_by_.find(engine);
    return found == finished_by_.end() ? 0 : found->second;
}

std::size_t journal::repeated() const
{
    auto const lock = guard{mutex_};
    return repeated_;
}

std::int64_t journal::unfinished(topic_partition const& where) const
{
    auto const lock = guard{mutex_};
    auto const* const found = find(where);
    return found == nullptr ? 0 : found->unfinished;
}

std::string journal::finisher(topic_partition const& where, std::int64_t offset) const
{
    auto const lock = guard{mutex_};
    auto const* const found = find(where);
    if (found == nullptr || !found->finishers.contains(offset))
        return {};
    return found->finishers.at(offset);
}

std::size_t journal::starts_of(topic_partition const& where, std::int64_t offset) const
{
    auto const lock = guard{mutex_};
    auto const* const found = find(where);
    return found == nullptr || !found->starts.contains(offset) ? 0 : found->starts.at(offset);
}

std::size_t journal::owned_by(std::string const& engine) const
{
    auto const lock = guard{mutex_};
    return static_cast<std::size_t>(
        std::ranges::count_if(partitions_, [&](auto const& each) { return each.second.owner == engine; }));
}

std::size_t journal::lost_by(std::string const& engine) const
{
    auto const lock = guard{mutex_};
    auto const found = lost_by_.find(engine);
    return found == lost_by_.end() ? 0 : found->second;
}

std::size_t journal::commits() const
{
    auto const lock = guard{mutex_};
    return commits_;
}

std::int64_t journal::committed_offset(topic_partition const& where) const
{
    auto const lock = guard{mutex_};
    auto const* const found = find(where);
    return found == nullptr ? -1 : found->committed;
}

std::string journal::violations() const
{
    auto const lock = guard{mutex_};
    auto text = std::string{};
    for (auto const& each : violations_)
        text += each + "\n";
    return text;
}

} // namespace paperboy::test
