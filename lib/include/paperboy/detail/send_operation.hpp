#pragma once

#include <paperboy/detail/outgoing.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace paperboy::detail
{

// Holds a completion handler of async_send, with outstanding work on its executor, until the broker has answered.
template <class Handler>
class send_operation final : public send_completion
{
    using executor = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;

public:
    // `otherwise`: where a handler without an executor of its own is called.
    send_operation(Handler handler, boost::asio::any_io_executor const& otherwise)
        : handler_{std::move(handler)}, work_{boost::asio::get_associated_executor(handler_, otherwise)}
    {
    }

    // Posts: a user's handler is never called on the engine's strand, nor inside async_send. The cancellation slot is
    // cleared where the handler runs, so that a late signal finds nobody.
    void complete(boost::system::error_code result, produced const& where) override
    {
        if (told_.exchange(true))
            return;
        auto ex = work_.get_executor();
        auto finish = [handler = std::move(handler_), result, where, work = std::move(work_)]() mutable
        {
            if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected())
                slot.clear();
            auto call = std::move(handler);
            work.reset();
            std::move(call)(result, where);
        };
        boost::asio::post(ex, std::move(finish));
    }

private:
    Handler handler_;
    boost::asio::executor_work_guard<executor> work_;
    std::atomic<bool> told_{false};
};

// Starts an async_send for any completion handler. With a constructor: g++ 12 destroys aggregates twice in coroutines.
class send_initiation
{
public:
    send_initiation(std::shared_ptr<send_target> target, outgoing what)
        : target_{std::move(target)}, what_{std::move(what)}
    {
    }

    // Cancelled, the operation completes at once; the record is on its way all the same.
    template <class Handler>
    void operator()(Handler&& handler)
    {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto operation = std::make_shared<send_operation<std::decay_t<Handler>>>(std::forward<Handler>(handler),
                                                                                 target_->executor());
        if (slot.is_connected())
            slot.assign(
                [weak = std::weak_ptr<send_completion>{operation}](boost::asio::cancellation_type)
                {
                    if (auto const waiting = weak.lock())
                        waiting->complete(boost::asio::error::operation_aborted, produced{});
                });
        target_->send(what_.view(), std::move(operation));
    }

private:
    std::shared_ptr<send_target> target_;
    outgoing what_;
};

} // namespace paperboy::detail
