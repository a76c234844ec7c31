// The part of a run that decides where partitions start.

#include "engine/engine_run.hpp"

#include "kafka/offset_queries.hpp"
#include "kafka/start_query.hpp"

#include <paperboy/observer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace paperboy::engine_detail
{

start_at engine_run::start_of(std::string const& topic) const
{
    auto const target = state_->router.find(topic);
    return target ? *target->options.start : start_at{};
}

// The assignment is accepted only when the brokers have answered; until then its partitions are nobody's, and whatever
// takes it away makes the answer one that nobody waits for. One partition that cannot be asked about holds all: so
// which one it is is told, and a run that has not begun yet ends after config::connect_timeout.
void engine_run::locate_partitions()
{
    if (!rebalance_.locating())
        return;
    if (locator_.busy())
        return locate_timer_.start(kafka::query_pause, [self = shared_from_this()] { self->locate_partitions(); });
    auto const answers = std::make_shared<std::optional<std::vector<kafka::start_answer>>>();
    auto const why = std::make_shared<std::string>();
    auto const choose = [this](std::string const& topic) { return start_of(topic); };
    call(
        locator_, [client = consumer_->shared_client(), asked = start_plan_.ask(offered_, choose), answers, why]
        { *answers = kafka::start_offsets(*client, asked, kafka::query_timeout, *why); },
        [self = shared_from_this(), answers, why, epoch = epoch_, partitions = offered_]
        {
            if (!self->rebalance_.locating() || self->epoch_ != epoch || self->offered_ != partitions)
                return;
            if (*answers)
                return self->on_located(**answers);
            self->trouble_ = "where partitions start is not known yet: " + *why;
            self->log_rarely(self->trouble_ + "; asking again");
            self->locate_timer_.start(kafka::query_pause, [self] { self->locate_partitions(); });
        });
}

void engine_run::on_located(std::vector<kafka::start_answer> const& answers)
{
    auto const reset = state_->settings.auto_offset_reset;
    for (auto const& each : answers)
    {
        auto const where = topic_partition{each.where.topic, each.where.partition};
        auto offset = each.where.offset;
        if (!each.is_there())
        {
            auto const why = "start_at gives offset " + std::to_string(offset) + ", but the partition has offsets " +
                             std::to_string(each.oldest) + " to " + std::to_string(each.end);
            if (reset == offset_reset::error)
                return fail(kafka::no_offset(),
                            to_string(where) + ": " + why + "; give another, or let config::auto_offset_reset choose");
            offset = reset == offset_reset::earliest ? each.oldest : each.end;
            on(kafka::reset_event{where, "offset reset to " + std::to_string(offset) + ": " + why});
        }
        log(log_level::info, to_string(where) + " starts at offset " + std::to_string(offset));
        starts_[where] = offset;
    }
    act(rebalance_.located());
}

} // namespace paperboy::engine_detail
