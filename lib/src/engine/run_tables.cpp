#include "engine/run_tables.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace paperboy::engine_detail
{

namespace asio = boost::asio;

run_tables::run_tables(pipeline::slim_strand strand, config const& settings, table_list all,
                       std::vector<std::vector<std::string>> sources, std::vector<std::size_t> caches,
                       detail::change_target& target, std::function<std::size_t(std::string const&)> topic_number,
                       calls tell)
    : strand_{std::move(strand)}, settings_{settings}, all_{std::move(all)}, target_{target},
      topic_number_{std::move(topic_number)}, tell_{std::move(tell)}, sources_{std::move(sources)},
      caches_{std::move(caches)}, stores_{std::make_shared<tables::store_queue>(settings.log)},
      worker_{std::make_shared<tables::store_worker>(strand_, stores_)}
{
}

tables::shard_context run_tables::context_of(std::size_t table, std::size_t shards)
{
    auto const& which = all_[table];
    return {which,
            target_,
            topic_number_(which->changelog()),
            weak_from_this(),
            settings_.log,
            caches_[table] / std::max<std::size_t>(1, shards),
            stores_,
            worker_};
}

// ---- global tables

void run_tables::open_global(asio::any_io_executor const& executor)
{
    for (std::size_t table = 0; table < all_.size(); ++table)
    {
        if (!all_[table]->global())
            continue;
        auto const count = all_[table]->partitions();
        auto const context = context_of(table, static_cast<std::size_t>(count));
        auto parts = std::make_shared<tables::global_parts>();
        for (std::int32_t partition = 0; partition < count; ++partition)
        {
            auto& entry = shards_[{table, partition}];
            entry.shard = std::make_shared<tables::shard>(context, partition,
                                                          pipeline::slim_strand{pipeline::slim_executor{executor}});
            parts->push_back(entry.shard);
            open(entry);
        }
        globals_[table] = std::move(parts);
        wholes_[table] = std::make_shared<tables::global_view>(
            *all_[table], globals_[table], pipeline::slim_strand{pipeline::slim_executor{executor}});
    }
    if (!globals_.empty())
        show(true);
}

void run_tables::close_global()
{
    if (globals_.empty())
        return;
    globals_.clear();
    wholes_.clear();
    for (auto& [which, entry] : shards_)
        if (global(which))
            close(entry, true);
    std::erase_if(shards_, [this](auto const& each) { return global(each.first); });
    show(true);
}

// ---- an assignment

void run_tables::assign(std::span<topic_partition const> partitions, asio::any_io_executor const& executor)
{
    for (std::size_t table = 0; table < all_.size(); ++table)
        if (auto const torn = sources_.torn(table, partitions); !torn.empty())
            throw setup_error{errc::invalid_config, "table \"" + all_[table]->name() + "\": " + torn};
    for (auto const& where : partitions)
        if (auto const group = sources_.group_of(where.topic))
            strands_.try_emplace({*group, where.partition}, pipeline::slim_executor{executor});
    for (std::size_t table = 0; table < all_.size(); ++table)
    {
        if (all_[table]->global())
            continue;
        auto mine = std::vector<topic_partition>{};
        std::ranges::copy_if(partitions, std::back_inserter(mine),
                             [&](auto const& each) { return each.topic == sources_.of(table).front(); });
        auto const held = std::ranges::count(shards_, table, [](auto const& each) { return each.first.first; });
        auto const context = context_of(table, mine.size() + static_cast<std::size_t>(held));
        for (auto const& where : mine)
            shards_[{table, where.partition}].shard =
                std::make_shared<tables::shard>(context, where.partition, strand_of(where, executor));
    }
    divide_caches();
    show(true);
}

// Partitions may come and go one by one: those that stay give to those that come, and get from those that go.
void run_tables::divide_caches() const
{
    auto held = std::vector<std::size_t>(all_.size());
    for (auto const& [which, entry] : shards_)
        ++held[which.first];
    for (auto const& [which, entry] : shards_)
        if (!global(which))
            entry.shard->limit(caches_[which.first] / held[which.first]);
}

pipeline::slim_strand run_tables::strand_of(topic_partition const& where, asio::any_io_executor const& executor) const
{
    if (auto const group = sources_.group_of(where.topic))
        return strands_.at({*group, where.partition});
    return pipeline::slim_strand{pipeline::slim_executor{executor}};
}

bool run_tables::share(topic_partition const& left, topic_partition const& right) const
{
    auto const group = sources_.group_of(left.topic);
    return left == right || (group && left.partition == right.partition && group == sources_.group_of(right.topic));
}

// Global tables stay.
bool run_tables::fed_by(key const& which, std::span<topic_partition const> partitions) const
{
    return !global(which) &&
           std::ranges::any_of(partitions, [&](auto const& each)
                               { return each.partition == which.second && sources_.feeds(each.topic, which.first); });
}

void run_tables::stop_restores(std::span<topic_partition const> of)
{
    for (auto& [which, entry] : shards_)
        if (fed_by(which, of) && !entry.ready)
            close(entry, false);
}

std::vector<std::shared_ptr<detail::shard_core>> run_tables::shards_of(topic_partition const& where) const
{
    auto mine = std::vector<std::shared_ptr<detail::shard_core>>(all_.size());
    for (std::size_t table = 0; table < all_.size(); ++table)
        if (sources_.feeds(where.topic, table))
            mine[table] = shards_.at({table, where.partition}).shard;
    for (auto const& [table, parts] : globals_)
        mine[table] = std::make_shared<tables::global_view>(*all_[table], parts, wholes_.at(table)->executor());
    return mine;
}

void run_tables::show(bool running) const
{
    for (std::size_t table = 0; table < all_.size(); ++table)
    {
        auto mine = std::map<std::int32_t, std::shared_ptr<detail::shard_core>>{};
        for (auto const& [which, entry] : shards_)
            if (which.first == table)
                mine.emplace(which.second, entry.shard);
        auto const whole = wholes_.find(table);
        all_[table]->show(running, std::move(mine), whole == wholes_.end() ? nullptr : whole->second);
    }
}

bool run_tables::ready(topic_partition const& where)
{
    auto all = true;
    for (auto& [which, entry] : shards_)
    {
        auto const its_own = which.second == where.partition && sources_.feeds(where.topic, which.first);
        if (!its_own && !global(which))
            continue;
        if (!entry.opened && !in_use(which))
            open(entry);
        all = all && entry.ready;
    }
    return all;
}

// The store of a shard that is still being closed cannot be opened a second time.
bool run_tables::in_use(key const& which) const
{
    return std::ranges::any_of(closing_, [&](shard_ptr const& each)
                               { return each->table().number() == which.first && each->partition() == which.second; });
}

void run_tables::open(held_shard& which)
{
    which.opened = true;
    which.began = std::chrono::steady_clock::now();
    which.shard->open();
}

void run_tables::close(std::span<topic_partition const> of, bool checkpoint)
{
    for (auto& [which, entry] : shards_)
        if (fed_by(which, of))
            close(entry, checkpoint);
    std::erase_if(shards_, [&](auto const& each) { return fed_by(each.first, of); });
    for (auto const& where : of)
        if (auto const group = sources_.group_of(where.topic))
            strands_.erase({*group, where.partition});
    divide_caches();
    show(true);
}

void run_tables::send_nothing(std::span<topic_partition const> of) const
{
    for (auto const& [which, entry] : shards_)
        if (fed_by(which, of))
            entry.shard->send_nothing();
}

bool run_tables::closed(std::span<topic_partition const> of) const
{
    return std::ranges::none_of(closing_, [&](shard_ptr const& each)
                                { return fed_by({each->table().number(), each->partition()}, of); });
}

void run_tables::close(held_shard& which, bool checkpoint)
{
    if (!which.opened || std::exchange(which.closing, true))
        return;
    closing_.push_back(which.shard);
    which.shard->close(checkpoint);
}

void run_tables::close_all()
{
    close_assigned();
    close_global();
}

// What no revocation has closed.
void run_tables::close_assigned()
{
    for (auto& [which, entry] : shards_)
        if (!global(which))
            close(entry, false);
    std::erase_if(shards_, [this](auto const& each) { return !global(each.first); });
    strands_.clear();
}

// ---- what shards tell, from their strands

template <class Work>
void run_tables::on_strand(tables::shard& which, Work work)
{
    asio::post(strand_, [self = shared_from_this(), shard = which.shared_from_this(), work = std::move(work)]
               { work(*self, shard); });
}

void run_tables::shard_wants_changelog(tables::shard& which, std::optional<std::int64_t> from)
{
    on_strand(which, [from](run_tables& self, shard_ptr const& shard) { self.read(shard, from); });
}

void run_tables::shard_ready(tables::shard& which)
{
    on_strand(which, [](run_tables& self, shard_ptr const& shard) { self.on_ready(shard); });
}

void run_tables::shard_failed(tables::shard& which, error_code error, std::string const& text)
{
    on_strand(which,
              [error, text](run_tables& self, shard_ptr const& shard)
              {
                  if (self.find(shard) != nullptr)
                      self.tell_.failed(error, text);
              });
}

void run_tables::shard_closed(tables::shard& which)
{
    on_strand(which, [](run_tables& self, shard_ptr const& shard) { self.on_closed(shard); });
}

run_tables::held_shard* run_tables::find(shard_ptr const& which)
{
    auto const found = shards_.find({which->table().number(), which->partition()});
    return found != shards_.end() && found->second.shard == which ? &found->second : nullptr;
}

void run_tables::on_ready(shard_ptr const& which)
{
    auto* const entry = find(which);
    if (entry == nullptr)
        return;
    entry->ready = true;
    tell_progress(*entry);
    auto const took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - entry->began);
    settings_.log(log_level::info, "table \"" + which->table().name() + "\": partition " +
                                       std::to_string(which->partition()) +
                                       " is restored: " + std::to_string(which->counters().restored.load()) +
                                       " records in " + std::to_string(took.count()) + " ms");
    tell_.changed();
}

void run_tables::on_closed(shard_ptr const& which)
{
    if (std::erase(closing_, which) > 0)
        tell_.changed();
}

} // namespace paperboy::engine_detail
