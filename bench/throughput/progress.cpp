#include "throughput/progress.hpp"

#include "throughput/allocations.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

#include <sys/resource.h>

namespace paperboy::bench
{
namespace
{

double seconds(timeval const& time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double cpu_seconds()
{
    auto usage = rusage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// How long this thread has run, and was kept from running.
thread_seconds seconds_of_thread()
{
    auto on_core = std::uint64_t{0};
    auto waiting_for_core = std::uint64_t{0};
    std::ifstream{"/proc/thread-self/schedstat"} >> on_core >> waiting_for_core;
    return {static_cast<double>(on_core) * 1e-9, static_cast<double>(waiting_for_core) * 1e-9};
}

// getrusage's ru_maxrss would count what the parent had before it became this program.
double peak_rss_mb()
{
    auto status = std::ifstream{"/proc/self/status"};
    auto name = std::string{};
    while (status >> name)
    {
        if (auto kilobytes = 0.0; name == "VmHWM:" && status >> kilobytes)
            return kilobytes / 1024;
        status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return 0;
}

} // namespace

std::string to_line(measurement const& of)
{
    auto line = std::ostringstream{};
    line.precision(9);
    line << "measured " << of.records << ' ' << of.checksum << ' ' << of.cpu_seconds << ' ' << of.wall_seconds << ' '
         << of.idle_seconds << ' ' << of.kept_seconds << ' ' << of.rss_mb << ' ' << of.allocations << ' '
         << of.allocation_window;
    return line.str();
}

std::optional<measurement> parse_line(std::string_view line)
{
    auto in = std::istringstream{std::string{line}};
    auto word = std::string{};
    auto result = measurement{};
    in >> word >> result.records >> result.checksum >> result.cpu_seconds >> result.wall_seconds >>
        result.idle_seconds >> result.kept_seconds >> result.rss_mb >> result.allocations >> result.allocation_window;
    if (!in || word != "measured")
        return std::nullopt;
    return result;
}

// Each mark is passed by exactly one call, so that no two threads write the same field.
bool progress::add(std::uint64_t records, std::uint64_t checksum)
{
    checksum_.fetch_add(checksum);
    auto const before = seen_.fetch_add(records);
    auto const after = before + records;
    auto const passes = [before, after](std::uint64_t mark) { return before < mark && after >= mark; };
    if (before == 0 && !begun_)
        start_clock();
    if (passes(expected_ / 10))
    {
        result_.allocations -= allocation_count();
        result_.allocation_window -= after;
    }
    if (passes(expected_ - expected_ / 10))
    {
        result_.allocations += allocation_count();
        result_.allocation_window += after;
    }
    if (after != expected_)
        return false;
    finish();
    return true;
}

void progress::begin()
{
    begun_ = true;
    cpu_before_ = cpu_seconds();
    start_clock();
}

void progress::start_clock()
{
    before_ = seconds_of_thread();
    first_ = std::chrono::steady_clock::now();
}

void progress::finish()
{
    result_.wall_seconds = std::chrono::duration<double>{std::chrono::steady_clock::now() - first_}.count();
    result_.cpu_seconds = cpu_seconds() - cpu_before_;
    auto const now = seconds_of_thread();
    result_.kept_seconds = now.kept - before_.kept;
    result_.idle_seconds = std::max(0.0, result_.wall_seconds - result_.kept_seconds - (now.run - before_.run));
    result_.rss_mb = peak_rss_mb();
    result_.records = seen_.load();
    result_.checksum = checksum_.load();
}

} // namespace paperboy::bench
