// The part of a run that makes what is fetched ahead fit into config::memory_limit.

#include "engine/engine_run.hpp"

#include "kafka/client_config.hpp"
#include "kafka/memory_plan.hpp"
#include "kafka/offset_queries.hpp"

#include <algorithm>
#include <utility>

namespace paperboy::engine_detail
{
namespace
{

using namespace std::chrono_literals;

// How long a topic that does not exist is waited for.
constexpr auto topics_patience = 5s;

} // namespace

// librdkafka's limits count for each partition and are fixed once its client is made, while the number of partitions
// is known only to the brokers:
// 1. The client at hand was made for a usual number of partitions. It asks how many the handlers' topics have, which
//    are as many as this engine may be given when it is alone in its group.
// 2. If they are more, it is replaced by one with smaller queues; it has not joined the group yet, so nobody notices.
// 3. Only then is the group joined. An engine that shares the partitions with others uses less than the limit.
void engine_run::count_partitions()
{
    auto const found = std::make_shared<std::optional<std::vector<topic_partition>>>();
    call(
        queries_,
        [client = consumer_->shared_client(), matcher = state_->router.matcher(), found]
        {
            auto const handled = [&](std::string_view topic) { return matcher.find(topic).has_value(); };
            *found = kafka::partitions_of(*client, handled, kafka::query_timeout);
        },
        [self = shared_from_this(), found]
        {
            if (!self->engine_.running())
                return;
            if (*found && !self->waits_for_topics(**found))
                return self->on_partitions_counted(**found);
            self->steps_timer_.start(kafka::query_pause,
                                     [self]
                                     {
                                         if (self->engine_.running())
                                             self->count_partitions();
                                     });
        });
}

void engine_run::on_partitions_counted(std::vector<topic_partition> const& found)
{
    auto const count = found.size();
    try
    {
        if (count > planned_partitions_)
            replace_client(count);
    }
    catch (std::exception const& error)
    {
        return fail(errc::client_failed, error.what());
    }
    tables_ ? prepare_tables(found) : join_group();
}

// A topic that was just created is known to some brokers before it is to others, and any of them may be asked:
// 1. Before the group is joined, one that nobody knows is asked for again, for a while.
// 2. Once somebody knows it, a broker that tells librdkafka otherwise is behind: the group is joined anew in a moment.
bool engine_run::waits_for_topics(std::vector<topic_partition> const& found)
{
    for (auto const& each : found)
        topics_known_.insert(each.topic);
    auto const& topics = state_->router.topics();
    auto const missing = std::ranges::find_if(topics, [this](auto const& each)
                                              { return state_->router.names(each) && !topics_known_.contains(each); });
    if (missing == topics.end() || state_->settings.allow_missing_topics)
        return false;
    if (!topics_awaited_since_)
        log(log_level::warning, "topic \"" + *missing + "\" does not exist on " + state_->settings.bootstrap_servers +
                                    "; waiting a moment, in case it is being created");
    return still_awaited(topics_awaited_since_);
}

bool engine_run::waits_for_brokers_to_know(std::string const& topic)
{
    if (!topics_known_.contains(topic) || ever_assigned_ || !still_awaited(topics_awaited_since_))
        return false;
    log(log_level::warning, "topic \"" + topic + "\" is not known to all brokers of " +
                                state_->settings.bootstrap_servers + " yet; asking again");
    topics_timer_.start(kafka::query_pause,
                        [self = shared_from_this()]
                        {
                            if (self->engine_.running())
                                self->join_group();
                        });
    return true;
}

bool engine_run::still_awaited(std::optional<std::chrono::steady_clock::time_point>& since)
{
    auto const now = std::chrono::steady_clock::now();
    if (!since)
        since = now;
    return now - *since < topics_patience;
}

// The old client goes on a thread that may block; the wait for its events ends, and the next is for the new one's.
void engine_run::replace_client(std::size_t partitions)
{
    auto old = consumer_->shared_client();
    consumer_.emplace(strand_, kafka::make_consumer_conf(state_->settings, partitions, memory_.fetched),
                      capabilities_.incremental);
    planned_partitions_ = partitions;
    // Without a thread it goes here.
    static_cast<void>(
        queries_.run([last = std::move(old)]() mutable { last.reset(); }, [self = shared_from_this()] {}));
}

// Topics that were made, or grew, since the group was joined.
void engine_run::check_memory_plan() const
{
    if (assigned_count() > planned_partitions_)
        log(log_level::warning, std::to_string(assigned_count()) +
                                    " partitions are assigned, but config::memory_limit " + "was divided over " +
                                    std::to_string(planned_partitions_) +
                                    " at the start; restart the engine to divide it anew");
}

// With those that are just being assigned.
std::size_t engine_run::assigned_count() const
{
    return offered_.size() + (assignment_ ? assignment_->pipelines().size() : 0);
}

// What is gathered for hooks stays within its partition's share, which each assignment divides anew.
handler_options engine_run::within_memory(handler_options options, std::size_t partitions) const
{
    auto const plan = kafka::plan_memory(memory_.fetched, partitions);
    options.mode->max_bytes = std::min(options.mode->max_bytes, plan.hook_bytes);
    options.mode->max_records = std::min(options.mode->max_records, plan.hook_records);
    return options;
}

// Partitions may come and go one by one: those that stay give to those that come, and get from those that go.
void engine_run::divide_memory_anew(pipeline::assignment const& among) const
{
    auto const all = among.pipelines();
    for (auto const& each : all)
        if (auto const target = state_->router.find(each->where().topic))
        {
            auto const mode = *within_memory(target->options, all.size()).mode;
            each->limit(mode.max_records, mode.max_bytes, kafka::plan_memory(memory_.fetched, all.size()).hook_bytes);
        }
}

} // namespace paperboy::engine_detail
