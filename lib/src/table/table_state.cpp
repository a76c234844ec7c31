#include "table/table_state.hpp"

#include "table/murmur2.hpp"

#include <paperboy/error.hpp>
#include <paperboy/record.hpp>

namespace paperboy::tables
{

table_state::table_state(std::size_t number, detail::table_setup setup, boost::asio::any_io_executor executor)
    : number_{number}, setup_{std::move(setup)}, executor_{std::move(executor)}
{
}

detail::shard_core& table_state::shard_of(record_view const& record) const
{
    auto text = "paperboy: the table \"" + name();
    if (record.ledger())
        text.append("\" has no shard for a record of \"")
            .append(record.topic())
            .append("\"; name the topic in its table_options::sources");
    else
        text.append("\" belongs to an engine, but the record of \"")
            .append(record.topic())
            .append("\" does not; in tests, use a table of testing::test_tables");
    throw setup_error{errc::invalid_config, text};
}

std::optional<std::int32_t> table_state::partition_of(std::string_view key) const
{
    auto const lock = std::scoped_lock{guard_};
    if (partitions_ == 0)
        return std::nullopt;
    return tables::partition_of(key, partitions_);
}

std::pair<error_code, std::shared_ptr<detail::shard_core>>
table_state::find(std::optional<std::int32_t> partition) const
{
    auto const lock = std::scoped_lock{guard_};
    if (!running_ || !partition || (global() && !whole_))
        return {errc::not_running, nullptr};
    if (global())
        return {error_code{}, whole_};
    auto const found = shards_.find(*partition);
    if (found == shards_.end())
        return {errc::not_local, nullptr};
    return {error_code{}, found->second};
}

std::vector<std::shared_ptr<detail::shard_core>> table_state::shards() const
{
    auto const lock = std::scoped_lock{guard_};
    auto all = std::vector<std::shared_ptr<detail::shard_core>>{};
    if (whole_)
        all.push_back(whole_);
    else
        for (auto const& [partition, shard] : shards_)
            all.push_back(shard);
    return all;
}

table_state::shard_map table_state::parts() const
{
    auto const lock = std::scoped_lock{guard_};
    return shards_;
}

void table_state::changelog_is(std::int32_t partitions, std::string identity,
                               std::optional<std::chrono::milliseconds> tombstones_stay)
{
    auto const lock = std::scoped_lock{guard_};
    partitions_ = partitions;
    identity_ = std::move(identity);
    tombstones_stay_ = tombstones_stay;
}

std::optional<std::chrono::milliseconds> table_state::tombstones_stay() const
{
    auto const lock = std::scoped_lock{guard_};
    return tombstones_stay_;
}

std::int32_t table_state::partitions() const
{
    auto const lock = std::scoped_lock{guard_};
    return partitions_;
}

std::string table_state::identity() const
{
    auto const lock = std::scoped_lock{guard_};
    return identity_;
}

void table_state::show(bool running, shard_map shards, std::shared_ptr<detail::shard_core> whole)
{
    auto const lock = std::scoped_lock{guard_};
    running_ = running;
    shards_.swap(shards);
    whole_.swap(whole);
}

} // namespace paperboy::tables
