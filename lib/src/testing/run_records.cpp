#include "testing/memory_block.hpp"

#include <paperboy/testing.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <stdexcept>

namespace paperboy::testing
{
namespace
{

class recorder final : public paperboy::detail::failure_sink
{
public:
    explicit recorder(test_result& result) : result_{result} {}

    void hook_failed(hook where, std::exception_ptr const& error, record_view const& record,
                     error_action action) noexcept override
    {
        result_.failures.push_back({where, error, record.offset(), action});
    }

private:
    test_result& result_;
};

paperboy::detail::batch_end run_to_its_end(paperboy::detail::batch_handler& handler, paperboy::detail::batch_run& run,
                                           std::chrono::milliseconds deadline)
{
    if (!handler.asynchronous())
        return handler.run(run);
    auto context = boost::asio::io_context{};
    auto ended = false;
    auto end = paperboy::detail::batch_end::left;
    auto broken = std::exception_ptr{};
    boost::asio::co_spawn(context, handler.run_async(run),
                          [&](std::exception_ptr error, paperboy::detail::batch_end how)
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
                                std::chrono::milliseconds deadline)
{
    auto result = test_result{};
    auto const handler = factory.make(where);
    auto const block = memory_block::make(records, where);
    auto position = std::atomic<std::int64_t>{-1};
    auto const stop = std::atomic<bool>{false};
    auto sink = recorder{result};
    auto run = paperboy::detail::batch_run{*block, block->messages(), position, stop, sink};
    result.stopped = run_to_its_end(*handler, run, deadline) == paperboy::detail::batch_end::failed;
    result.finished = records.size() - run.unfinished();
    result.committable = position.load();
    return result;
}

} // namespace paperboy::testing
