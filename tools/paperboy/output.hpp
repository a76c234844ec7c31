#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::cli
{

using json = nlohmann::ordered_json;

/// The reader of standard output has gone away; nothing that we still had to say matters to anybody.
class output_closed
{
};

/// Standard output, buffered. Throws output_closed, and command_failed when it cannot be written, as to a full disk.
class output
{
public:
    [[nodiscard]] static output& standard();

    void write(std::string_view text);
    void line(std::string_view text);
    /// On a line of its own; strings that are not UTF-8 are shown with replacement characters.
    void json_line(json const& value);
    void flush();

private:
    std::string buffer_;
};

/// Rows in columns as wide as their widest field, the first row on top; numbers stand to the right.
void print_columns(output& out, std::vector<std::vector<std::string>> const& rows);

/// One line on stderr that is drawn over and over, and only on a terminal: where a command stands.
class progress_line
{
public:
    progress_line();
    progress_line(progress_line const&) = delete;
    progress_line& operator=(progress_line const&) = delete;
    ~progress_line();

    /// `total` 0: not known. Drawn ten times a second at the most.
    void update(std::string_view what, std::size_t done, std::size_t total);
    void clear();

private:
    bool terminal_;
    bool shown_ = false;
    long long next_ = 0;
};

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(unsigned long long number);

} // namespace paperboy::cli
