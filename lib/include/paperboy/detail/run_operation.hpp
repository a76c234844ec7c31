#pragma once

#include <paperboy/detail/engine_handle.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace paperboy::detail
{

// Holds a completion handler of async_run, with outstanding work on its executor, until the run ends.
template <class Handler>
class run_operation final : public run_completion
{
    using executor = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;

public:
    run_operation(Handler handler, boost::asio::any_io_executor const& fallback)
        : handler_{std::move(handler)}, work_{boost::asio::get_associated_executor(handler_, fallback)},
          engine_work_{fallback}
    {
    }

    // Posts: a user's handler is never called on the engine's strand, nor inside async_run. The cancellation slot is
    // cleared where the handler runs, so that a late signal finds nobody.
    void complete(boost::system::error_code result) override
    {
        auto ex = work_.get_executor();
        auto finish = [handler = std::move(handler_), result, work = std::move(work_)]() mutable
        {
            if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected())
                slot.clear();
            auto call = std::move(handler);
            work.reset();
            std::move(call)(result);
        };
        engine_work_.reset();
        boost::asio::post(ex, std::move(finish));
    }

private:
    Handler handler_;
    boost::asio::executor_work_guard<executor> work_;
    boost::asio::executor_work_guard<boost::asio::any_io_executor> engine_work_;
};

// Starts a run for any completion handler.
struct run_initiation
{
    engine_handle engine;

    template <class Handler>
    void operator()(Handler&& handler) const
    {
        auto const number = next_run(engine);
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected())
            slot.assign([target = std::weak_ptr{engine}, number](boost::asio::cancellation_type type)
                        { cancel_run(target, number, type); });
        start_run(engine, number,
                  std::make_unique<run_operation<std::decay_t<Handler>>>(std::forward<Handler>(handler),
                                                                         executor_of(engine)));
    }
};

} // namespace paperboy::detail
