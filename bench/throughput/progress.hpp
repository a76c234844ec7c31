#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paperboy::bench
{

// How long a thread has run, and was kept from running by others.
struct thread_seconds
{
    double run = 0;
    double kept = 0;
};

// What one run of one mode cost.
struct measurement
{
    std::uint64_t records = 0;
    // Sum over all records of the value's size and first byte: the same for every mode, or one of them lost something.
    std::uint64_t checksum = 0;
    // User and system time of the whole process, from its start to the last record.
    double cpu_seconds = 0;
    // From the first record to the last.
    double wall_seconds = 0;
    // Of that, how long the consuming thread waited for records; waiting for a core does not count. Only for modes
    // with one thread.
    double idle_seconds = 0;
    // Of that, how long it waited for a core.
    double kept_seconds = 0;
    // The largest resident set.
    double rss_mb = 0;
    // C++ allocations while the middle 80 % of the records passed, and how many records those were.
    std::uint64_t allocations = 0;
    std::uint64_t allocation_window = 0;
};

// One line, for the pipe between a run and its parent.
[[nodiscard]] std::string to_line(measurement const& of);
[[nodiscard]] std::optional<measurement> parse_line(std::string_view line);

// Counts the records of a run and takes its measurement. Thread-safe.
class progress
{
public:
    explicit progress(std::uint64_t expected) : expected_{expected} {}

    // Some more records have been handled; true when they were the last.
    bool add(std::uint64_t records, std::uint64_t checksum);

    // Measures from now on, and not from the first record; CPU time until now does not count.
    void begin();

    // Takes the measurement again, when add() has returned true: what was done since counts as well.
    void extend() { finish(); }

    [[nodiscard]] std::uint64_t remaining() const noexcept { return expected_ - seen_.load(); }

    // Complete after add() has returned true.
    [[nodiscard]] measurement const& result() const noexcept { return result_; }

private:
    void start_clock();
    void finish();

    std::uint64_t expected_;
    std::atomic<std::uint64_t> seen_{0};
    std::atomic<std::uint64_t> checksum_{0};
    std::chrono::steady_clock::time_point first_;
    bool begun_ = false;
    double cpu_before_ = 0;
    thread_seconds before_;
    measurement result_;
};

} // namespace paperboy::bench
