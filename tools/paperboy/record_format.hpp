#pragma once

#include "codec.hpp"
#include "output.hpp"

#include <paperboy/record.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::cli
{

/// The codecs of a topic's keys and values.
struct record_codecs
{
    std::unique_ptr<codec> key;
    std::unique_ptr<codec> value;
};

/// What is shown of a record: kcat's format strings.
class record_format
{
public:
    /// Throws usage_error for a % that means nothing.
    explicit record_format(std::string_view format);

    /// Appends to `out`. `null` stands for keys and values that are null.
    void write(record_view const& record, record_codecs const& codecs, std::string_view null, std::string& out) const;

    static constexpr auto help =
        "Format of a record: %t topic, %p partition, %o offset, %k key, %s value, %h headers, "
        "%T timestamp (ms), %K and %S size of key and value (-1: null), %R size as 4 bytes, %%; "
        "\\n, \\t, \\r, \\0, \\xNN";

private:
    // A letter of a %, or 0 and a text.
    struct part
    {
        char letter = 0;
        std::string text;
    };
    std::vector<part> parts_;
};

/// A text whose escapes (\n, \t, \r, \0, \xNN, \\) are replaced.
[[nodiscard]] std::string unescaped(std::string_view text);

/// A record as a JSON object, with kcat's names.
[[nodiscard]] json record_json(record_view const& record, record_codecs const& codecs);

} // namespace paperboy::cli
