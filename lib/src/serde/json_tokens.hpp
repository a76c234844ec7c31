#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace paperboy::serde
{

// A place among the tokens of a text.
using json_place = std::uint32_t const*;

// The tokens of a JSON text: brackets, colons, commas, and the beginnings of strings and of anything else. Cheap to
// copy: what goes through them has a copy of its own, which stays in registers.
struct json_tokens
{
    char const* text = nullptr;
    std::size_t size = 0;
    json_place begin = nullptr;
    json_place end = nullptr; // the text's size is here

    // The first character of a token; 0 past the end.
    [[nodiscard]] char first(json_place token) const noexcept { return token < end ? text[*token] : '\0'; }

    // Up to the next token, white space included.
    [[nodiscard]] std::string_view text_of(json_place token) const noexcept
    {
        return token < end ? std::string_view{text + *token, token[1] - *token} : std::string_view{};
    }

    [[nodiscard]] std::size_t offset(json_place token) const noexcept { return token < end ? *token : size; }
};

// Finds tokens by simdjson, and with them invalid UTF-8, open strings, and control characters in strings.
//
// This is the first stage of all of simdjson's interfaces, On-Demand's as well. What follows it is ours: it goes
// through fields that are not wanted too, so that broken text is found there as well, and keeps simdjson out of public
// headers.
class json_tokenizer
{
public:
    // `text` has SIMDJSON_PADDING bytes behind it. What is found is valid until the next call. EMPTY: it has no tokens.
    [[nodiscard]] simdjson::error_code find(std::string_view text, json_tokens& out);

private:
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
};

} // namespace paperboy::serde
