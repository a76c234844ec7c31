#include "engine/engine_run.hpp"

#include "kafka/client_config.hpp"

#include <paperboy/observer.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <utility>

namespace paperboy::engine_detail
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace
{

constexpr auto trouble_pause = 5s;

// Events served in one go before other work of the executor gets its turn: a chatty `debug` property must not starve
// the partitions.
constexpr int events_per_turn = 100;

} // namespace

engine_run::engine_run(asio::any_io_executor const& executor, std::shared_ptr<engine_state> state)
    : strand_{pipeline::slim_executor{executor}}, state_{std::move(state)},
      capabilities_{kafka::choose_for(state_->settings)}, commit_timer_{strand_}, step_timer_{strand_},
      retry_timer_{strand_}, deadline_timer_{strand_}, topics_timer_{strand_}, housekeeping_timer_{strand_},
      connect_timer_{strand_}, shutdown_timer_{strand_}, leave_timer_{strand_}, steps_timer_{strand_},
      locate_timer_{strand_}, letter_timer_{strand_}, token_timer_{strand_}, secrets_{state_->settings},
      destroyer_{strand_, "paperboy-close"}, answerer_{strand_, "paperboy-answer"},
      replaced_{strand_, "paperboy-close"}, queries_{strand_, "paperboy-query"}, locator_{strand_, "paperboy-start"},
      letter_query_{strand_, "paperboy-query"}, table_query_{strand_, "paperboy-table"}, table_timer_{strand_},
      steps_{state_->settings.steps.size()}
{
}

// With a consumer still there, the io_context goes away in the middle of the run. One that has completed may end when
// its straggler does, long after the next has begun: what is shown now is not its own.
engine_run::~engine_run()
{
    if (done_)
    {
        state_->show(nullptr);
        state_->tell_health(&health_fsm::ended, false, "the executor went away in the middle of the run");
    }
    assignment_.reset();
    leaving_.reset();
    held_back_.clear();
    stragglers_.clear();
    if (consumer_)
        reap([] {}, false);
}

void engine_run::start(completion done)
{
    asio::post(strand_,
               [self = shared_from_this(), tell = std::move(done)]() mutable
               {
                   self->done_ = std::move(tell);
                   self->begin();
               });
}

void engine_run::stop(error_code result)
{
    asio::post(strand_, [self = shared_from_this(), result] { self->act(self->engine_.stop(result)); });
}

void engine_run::abort()
{
    asio::post(strand_, [self = shared_from_this()]
               { self->act(self->engine_.abort(make_error_code(asio::error::operation_aborted))); });
}

// ---- the beginning

void engine_run::begin()
{
    try
    {
        check_tables();
        memory_ = state_->divide_memory();
        consumer_.emplace(strand_, kafka::make_consumer_conf(state_->settings, planned_partitions_, memory_.fetched),
                          capabilities_.incremental);
        log(log_level::info, "joining group \"" + state_->settings.group_id + "\" at " +
                                 state_->settings.bootstrap_servers + " (" + capabilities_.describe() + ")");
        open_producer();
        open_tables();
        start_watchdog();
        start_connect_timer();
        count_partitions();
    }
    catch (setup_error const& error)
    {
        fail(error.code(), error.what());
    }
    catch (std::exception const& error)
    {
        fail(errc::client_failed, error.what());
    }
    if (engine_.completed() || !consumer_)
        return;
    asio::co_spawn(strand_, serve_events(),
                   [self = shared_from_this()](std::exception_ptr const& error)
                   {
                       if (error)
                           self->fail(errc::client_failed, describe(error));
                   });
    if (state_->outbox->is_open())
        start_sends();
    on_housekeeping();
    on_commit_interval();
}

void engine_run::join_group()
{
    joining_since_ = std::chrono::steady_clock::now();
    if (auto const error = consumer_->subscribe(state_->router.topics()))
        fail(error, "cannot subscribe: " + error.message());
}

void engine_run::start_connect_timer()
{
    if (auto const time = state_->settings.connect_timeout; time != 0ms)
        connect_timer_.start(
            time,
            [self = shared_from_this(), time]
            {
                self->fail(errc::connect_timeout,
                           std::string{self->ever_assigned_ ? "no offsets to start at for" : "no assignment from"} +
                               " group \"" + self->state_->settings.group_id + "\" at " +
                               self->state_->settings.bootstrap_servers + " within " + std::to_string(time.count()) +
                               " ms; check that the brokers are up and can be reached" +
                               (self->trouble_.empty() ? "" : "; last trouble: " + self->trouble_));
            });
}

// ---- events

asio::awaitable<void> engine_run::serve_events()
{
    auto const self = shared_from_this();
    while (!engine_.completed() && consumer_)
    {
        // What was told before that is in the queue: it is served first.
        auto const closed = consumer_->closed();
        auto served = 0;
        auto event = std::optional<kafka::consumer_event>{};
        while (served < events_per_turn && (event = consumer_->poll()))
        {
            ++served;
            std::visit([this](auto const& each) { on(each); }, *event);
            if (engine_.completed() || !consumer_)
                co_return;
        }
        join_anew();
        leave_if_wanted();
        if (engine_.completed() || !consumer_)
            co_return;
        if (served == events_per_turn)
        {
            co_await asio::post(strand_, asio::use_awaitable);
            continue;
        }
        if (closed && !std::exchange(group_left_, true))
            end_if_left();
        if (engine_.completed() || !consumer_)
            co_return;
        if (!closed && consumer_->closed())
            continue;
        auto ignored = error_code{};
        co_await consumer_->events().async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (consumer_)
            consumer_->events().acknowledge();
    }
}

