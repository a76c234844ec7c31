#pragma once

#include "unit/table/model_store.hpp"

#include <paperboy/rocksdb_store.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stdlib.h>

namespace paperboy::test
{

using tables::all_of;
using tables::contents;

// A directory that goes with the object.
class table_folder
{
public:
    table_folder()
    {
        auto name = (std::filesystem::temp_directory_path() / "paperboy-tables-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error{"cannot make " + name};
        path_ = name;
    }
    table_folder(table_folder const&) = delete;
    table_folder& operator=(table_folder const&) = delete;
    ~table_folder()
    {
        auto ignored = std::error_code{};
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

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
