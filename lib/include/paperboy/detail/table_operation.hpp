#pragma once

#include <paperboy/detail/shard_core.hpp>
#include <paperboy/error.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace paperboy::detail
{

// Holds a completion handler of an operation on shards, with outstanding work on its executor.
template <class Handler, class Result>
class table_operation
{
    using executor = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;

public:
    // `otherwise`: where a handler without an executor of its own is called.
    table_operation(Handler handler, boost::asio::any_io_executor const& otherwise)
        : handler_{std::move(handler)}, work_{boost::asio::get_associated_executor(handler_, otherwise)}
    {
    }

    void complete(error_code result, Result value)
    {
        auto ex = work_.get_executor();
        auto finish =
            [handler = std::move(handler_), result, value = std::move(value), work = std::move(work_)]() mutable
        {
            auto call = std::move(handler);
            work.reset();
            std::move(call)(result, std::move(value));
        };
        boost::asio::post(ex, std::move(finish));
    }

private:
    Handler handler_;
    boost::asio::executor_work_guard<executor> work_;
};

// What an exception on a shard's strand is to whoever asked from outside.
[[nodiscard]] inline error_code error_of_shard(std::exception_ptr const& error)
{
    try
    {
        std::rethrow_exception(error);
    }
    catch (store_error const&)
    {
        return errc::store_failed;
    }
    catch (setup_error const& known)
    {
        return known.code();
    }
    catch (...)
    {
        return errc::invalid_entry;
    }
}

} // namespace paperboy::detail
