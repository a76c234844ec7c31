#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace paperboy::bench
{

// Three of the fields of a page view, from its beginning, middle and end.
struct page_view
{
    std::string_view user;
    std::uint32_t duration_ms = 0;
    double price = 0;

    // Something of each field.
    [[nodiscard]] std::uint64_t sum() const { return user.size() + duration_ms + (price > 0 ? 1U : 0U); }
};
BOOST_DESCRIBE_STRUCT(page_view, (), (user, duration_ms, price))

// All of them, as in json400.
struct whole_page_view
{
    std::string_view id;
    std::string_view user;
    std::int64_t at = 0;
    std::string_view page;
    std::string_view referrer;
    std::string_view agent;
    std::string_view country;
    std::string_view session;
    std::int32_t duration_ms = 0;
    double price = 0;
    bool bought = false;
    std::vector<std::int32_t> seen;
};
BOOST_DESCRIBE_STRUCT(whole_page_view, (),
                      (id, user, at, page, referrer, agent, country, session, duration_ms, price, bought, seen))

} // namespace paperboy::bench
