#include "times.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace paperboy::cli
{
namespace
{

// Takes texts apart from the left.
class scanner
{
public:
    explicit scanner(std::string_view text) : left_{text} {}

    [[nodiscard]] bool done() const noexcept { return left_.empty(); }
    [[nodiscard]] bool skip(char wanted)
    {
        if (left_.empty() || left_.front() != wanted)
            return false;
        left_.remove_prefix(1);
        return true;
    }
    // A number of exactly so many digits, from `least` to `most`.
    [[nodiscard]] std::optional<int> number(std::size_t digits, int least, int most)
    {
        auto value = 0;
        if (left_.size() < digits)
            return std::nullopt;
        auto const* const end = left_.data() + digits;
        auto const [read, error] = std::from_chars(left_.data(), end, value);
        if (error != std::errc{} || read != end || value < least || value > most)
            return std::nullopt;
        left_.remove_prefix(digits);
        return value;
    }
    // Digits behind a decimal point, as nanoseconds; none that are finer.
    [[nodiscard]] std::optional<std::int64_t> fraction()
    {
        auto value = std::int64_t{0};
        auto digits = 0;
        for (; !left_.empty() && left_.front() >= '0' && left_.front() <= '9'; left_.remove_prefix(1), ++digits)
            if (digits < 9)
                value = value * 10 + (left_.front() - '0');
            else if (left_.front() != '0')
                return std::nullopt;
        for (auto i = digits; i < 9; ++i)
            value *= 10;
        return digits == 0 ? std::nullopt : std::optional{value};
    }

private:
    std::string_view left_;
};

std::optional<exact_time> scan_clock(scanner& from)
{
    auto const hour = from.number(2, 0, 23);
    if (!hour || !from.skip(':'))
        return std::nullopt;
    auto const minute = from.number(2, 0, 59);
    if (!minute)
        return std::nullopt;
    auto time = exact_time{(*hour * 60LL + *minute) * 60, 0};
    if (!from.skip(':'))
        return time;
    auto const second = from.number(2, 0, 59);
    if (!second)
        return std::nullopt;
    time.seconds += *second;
    if (!from.skip('.'))
        return time;
    auto const fraction = from.fraction();
    time.nanoseconds = fraction.value_or(0);
    return fraction ? std::optional{time} : std::nullopt;
}

// The seconds that the text's clock is ahead of UTC.
std::optional<std::int64_t> scan_zone(scanner& from)
{
    if (from.done() || from.skip('Z'))
        return 0;
    auto const ahead = from.skip('+');
    if (!ahead && !from.skip('-'))
        return std::nullopt;
    auto const hours = from.number(2, 0, 23);
    if (!hours)
        return std::nullopt;
    static_cast<void>(from.skip(':'));
    auto const minutes = from.number(2, 0, 59);
    if (!minutes)
        return std::nullopt;
    return (ahead ? 1 : -1) * (*hours * 60LL + *minutes) * 60;
}

} // namespace

std::optional<exact_time> parse_iso_time(std::string_view text)
{
    auto from = scanner{text};
    auto const year = from.number(4, 0, 9999);
    if (!year || !from.skip('-'))
        return std::nullopt;
    auto const month = from.number(2, 1, 12);
    if (!month || !from.skip('-'))
        return std::nullopt;
    auto const day = from.number(2, 1, 31);
    if (!day)
        return std::nullopt;
    auto const date =
        std::chrono::year_month_day{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                    std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok())
        return std::nullopt;
    auto const days = std::chrono::sys_days{date}.time_since_epoch().count();
    auto const midnight = std::int64_t{days} * 86'400;
    if (from.done())
        return exact_time{midnight, 0};
    if (!from.skip('T') && !from.skip(' '))
        return std::nullopt;
    auto const clock = scan_clock(from);
    if (!clock)
        return std::nullopt;
    auto const zone = scan_zone(from);
    if (!zone || !from.done())
        return std::nullopt;
    return exact_time{midnight + clock->seconds - *zone, clock->nanoseconds};
}

std::optional<exact_time> parse_time_of_day(std::string_view text)
{
    auto from = scanner{text};
    auto const clock = scan_clock(from);
    return from.done() ? clock : std::nullopt;
}

std::optional<timestamp> parse_time(std::string_view text)
{
    if (auto const time = parse_iso_time(text))
        return timestamp{std::chrono::milliseconds{time->seconds * 1000 + time->nanoseconds / 1'000'000}};
    auto ms = std::int64_t{0};
    auto const* const end = text.data() + text.size();
    auto const [read, error] = std::from_chars(text.data(), end, ms);
    if (error != std::errc{} || read != end || ms < 0)
        return std::nullopt;
    return timestamp{std::chrono::milliseconds{ms}};
}

std::string iso_text(timestamp time)
{
    auto const day = std::chrono::floor<std::chrono::days>(time);
    auto const date = std::chrono::year_month_day{day};
    auto const clock = std::chrono::hh_mm_ss{time - day};
    auto text = std::array<char, 64>{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return text.data();
}

} // namespace paperboy::cli
