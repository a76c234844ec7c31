#include <paperboy/admin.hpp>

#include "kafka/admin_client.hpp"
#include "kafka/changelog_topic.hpp"

#include <algorithm>
#include <utility>

namespace paperboy
{
namespace
{

constexpr auto time_of_oldest = std::int64_t{-2};
constexpr auto time_of_end = std::int64_t{-1};

} // namespace

admin::admin(config const& settings, std::chrono::milliseconds timeout)
    : impl_{std::make_unique<impl>(settings, timeout)}
{
}

admin::admin(admin&&) noexcept = default;
admin& admin::operator=(admin&&) noexcept = default;
admin::~admin() = default;

std::vector<topic_description> admin::topics()
{
    return impl_->topics();
}

topic_description admin::topic(std::string const& name)
{
    return impl_->topic(name);
}

std::vector<partition_offset> admin::oldest_offsets(std::span<topic_partition const> partitions)
{
    return impl_->offsets_at(partitions, time_of_oldest, "the oldest offset");
}

std::vector<partition_offset> admin::end_offsets(std::span<topic_partition const> partitions)
{
    return impl_->offsets_at(partitions, time_of_end, "the end");
}

// Brokers answer -1 where no record is as late.
std::vector<partition_offset> admin::offsets_at(std::span<topic_partition const> partitions, timestamp time)
{
    auto found = impl_->offsets_at(partitions, std::max<std::int64_t>(time.time_since_epoch().count(), 0),
                                   "the offset of a time");
    if (std::ranges::none_of(found, [](auto const& each) { return each.offset < 0; }))
        return found;
    auto const ends = end_offsets(partitions);
    for (std::size_t i = 0; i < found.size(); ++i)
        if (found[i].offset < 0)
            found[i].offset = ends[i].offset;
    return found;
}

std::vector<std::string> admin::groups()
{
    return impl_->groups();
}

group_description admin::describe(std::string const& group)
{
    return impl_->describe(group);
}

std::vector<partition_offset> admin::committed(std::string const& group, std::span<topic_partition const> partitions)
{
    return impl_->committed(group, partitions);
}

// librdkafka before 2.1 cannot ask for all that a group has committed, only for given partitions.
std::vector<partition_offset> admin::committed(std::string const& group)
{
    auto all = std::vector<topic_partition>{};
    for (auto const& topic : impl_->topics())
        for (auto number = 0; number < topic.partitions; ++number)
            all.emplace_back(topic.name, number);
    return impl_->committed(group, all);
}

void admin::commit(std::string const& group, std::span<partition_offset const> offsets)
{
    impl_->commit(group, offsets);
}

void admin::create_topic(std::string const& name, std::int32_t partitions, properties const& settings)
{
    impl_->create_topic(name, partitions, settings);
}

std::string admin::changelog_identity(std::string const& topic)
{
    return impl_->changelog_identity(topic);
}

void admin::delete_topic(std::string const& name)
{
    impl_->delete_topic(name);
}

bool is_another_changelog(std::string_view stored, std::string_view found) noexcept
{
    return kafka::certainly_another(stored, found);
}

} // namespace paperboy
