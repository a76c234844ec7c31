// The part of a run that opens and closes partitions and commits their work.

#include "engine/engine_run.hpp"

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

constexpr auto commit_retry_pause = 200ms;

// Parts of config::shutdown_timeout, or of config::revoke_timeout, that the steps of giving partitions up may take.
// Hooks get the most; what remains for leaving the group takes milliseconds unless brokers are away.
constexpr auto for_hooks = 0.6;
constexpr auto for_cancelled_hooks = 0.1;
constexpr auto for_commit = 0.2;

std::string list_of(std::span<topic_partition const> partitions)
{
    constexpr std::size_t most = 20;
    auto text = std::string{};
    for (auto const& each : partitions.first(std::min(most, partitions.size())))
        text += (text.empty() ? "" : ", ") + to_string(each);
    if (partitions.size() > most)
        text += ", …";
    return text.empty() ? "none" : text;
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
            tables_->close(true);
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
    commit_.reset();
    assignment_ = std::make_shared<pipeline::assignment>(++epoch_, std::move(pipelines));
    state_->show(assignment_);
    auto const partitions = assignment_->partitions();
    state_->tell_health(&health_fsm::assigned, partitions.size());
    log(log_level::info, "assigned " + list_of(partitions));
    auto places = std::vector<partition_offset>{};
    for (auto const& each : partitions)
        places.emplace_back(each.topic, each.partition,
                            starts_.contains(each) ? starts_[each] : kafka::consumer::stored);
    if (auto const error = consumer_->assign(places))
        return fail(error, "librdkafka refuses the assignment: " + error.message());
    if (auto const& watcher = state_->settings.watcher)
        watcher->on_assigned(partitions);
    held_back_.assign(assignment_->pipelines().begin(), assignment_->pipelines().end());
    steps_.assign(steps_of(partitions));
    for (auto const& each : assignment_->pipelines())
        if (!steps_.may_run(each->where()))
            each->hold(pipeline::hold_reason::step);
    apply_pauses();
    start_pipelines();
    if (!steps_.finished())
        begin_step();
    if (!starts_.empty())
        act(commit_.due());
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
            consumer_->shared_client(), std::move(on), where, capabilities_.fetch_limit, std::move(handler),
            within_memory(target->options), target->topic));
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
        tables_->stop_restores();
    for (auto const& each : std::exchange(held_back_, {}))
        static_cast<void>(assignment_->one_ended(each));
    // An assignment that could not be opened.
    if (!assignment_)
        return act(rebalance_.drained());
    if (assignment_->all_ended())
        return look_whether_drained();
    for (auto const& each : assignment_->pipelines())
        each->stop();
}

void engine_run::cancel_hooks()
{
    for (auto const& each : assignment_->unended())
        log(log_level::warning, to_string(each->where()) + ": a hook did not end in time after offset " +
                                    std::to_string(each->position() - 1) +
                                    "; it is cancelled, its record will be "
                                    "handled again");
    if (auto const count = assignment_->unacknowledged(); count > 0)
        log(log_level::warning, std::to_string(count) + " records that hooks sent are not acknowledged in time; what "
                                                        "they were sent for will be handled again");
    cut_short_ = cut_short_ || !engine_.running();
    start_step(for_cancelled_hooks);
    for (auto const& each : assignment_->pipelines())
        each->cancel_hooks();
}

void engine_run::release_partitions()
{
    step_timer_.stop();
    retry_timer_.stop();
    steps_timer_.stop();
    if (!engine_.running() && !commit_.settled())
        on_unsettled_commit();
    commit_.reset();
    commit_error_ = {};
    commit_is_over_ = false;
    if (tables_)
        tables_->close(false);
    auto const ended = std::exchange(assignment_, nullptr);
    state_->show(nullptr);
    state_->tell_health(&health_fsm::released, lost_);
    if (auto const error = consumer_->unassign())
        log(log_level::warning, "librdkafka refuses to give partitions back: " + error.message());
    if (!ended)
        return;
    std::ranges::copy(ended->unended(), std::back_inserter(stragglers_));
    auto const partitions = ended->partitions();
    log(log_level::info, (lost_ ? "lost " : "revoked ") + list_of(partitions));
    (lost_ ? state_->totals.losses : state_->totals.revocations).fetch_add(1);
    if (auto const& watcher = state_->settings.watcher)
        lost_ ? watcher->on_lost(partitions) : watcher->on_revoked(partitions);
    come_back();
}

// The step's time is a part of the budget that applies: the shutdown's when the engine ends, else the revocation's.
void engine_run::start_step(double part)
{
    auto const& settings = state_->settings;
    auto const whole =
        engine_.running() ? settings.revoke_timeout : std::min(settings.revoke_timeout, settings.shutdown_timeout);
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
    if (assignment_ && assignment_->one_ended(which))
        look_whether_drained();
}

void engine_run::partition_error(topic_partition const& where, error_code error, std::string const& text)
{
    asio::post(strand_, [self = shared_from_this(),
                         event = kafka::error_event{error, false, to_string(where) + ": " + text, where.topic}]
               { self->on(event); });
}

void engine_run::commit_due()
{
    asio::post(strand_, [self = shared_from_this()] { self->act(self->commit_.due()); });
}

// ---- commits

void engine_run::act(pipeline::commit_action action)
{
    switch (action)
    {
    case pipeline::commit_action::none:
        return;
    case pipeline::commit_action::send:
        return send_commit();
    case pipeline::commit_action::retry_later:
        return retry_timer_.start(commit_retry_pause,
                                  [self = shared_from_this()] { self->act(self->commit_.retry()); });
    case pipeline::commit_action::done:
        commit_is_over_ = true;
        return on_commit_over();
    }
}

// The gate: only offsets of the assignment at hand, and only while the group has not taken it away.
void engine_run::send_commit()
{
    if (!assignment_ || !rebalance_.may_commit())
        return act(commit_.nothing_to_send());
    auto const offsets = assignment_->uncommitted();
    state_->totals.uncommitted.store(0, std::memory_order_relaxed);
    if (offsets.empty())
        return act(commit_.nothing_to_send());
    commit_.sent();
    commit_sent_ = std::chrono::steady_clock::now();
    if (auto const error = consumer_->commit(offsets, assignment_->epoch()))
        on(kafka::commit_event{assignment_->epoch(), error, {}, offsets, {}});
}

// The run's last commit was refused for good, or time ran out.
void engine_run::on_unsettled_commit()
{
    if (commit_error_ && commit_error_ != condition::retriable)
        fail(commit_error_, "the final commit is refused: " + commit_error_.message() +
                                "; what is not committed will be handled again");
    else
        cut_short_ = true;
}

void engine_run::on_commit_interval()
{
    act(commit_.due());
    commit_timer_.start(state_->settings.commit.interval, [self = shared_from_this()] { self->on_commit_interval(); });
}

} // namespace paperboy::engine_detail
