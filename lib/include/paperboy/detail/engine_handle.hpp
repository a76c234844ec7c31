#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <memory>

namespace paperboy::detail
{

class engine_impl;

// Told once when a run ends. Type-erased here, so that the engine is compiled once and not by each user.
class run_completion
{
public:
    run_completion() = default;
    run_completion(run_completion const&) = delete;
    run_completion& operator=(run_completion const&) = delete;
    virtual ~run_completion() = default;

    // Posts the completion with this result; called once, from any thread.
    virtual void complete(boost::system::error_code result) = 0;
};

// What the public templates see of the engine's implementation.
using engine_handle = std::shared_ptr<engine_impl>;

[[nodiscard]] boost::asio::any_io_executor executor_of(engine_handle const& engine);

// The number of the next run; a cancellation with it concerns that run only.
[[nodiscard]] std::uint64_t next_run(engine_handle const& engine) noexcept;
void start_run(engine_handle const& engine, std::uint64_t number, std::unique_ptr<run_completion> completion);
void cancel_run(std::weak_ptr<engine_impl> const& engine, std::uint64_t number, boost::asio::cancellation_type type);

} // namespace paperboy::detail
