// The part of a run that catches topics up in ordered steps, and that pauses partitions.

#include "engine/engine_run.hpp"

#include "kafka/offset_queries.hpp"

#include <paperboy/observer.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace paperboy::engine_detail
{

namespace
{

std::string number_of(std::size_t step, std::size_t steps)
{
    return "step " + std::to_string(step + 1) + " of " + std::to_string(steps);
}

// What the group has committed, if that is known, and, if it was asked for, where the partitions end after that.
struct group_look
{
    std::optional<std::vector<partition_offset>> committed = {};
    std::vector<partition_offset> ends = {};
};

// Not end_offsets(): where retention has removed all records, the end is where it was.
std::vector<partition_offset> ends_of(kafka::client const& client, std::span<topic_partition const> partitions)
{
    auto times = std::map<topic_partition, std::int64_t>{};
    for (auto const& where : partitions)
        times.emplace(where, kafka::time_of_end);
    auto ends = std::vector<partition_offset>{};
    if (kafka::offsets_at(client, times, kafka::query_timeout))
        for (auto const& [where, end] : times)
            ends.emplace_back(where.topic, where.partition, end);
    return ends;
}

group_look look_at_group(kafka::client const& client, std::span<topic_partition const> partitions, bool with_ends)
{
    auto look = group_look{};
    look.committed = kafka::committed_offsets(client, partitions, kafka::query_timeout);
    if (look.committed && with_ends)
        look.ends = ends_of(client, partitions);
    return look;
}

} // namespace

std::vector<std::pair<topic_partition, std::size_t>>
engine_run::steps_of(std::span<topic_partition const> partitions) const
{
    auto all = std::vector<std::pair<topic_partition, std::size_t>>{};
    for (auto const& each : partitions)
        all.emplace_back(each, state_->step_of(each.topic));
    return all;
}

// A query belongs to the assignment that asked it: an answer that comes after its end is dropped.
void engine_run::query(std::function<void()> work, std::function<void()> done)
{
    if (queries_.busy())
        return steps_timer_.start(kafka::query_pause,
                                  [self = shared_from_this(), work, done] { self->query(work, done); });
    call(queries_, std::move(work),
         [self = shared_from_this(), epoch = epoch_, tell = std::move(done)]
         {
             if (self->assignment_ && self->epoch_ == epoch && self->rebalance_.owning())
                 tell();
         });
}

void engine_run::call(background_call& on, std::function<void()> work, std::function<void()> done)
{
    if (!on.run(std::move(work), std::move(done)))
        fail(errc::client_failed, "the system has no thread for calls that block");
}

// 1. The step's partitions run.
// 2. Meanwhile the brokers are asked for their ends: the cached ones are as old as the last fetch, and a partition that
//    was held may not have fetched for long.
// 3. Each pipeline tells when it has passed its end.
//
// All may have been taken away while a look was put off until later. Who is assigned nothing has not caught up: a
// member that stands by, or has only just joined, gets what may be far behind. It has no steps to end before that.
void engine_run::begin_step()
{
    if (!assignment_)
        return;
    release_runnable();
    show_steps();
    if (steps_.finished())
        return log(log_level::info, "all steps are over");
    auto const group = state_->settings.steps_scope == steps_scope::group;
    if (!group && assignment_->pipelines().empty())
        return;
    auto const step = steps_.step();
    log(log_level::info, number_of(step, state_->settings.steps.size()) + " begins");
    if (!group && steps_.step_is_over())
        return advance_step();
    auto const ends = std::make_shared<std::optional<std::vector<partition_offset>>>();
    query(
        [client = consumer_->shared_client(), steps = state_->settings.steps, matcher = state_->router.matcher(),
         own = steps_.partitions(), ends, step, group]
        {
            auto const in_step = [&](std::string_view topic) { return step_of(topic, steps, matcher) == step; };
            auto const asked =
                group ? kafka::partitions_of(*client, in_step, kafka::query_timeout) : std::optional{own};
            if (asked)
                *ends = kafka::end_offsets(*client, *asked, kafka::query_timeout);
        },
        [self = shared_from_this(), ends, step, plan = steps_.plan()]
        {
            if (self->steps_.step() != step || self->steps_.plan() != plan)
                return;
            if (*ends && self->is_whole_step(**ends))
                return self->on_step_ends_known(**ends);
            self->log(log_level::warning, "the ends of a step's partitions are not known yet; asking again");
            self->steps_timer_.start(kafka::query_pause, [self] { self->begin_step(); });
        });
}

// Brokers learn of a topic one after the other, and any of them may be asked: one that does not know it yet would make
// its step an empty one. A topic that stays away is gone.
bool engine_run::is_whole_step(std::vector<partition_offset> const& ends)
{
    auto const is_missing = [&](std::string const& topic)
    {
        return state_->step_of(topic) == steps_.step() &&
               std::ranges::none_of(ends, [&](auto const& each) { return each.topic == topic; });
    };
    auto const group = state_->settings.steps_scope == steps_scope::group;
    if (!group || std::ranges::none_of(topics_known_, is_missing))
    {
        step_incomplete_since_.reset();
        return true;
    }
    return !still_awaited(step_incomplete_since_);
}

void engine_run::on_step_ends_known(std::vector<partition_offset> const& ends)
{
    group_targets_.begin(ends);
    for (auto const& each : assignment_->pipelines())
        if (auto const end = group_targets_.of(each->where()))
            each->catch_up_to(*end, steps_.plan());
    end_step_if_over();
}

void engine_run::pipeline_passed(pipeline::partition_pipeline& which, std::uint64_t plan)
{
    boost::asio::post(strand_, [self = shared_from_this(), passed = which.shared_from_this(), plan]
                      { self->on_pipeline_passed(passed, plan); });
}

// 1. A hook blocks its thread while its partition is taken away: its pipeline becomes a straggler.
// 2. The group gives the partition back. What the straggler has in its hooks is not committed, and the topic may have
//    grown: the new pipeline has more to do than the old one.
// 3. The hook returns, and the straggler passes its end, that of the old assignment. That says nothing of the new one.
//
// Where single partitions come and go, a pipeline that stays may pass the end of the plan before, while the brokers are
// still asked for that of the new one: so each plan has a number.
void engine_run::on_pipeline_passed(pipeline::assignment::pipeline_ptr const& which, std::uint64_t plan)
{
    if (!assignment_ || !assignment_->has(which) || steps_.finished() || plan != steps_.plan())
        return;
    steps_.passed(which->where());
    show_steps();
    end_step_if_over();
}

void engine_run::end_step_if_over()
{
    if (!steps_.step_is_over())
        return;
    if (state_->settings.steps_scope == steps_scope::engine)
        return advance_step();
    act(commit_.due());
    wait_for_group();
}

// The group's committed offsets are the only word of the other members: ours are committed on the way.
//
// The question may be asked twice, by a partition that passes and by the pause before the next look. The answer that
// comes second is one about a step that is over: it must not end the next one.
void engine_run::wait_for_group()
{
    auto const look = std::make_shared<group_look>();
    query([client = consumer_->shared_client(), partitions = group_targets_.partitions(), look,
           with_ends = group_targets_.wants_ends()] { *look = look_at_group(*client, partitions, with_ends); },
          [self = shared_from_this(), look, step = steps_.step()]
          {
              if (self->steps_.step() != step || !self->steps_.step_is_over())
                  return;
              if (look->committed && self->group_has_passed(*look->committed, look->ends))
                  return self->advance_step();
              self->act(self->commit_.due());
              self->steps_timer_.start(kafka::query_pause, [self] { self->wait_for_group(); });
          });
}

bool engine_run::group_has_passed(std::span<partition_offset const> committed, std::span<partition_offset const> ends)
{
    for (auto const& each : group_targets_.lower(ends, committed))
        log(log_level::warning,
            each.topic + "[" + std::to_string(each.partition) + "] ended at " + std::to_string(each.offset) +
                " when the step began, and has been cut off since: the step waits for what is left");
    return group_targets_.passed_by(committed);
}

void engine_run::advance_step()
{
    for (auto const& each : assignment_->pipelines())
        if (state_->step_of(each->where().topic) == steps_.step())
            each->end_catching_up();
    log(log_level::info, number_of(steps_.step(), state_->settings.steps.size()) + " is over");
    steps_.advance();
    step_incomplete_since_.reset();
    begin_step();
}

void engine_run::release_runnable()
{
    for (auto const& each : assignment_->pipelines())
    {
        if (!steps_.may_run(each->where()))
            continue;
        if (!steps_.finished() && state_->step_of(each->where().topic) == steps_.step())
            each->begin_catching_up();
        each->release(pipeline::hold_reason::step);
    }
}

void engine_run::show_steps()
{
    auto const partitions = steps_.finished() ? 0 : steps_.partitions().size();
    auto const passed = steps_.finished() ? 0 : steps_.passed_count();
    state_->show_step(steps_.step(), passed, partitions);
    if (auto const& watcher = state_->settings.watcher)
        watcher->on_step(steps_.step(), passed, partitions);
}

void engine_run::repause()
{
    boost::asio::post(strand_, [self = shared_from_this()] { self->apply_pauses(); });
}

void engine_run::apply_pauses()
{
    if (!assignment_)
        return;
    for (auto const& each : assignment_->pipelines())
    {
        if (state_->paused.covers(each->where()))
            each->hold(pipeline::hold_reason::user);
        else
            each->release(pipeline::hold_reason::user);
    }
}

} // namespace paperboy::engine_detail
