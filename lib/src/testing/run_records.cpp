#include "testing/memory_block.hpp"
#include "testing/sent_record.hpp"

#include <paperboy/detail/dead_letter.hpp>
#include <paperboy/detail/failure_policy.hpp>
#include <paperboy/detail/retry_fsm.hpp>
#include <paperboy/testing.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <stdexcept>

namespace paperboy::testing
{
namespace
{

// Pauses before retries pass at once: time is what they add up to.
class recorder final : public paperboy::detail::failure_sink
{
public:
    recorder(test_result& result, handler_options const& options) : result_{result}, policy_{options} {}

    error_action::kind hook_failed(hook where, std::exception_ptr const& error, record_view const& record,
                                   error_action const& action) noexcept override
    {
        auto const verdict = retries_.failed(record.offset(), action, now_, 0);
        if (verdict == error_action::kind::retry)
            resume_at_ = now_ + retries_.pause();
        if (verdict == error_action::kind::dead_letter)
            burial_ = {record.offset(), where, error, retries_.retries_of(record.offset()) + 1,
                       paperboy::detail::dead_letter_topic(record.topic(), action.dead_letter_topic())};
        result_.failures.push_back({where, error, record.offset(), action});
        return verdict;
    }

    std::optional<error_action> without_asking(hook where, std::exception_ptr const& error, bool can_ask) override
    {
        return policy_.without_asking(where, error, can_ask);
    }

    error_action::kind bury(record_view const& record) noexcept override
    {
        auto const letter = paperboy::detail::dead_letter{record, burial_, "test"};
        result_.dead_letters.push_back(keep(letter.view(0), burial_.topic, record.offset()));
        return error_action::kind::skip;
    }

    void pass_pause()
    {
        now_ = std::max(now_, resume_at_);
        retries_.attempt_begins();
    }

private:
    test_result& result_;
    paperboy::detail::failure_policy policy_;
    paperboy::detail::burial burial_;
    paperboy::detail::retry_fsm retries_;
    paperboy::detail::retry_fsm::time_point now_;
    paperboy::detail::retry_fsm::time_point resume_at_;
};

using paperboy::detail::batch_end;

// What a handler does, however often it has to wait in between: the pauses before retries pass at once.
boost::asio::awaitable<batch_end> run_all(paperboy::detail::batch_handler& handler, paperboy::detail::batch_run& run,
                                          recorder& sink)
{
    auto end = batch_end::again;
    while (end == batch_end::again || end == batch_end::unprepared)
    {
        if (end == batch_end::unprepared)
            co_await handler.prepare(run);
        else
            sink.pass_pause();
        if (handler.asynchronous())
            end = co_await handler.run_async(run);
        else
            end = handler.run(run);
    }
    co_return end;
}

batch_end run_to_its_end(boost::asio::awaitable<batch_end> hooks, std::chrono::milliseconds deadline)
{
    auto context = boost::asio::io_context{};
    auto ended = false;
    auto end = batch_end::left;
    auto broken = std::exception_ptr{};
    boost::asio::co_spawn(context, std::move(hooks),
                          [&](std::exception_ptr error, batch_end how)
                          {
                              ended = true;
                              end = how;
                              broken = std::move(error);
                          });
    context.run_for(deadline);
    if (!ended)
        throw std::runtime_error{"paperboy::testing::run: a hook did not complete within " +
                                 std::to_string(deadline.count()) + " ms"};
    if (broken)
        std::rethrow_exception(broken);
    return end;
}

} // namespace

test_result detail::run_records(paperboy::detail::batch_handler_factory& factory,
                                std::vector<test_record> const& records, topic_partition const& where,
                                std::chrono::milliseconds deadline, handler_options const& options)
{
    auto result = test_result{};
    auto const handler = factory.make(where);
    auto const block = memory_block::make(records, where);
    auto position = std::atomic<std::int64_t>{-1};
    auto const stop = std::atomic<bool>{false};
    auto sink = recorder{result, options};
    auto run = paperboy::detail::batch_run{*block, block->messages(), position, stop, sink};
    auto const end = run_to_its_end(run_all(*handler, run, sink), deadline);
    result.stopped = end == batch_end::failed;
    result.finished = records.size() - run.unfinished();
    result.committable = position.load();
    return result;
}

test_result detail::run_as_bulk(paperboy::detail::batch_handler_factory& factory,
                                std::vector<test_record> const& records, topic_partition const& where,
                                std::chrono::milliseconds deadline, handler_options const& options)
{
    auto result = test_result{};
    auto const handler = factory.make(where);
    if (!handler->handles_bulks())
        throw std::logic_error{"paperboy::testing::run_bulk: the handler has no on_bulk"};
    if (records.empty())
        return result;
    auto const block = memory_block::make(records, where);
    auto views = std::vector<record_view>{};
    for (auto const* const each : block->messages())
        views.emplace_back(*block, *each);
    auto position = std::atomic<std::int64_t>{-1};
    auto sink = recorder{result, options};
    auto run = paperboy::detail::bulk_run{views, position, sink};
    auto end = batch_end::again;
    while (end == batch_end::again || (end == batch_end::left && !run.records().empty()))
    {
        sink.pass_pause();
        end = run_to_its_end(handler->run_bulk(run), deadline);
    }
    result.stopped = end == batch_end::failed;
    result.committable = position.load();
    for (auto const& each : views)
        result.finished += each.offset() < result.committable ? 1 : 0;
    return result;
}

} // namespace paperboy::testing
