#pragma once

#include "support/broker.hpp"

#include <paperboy/engine.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace paperboy::test
{

// Settings for tests: short group timings, log lines to std::clog.
[[nodiscard]] config test_config(std::string group, std::string servers = bootstrap_servers());

// An engine that runs on threads of its own from construction on, and what it logs.
class running_engine
{
public:
    using set_up = std::function<void(engine&)>;

    // `prepare` registers the handlers. Log lines begin with `name`.
    running_engine(std::string const& name, config settings, set_up const& prepare, int threads = 1);
    running_engine(running_engine const&) = delete;
    running_engine& operator=(running_engine const&) = delete;
    // Stops it when it still runs.
    ~running_engine();

    [[nodiscard]] engine* operator->() noexcept { return &engine_; }

    // Waits for async_run to complete; throws std::runtime_error when it does not within the deadline.
    error_code wait(std::chrono::milliseconds deadline = std::chrono::seconds{120});

    // stop(), then the same.
    error_code stop(std::chrono::milliseconds deadline = std::chrono::seconds{120});

    // Whether a line with this text was logged, by now or until the deadline.
    [[nodiscard]] bool logged(std::string_view text, std::chrono::milliseconds deadline = {}) const;

private:
    [[nodiscard]] config observed(std::string const& name, config settings);

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<std::string> lines_;
    std::optional<error_code> result_;
    boost::asio::io_context context_;
    engine engine_;
    std::vector<std::jthread> threads_;
};

} // namespace paperboy::test
