#pragma once

#include "engine/engine_run.hpp"
#include "engine/engine_state.hpp"

#include <paperboy/detail/engine_handle.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <atomic>
#include <cstdint>
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

    // Each async_run has a number of its own, so that its cancellation concerns no other run.
    [[nodiscard]] std::uint64_t next_number() noexcept { return ++last_number_; }
    void start(std::uint64_t number, std::unique_ptr<run_completion> completion);
    void cancel(std::uint64_t number, boost::asio::cancellation_type type);

    // End whatever run is at hand.
    void stop();
    void abort();

    // What is paused has changed.
    void repause();

private:
    using run_ptr = std::shared_ptr<engine_detail::engine_run>;

    [[nodiscard]] run_ptr current() const;
    [[nodiscard]] run_ptr numbered(std::uint64_t number) const;
    void begin(run_ptr const& run, std::uint64_t number, std::unique_ptr<run_completion> completion);
    void ended();

    std::shared_ptr<engine_detail::engine_state> state_;
    std::atomic<std::uint64_t> last_number_{0};
    mutable std::mutex guard_;
    // What a run waits for keeps it alive, so that it goes with the io_context. Held by us, a run whose completion
    // handler owns this engine (a coroutine's frame) would hold itself.
    std::weak_ptr<engine_detail::engine_run> run_;
    std::uint64_t run_number_ = 0;
};

} // namespace paperboy::detail
