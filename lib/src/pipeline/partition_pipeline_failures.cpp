// The part of a pipeline that deals with records that failed.

#include "pipeline/partition_pipeline.hpp"

#include <paperboy/observer.hpp>

#include <utility>

namespace paperboy::pipeline
{

error_action::kind partition_pipeline::hook_failed(hook where, std::exception_ptr const& error,
                                                   record_view const& record, error_action const& action) noexcept
{
    return failed_in_lane(retries_, where, error, record, action);
}

error_action::kind partition_pipeline::failed_in_lane(detail::retry_fsm& retries, hook where,
                                                      std::exception_ptr const& error, record_view const& record,
                                                      error_action const& action) noexcept
{
    try
    {
        return settle(retries, where, error, record, action);
    }
    catch (std::exception const&)
    {
        keep_failure(where, error, record.offset());
        return error_action::kind::fail;
    }
}

error_action::kind partition_pipeline::settle(detail::retry_fsm& retries, hook where, std::exception_ptr const& error,
                                              record_view const& record, error_action const& action)
{
    auto const chance = std::generate_canonical<double, 24>(random_);
    auto const verdict = retries.failed(record.offset(), action, std::chrono::steady_clock::now(), chance);
    auto const fails = verdict == error_action::kind::fail;
    if (fails || may_log())
        context_.settings.log(fails ? log_level::error : log_level::warning,
                              to_string(where_) + "@" + std::to_string(record.offset()) + ": " +
                                  std::string{to_string(where)} + " failed: " + describe(error) +
                                  consequence(verdict, retries));
    if (fails)
        keep_failure(where, error, record.offset());
    else
        (verdict == error_action::kind::skip ? context_.totals.skipped : context_.totals.retried)
            .fetch_add(1, std::memory_order_relaxed);
    if (auto const& watcher = context_.settings.watcher)
        watcher->on_hook_error(where, error, record);
    return verdict;
}

std::string partition_pipeline::consequence(error_action::kind verdict, detail::retry_fsm const& retries)
{
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
    }
    return "";
}

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

// Ends early when the pipeline is to leave.
boost::asio::awaitable<void> partition_pipeline::pause_before_retry()
{
    auto const until = std::chrono::steady_clock::now() + retries_.pause();
    while (!leave_early_.load(std::memory_order_relaxed) && std::chrono::steady_clock::now() < until)
        co_await retry_pause_.wait(until);
    retries_.attempt_begins();
}

} // namespace paperboy::pipeline
