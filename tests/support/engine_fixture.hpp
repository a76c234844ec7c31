#pragma once

#include "support/manual_watched.hpp"

#include <paperboy/engine.hpp>
#include <paperboy/observer.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

namespace paperboy::test
{

// An io_context that runs on threads of its own, as long as this object lives.
class io_threads
{
public:
    explicit io_threads(int count = 2);
    io_threads(io_threads const&) = delete;
    io_threads& operator=(io_threads const&) = delete;
    ~io_threads();

    [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

    // Lets the threads end when they have nothing left to do, and waits for them.
    void join();

    // Ends the threads whatever there is left to do.
    void halt();

private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::vector<std::thread> threads_;
};

// Log lines, each as "level: text".
class log_lines
{
public:
    [[nodiscard]] logger sink(log_level threshold = log_level::info) const;

    // Whether a line that contains `part` comes before the deadline.
    [[nodiscard]] bool wait_for(std::string const& part, std::chrono::milliseconds deadline = patience) const;
    [[nodiscard]] std::size_t count(std::string const& part) const;

    // All lines, for the message of a check that fails.
    friend std::ostream& operator<<(std::ostream& to, log_lines const& log);

private:
    std::shared_ptr<watched<std::vector<std::string>>> lines_ = std::make_shared<watched<std::vector<std::string>>>();
};

// What an engine told its observer.
struct observed
{
    struct commit
    {
        error_code result;
        std::vector<partition_offset> offsets;
    };
    struct hook_error
    {
        hook where = hook::on_message;
        std::string text;
        std::int64_t offset = -1;
    };

    std::vector<std::vector<topic_partition>> assigned;
    std::vector<std::vector<topic_partition>> revoked;
    std::vector<std::vector<topic_partition>> lost;
    std::vector<commit> commits;
    std::vector<hook_error> hook_errors;
    std::vector<error_code> client_errors;
    std::map<topic_partition, std::int64_t> lag;
    std::map<topic_partition, std::vector<handling_mode>> modes;

    // By partition, what the last accepted commits said.
    [[nodiscard]] std::map<topic_partition, std::int64_t> committed() const;
};

class recording_observer final : public observer
{
public:
    void on_assigned(std::span<topic_partition const> partitions) noexcept override;
    void on_revoked(std::span<topic_partition const> partitions) noexcept override;
    void on_lost(std::span<topic_partition const> partitions) noexcept override;
    void on_commit(error_code result, std::span<partition_offset const> offsets) noexcept override;
    void on_hook_error(hook where, std::exception_ptr const& error, record_view const& record) noexcept override;
    void on_client_error(error_code error, std::string_view text) noexcept override;
    void on_lag(topic_partition const& partition, std::int64_t records) noexcept override;
    void on_mode(topic_partition const& partition, handling_mode mode, std::int64_t waiting) noexcept override;

    watched<observed> seen;
};

// The outcome of an async_run, which may be waited for from any thread.
class outcome_of_run
{
public:
    // Starts a run with a plain callback.
    static outcome_of_run start(engine& which);

    // The result; throws when there is none before the deadline.
    [[nodiscard]] error_code get(std::chrono::milliseconds deadline = patience);
    [[nodiscard]] bool there() const;

private:
    std::future<error_code> result_;
};

// A record as a handler saw it.
struct seen_record
{
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::string value;
};

using seen_records = watched<std::vector<seen_record>>;

// Keeps what it sees.
struct collecting_handler
{
    seen_records& seen;

    void on_message(record_view const& record)
    {
        seen.update([&](auto& all)
                    { all.push_back({record.partition(), record.offset(), std::string{record.value()}}); });
    }
};

[[nodiscard]] inline auto at_least(std::size_t count)
{
    return [count](auto const& all) { return all.size() >= count; };
}

// The offsets seen of a partition, in the order in which they were seen.
[[nodiscard]] std::vector<std::int64_t> offsets_of(seen_records const& seen, std::int32_t partition);

// first, first + 1, … up to but not including last.
[[nodiscard]] std::vector<std::int64_t> offsets_from(std::int64_t first, std::int64_t last);

} // namespace paperboy::test
