// The part of a run that opens and closes partitions.

#include "engine/engine_run.hpp"
#include "engine/log_list.hpp"

#include "pipeline/traced_handler.hpp"

#include <paperboy/observer.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace paperboy::engine_detail
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace
{

// Parts of config::shutdown_timeout, or of config::revoke_timeout, that the steps of giving partitions up may take.
// Hooks get the most; what remains for leaving the group takes milliseconds unless brokers are away.
constexpr auto for_hooks = 0.6;
constexpr auto for_cancelled_hooks = 0.1;
constexpr auto for_commit = 0.2;

// How much of these is left where commits come before the group is left.
constexpr auto after_leaving = 0.66;

std::string names_of(std::span<topic_partition const> partitions)
{
    return list_of(partitions, [](auto const& each) { return to_string(each); });
}

failure failure_of(pipeline::partition_pipeline const& ended)
{
    auto const& cause = ended.last_failure();
    auto const& where = ended.where();
    if (!cause)
        return {errc::handler_failed, to_string(where) + ": failed"};
    auto why =
        failure{errc::handler_failed, to_string(where) + "@" + std::to_string(cause->offset) + ": " +
                                          std::string{to_string(cause->where)} + " failed: " + describe(cause->error)};
    why.cause = cause->error;
    why.topic = where.topic;
    why.partition = where.partition;
    why.offset = cause->offset;
    return why;
}

} // namespace

void engine_run::act(pipeline::rebalance_action action)
{
    switch (action)
    {
    case pipeline::rebalance_action::none:
        return;
    case pipeline::rebalance_action::locate:
        return locate_partitions();
    case pipeline::rebalance_action::open:
        return open_partitions();
    case pipeline::rebalance_action::drain:
        return drain_partitions();
    case pipeline::rebalance_action::cancel_hooks:
        return cancel_hooks();
    case pipeline::rebalance_action::commit:
        start_step(for_commit);
        if (tables_)
            tables_->close(taken_, true);
        return act(commit_.finalize());
    case pipeline::rebalance_action::release:
        return release_partitions();
    }
}

// 1. Each pipeline detaches its partition's queue; only then is the assignment accepted. The other way round, the first
//    messages would take the consumer's queue.
// 2. Then the pipelines start, each with one unprompted look: what arrived before its eventfd was enabled wakes nobody.
void engine_run::open_partitions()
{
    auto pipelines = std::vector<pipeline::assignment::pipeline_ptr>{};
    try
    {
        pipelines = make_pipelines();
    }
    catch (std::exception const& error)
    {
        return fail(errc::handler_failed, std::string{"cannot start on the assigned partitions: "} + error.what());
    }
    auto const added = std::make_shared<pipeline::assignment>(epoch_ = ++moments_, std::move(pipelines));
    auto const news = !assignment_ || !added->pipelines().empty();
    if (!assignment_)
        commit_.reset();
    auto const joined = assignment_ ? assignment_->with(*added) : nullptr;
    if (joined)
        divide_memory_anew(*joined);
    assignment_ = joined ? joined : added;
    state_->show(assignment_);
    state_->tell_health(&health_fsm::assigned, assignment_->pipelines().size());
    auto const partitions = added->partitions();
    if (news)
        log(log_level::info, "assigned " + names_of(partitions));
    auto places = std::vector<partition_offset>{};
    for (auto const& each : partitions)
        places.emplace_back(each.topic, each.partition,
                            starts_.contains(each) ? starts_[each] : kafka::consumer::stored);
    if (auto const error = consumer_->assign(places))
        return fail(error, "librdkafka refuses the assignment: " + error.message());
    if (auto const& watcher = state_->settings.watcher; watcher && news)
        watcher->on_assigned(partitions);
    held_back_.insert(held_back_.end(), added->pipelines().begin(), added->pipelines().end());
    plan_steps();
    apply_pauses();
    start_pipelines();
    if (!steps_.finished())
        begin_step();
    if (!starts_.empty())
        act(commit_.due());
}

