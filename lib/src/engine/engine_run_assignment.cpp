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

// How much of these is left when a run ends, where hooks and commits have had their time before the group is left.
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
    connect_timer_.stop();
    state_->show(assignment_);
    state_->tell_health(&health_fsm::assigned, assignment_->pipelines().size(), tables_ ? tables_->restoring() : 0);
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
    steps_timer_.stop();
    step_incomplete_since_.reset();
    steps_.assign(steps_of(assignment_->partitions()));
    for (auto const& each : assignment_->pipelines())
        if (!steps_.may_run(each->where()))
            each->hold(pipeline::hold_reason::step);
}

// Hooks of one partition never overlap, not even over two assignments:
// 1. the partition was taken away, or the run before this one ended, while a hook ignored its cancellation; its
//    pipeline became a straggler;
// 2. the group gave us the same partition again;
// 3. the new pipeline is held back until the straggler has ended, and so is the restore of its tables, which the
//    straggler may still use.
// It is also held back until its tables are restored.
void engine_run::start_pipelines()
{
    auto started = std::vector<pipeline::assignment::pipeline_ptr>{};
    auto const others = straggling();
    auto const may_start = [&](auto const& pipeline)
    {
        auto const where = pipeline->where();
        auto const same = [&](auto const& each) { return share(each->where(), where); };
        return std::ranges::none_of(others, same) && (!tables_ || tables_->ready(where));
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

// Whether the hooks of two partitions may not overlap: they are the same, or use the same tables.
bool engine_run::share(topic_partition const& left, topic_partition const& right) const
{
    return tables_ ? tables_->share(left, right) : left == right;
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
        pipelines.back()->begin_with_blocks_of(kafka::plan_memory(memory_.fetched, assigned_count()).hook_bytes);
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
    lose_partitions();
}

// When nothing may be committed any more, somebody else may have the partitions, and write their tables' changelogs.
// What hooks do for those is in vain, so they are cancelled at once; hooks without a table come to their end. A
// pipeline that has ended may have changes on their way as well.
//
// All are marked first:
// 1. two topics feed a table; a hook of the one waits for the acknowledgement of a change;
// 2. the pipeline of the other loses the table, which tells the hook that nothing is acknowledged;
// 3. were the hook's run not marked by then, that would be a failure of the hook, and end the run.
void engine_run::lose_partitions()
{
    if (!tables_ || rebalance_.may_commit())
        return;
    auto const rest = taken_later_ && taken_later_->lost ? assignment_ : nullptr;
    auto lost = std::vector<pipeline::assignment::pipeline_ptr>{};
    for (auto const& all : {leaving_, rest})
        if (all)
            std::ranges::copy_if(all->pipelines(), std::back_inserter(lost), [this](auto const& each)
                                 { return tables_->sources().group_of(each->where().topic).has_value(); });
    auto where = std::vector<topic_partition>{};
    for (auto const& each : lost)
    {
        where.push_back(each->where());
        each->mark_lost();
    }
    tables_->send_nothing(where);
    for (auto const& each : lost)
        each->lose();
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
    lost_work_ = lost_work_ || (lost_ && at_end_ && leaving_ && leaving_->leaves_finished());
    if (!engine_.running() && (lost_work_ || !commit_.settled()))
        on_unsettled_commit();
    if (lost_work_ && commit_.in_flight())
        lost_ticket_ = commit_ticket_;
    commit_.reset();
    commit_error_ = {};
    topics_gone_ = false;
    commit_is_over_ = false;
    if (tables_)
        tables_->close(taken_, false);
    epoch_ = ++moments_;
    auto const ended = std::exchange(leaving_, nullptr);
    if (assignment_)
        divide_memory_anew(*assignment_);
    state_->show(assignment_);
    if (assignment_)
        state_->tell_health(&health_fsm::assigned, assignment_->pipelines().size(), tables_ ? tables_->restoring() : 0);
    else
        state_->tell_health(&health_fsm::released, lost_);
    if (auto const error = group_left_ ? error_code{} : consumer_->unassign(taken_))
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
    end_if_left();
}

void engine_run::tell_released(pipeline::assignment const& ended)
{
    for (auto const& each : ended.unended())
    {
        each->watch()->outlive();
        stragglers_.push_back(each);
    }
    auto const partitions = ended.partitions();
    log(log_level::info, (lost_ ? "lost " : "revoked ") + names_of(partitions));
    (lost_ ? state_->totals.losses : state_->totals.revocations).fetch_add(1);
    if (auto const& watcher = state_->settings.watcher)
        lost_ ? watcher->on_lost(partitions) : watcher->on_revoked(partitions);
    come_back();
}

// The step's time is a part of the budget that applies: the shutdown's when the engine ends, else the revocation's.
// Both hold when the group asks for partitions before a stop or in the middle of it.
void engine_run::start_step(double part, std::chrono::steady_clock::duration at_most)
{
    step_part_ = part;
    auto const& settings = state_->settings;
    auto whole = engine_.running() ? settings.revoke_timeout : settings.shutdown_timeout;
    if (asked_for_)
        whole = std::min(whole, settings.revoke_timeout);
    if (!engine_.running())
        part *= after_leaving;
    auto const time = std::chrono::duration_cast<std::chrono::steady_clock::duration>(whole * part);
    step_timer_.start(std::min(time, at_most), [self = shared_from_this()] { self->on_step_timeout(); });
}

// Stores that are closed late are waited for in the end.
void engine_run::on_step_timeout()
{
    auto const action = rebalance_.out_of_time();
    if (action == pipeline::rebalance_action::release && !engine_.running() && !commit_is_over_)
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
        start_pipelines();
        return end_if_left();
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

void engine_run::position_fell(pipeline::partition_pipeline& which)
{
    asio::post(strand_,
               [self = shared_from_this(), fell = which.shared_from_this()]
               {
                   auto const moment = ++self->moments_;
                   for (auto const& all : {self->assignment_, self->leaving_})
                       if (all)
                           all->fell(fell, moment);
                   self->act(self->commit_.due());
                   if (self->assignment_ && self->assignment_->has(fell))
                       self->look_at_step_again();
               });
}

// The step waits for an end that the partition's log had before it was cut off, and perhaps never has again. What was
// asked for the plan before does not count any more: it would end steps of this one.
void engine_run::look_at_step_again()
{
    if (!rebalance_.owning() || !engine_.running() || steps_.finished())
        return;
    steps_timer_.stop();
    epoch_ = ++moments_;
    plan_steps();
    begin_step();
}

void engine_run::commit_due()
{
    asio::post(strand_, [self = shared_from_this()] { self->act(self->commit_.due()); });
}

} // namespace paperboy::engine_detail
