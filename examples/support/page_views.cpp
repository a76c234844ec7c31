#include "page_views.hpp"

#include <algorithm>
#include <array>

namespace page_views
{
namespace
{

constexpr std::uint64_t views_per_tombstone = 50'000;
constexpr std::uint64_t visitors = 20'000;

struct page
{
    std::string_view path;
    std::uint64_t share; // of 1000 views
};

constexpr auto pages = std::array<page, 10>{{
    {"/", 341},
    {"/search", 214},
    {"/products/42", 131},
    {"/pricing", 94},
    {"/login", 73},
    {"/blog/hello-kafka", 55},
    {"/docs", 41},
    {"/cart", 28},
    {"/checkout", 16},
    {"/imprint", 7},
}};

std::string_view choose(std::uint64_t draw)
{
    auto const* candidate = pages.begin();
    while (draw >= candidate->share)
        draw -= (candidate++)->share;
    return candidate->path;
}

void add(counts& all, std::string_view page, std::uint64_t views)
{
    auto found = all.find(page);
    if (found == all.end())
        found = all.emplace(page, 0).first;
    found->second += views;
}

} // namespace

view generator::next()
{
    auto const visitor = random_() % visitors;
    auto result = view{"visitor-" + std::to_string(visitor), std::nullopt};
    if (++made_ % views_per_tombstone == 0)
    {
        ++tombstones_;
        return result;
    }
    auto const page = choose(random_() % 1000);
    add(per_page_, page, 1);
    result.value = R"({"page":")" + std::string{page} + R"(","visitor":)" + std::to_string(visitor) + R"(,"ms":)" +
                   std::to_string(5 + random_() % 400) + "}";
    return result;
}

counts sum(count_table::entries const& found)
{
    auto all = counts{};
    for (auto const& [page, views] : found)
        add(all, page, static_cast<std::uint64_t>(views));
    return all;
}

void counter::on_message(paperboy::record<page_view> const& record)
{
    ++records_;
    pages_.shard(record).update(record.value().page, [](auto seen) { return seen.value_or(0) + 1; });
}

void counter::on_tombstone(paperboy::record_view const&)
{
    ++records_;
    ++tombstones_;
}

// No page view: the engine logs why.
paperboy::error_action counter::on_error(std::exception_ptr const&)
{
    ++records_;
    ++unreadable_;
    return paperboy::error_action::skip;
}

} // namespace page_views