// Whenever what is ours has changed.
void engine_run::plan_steps()
{
    steps_.assign(steps_of(assignment_->partitions()));
    for (auto const& each : assignment_->pipelines())
        if (!steps_.may_run(each->where()))
            each->hold(pipeline::hold_reason::step);
}

// Hooks of one partition never overlap, not even over two assignments:
// 1. the partition was taken away while a hook ignored its cancellation; its pipeline became a straggler;
// 2. the group gave us the same partition again;
// 3. the new pipeline is held back until the straggler has ended, and so is the restore of its tables, which the
//    straggler may still use.
// It is also held back until its tables are restored.
void engine_run::start_pipelines()
{
    auto started = std::vector<pipeline::assignment::pipeline_ptr>{};
    auto const may_start = [this](auto const& pipeline)
    {
        auto const where = pipeline->where();
        auto const same = [&](auto const& each)
        { return tables_ ? tables_->share(each->where(), where) : each->where() == where; };
        return std::ranges::none_of(stragglers_, same) && (!tables_ || tables_->ready(where));
    };
    for (auto const& each : held_back_)
        if (may_start(each))
        {
            if (watchdog_)
                watchdog_->add(each->watch());
            each->start(shared_from_this());
            started.push_back(each);
        }
    std::erase_if(held_back_, [&](auto const& each) { return std::ranges::find(started, each) != started.end(); });
    show_restores();
}

std::vector<pipeline::assignment::pipeline_ptr> engine_run::make_pipelines()
{
    auto pipelines = std::vector<pipeline::assignment::pipeline_ptr>{};
    if (tables_)
        tables_->assign(offered_, state_->executor);
    for (auto const& where : offered_)
    {
        auto const target = state_->router.find(where.topic);
        if (!target)
            throw std::runtime_error{"no handler fits " + to_string(where)};
        auto on = tables_ ? tables_->strand_of(where, state_->executor)
                          : pipeline::slim_strand{pipeline::slim_executor{state_->executor}};
        auto handler = pipeline::traced_if_wanted(target->factory.make(where), state_->settings, where);
        pipelines.push_back(std::make_shared<pipeline::partition_pipeline>(
            pipeline::pipeline_context{*this, state_->settings, state_->totals, state_->counters_of(where.topic),
                                       *state_->outbox},
            consumer_->shared_client(), std::move(on), where, state_->settings.batch_size, std::move(handler),
            within_memory(target->options, assigned_count()), target->topic));
        if (tables_)
            pipelines.back()->use_shards(tables_->shards_of(where));
        if (auto const start = starts_.find(where); start != starts_.end())
            pipelines.back()->begin_at(start->second);
    }
    return pipelines;
}

void engine_run::drain_partitions()
{
    start_step(for_hooks);
    if (tables_)
        tables_->stop_restores(taken_);
    // An assignment that could not be opened, or none of ours.
    if (!leaving_)
        return act(rebalance_.drained());
    for (auto const& each : leaving_->pipelines())
        if (std::erase(held_back_, each) > 0)
            static_cast<void>(leaving_->one_ended(each));
    for (auto const& each : leaving_->unended())
        each->stop();
}

void engine_run::cancel_hooks()
{
    if (!leaving_)
        return start_step(for_cancelled_hooks);
    for (auto const& each : leaving_->unended())
        log(log_level::warning, to_string(each->where()) + ": a hook did not end in time after offset " +
                                    std::to_string(each->position() - 1) +
                                    "; it is cancelled, its record will be "
                                    "handled again");
    if (auto const count = leaving_->unacknowledged(); count > 0)
        log(log_level::warning, std::to_string(count) + " records that hooks sent are not acknowledged in time; what "
                                                        "they were sent for will be handled again");
    cut_short_ = cut_short_ || !engine_.running();
    start_step(for_cancelled_hooks);
    for (auto const& each : leaving_->pipelines())
        each->cancel_hooks();
}

