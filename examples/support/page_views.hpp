#pragma once

#include <paperboy/handler.hpp>
#include <paperboy/json.hpp>
#include <paperboy/record.hpp>
#include <paperboy/table.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

// The page views that the quickstart and the embedded server handle, and a generator of them.
namespace page_views
{

/// How often each page was seen.
using counts = std::map<std::string, std::uint64_t, std::less<>>;

/// One page view: JSON such as {"page":"/pricing","visitor":4711,"ms":123}, keyed by visitor. Without a value it is a
/// tombstone: the visitor asked to be forgotten.
struct view
{
    std::string key;
    std::optional<std::string> value;
};

/// Makes views of ten pages, some far more popular than others; the same ones each time.
class generator
{
public:
    [[nodiscard]] view next();

    /// What was made so far: views by page, and tombstones.
    [[nodiscard]] counts const& per_page() const noexcept { return per_page_; }
    [[nodiscard]] std::uint64_t tombstones() const noexcept { return tombstones_; }

private:
    std::minstd_rand random_{20'240'229};
    std::uint64_t made_ = 0;
    std::uint64_t tombstones_ = 0;
    counts per_page_;
};

/// What the handler reads of a view; other fields are passed over.
struct page_view
{
    std::string_view page;
};
BOOST_DESCRIBE_STRUCT(page_view, (), (page))

/// Numbers by text, such as views by page: a table, so that they are there again after a restart. The records' keys are
/// visitors, so that each partition has views of every page: a page's views are the sum over all of them.
using count_table = paperboy::table<std::string, std::int64_t>;

/// What the partitions have counted, together.
[[nodiscard]] counts sum(count_table::entries const& found);

/// The handler, for values that json<page_view> decodes: counts page views per page, in a table. What it counts beside
/// is without a lock: it is for an io_context that one thread runs.
class counter
{
public:
    explicit counter(count_table pages) : pages_{std::move(pages)} {}

    void on_message(paperboy::record<page_view> const& record);
    void on_tombstone(paperboy::record_view const& record);
    paperboy::error_action on_error(std::exception_ptr const& error);

    /// What it was given since it was made: tombstones.
    [[nodiscard]] std::uint64_t tombstones() const noexcept { return tombstones_; }

    /// Records that are not JSON objects with a text named "page".
    [[nodiscard]] std::uint64_t unreadable() const noexcept { return unreadable_; }

    /// All of them together.
    [[nodiscard]] std::uint64_t records() const noexcept { return records_; }

private:
    count_table pages_;
    std::uint64_t tombstones_ = 0;
    std::uint64_t unreadable_ = 0;
    std::uint64_t records_ = 0;
};

} // namespace page_views
