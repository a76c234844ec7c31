#include <paperboy/logger.hpp>

#include <iostream>
#include <string>
#include <utility>

namespace paperboy
{
namespace
{

// One write per line, so that lines of several threads do not mix.
void write_to_clog(log_level level, std::string_view line)
{
    auto text = std::string{"paperboy "};
    text.append(to_string(level)).append(": ").append(line).append("\n");
    std::clog << text << std::flush;
}

} // namespace

std::string_view to_string(log_level level) noexcept
{
    switch (level)
    {
    case log_level::off:
        return "off";
    case log_level::error:
        return "error";
    case log_level::warning:
        return "warning";
    case log_level::info:
        return "info";
    case log_level::debug:
        return "debug";
    }
    return "unknown";
}

logger::logger() : logger{log_level::info} {}

logger::logger(log_level threshold) : logger{threshold, write_to_clog} {}

logger::logger(log_level threshold, function write) : level_{threshold}, write_{std::move(write)} {}

// A user's function must not throw, and one that does all the same must not take the engine down.
void logger::operator()(log_level level, std::string_view line) const noexcept
{
    if (!enabled(level) || !write_)
        return;
    try
    {
        write_(level, line);
    }
    catch (...)
    {
        return;
    }
}

} // namespace paperboy
