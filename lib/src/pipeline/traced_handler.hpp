#pragma once

#include <paperboy/config.hpp>
#include <paperboy/detail/batch_run.hpp>
#include <paperboy/observer.hpp>
#include <paperboy/trace_context.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <span>

namespace paperboy::pipeline
{

// One attempt at a record, or at a bulk: told to the observer when it is made, and when it is ended or destroyed,
// whichever comes first. In between its records show the span.
class hook_span
{
public:
    hook_span(config const& settings, std::span<record_view const> records);
    hook_span(hook_span const&) = delete;
    hook_span& operator=(hook_span const&) = delete;
    ~hook_span() { end(nullptr, false); }

    void end(std::exception_ptr error, bool finished) noexcept;

private:
    config const& settings_;
    std::span<record_view const> records_;
    trace_context context_;
    bool open_ = false;
};

// A handler's adapter with a span around each record and each bulk. It stands in front of the adapter only where an
// observer traces the partition: so hooks that nobody traces run as if this were not there.
class traced_handler final : public detail::batch_handler
{
public:
    // `settings` outlives it, and has a watcher.
    traced_handler(std::unique_ptr<detail::batch_handler> inner, config const& settings);

    [[nodiscard]] bool asynchronous() const noexcept override { return inner_->asynchronous(); }
    detail::batch_end run(detail::batch_run& run) override;
    boost::asio::awaitable<detail::batch_end> run_async(detail::batch_run& run) override;
    [[nodiscard]] std::unique_ptr<detail::batch_handler> another() override;
    boost::asio::awaitable<void> prepare(detail::batch_run& run) override;
    [[nodiscard]] bool handles_bulks() const noexcept override { return inner_->handles_bulks(); }
    boost::asio::awaitable<detail::batch_end> run_bulk(detail::bulk_run& run) override;

private:
    std::unique_ptr<detail::batch_handler> inner_;
    config const& settings_;
    // The record at hand. Where its serde has to be prepared, its span stays open in between.
    std::optional<record_view> record_;
    std::optional<hook_span> span_;
};

// The handler itself, or a traced one, as the observer wants it.
[[nodiscard]] std::unique_ptr<detail::batch_handler>
traced_if_wanted(std::unique_ptr<detail::batch_handler> handler, config const& settings, topic_partition const& where);

} // namespace paperboy::pipeline
