#include <paperboy/detail/record_access.hpp>
#include <paperboy/trace_context.hpp>

#include <algorithm>
#include <cstddef>
#include <random>
#include <span>

namespace paperboy
{

namespace
{

// version "-" trace "-" span "-" flags
constexpr std::size_t trace_at = 3;
constexpr std::size_t span_at = 36;
constexpr std::size_t flags_at = 53;
constexpr std::size_t length = 55;

constexpr std::string_view digits = "0123456789abcdef";

// Capital letters are no digits here.
bool read_hex(std::string_view text, std::span<std::uint8_t> out) noexcept
{
    for (std::size_t index = 0; index < out.size(); ++index)
    {
        auto const high = digits.find(text[2 * index]);
        auto const low = digits.find(text[2 * index + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos)
            return false;
        out[index] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

void write_hex(std::span<std::uint8_t const> bytes, std::string& out)
{
    for (auto const each : bytes)
    {
        out.push_back(digits[each >> 4U]);
        out.push_back(digits[each & 0xfU]);
    }
}

template <std::size_t Size>
bool is_zero(std::array<std::uint8_t, Size> const& bytes) noexcept
{
    return bytes == std::array<std::uint8_t, Size>{};
}

template <std::size_t Size>
std::array<std::uint8_t, Size> random_bytes()
{
    thread_local auto random = []
    {
        auto device = std::random_device{};
        auto seed = std::seed_seq{device(), device(), device(), device()};
        return std::mt19937_64{seed};
    }();
    auto bytes = std::array<std::uint8_t, Size>{};
    do
        std::ranges::generate(bytes, [] { return static_cast<std::uint8_t>(random() >> 56U); });
    while (is_zero(bytes));
    return bytes;
}

} // namespace

trace_context trace_context::start(bool sampled)
{
    return {random_bytes<16>(), random_bytes<8>(), static_cast<std::uint8_t>(sampled ? 1 : 0)};
}

trace_context trace_context::child() const
{
    return {trace_, random_bytes<8>(), flags_};
}

std::optional<trace_context> trace_context::parse(std::string_view text) noexcept
{
    auto version = std::array<std::uint8_t, 1>{};
    auto flags = std::array<std::uint8_t, 1>{};
    auto parsed = trace_context{};
    if (text.size() < length || text[trace_at - 1] != '-' || text[span_at - 1] != '-' || text[flags_at - 1] != '-')
        return std::nullopt;
    if (!read_hex(text, version) || !read_hex(text.substr(trace_at), parsed.trace_) ||
        !read_hex(text.substr(span_at), parsed.span_) || !read_hex(text.substr(flags_at), flags))
        return std::nullopt;
    // A later version may have more behind it.
    auto const ends = text.size() == length || (version[0] != 0 && text[length] == '-');
    if (version[0] == 0xff || !ends || is_zero(parsed.trace_) || is_zero(parsed.span_))
        return std::nullopt;
    parsed.flags_ = flags[0];
    return parsed;
}

std::string trace_context::to_text() const
{
    auto text = std::string{};
    text.reserve(length);
    text += "00-";
    write_hex(trace_, text);
    text += '-';
    write_hex(span_, text);
    text += '-';
    write_hex({&flags_, 1}, text);
    return text;
}

std::optional<trace_context> parent_of(record_view const& record) noexcept
{
    auto const found = record.headers().find(trace_context::header);
    return found && *found ? trace_context::parse(**found) : std::nullopt;
}

std::optional<trace_context> trace_of(record_view const& record) noexcept
{
    if (auto const* const running = detail::record_access::span_of(record))
        return *running;
    return parent_of(record);
}

} // namespace paperboy
