// The part of a run that makes what is fetched ahead fit into config::memory_limit.

#include "engine/engine_run.hpp"

#include "kafka/client_config.hpp"
#include "kafka/memory_plan.hpp"
#include "kafka/offset_queries.hpp"

#include <utility>

namespace paperboy::engine_detail
{

// librdkafka's limits count for each partition and are fixed once its client is made, while the number of partitions
// is known only to the brokers:
// 1. The client at hand was made for a usual number of partitions. It asks how many the handlers' topics have, which
//    are as many as this engine may be given when it is alone in its group.
// 2. If they are more, it is replaced by one with smaller queues; it has not joined the group yet, so nobody notices.
// 3. Only then is the group joined. An engine that shares the partitions with others uses less than the limit.
void engine_run::count_partitions()
{
    auto const found = std::make_shared<std::optional<std::size_t>>();
    queries_.run(
        [client = consumer_->shared_client(), matcher = state_->router.matcher(), found]
        {
            auto const handled = [&](std::string_view topic) { return matcher.find(topic).has_value(); };
            if (auto const partitions = kafka::partitions_of(*client, handled, kafka::query_timeout))
                *found = partitions->size();
        },
        [self = shared_from_this(), found]
        {
            if (!self->engine_.running())
                return;
            if (*found)
                return self->on_partitions_counted(**found);
            self->steps_timer_.start(kafka::query_pause, [self] { self->count_partitions(); });
        });
}

void engine_run::on_partitions_counted(std::size_t count)
{
    try
    {
        if (count > planned_partitions_)
            replace_client(count);
    }
    catch (std::exception const& error)
    {
        return fail(errc::client_failed, error.what());
    }
    tables_ ? prepare_tables() : join_group();
}

// The old client goes on a thread that may block; the wait for its events ends, and the next is for the new one's.
void engine_run::replace_client(std::size_t partitions)
{
    auto old = consumer_->shared_client();
    consumer_.emplace(strand_, kafka::make_consumer_conf(state_->settings, partitions));
    planned_partitions_ = partitions;
    queries_.run([last = std::move(old)]() mutable { last.reset(); }, [] {});
}

// Topics that were made, or grew, since the group was joined.
void engine_run::check_memory_plan() const
{
    if (offered_.size() > planned_partitions_)
        log(log_level::warning, std::to_string(offered_.size()) +
                                    " partitions are assigned, but config::memory_limit " + "was divided over " +
                                    std::to_string(planned_partitions_) +
                                    " at the start; restart the engine to divide it anew");
}

// What is gathered for hooks stays within its partition's share, which each assignment divides anew.
handler_options engine_run::within_memory(handler_options options) const
{
    auto const plan = kafka::plan_memory(state_->settings.memory_limit, offered_.size());
    options.mode->max_bytes = std::min(options.mode->max_bytes, plan.hook_bytes);
    options.mode->max_records = std::min(options.mode->max_records, plan.hook_records);
    return options;
}

} // namespace paperboy::engine_detail
