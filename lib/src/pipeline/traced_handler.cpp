#include "pipeline/traced_handler.hpp"

#include <paperboy/detail/record_access.hpp>
#include <paperboy/traced_hooks.hpp>

#include <utility>

namespace paperboy::pipeline
{

namespace asio = boost::asio;

namespace
{

traced_hooks hooks_of(config const& settings, std::span<record_view const> records)
{
    auto what = traced_hooks{};
    what.records = records;
    if (records.size() == 1)
        what.parent = parent_of(records.front());
    what.group_id = settings.group_id;
    what.client_id = settings.client_id;
    return what;
}

} // namespace

hook_span::hook_span(config const& settings, std::span<record_view const> records)
    : settings_{settings}, records_{records}, context_{settings.watcher->on_span_start(hooks_of(settings, records))},
      open_{static_cast<bool>(context_)}
{
    if (open_)
        for (auto const& each : records_)
            detail::record_access::begin_span(each, context_);
}

void hook_span::end(std::exception_ptr error, bool finished) noexcept
{
    if (!std::exchange(open_, false))
        return;
    for (auto const& each : records_)
        detail::record_access::end_span(each);
    auto what = hooks_of(settings_, records_);
    what.context = context_;
    what.error = std::move(error);
    what.finished = finished;
    settings_.watcher->on_span_end(what);
}

traced_handler::traced_handler(std::unique_ptr<detail::batch_handler> inner, config const& settings)
    : inner_{std::move(inner)}, settings_{settings}
{
}

std::unique_ptr<detail::batch_handler> traced_handler::another()
{
    return std::make_unique<traced_handler>(inner_->another(), settings_);
}

detail::batch_end traced_handler::run(detail::batch_run& run)
{
    while (run.more())
    {
        if (!span_)
            span_.emplace(settings_, std::span{&record_.emplace(run.current()), 1});
        auto const before = run.unfinished();
        auto* const all = run.narrow();
        auto const how = inner_->run(run);
        run.widen(all);
        if (how == detail::batch_end::unprepared)
            return how;
        span_->end(run.take_error(), run.unfinished() < before);
        span_.reset();
        if (how != detail::batch_end::left)
            return how;
    }
    // Of a record that was prepared, and does not come into its hooks now: it may never, and its block go.
    span_.reset();
    return detail::batch_end::left;
}

// The pipeline may go away in this wait, and its block before this object: then the span ends with the wait.
asio::awaitable<void> traced_handler::prepare(detail::batch_run& run)
{
    auto goes_on = false;
    auto const end_with_wait = [this, &goes_on](void*)
    {
        if (!goes_on)
            span_.reset();
    };
    auto const guard = std::unique_ptr<void, decltype(end_with_wait)>{this, end_with_wait};
    co_await inner_->prepare(run);
    goes_on = !run.cancelled();
}

asio::awaitable<detail::batch_end> traced_handler::run_async(detail::batch_run& run)
{
    while (run.more())
    {
        auto const record = run.current();
        auto span = hook_span{settings_, std::span{&record, 1}};
        auto const before = run.unfinished();
        auto* const all = run.narrow();
        auto const how = co_await inner_->run_async(run);
        run.widen(all);
        span.end(run.take_error(), run.unfinished() < before);
        if (how != detail::batch_end::left)
            co_return how;
    }
    co_return detail::batch_end::left;
}

asio::awaitable<detail::batch_end> traced_handler::run_bulk(detail::bulk_run& run)
{
    auto const records = run.records();
    auto span = hook_span{settings_, records};
    auto const how = co_await inner_->run_bulk(run);
    span.end(run.take_error(), run.records().empty());
    co_return how;
}

std::unique_ptr<detail::batch_handler> traced_if_wanted(std::unique_ptr<detail::batch_handler> handler,
                                                        config const& settings, topic_partition const& where)
{
    if (!settings.watcher || !settings.watcher->traces(where))
        return handler;
    return std::make_unique<traced_handler>(std::move(handler), settings);
}

} // namespace paperboy::pipeline
