#include "engine/engine_state.hpp"

#include "table/shard.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

namespace paperboy::engine_detail
{

void engine_state::show(std::shared_ptr<pipeline::assignment const> current)
{
    auto const lock = std::scoped_lock{guard};
    visible.swap(current);
}

std::size_t step_of(std::string_view topic, step_list const& steps, pipeline::topic_matcher const& handled)
{
    auto const found = handled.find(topic);
    auto const contains = [&](auto const& each)
    { return found && std::ranges::find(each, handled.topics()[*found]) != each.end(); };
    return static_cast<std::size_t>(std::ranges::find_if(steps, contains) - steps.begin());
}

void engine_state::check_steps() const
{
    auto const& handled = router.topics();
    auto seen = std::set<std::string_view>{};
    for (auto const& each : settings.steps)
    {
        if (each.empty())
            throw setup_error{errc::invalid_config, "paperboy: a step of config::steps is empty; name its topics"};
        for (auto const& topic : each)
        {
            if (std::ranges::find(handled, topic) == handled.end())
                throw setup_error{errc::invalid_config, "paperboy: config::steps names \"" + topic +
                                                            "\", which has no handler; add one, or leave it out"};
            if (!seen.insert(topic).second)
                throw setup_error{errc::invalid_config,
                                  "paperboy: config::steps names \"" + topic + "\" twice; a topic is in one step"};
        }
    }
}

std::vector<std::string> engine_state::sources_of(tables::table_state const& table) const
{
    if (table.global())
        return {};
    auto const& given = table.setup().options.sources;
    if (!given.empty())
        return given;
    auto named = std::vector<std::string>{};
    std::ranges::copy_if(router.topics(), std::back_inserter(named),
                         [this](auto const& each) { return router.names(each); });
    return named;
}

memory_division engine_state::divide_memory() const
{
    auto providers = std::set<shard_store_provider const*>{};
    auto wishes = memory_wishes{};
    for (auto const& table : tables)
    {
        auto const& setup = table->setup();
        wishes.changelogs = true;
        wishes.caches.push_back(setup.stores ? setup.options.cache_bytes : 0);
        if (setup.stores && providers.insert(setup.stores.get()).second)
            wishes.stores += setup.stores->memory_bytes();
    }
    if (!fits(settings.memory_limit, wishes.stores))
        throw setup_error{errc::invalid_config,
                          "paperboy: the stores of the tables take " + std::to_string(wishes.stores) +
                              " bytes of memory, more than half of config::memory_limit, which is " +
                              std::to_string(settings.memory_limit) +
                              "; raise that, or lower what the stores take (rocksdb_options::block_cache_bytes and "
                              "write_buffer_bytes)"};
    return engine_detail::divide_memory(settings.memory_limit, wishes);
}

void engine_state::check_tables() const
{
    static_cast<void>(divide_memory());
    for (auto const& table : tables)
    {
        if (table->global())
            continue;
        auto const what = "paperboy: the table \"" + table->name() + "\"";
        auto const sources = sources_of(*table);
        if (sources.empty())
            throw setup_error{errc::invalid_config,
                              what + " has no topics that change it: name those that do in its table_options::sources"};
        for (auto const& topic : sources)
        {
            if (!router.find(topic))
                throw setup_error{errc::invalid_config,
                                  std::string{what}.append(" has \"").append(topic).append(
                                      "\" among its sources, which has no handler; add one, or correct "
                                      "table_options::sources")};
            if (topic == table->changelog())
                throw setup_error{errc::invalid_config, std::string{what}
                                                            .append(" cannot have its own changelog \"")
                                                            .append(topic)
                                                            .append("\" among its sources")};
        }
    }
}

void engine_state::show_step(std::size_t at, std::size_t passed, std::size_t partitions)
{
    auto const lock = std::scoped_lock{guard};
    step = at;
    step_passed = passed;
    step_partitions = partitions;
}

void engine_state::record(failure why)
{
    auto const lock = std::scoped_lock{guard};
    last_failure = std::move(why);
}

failure engine_state::why_failed() const
{
    auto const lock = std::scoped_lock{guard};
    return last_failure;
}

engine_health engine_state::health_now() const
{
    auto const lock = std::scoped_lock{guard};
    return health.now();
}

pipeline::topic_counters& engine_state::counters_of(std::string const& topic)
{
    auto const lock = std::scoped_lock{guard};
    return topics[topic];
}

std::optional<store_memory> engine_state::memory_of_stores() const
{
    auto providers = std::set<shard_store_provider const*>{};
    auto sum = std::optional<store_memory>{};
    for (auto const& table : tables)
    {
        auto const& stores = table->setup().stores;
        if (!stores || !providers.insert(stores.get()).second)
            continue;
        auto const one = stores->memory();
        if (!one)
            continue;
        auto& all = sum ? *sum : sum.emplace();
        all.cached += one->cached;
        all.pinned += one->pinned;
        all.cache_limit += one->cache_limit;
        all.unwritten += one->unwritten;
        all.unwritten_limit += one->unwritten_limit;
    }
    return sum;
}

engine_stats engine_state::stats() const
{
    auto result = engine_stats{};
    result.group_id = settings.group_id;
    result.client_id = settings.client_id;
    // Under the lock: outside of it this thread might become the last to hold pipelines whose executor is gone.
    {
        auto const lock = std::scoped_lock{guard};
        if (step < settings.steps.size())
            result.step = step;
        result.step_passed = step_passed;
        result.step_partitions = step_partitions;
        for (auto const& [topic, counted] : topics)
            result.topics.push_back({topic, counted.skipped.load(), counted.retried.load(), counted.dead_letters.load(),
                                     counted.failed.load(), counted.single.snapshot(), counted.bulk.snapshot(),
                                     counted.hooks_seen()});
        if (visible)
            result.partitions = visible->stats();
    }
    result.records = totals.records.load();
    result.bytes = totals.bytes.load();
    for (auto const& each : result.topics)
    {
        result.skipped += each.skipped;
        result.retried += each.retried;
    }
    result.dead_letters = totals.dead_letters.load();
    result.commits = totals.commits.load();
    result.failed_commits = totals.failed_commits.load();
    if (auto const ms = totals.last_commit_ms.load(); ms >= 0)
        result.last_commit = std::chrono::system_clock::time_point{std::chrono::milliseconds{ms}};
    result.commit_durations = totals.commit_durations.snapshot();
    result.assignments = totals.assignments.load();
    result.revocations = totals.revocations.load();
    result.losses = totals.losses.load();
    result.client_errors = totals.client_errors.load();
    result.stray_records = totals.stray_records.load();
    result.missed_wakeups = totals.missed_wakeups.load();
    result.producer = outbox->stats();
    result.slow_hooks = totals.slow_hooks.load();
    result.stuck_hooks = totals.stuck_hooks.load();
    if (auto const ms = totals.outliving_hook_ms.load(); ms >= 0)
        result.outliving_hook_age = std::chrono::milliseconds{ms};
    result.away = totals.away.load();
    for (auto const& table : tables)
        for (auto const& [partition, each] : table->parts())
            result.shards.push_back(static_cast<paperboy::tables::shard const&>(*each).stats());
    result.stores = memory_of_stores();
    for (auto const& each : result.partitions)
    {
        result.buffered_bytes += each.buffered_bytes;
        result.step_left += each.step_left.value_or(0);
    }
    result.memory_limit = settings.memory_limit;
    return result;
}

} // namespace paperboy::engine_detail
