#pragma once

#include "engine/engine_run.hpp"
#include "engine/engine_state.hpp"

#include <paperboy/detail/engine_handle.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <memory>
#include <mutex>

namespace paperboy::detail
{

// Behind the public engine: its state, and the run at hand if there is one.
class engine_impl : public std::enable_shared_from_this<engine_impl>
{
public:
    engine_impl(boost::asio::any_io_executor executor, config settings);

    [[nodiscard]] boost::asio::any_io_executor executor() const { return state_->executor; }
    [[nodiscard]] engine_detail::engine_state& state() const noexcept { return *state_; }
    [[nodiscard]] bool running() const;

    void start(std::unique_ptr<run_completion> completion);
    void stop(error_code result);
    void abort();

private:
    [[nodiscard]] std::shared_ptr<engine_detail::engine_run> current() const;
    void ended();

    std::shared_ptr<engine_detail::engine_state> state_;
    mutable std::mutex guard_;
    std::shared_ptr<engine_detail::engine_run> run_;
};

} // namespace paperboy::detail
