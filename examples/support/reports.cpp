#include "reports.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace examples
{
namespace
{

std::string json_text(std::string_view text)
{
    constexpr auto digits = std::string_view{"0123456789abcdef"};
    auto result = std::string{"\""};
    for (auto const character : text)
    {
        auto const code = static_cast<unsigned char>(character);
        if (code < 0x20)
            result.append("\\u00").append(1, digits[code >> 4U]).append(1, digits[code & 0xfU]);
        else if (character == '"' || character == '\\')
            result.append(1, '\\').append(1, character);
        else
            result.append(1, character);
    }
    return result + "\"";
}

std::string number(std::optional<std::int64_t> const& value)
{
    return value ? std::to_string(*value) : "null";
}

std::string partition_as_json(paperboy::partition_stats const& stats)
{
    return R"({"topic":)" + json_text(stats.topic) + R"(,"partition":)" + std::to_string(stats.partition) +
           R"(,"records":)" + std::to_string(stats.records) + R"(,"position":)" + number(stats.position) +
           R"(,"committed":)" + number(stats.committed) + R"(,"lag":)" + number(stats.lag) + "}";
}

} // namespace

std::string counts_as_json(page_views::counts const& counts)
{
    auto result = std::string{"{"};
    for (auto const& [page, count] : counts)
        result += (result.size() > 1 ? "," : "") + json_text(page) + ":" + std::to_string(count);
    return result + "}";
}

std::string entry_as_json(std::string_view key, std::int64_t value)
{
    return R"({"key":)" + json_text(key) + R"(,"value":)" + std::to_string(value) + "}";
}

std::string entries_as_json(page_views::count_table::entries const& entries)
{
    auto result = std::string{"["};
    for (auto const& [key, value] : entries)
        result += (result.size() > 1 ? "," : "") + entry_as_json(key, value);
    return result + "]";
}

std::string error_as_json(std::string_view text)
{
    return R"({"error":)" + json_text(text) + "}";
}

std::string stats_as_json(paperboy::engine_stats const& stats)
{
    auto partitions = std::string{};
    for (auto const& each : stats.partitions)
        partitions += (partitions.empty() ? "" : ",") + partition_as_json(each);
    return R"({"records":)" + std::to_string(stats.records) + R"(,"bytes":)" + std::to_string(stats.bytes) +
           R"(,"skipped":)" + std::to_string(stats.skipped) + R"(,"commits":)" + std::to_string(stats.commits) +
           R"(,"partitions":[)" + partitions + "]}";
}

} // namespace examples
