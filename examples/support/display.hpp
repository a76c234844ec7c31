#pragma once

#include "page_views.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

// What the quickstart shows.
namespace quickstart
{

/// A line on standard output that tells how things stand: drawn over and over on a terminal, else appended once a
/// second.
class status_line
{
public:
    status_line();

    /// To be called ten times a second.
    void update(std::string const& text);

    /// Takes the line off the terminal, so that something else can be printed.
    void clear();

private:
    bool terminal_;
    unsigned updates_ = 0;
    std::string shown_;
};

/// 1234567 as 1,234,567.
[[nodiscard]] std::string grouped(std::uint64_t number);

/// A row of the table: a label, a count, and what it should be where that is known, with a mark where it is.
void print_row(std::ostream& out, std::string_view label, std::uint64_t counted, std::optional<std::uint64_t> produced);

/// The pages from the most viewed on, with their sum. `produced` may be null.
void print_table(std::ostream& out, page_views::counts const& counted, page_views::counts const* produced);

} // namespace quickstart
