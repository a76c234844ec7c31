#include "output.hpp"

#include "command.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <system_error>

#include <unistd.h>

namespace paperboy::cli
{
namespace
{

constexpr auto buffered = std::size_t{1} << 16U;
constexpr auto bar_width = std::size_t{30};

bool is_number(std::string_view text)
{
    return !text.empty() && text.find_first_not_of("0123456789,.-+%") == text.npos;
}

// In characters, for texts in UTF-8.
std::size_t width_of(std::string_view text)
{
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char each) { return (static_cast<unsigned char>(each) & 0xc0U) != 0x80U; }));
}

long long now_ms()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

} // namespace

output& output::standard()
{
    static auto out = output{};
    return out;
}

void output::write(std::string_view text)
{
    buffer_ += text;
    if (buffer_.size() >= buffered)
        flush();
}

void output::line(std::string_view text)
{
    write(text);
    write("\n");
}

void output::json_line(json const& value)
{
    line(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

void output::flush()
{
    auto left = std::string_view{buffer_};
    while (!left.empty())
    {
        auto const written = ::write(STDOUT_FILENO, left.data(), left.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
        {
            auto const number = errno;
            buffer_.clear();
            if (number == EPIPE)
                throw output_closed{};
            throw command_failed{"cannot write standard output: " + std::generic_category().message(number)};
        }
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
}

void print_columns(output& out, std::vector<std::vector<std::string>> const& rows)
{
    auto widths = std::vector<std::size_t>{};
    for (auto const& row : rows)
        for (std::size_t column = 0; column < row.size(); ++column)
        {
            if (widths.size() <= column)
                widths.push_back(0);
            widths[column] = std::max(widths[column], width_of(row[column]));
        }
    for (auto const& row : rows)
    {
        auto text = std::string{};
        for (std::size_t column = 0; column < row.size(); ++column)
        {
            auto const room = std::string(widths[column] - width_of(row[column]), ' ');
            text += is_number(row[column]) ? room + row[column] : row[column] + room;
            text += "  ";
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out.line(text);
    }
}

progress_line::progress_line() : terminal_{::isatty(STDERR_FILENO) == 1} {}

progress_line::~progress_line()
{
    clear();
}

void progress_line::update(std::string_view what, std::size_t done, std::size_t total)
{
    constexpr auto pause = 100;
    if (!terminal_ || now_ms() < next_)
        return;
    next_ = now_ms() + pause;
    auto text = std::string{what} + ' ' + grouped(done);
    if (total > 0)
    {
        auto const filled = std::min(bar_width, done * bar_width / total);
        text += " of " + grouped(total) + " [" + std::string(filled, '#') + std::string(bar_width - filled, ' ') + ']';
    }
    std::cerr << "\r\x1b[K" << text << std::flush;
    shown_ = true;
}

void progress_line::clear()
{
    if (shown_)
        std::cerr << "\r\x1b[K" << std::flush;
    shown_ = false;
}

std::string grouped(unsigned long long number)
{
    auto text = std::to_string(number);
    for (auto position = static_cast<std::ptrdiff_t>(text.size()) - 3; position > 0; position -= 3)
        text.insert(static_cast<std::size_t>(position), ",");
    return text;
}

} // namespace paperboy::cli