void engine_run::on(kafka::assign_event const& event)
{
    ever_assigned_ = true;
    joining_since_.reset();
    if (!capabilities_.incremental)
        wants_to_join_anew_.reset();
    state_->totals.assignments.fetch_add(1);
    offered_ = event.partitions;
    for (auto const& each : offered_)
        topics_seen_.insert(each.topic);
    check_memory_plan();
    starts_.clear();
    auto const choose = [this](std::string const& topic) { return start_of(topic); };
    if (engine_.running())
        return act(rebalance_.assigned(!start_plan_.ask(offered_, choose).empty()));
    static_cast<void>(capabilities_.incremental ? consumer_->assign_unread(offered_) : consumer_->unassign(offered_));
    leave_if_wanted();
}

// What stays ours goes on. An incremental protocol takes more before it has got the answer only when the group is left.
void engine_run::on(kafka::revoke_event const& event)
{
    lost_ = event.lost;
    if (rebalance_.giving_up())
    {
        if (capabilities_.incremental)
            taken_later_ = event;
        act(rebalance_.revoked(event.lost));
        lose_partitions();
        return look_whether_drained();
    }
    asked_for_ = !leave_begun_;
    at_end_ = !engine_.running();
    auto const all = std::exchange(assignment_, nullptr);
    auto const some = all && capabilities_.incremental;
    taken_ = all && !some ? all->partitions() : event.partitions;
    leaving_ = some ? all->only(taken_) : all;
    assignment_ = some ? all->without(taken_) : nullptr;
    act(rebalance_.revoked(event.lost, assignment_ != nullptr));
    look_whether_drained();
}

void engine_run::on(kafka::error_event const& told)
{
    state_->totals.client_errors.fetch_add(1);
    auto event = told;
    event.text = secrets_.hide(event.text);
    if (auto const& watcher = state_->settings.watcher)
        watcher->on_client_error(event.error, event.text);
    // No commit of such a client is taken any more.
    leave_overdue_ = leave_overdue_ || event.fatal;
    if (event.fatal && kafka::kind_of(event.error) == kafka::error_kind::fenced)
        return fail_fenced(event.text);
    if (event.fatal)
        return fail(errc::client_failed, event.text);
    on_trouble(event);
}

void engine_run::fail_fenced(std::string const& text)
{
    fail(errc::fenced, "group \"" + state_->settings.group_id + "\": another member has our group.instance.id: " +
                           text + "; give each instance one of its own, and start it once");
}

void engine_run::on_trouble(kafka::error_event const& event)
{
    auto const& settings = state_->settings;
    if (on_refused_login(event))
        return;
    if (event.starts_unknown && event.error == condition::retriable)
        return want_to_join_anew(event.text);
    switch (kafka::kind_of(event.error))
    {
    case kafka::error_kind::missing_topic:
        if (topics_seen_.contains(event.topic))
            break;
        if (!state_->router.names(event.topic))
            return log(log_level::warning, "no topic matches \"" + event.topic + "\" yet; waiting for one");
        if (settings.allow_missing_topics)
            return log(log_level::warning, "topic \"" + event.topic + "\" does not exist yet; waiting for it");
        if (waits_for_brokers_to_know(event.topic))
            return;
        return fail(errc::missing_topic, "topic \"" + event.topic + "\" does not exist on " +
                                             settings.bootstrap_servers +
                                             "; create it, or set config::allow_missing_topics to wait for it");
    case kafka::error_kind::authentication:
        if (!ever_assigned_)
            return fail(errc::authentication_failed,
                        settings.bootstrap_servers + " refuses the credentials: " + event.text +
                            "; check sasl.mechanism, sasl.username and sasl.password in config::properties");
        break;
    case kafka::error_kind::authorization:
    case kafka::error_kind::no_offset:
        return fail(event.error, event.text);
    case kafka::error_kind::brokers_away:
        if (ever_assigned_ || trouble_.empty() || event.error != kafka::all_brokers_down())
            trouble_ = "cannot reach " + settings.bootstrap_servers + ": " + event.text;
        state_->tell_health(&health_fsm::trouble, trouble_);
        return log_rarely(trouble_ + "; still trying");
    case kafka::error_kind::fenced:
    case kafka::error_kind::transient:
        break;
    }
    log(log_level::warning, event.text);
}

// Brokers that are away would otherwise fill the log.
void engine_run::log_rarely(std::string const& line)
{
    auto const now = std::chrono::steady_clock::now();
    if (now - last_trouble_ < trouble_pause)
        return;
    last_trouble_ = now;
    log(log_level::warning, line);
}

void engine_run::on(kafka::log_event const& event)
{
    log(event.level, "librdkafka: " + secrets_.hide(event.text));
}

void engine_run::on(kafka::stray_event const& event)
{
    state_->totals.stray_records.fetch_add(1);
    fail(errc::client_failed, to_string(event.where) + "@" + std::to_string(event.offset) +
                                  " arrived on librdkafka's main queue instead of its partition's");
}

void engine_run::on(kafka::reset_event const& event)
{
    log(log_level::warning, to_string(event.where) + ": " + event.text);
    if (auto const& watcher = state_->settings.watcher)
        watcher->on_offset_reset(event.where, event.text);
    if (assignment_)
        for (auto const& each : assignment_->pipelines())
            if (each->where() == event.where)
                each->offset_was_reset();
}

} // namespace paperboy::engine_detail
