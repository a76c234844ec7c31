// Series that are numbers of a struct of the statistics: each is a row of a table.

#pragma once

#include "metrics/families.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace paperboy::metrics_detail
{

// Nothing: there is no such series at the moment.
using maybe = std::optional<double>;

template <class Stats>
struct stats_row
{
    series what;
    bool counts;
    maybe (*value)(Stats const&);
};

template <class T>
[[nodiscard]] maybe number_of(T const& value)
{
    return static_cast<double>(value);
}

template <class T>
[[nodiscard]] maybe number_of(std::optional<T> const& value)
{
    return value ? maybe{static_cast<double>(*value)} : std::nullopt;
}

[[nodiscard]] inline maybe number_of(std::optional<std::chrono::milliseconds> const& value)
{
    return value ? maybe{std::chrono::duration<double>{*value}.count()} : std::nullopt;
}

[[nodiscard]] inline maybe number_of(handling_mode const& value)
{
    return value == handling_mode::bulk ? 1 : 0;
}

template <auto Member, class Stats>
[[nodiscard]] maybe member(Stats const& stats)
{
    return number_of(stats.*Member);
}

template <class Stats>
void add_row(family_list& to, stats_row<Stats> const& row, Stats const& stats, labels of)
{
    auto const value = row.value(stats);
    if (!value)
        return;
    row.counts ? to.counter(row.what, std::move(of), *value) : to.gauge(row.what, std::move(of), *value);
}

} // namespace paperboy::metrics_detail
