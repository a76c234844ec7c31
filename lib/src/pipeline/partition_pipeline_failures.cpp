// The part of a pipeline that deals with records that failed.

#include "pipeline/partition_pipeline.hpp"

#include <paperboy/detail/dead_letter.hpp>
#include <paperboy/detail/topic_name.hpp>
#include <paperboy/observer.hpp>

#include <utility>

namespace paperboy::pipeline
{

error_action::kind partition_pipeline::hook_failed(hook where, std::exception_ptr const& error,
                                                   record_view const& record, error_action const& action) noexcept
{
    return failed_in_lane(attempts_, where, error, record, action);
}

// A hook that is cancelled hears of it by its run, which is the strand's:
// 1. a hook blocks its thread, and with it the strand, until a change of its table is acknowledged;
// 2. the partition is lost, or given up, and its tables send nothing any more: the hook is told operation_aborted;
// 3. it throws that, before the strand could have marked its run.
// That is no failure of the record, which somebody else handles now: nothing is told, buried or tried again.
error_action::kind partition_pipeline::failed_in_lane(record_attempts& attempts, hook where,
                                                      std::exception_ptr const& error, record_view const& record,
                                                      error_action const& action) noexcept
{
    if (hooks_given_up_.load())
        return error_action::kind::fail;
    try
    {
        return settle(attempts, where, error, record, action);
    }
    catch (std::exception const&)
    {
        keep_failure(where, error, record.offset());
        return error_action::kind::fail;
    }
}

std::optional<error_action> partition_pipeline::without_asking(hook where, std::exception_ptr const& error,
                                                               bool can_ask)
{
    return failures_.without_asking(where, error, can_ask);
}

std::optional<error_action> partition_pipeline::says_of(hook where, std::exception_ptr const& error, bool can_ask)
{
    return failures_.without_asking(where, error, can_ask);
}

error_action::kind partition_pipeline::settle(record_attempts& attempts, hook where, std::exception_ptr const& error,
                                              record_view const& record, error_action const& action)
{
    auto const chance = std::generate_canonical<double, 24>(random_);
    auto verdict = attempts.retries().failed(record.offset(), action, std::chrono::steady_clock::now(), chance);
    auto remedy = std::string{};
    if (verdict == error_action::kind::dead_letter)
    {
        auto const tried = attempts.retries().retries_of(record.offset()) + 1;
        auto topic = detail::dead_letter_topic(where_.topic, action.dead_letter_topic());
        if (topic == where_.topic || !detail::is_topic_name(topic))
        {
            verdict = error_action::kind::fail;
            remedy = "; its dead letters cannot go to \"" + topic + "\", name another topic";
        }
        attempts.keep({record.offset(), where, error, tried, std::move(topic)});
    }
    auto const fails = verdict == error_action::kind::fail;
    if (fails || may_log())
        context_.settings.log(fails ? log_level::error : log_level::warning,
                              to_string(where_) + "@" + std::to_string(record.offset()) + ": " +
                                  std::string{to_string(where)} + " failed: " + describe(error) + remedy +
                                  consequence(verdict, attempts));
    if (fails)
        keep_failure(where, error, record.offset());
    context_.of_topic.count_failure(verdict);
    if (auto const& watcher = context_.settings.watcher)
        watcher->on_hook_error(where, error, record);
    return verdict;
}

std::string partition_pipeline::consequence(error_action::kind verdict, record_attempts& attempts)
{
    auto const& retries = attempts.retries();
    auto const tried = retries.retries() == 0 ? "" : " after " + std::to_string(retries.retries()) + " retries";
    switch (verdict)
    {
    case error_action::kind::fail:
        return "; the engine stops" + tried;
    case error_action::kind::skip:
        return "; the record is skipped" + tried + others_not_logged();
    case error_action::kind::retry:
        return "; retry " + std::to_string(retries.retries()) + " in " + std::to_string(retries.pause().count()) +
               " ms" + others_not_logged();
    case error_action::kind::dead_letter:
        return "; the record goes to \"" + attempts.buried_for()->topic + "\"" + tried + others_not_logged();
    }
    return "";
}

// ---- dead letters

error_action::kind partition_pipeline::bury(record_view const& record) noexcept
{
    return bury_in_lane(attempts_, record);
}

// The offset waits for the acknowledgement as for that of anything sent on its behalf: so the record counts as
// finished, and what follows it goes on.
error_action::kind partition_pipeline::bury_in_lane(record_attempts const& attempts, record_view const& record) noexcept
{
    auto const& why = *attempts.buried_for();
    try
    {
        send_dead_letter(why, record);
        return error_action::kind::skip;
    }
    catch (...)
    {
        keep_failure(why.where, why.error, record.offset());
        return error_action::kind::fail;
    }
}

void partition_pipeline::send_dead_letter(detail::burial const& why, record_view const& record)
{
    auto const letter = detail::dead_letter{record, why, context_.settings.group_id};
    context_.outbox.send_letter(letter.view(context_.outbox.topic_number(why.topic)), record);
    context_.totals.dead_letters.fetch_add(1, std::memory_order_relaxed);
}

// ---- the log

// A topic full of bad records must not fill the log: one line a second tells of the others.
bool partition_pipeline::may_log()
{
    auto const now = std::chrono::steady_clock::now();
    if (now - last_logged_ < std::chrono::seconds{1})
    {
        ++not_logged_;
        return false;
    }
    last_logged_ = now;
    return true;
}

std::string partition_pipeline::others_not_logged()
{
    auto const others = std::exchange(not_logged_, 0);
    return others == 0 ? "" : ", like " + std::to_string(others) + " failures before that were not logged";
}

} // namespace paperboy::pipeline
