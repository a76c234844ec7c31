#include "display.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <unistd.h>

namespace quickstart
{
namespace
{

constexpr unsigned updates_per_line = 10;
constexpr std::size_t most_rows = 20;
constexpr int label_width = 24;
constexpr int count_width = 14;

std::uint64_t count_of(page_views::counts const& all, std::string_view page)
{
    auto const found = all.find(page);
    return found == all.end() ? 0 : found->second;
}

std::uint64_t sum_of(page_views::counts const& all)
{
    auto sum = std::uint64_t{0};
    for (auto const& [page, count] : all)
        sum += count;
    return sum;
}

// The pages of both, from the most viewed on.
std::vector<std::string> ranked(page_views::counts const& counted, page_views::counts const* produced)
{
    auto pages = std::vector<std::string>{};
    for (auto const& [page, count] : counted)
        pages.push_back(page);
    if (produced != nullptr)
        for (auto const& [page, count] : *produced)
            if (!counted.contains(page))
                pages.push_back(page);
    auto const rank = [&](std::string const& page)
    { return std::tuple{count_of(counted, page), produced == nullptr ? 0 : count_of(*produced, page), page}; };
    std::ranges::sort(pages, std::greater{}, rank);
    return pages;
}

} // namespace

status_line::status_line() : terminal_{::isatty(STDOUT_FILENO) == 1} {}

void status_line::update(std::string const& text)
{
    if (terminal_ && text != shown_)
        std::cout << "\r\x1b[K" << text << std::flush;
    else if (!terminal_ && updates_++ % updates_per_line == 0 && text != shown_)
        std::cout << text << std::endl;
    else
        return;
    shown_ = text;
}

void status_line::clear()
{
    if (terminal_ && !std::exchange(shown_, {}).empty())
        std::cout << "\r\x1b[K" << std::flush;
}

std::string grouped(std::uint64_t number)
{
    auto text = std::to_string(number);
    for (auto position = static_cast<std::ptrdiff_t>(text.size()) - 3; position > 0; position -= 3)
        text.insert(static_cast<std::size_t>(position), ",");
    return text;
}

void print_row(std::ostream& out, std::string_view label, std::uint64_t counted, std::optional<std::uint64_t> produced)
{
    out << std::left << std::setw(label_width) << label << std::right << std::setw(count_width) << grouped(counted);
    if (produced)
        out << std::setw(count_width) << grouped(*produced) << (counted == *produced ? "  ✓" : "");
    out << '\n';
}

void print_table(std::ostream& out, page_views::counts const& counted, page_views::counts const* produced)
{
    auto const expected = [produced](std::string_view page)
    { return produced == nullptr ? std::nullopt : std::optional{count_of(*produced, page)}; };
    out << std::left << std::setw(label_width) << "page" << std::right << std::setw(count_width) << "counted";
    if (produced != nullptr)
        out << std::setw(count_width) << "produced";
    out << '\n';
    auto const pages = ranked(counted, produced);
    for (auto const& page : std::span{pages}.first(std::min(pages.size(), most_rows)))
        print_row(out, page, count_of(counted, page), expected(page));
    if (pages.size() > most_rows)
        out << "… and " << grouped(pages.size() - most_rows) << " more pages\n";
    print_row(out, "all pages", sum_of(counted), produced ? std::optional{sum_of(*produced)} : std::nullopt);
}

} // namespace quickstart