void engine_run::release_partitions()
{
    step_timer_.stop();
    retry_timer_.stop();
    deadline_timer_.stop();
    steps_timer_.stop();
    if (!engine_.running() && !commit_.settled())
        on_unsettled_commit();
    commit_.reset();
    commit_error_ = {};
    commit_is_over_ = false;
    if (tables_)
        tables_->close(taken_, false);
    epoch_ = ++moments_;
    auto const ended = std::exchange(leaving_, nullptr);
    if (assignment_)
        divide_memory_anew(*assignment_);
    state_->show(assignment_);
    if (assignment_)
        state_->tell_health(&health_fsm::assigned, assignment_->pipelines().size());
    else
        state_->tell_health(&health_fsm::released, lost_);
    if (auto const error = consumer_->unassign(taken_))
        log(log_level::warning, "librdkafka refuses to give partitions back: " + error.message());
    if (ended)
        tell_released(*ended);
    if (auto const later = std::exchange(taken_later_, std::nullopt))
        return on(*later);
    if (assignment_ && engine_.running() && !steps_.finished())
    {
        plan_steps();
        begin_step();
    }
    leave_if_wanted();
}

void engine_run::tell_released(pipeline::assignment const& ended)
{
    std::ranges::copy(ended.unended(), std::back_inserter(stragglers_));
    auto const partitions = ended.partitions();
    log(log_level::info, (lost_ ? "lost " : "revoked ") + names_of(partitions));
    (lost_ ? state_->totals.losses : state_->totals.revocations).fetch_add(1);
    if (auto const& watcher = state_->settings.watcher)
        lost_ ? watcher->on_lost(partitions) : watcher->on_revoked(partitions);
    come_back();
}

// The step's time is a part of the budget that applies: the shutdown's when the engine ends, else the revocation's.
void engine_run::start_step(double part)
{
    step_part_ = part;
    auto const& settings = state_->settings;
    auto const whole =
        engine_.running() ? settings.revoke_timeout : std::min(settings.revoke_timeout, settings.shutdown_timeout);
    if (!engine_.running() && capabilities_.incremental)
        part *= after_leaving;
    step_timer_.start(std::chrono::duration_cast<std::chrono::milliseconds>(whole * part),
                      [self = shared_from_this()] { self->on_step_timeout(); });
}

void engine_run::on_step_timeout()
{
    auto const action = rebalance_.out_of_time();
    if (action == pipeline::rebalance_action::release && !engine_.running())
        cut_short_ = true;
    act(action);
}

// ---- what pipelines tell, from their strands

void engine_run::pipeline_failed(pipeline::partition_pipeline& which)
{
    asio::post(strand_,
               [self = shared_from_this(), failed = which.shared_from_this()] { self->on_pipeline_failed(failed); });
}

void engine_run::on_pipeline_failed(pipeline::assignment::pipeline_ptr const& which)
{
    if (std::ranges::find(stragglers_, which) == stragglers_.end())
        fail(failure_of(*which));
}

void engine_run::pipeline_ended(pipeline::partition_pipeline& which)
{
    asio::post(strand_,
               [self = shared_from_this(), ended = which.shared_from_this()] { self->on_pipeline_ended(ended); });
}

void engine_run::on_pipeline_ended(pipeline::assignment::pipeline_ptr const& which)
{
    if (std::erase(stragglers_, which) > 0)
    {
        come_back();
        return start_pipelines();
    }
    for (auto const& all : {assignment_, leaving_})
        if (all && all->one_ended(which))
            look_whether_drained();
    leave_if_wanted();
}

void engine_run::partition_error(topic_partition const& where, error_code error, std::string const& text)
{
    asio::post(strand_, [self = shared_from_this(),
                         event = kafka::error_event{error, false, to_string(where) + ": " + text, where.topic, false}]
               { self->on(event); });
}

void engine_run::commit_due()
{
    asio::post(strand_, [self = shared_from_this()] { self->act(self->commit_.due()); });
}

} // namespace paperboy::engine_detail
