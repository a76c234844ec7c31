#pragma once

#include <paperboy/config.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

// The command line of the quickstart.
namespace quickstart
{

/// What the quickstart is to do.
enum class mode
{
    /// Consume.
    run,
    /// Only show the help.
    help,
    /// Only print page views, for kcat.
    print,
};

struct options
{
    quickstart::mode mode = mode::run;

    /// Empty: the mock cluster.
    std::string bootstrap_servers;

    std::string topic = "page-views";
    std::string group = "quickstart";
    paperboy::properties properties;

    /// How many records to produce, print or consume.
    std::optional<std::uint64_t> records;

    /// The topic that keeps the counts: each group has its own.
    [[nodiscard]] std::string changelog() const;

    [[nodiscard]] bool mock() const noexcept { return bootstrap_servers.empty(); }
};

/// A command line that makes no sense; the text says what to write instead.
class usage_error : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/// Throws usage_error.
[[nodiscard]] options parse(int argc, char const* const* argv);

[[nodiscard]] std::string_view help() noexcept;

} // namespace quickstart
