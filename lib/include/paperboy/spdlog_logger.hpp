#pragma once

/// An engine's log in spdlog's. The one header that includes spdlog's, which a program that uses it links itself.

#include <paperboy/logger.hpp>

#include <spdlog/logger.h>

#include <memory>
#include <string_view>
#include <utility>

namespace paperboy
{

/// spdlog's name for a level.
[[nodiscard]] constexpr spdlog::level::level_enum to_spdlog(log_level level) noexcept
{
    switch (level)
    {
    case log_level::error:
        return spdlog::level::err;
    case log_level::warning:
        return spdlog::level::warn;
    case log_level::info:
        return spdlog::level::info;
    case log_level::debug:
        return spdlog::level::debug;
    case log_level::off:
        break;
    }
    return spdlog::level::off;
}

/// A logger for `config::log` that writes to `target`, line by line. `threshold` is decided by paperboy, before the
/// line is made; `target` and its sinks have levels of their own. Lines come from several threads: give `target` sinks
/// that are made for that (`_mt`). It is kept alive.
[[nodiscard]] inline logger spdlog_logger(std::shared_ptr<spdlog::logger> target, log_level threshold = log_level::info)
{
    return logger{threshold, [target = std::move(target)](log_level level, std::string_view line)
                  { target->log(to_spdlog(level), spdlog::string_view_t{line.data(), line.size()}); }};
}

} // namespace paperboy
