#include <paperboy/detail/timestamp_text.hpp>

#include <array>
#include <cstdio>

namespace paperboy::detail
{
namespace
{

constexpr std::int64_t day = 86'400;

// Takes what it reads off the front of a text; once something was not there, nothing is.
class scanner
{
public:
    explicit scanner(std::string_view text) : rest_{text} {}

    [[nodiscard]] bool good() const noexcept { return good_; }
    [[nodiscard]] bool ended() const noexcept { return rest_.empty(); }

    bool take(std::string_view any_of)
    {
        if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect(std::string_view any_of) { good_ = take(any_of) && good_; }

    // So many digits, as a number up to `max`.
    int number(std::size_t digits, int min, int max)
    {
        auto value = 0;
        for (std::size_t i = 0; i < digits; ++i)
            value = value * 10 + digit();
        good_ = good_ && value >= min && value <= max;
        return value;
    }

    // Digits behind a decimal point, at least one, as billionths.
    std::int32_t fraction()
    {
        auto value = std::int32_t{0};
        auto count = 0;
        for (; !rest_.empty() && is_digit(rest_.front()); ++count)
        {
            auto const next = digit();
            if (count < 9)
                value = value * 10 + next;
        }
        good_ = good_ && count > 0;
        for (; count < 9; ++count)
            value *= 10;
        return value;
    }

private:
    static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

    int digit()
    {
        if (rest_.empty() || !is_digit(rest_.front()))
        {
            good_ = false;
            return 0;
        }
        auto const value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

    std::string_view rest_;
    bool good_ = true;
};

// Seconds that the local time is ahead of UTC.
int scan_offset(scanner& from)
{
    if (from.take("Zz"))
        return 0;
    auto const sign = from.take("-") ? -1 : (from.expect("+"), 1);
    auto const hours = from.number(2, 0, 23);
    static_cast<void>(from.take(":"));
    auto const minutes = from.number(2, 0, 59);
    return sign * (hours * 3600 + minutes * 60);
}

} // namespace

std::optional<precise_time> parse_timestamp(std::string_view text) noexcept
{
    using namespace std::chrono;
    auto from = scanner{text};
    auto const years = from.number(4, 0, 9999);
    from.expect("-");
    auto const months = from.number(2, 1, 12);
    from.expect("-");
    auto const days = from.number(2, 1, 31);
    auto const date = year{years} / months / days;
    from.expect("Tt ");
    auto const hours = from.number(2, 0, 23);
    from.expect(":");
    auto const minutes = from.number(2, 0, 59);
    auto const seconds = from.take(":") ? from.number(2, 0, 59) : 0;
    auto const nanoseconds = from.take(".,") ? from.fraction() : 0;
    auto const offset = scan_offset(from);
    if (!from.good() || !from.ended() || !date.ok())
        return std::nullopt;
    auto const midnight = std::int64_t{sys_days{date}.time_since_epoch().count()} * day;
    return precise_time{midnight + std::int64_t{hours} * 3600 + std::int64_t{minutes} * 60 + seconds - offset,
                        nanoseconds};
}

bool append_timestamp(precise_time time, int digits, std::string& out)
{
    using namespace std::chrono;
    constexpr auto first = std::int64_t{-62'167'219'200};
    constexpr auto last = std::int64_t{253'402'300'799};
    if (time.seconds < first || time.seconds > last)
        return false;
    auto const midnight = floor<days>(std::chrono::seconds{time.seconds});
    auto const date = year_month_day{sys_days{midnight}};
    auto const clock = hh_mm_ss{std::chrono::seconds{time.seconds} - midnight};
    auto text = std::array<char, 40>{};
    auto const size =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", int{date.year()},
                      unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(clock.hours().count()),
                      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    out.append(text.data(), static_cast<std::size_t>(size));
    if (digits > 0)
    {
        static_cast<void>(std::snprintf(text.data(), text.size(), ".%09d", static_cast<int>(time.nanoseconds)));
        out.append(text.data(), static_cast<std::size_t>(digits) + 1);
    }
    out.push_back('Z');
    return true;
}

} // namespace paperboy::detail
