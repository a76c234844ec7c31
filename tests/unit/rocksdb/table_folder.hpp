#pragma once

#include "support/table_folder.hpp"
#include "unit/table/model_store.hpp"

#include <paperboy/rocksdb_store.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy::test
{

using tables::all_of;
using tables::contents;

// The lines that were logged, from whatever thread.
class log_lines
{
public:
    [[nodiscard]] logger sink()
    {
        return logger{log_level::warning, [this](log_level, std::string_view line)
                      {
                          auto const guard = std::lock_guard{mutex_};
                          text_ += line;
                          text_ += '\n';
                      }};
    }

    [[nodiscard]] std::string text() const
    {
        auto const guard = std::lock_guard{mutex_};
        return text_;
    }

private:
    mutable std::mutex mutex_;
    std::string text_;
};

// Keys that are distinct and in order, as changes.
[[nodiscard]] inline std::vector<shard_change> changes_of(std::map<std::string, std::optional<std::string>> const& all)
{
    auto changes = std::vector<shard_change>{};
    for (auto const& [key, value] : all)
        changes.push_back({key, value ? std::optional<std::string_view>{*value} : std::nullopt});
    return changes;
}

[[nodiscard]] inline std::vector<shard_change> changes_of(contents const& all)
{
    auto changes = std::vector<shard_change>{};
    for (auto const& [key, value] : all)
        changes.push_back({key, value});
    return changes;
}

[[nodiscard]] inline contents many_entries(int count)
{
    auto entries = contents{};
    for (auto i = 0; i < count; ++i)
        entries["key " + std::to_string(i)] = "value " + std::to_string(i * 7);
    return entries;
}

// Above which size a checkpoint becomes a file: all of them, or none.
constexpr auto always_ingest = std::size_t{0};
constexpr auto never_ingest = std::size_t{1} << 40U;

} // namespace paperboy::test
