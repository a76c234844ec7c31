#include "serde/excerpt.hpp"
#include "serde/json_reader_state.hpp"

#include <paperboy/error.hpp>

#include <string>

namespace paperboy
{
namespace
{

constexpr std::size_t longest_excerpt = 40;

// A value as a sentence has it: the string "abc".
std::string described(std::string_view token)
{
    auto const shown = serde::excerpt(token, longest_excerpt);
    switch (token.front())
    {
    case '{':
        return "an object";
    case '[':
        return "an array";
    case '"':
        return "the string " + shown;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return "the number " + shown;
    default:
        return token == "null" || token == "true" || token == "false" ? shown : shown + ", which is not JSON";
    }
}

} // namespace

void json_reader::state::fail(std::string_view expected) const
{
    if (constexpr auto no_values = std::string_view{",:}]\0", 5};
        no_values.find(tokens_.first(at_)) != std::string_view::npos)
        misplaced(at_);
    auto line = path_.pointer();
    line.append(line.empty() ? "expected " : ": expected ").append(expected).append(", found ");
    throw decode_error{line.append(described(token()))};
}

void json_reader::state::fail_twice() const
{
    throw decode_error{path_.pointer() + ": expected once, found twice"};
}

void json_reader::state::fail_unknown(char const* key)
{
    path_.at_key(key);
    throw decode_error{path_.pointer() + ": expected no such field, found one (json_options::reject_unknown_fields)"};
}

void json_reader::state::fail_missing(std::string_view name)
{
    path_.enter();
    path_.at_name(name);
    throw decode_error{path_.pointer() + ": expected a field, found none"};
}

void json_reader::state::fail_deep() const
{
    throw decode_error{path_.pointer() + ": expected at most " + std::to_string(path_.max_depth()) +
                       " containers within each other (json_options::max_depth), found more"};
}

void json_reader::state::fail_many() const
{
    throw decode_error{path_.pointer() + ": expected at most " + std::to_string(options_.max_items) +
                       " items of arrays and mappings (json_options::max_items), found more"};
}

void json_reader::state::misplaced(serde::json_place at) const
{
    auto const first = tokens_.first(at);
    if (first == '\0')
        malformed("an object or array is not closed", at);
    malformed("a value, name, comma, colon or bracket is missing, or " + serde::excerpt({&first, 1}, 1) +
                  " is out of place",
              at);
}

void json_reader::state::malformed(std::string_view why, std::size_t at) const
{
    throw decode_error{"expected JSON, found text that is broken at or before byte " + std::to_string(at) + " of " +
                       std::to_string(text_.size()) + ": " + std::string{why}};
}

} // namespace paperboy
