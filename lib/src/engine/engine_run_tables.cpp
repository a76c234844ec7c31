// The part of a run that sees to tables: their changelogs, and what waits for them.

#include "engine/engine_run.hpp"

#include "kafka/client_config.hpp"

#include <paperboy/observer.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace paperboy::engine_detail
{

using namespace std::chrono_literals;

namespace
{

constexpr auto changelog_timeout = 30s;
constexpr auto changelog_pause = 1000ms;

// In every locale with a point.
std::string text_of(double number)
{
    auto text = std::array<char, 32>{};
    auto const end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    return {text.data(), end};
}

kafka::changelog_spec spec_of(tables::table_state const& table, std::int32_t partitions)
{
    auto const& options = table.setup().options;
    auto spec = kafka::changelog_spec{};
    spec.topic = table.changelog();
    spec.partitions = partitions;
    spec.any_number = table.global();
    spec.replication_factor = options.replication_factor;
    spec.topic_properties = options.topic_properties;
    if (options.segment_ms)
        spec.topic_properties["segment.ms"] = std::to_string(options.segment_ms->count());
    if (options.min_cleanable_dirty_ratio)
        spec.topic_properties["min.cleanable.dirty.ratio"] = text_of(*options.min_cleanable_dirty_ratio);
    if (options.max_compaction_lag_ms)
        spec.topic_properties["max.compaction.lag.ms"] = std::to_string(options.max_compaction_lag_ms->count());
    return spec;
}

} // namespace

// Only the assignor range gives the partitions of one number to one member, all of them together.
void engine_run::check_tables() const
{
    for (auto const& each : state_->tables)
        if (auto const sources = state_->sources_of(*each);
            capabilities_.incremental && !each->global() && sources.size() > 1)
            throw setup_error{
                errc::invalid_config,
                "table \"" + each->name() + "\" is fed by " + std::to_string(sources.size()) +
                    " topics, whose partitions of one number have to be assigned together; with \"" +
                    "cooperative-sticky\" or group.protocol \"consumer\" they are not: use \"range\", the "
                    "default"};
}

void engine_run::open_tables()
{
    if (state_->tables.empty())
        return;
    auto sources = std::vector<std::vector<std::string>>{};
    for (auto const& each : state_->tables)
        sources.push_back(state_->sources_of(*each));
    auto tell = run_tables::calls{[weak = weak_from_this()]
                                  {
                                      if (auto const self = weak.lock())
                                          self->on_tables_changed();
                                  },
                                  [weak = weak_from_this()](error_code error, std::string text)
                                  {
                                      if (auto const self = weak.lock())
                                          self->fail(error, std::move(text));
                                  }};
    tables_ = std::make_shared<run_tables>(
        strand_, state_->settings, state_->tables, std::move(sources), memory_.caches, *state_->outbox,
        [outbox = state_->outbox](std::string const& topic) { return outbox->topic_number(topic); }, std::move(tell));
}

// Before the group is joined: how many partitions of those found the tables' sources have, whether they go together,
// and whether the changelogs are what they have to be.
void engine_run::prepare_tables(std::vector<topic_partition> const& found)
{
    auto counts = std::map<std::string, std::int32_t>{};
    for (std::size_t table = 0; table < tables_->all().size(); ++table)
        for (auto const& topic : tables_->sources().of(table))
            counts.try_emplace(topic, 0);
    for (auto const& each : found)
        if (auto const source = counts.find(each.topic); source != counts.end())
            ++source->second;
    on_sources_counted(counts);
}

void engine_run::on_sources_counted(std::map<std::string, std::int32_t> const& partitions)
{
    for (auto const& [topic, count] : partitions)
        if (count == 0)
        {
            if (!state_->settings.allow_missing_topics)
                return fail(errc::missing_topic, "topic \"" + topic +
                                                     "\", which feeds a table, does not exist; create it, "
                                                     "or set config::allow_missing_topics to wait for it");
            log_rarely("topic \"" + topic + "\", which feeds a table, does not exist yet; waiting for it");
            return table_timer_.start(changelog_pause,
                                      [self = shared_from_this()]
                                      {
                                          if (self->engine_.running())
                                              self->count_partitions();
                                      });
        }
    for (std::size_t table = 0; table < tables_->all().size(); ++table)
        if (auto const mismatch = tables_->sources().mismatch(table, partitions); !mismatch.empty())
            return fail(errc::wrong_changelog, "table \"" + tables_->all()[table]->name() + "\": " + mismatch);
    ensure_changelog(0, partitions);
}

void engine_run::ensure_changelog(std::size_t table, std::map<std::string, std::int32_t> const& partitions)
{
    if (table == tables_->all().size())
        return open_changelogs();
    auto const& which = *tables_->all()[table];
    auto spec = spec_of(which, which.global() ? which.setup().options.partitions
                                              : partitions.at(tables_->sources().of(table).front()));
    spec.await_controller = !without_controller_;
    auto const found = std::make_shared<kafka::changelog_finding>();
    call(
        table_query_, [client = consumer_->shared_client(), spec, found]
        { *found = kafka::ensure_changelog(*client, spec, std::chrono::steady_clock::now() + changelog_timeout); },
        [self = shared_from_this(), table, partitions, found]
        {
            if (self->engine_.running())
                self->on_changelog(table, partitions, *found);
        });
}

void engine_run::on_changelog(std::size_t table, std::map<std::string, std::int32_t> const& partitions,
                              kafka::changelog_finding const& found)
{
    auto const& which = *tables_->all()[table];
    without_controller_ = without_controller_ || found.without_controller;
    if (found.error == condition::retriable)
    {
        log_rarely("table \"" + which.name() + "\": its changelog cannot be looked at yet: " + found.text);
        return table_timer_.start(changelog_pause, [self = shared_from_this(), table, partitions]
                                  { self->ensure_changelog(table, partitions); });
    }
    if (found.error)
        return fail(found.error, "table \"" + which.name() + "\": " + found.text);
    if (!found.text.empty())
        log(log_level::warning, "table \"" + which.name() + "\": " + found.text);
    log(log_level::info, "table \"" + which.name() + "\": changelog \"" + which.changelog() + "\" has " +
                             std::to_string(found.partitions) + " partitions" + (found.created ? ", created now" : ""));
    tables_->all()[table]->changelog_is(found.partitions, found.identity, found.tombstones_stay);
    ensure_changelog(table + 1, partitions);
}

// All shards may have to be read at once.
void engine_run::open_changelogs()
{
    auto partitions = std::size_t{0};
    for (auto const& each : tables_->all())
        partitions += static_cast<std::size_t>(each->partitions());
    try
    {
        tables_->open_reader(kafka::make_changelog_conf(state_->settings, partitions, memory_.changelogs),
                             [weak = weak_from_this()](kafka::consumer_event const& event)
                             {
                                 if (auto const self = weak.lock())
                                     self->on_other_client("changelogs", event);
                             });
    }
    catch (std::exception const& error)
    {
        return fail(errc::client_failed, std::string{"no client to read changelogs with: "} + error.what());
    }
    tables_->open_global(state_->executor);
    join_group();
}

// A shard is restored, or closed.
void engine_run::on_tables_changed()
{
    if (engine_.completed())
        return;
    start_pipelines();
    on_commit_over();
    if (closing_tables_)
        destroy_client();
}

// What is finished is committed; the partitions are given back when their tables' stores are closed as well. Others'
// may be open for long: a hook that blocks its strand keeps the store of a partition from being closed that was given
// up before.
void engine_run::on_commit_over()
{
    if (commit_is_over_ && (!tables_ || tables_->closed(taken_)))
        act(rebalance_.committed());
}

void engine_run::show_restores()
{
    if (!tables_ || !assignment_)
        return;
    auto const left = tables_->restoring();
    state_->tell_health(&health_fsm::restoring, left, left > 0 ? tables_->describe_progress() : std::string{});
}

} // namespace paperboy::engine_detail
