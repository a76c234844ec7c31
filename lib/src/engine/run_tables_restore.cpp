// The part of a run's tables that reads their changelogs, and tells how far it is.

#include "engine/run_tables.hpp"

#include "kafka/oauth.hpp"
#include "table/shard_feed.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>
#include <utility>

namespace paperboy::engine_detail
{

using namespace std::chrono_literals;

namespace
{

constexpr auto progress_pause = 5s;

// What a restore reads of what its store has already, see shard::fits_changelog.
constexpr std::int64_t look_back = 100;

// No store of a disk that works is at one thing for so long.
constexpr auto late = 10s;

} // namespace

void run_tables::open_reader(kafka::conf_handle conf, std::function<void(kafka::consumer_event const&)> on_event)
{
    reader_.emplace(strand_, std::move(conf), std::move(on_event));
}

std::string run_tables::set_token(oauth_token const& token)
{
    return reader_ ? kafka::set_token(reader_->get(), token) : std::string{};
}

void run_tables::read(shard_ptr const& which, std::optional<std::int64_t> from)
{
    auto* const entry = find(which);
    if (entry == nullptr || entry->closing || !reader_)
        return;
    auto request = kafka::changelog_request{
        {which->table().changelog(), which->partition()}, which->executor(), tables::make_feed(which)};
    request.from = from;
    request.look_back = look_back;
    request.tail = which->global();
    which->keep_reading(reader_->read(std::move(request)));
}

std::shared_ptr<kafka::client> run_tables::end()
{
    close_all();
    return abandon();
}

std::shared_ptr<kafka::client> run_tables::abandon()
{
    shards_.clear();
    globals_.clear();
    wholes_.clear();
    show(false);
    auto remains = reader_ ? reader_->close() : nullptr;
    reader_.reset();
    return remains;
}

std::string run_tables::forget_stores()
{
    stores_->forget();
    return closed() ? std::string{} : stores_->late(0s);
}

std::size_t run_tables::restoring() const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(shards_, [](auto const& each) { return !each.second.ready; }));
}

void run_tables::tell_progress(held_shard const& which) const
{
    if (settings_.watcher)
        settings_.watcher->on_restore(which.shard->progress());
}

void run_tables::look_at_clock()
{
    auto open = false;
    for (auto& [which, entry] : shards_)
    {
        if (entry.ready)
            entry.shard->look_at_clock();
        else if (entry.opened)
        {
            open = true;
            tell_progress(entry);
        }
    }
    auto const now = std::chrono::steady_clock::now();
    if (auto const text = stores_->late(late); !text.empty() && now - last_warned_ >= late)
    {
        last_warned_ = now;
        settings_.log(log_level::warning, text + "; see to its disk: what is to be stored stays in memory, and " +
                                              "partitions that come back wait for it");
    }
    if (!open || now - last_logged_ < progress_pause)
        return;
    last_logged_ = now;
    settings_.log(log_level::info, describe_progress());
}

std::string run_tables::describe_progress() const
{
    auto records = std::uint64_t{0};
    auto rate = 0.0;
    auto fraction = 0.0;
    auto left = std::chrono::milliseconds{0};
    auto names = std::string{};
    for (auto const& [which, entry] : shards_)
    {
        auto const each = entry.shard->progress();
        records += each.records;
        fraction += each.fraction;
        if (entry.ready)
            continue;
        rate += each.records_per_second;
        left = std::max(left, each.left.value_or(left));
        if (names.find('"' + each.table + '"') == std::string::npos)
            names += (names.empty() ? "\"" : ", \"") + each.table + '"';
    }
    auto const all = shards_.size();
    auto line = std::ostringstream{};
    line << std::fixed << std::setprecision(0) << "restoring table " << names << ": " << all - restoring() << " of "
         << all << " partitions are ready, " << 100 * fraction / static_cast<double>(std::max<std::size_t>(1, all))
         << " %, " << records << " records, " << rate << " a second, about "
         << std::chrono::duration<double>{left}.count() << " s left";
    return line.str();
}

} // namespace paperboy::engine_detail
