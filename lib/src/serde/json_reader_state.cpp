#include "serde/json_reader_state.hpp"

#include "serde/json_escapes.hpp"
#include "serde/seen_fields.hpp"

#include <paperboy/error.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace paperboy
{

using serde::json_place;
using serde::seen_fields;

namespace
{

constexpr std::size_t most_size = 0xffff'0000U; // places are numbers of 32 bits
constexpr std::size_t most_items = 1'000'000'000;

constexpr auto no_field = static_cast<std::size_t>(-1);

// The field that `is_named` says yes to; they are expected in their declared order, so the search begins at `expected`.
template <class F>
std::size_t find_field(detail::json_fields const& fields, std::size_t expected, F is_named)
{
    for (auto at = expected; at < fields.size(); ++at)
        if (is_named(fields[at].name))
            return at;
    for (std::size_t at = 0; at < expected; ++at)
        if (is_named(fields[at].name))
            return at;
    return no_field;
}

// What a string, a number, true, false or null may begin with: anything but brackets, commas and colons.
constexpr auto begins_a_scalar = []
{
    auto table = std::array<bool, 256>{};
    table.fill(true);
    for (auto const c : std::string_view{"{}[],:"})
        table[static_cast<unsigned char>(c)] = false;
    return table;
}();

// Whether a name has escapes; it ends with a quote.
bool has_escapes(char const* key) noexcept
{
    while (*key != '"' && *key != '\\')
        ++key;
    return *key == '\\';
}

// Over fields that are none of ours by their `letters`, as long as they are scalars and more follow.
json_place pass_scalars(serde::json_tokens const& tokens, json_place place, detail::first_letters letters) noexcept
{
    auto const* const text = tokens.text;
    while (tokens.end - place > 4)
    {
        auto const* const key = text + place[0];
        if (key[0] != '"' || letters.may_be_at(key + 1) || text[place[1]] != ':' ||
            !begins_a_scalar[static_cast<unsigned char>(text[place[2]])] || text[place[3]] != ',')
            break;
        place += 4;
    }
    return place;
}

void check_option(std::string_view name, std::size_t value, std::size_t most)
{
    if (value < 1 || value > most)
        throw setup_error{errc::invalid_config, "json_options::" + std::string{name} + " is " + std::to_string(value) +
                                                    "; choose 1 to " + std::to_string(most)};
}

json_options checked(json_options const& options, std::size_t most_depth)
{
    check_option("max_depth", options.max_depth, most_depth);
    check_option("max_size", options.max_size, most_size);
    check_option("max_items", options.max_items, most_items);
    return options;
}

std::string_view why(simdjson::error_code error)
{
    switch (error)
    {
    case simdjson::UTF8_ERROR:
        return "it is not UTF-8";
    case simdjson::UNCLOSED_STRING:
        return "a string is not closed";
    case simdjson::UNESCAPED_CHARS:
        return "a string has a control character";
    case simdjson::EMPTY:
        return "there is nothing";
    case simdjson::MEMALLOC:
        return "there is no memory for it";
    default:
        return simdjson::error_message(error);
    }
}

} // namespace

json_reader::state::state(json_options const& options)
    : options_{checked(options, most_depth)}, path_{options.max_depth}
{
}

void json_reader::state::begin(std::string_view text)
{
    if (text.size() > options_.max_size)
        throw decode_error{"expected JSON of at most " + std::to_string(options_.max_size) +
                           " bytes (json_options::max_size), found " + std::to_string(text.size())};
    path_.clear();
    items_ = 0;
    original_ = text.data();
    text_ = text;
    if (text.empty())
        malformed(why(simdjson::EMPTY), std::size_t{0});
    if (!detail::padded_in_place(text, simdjson::SIMDJSON_PADDING))
        text_ = {copy_.of(text, simdjson::SIMDJSON_PADDING), text.size()};
    if (auto const error = tokenizer_.find(text_, tokens_); error != simdjson::SUCCESS)
        malformed(why(error), text.size());
    at_ = tokens_.begin;
}

void json_reader::state::end()
{
    auto const behind = at_ == tokens_.begin ? pass(tokens_, at_) : at_;
    if (behind != tokens_.end)
        malformed("something follows the value", behind);
}

json_kind json_reader::state::kind()
{
    switch (tokens_.first(at_))
    {
    case '{':
        return json_kind::object;
    case '[':
        return json_kind::array;
    case '"':
        return json_kind::text;
    case 't':
    case 'f':
        return json_kind::boolean;
    case 'n':
        return json_kind::null;
    default:
        if (numeric())
            return json_kind::number;
        fail("a JSON value");
    }
}

bool json_reader::state::numeric() const noexcept
{
    auto const first = tokens_.first(at_);
    return first == '-' || (first >= '0' && first <= '9');
}

// ---- texts

void json_reader::state::text(std::string& out)
{
    auto const string = quoted();
    if (string.find('\\') == std::string_view::npos)
    {
        out.assign(string);
        return;
    }
    out.resize(string.size());
    out.resize(unescape(string, out.data()).size());
}

std::string_view json_reader::state::unescaped(std::string_view string)
{
    auto const text = unescape(string, arena_.room(string.size()));
    arena_.keep(text.size());
    return text;
}

std::string_view json_reader::state::unescape(std::string_view string, char* into) const
{
    auto const text = serde::unescape_json(string, into);
    if (!text)
        malformed("an escape sequence in a string is wrong", static_cast<std::size_t>(string.data() - text_.data()));
    return *text;
}

// The name of a field that begins at `key`. Its string is closed: simdjson has seen that.
std::string_view json_reader::state::key_text(char const* key)
{
    auto const* at = key;
    while (*at != '"')
        at += *at == '\\' ? 2 : 1;
    return kept({key, static_cast<std::size_t>(at - key)});
}

// ---- moving

void json_reader::state::leave(json_place behind) noexcept
{
    at_ = behind;
    path_.leave();
}

// Without recursion: the depth is a stranger's choice.
json_place json_reader::state::pass_container(json_place place)
{
    auto depth = std::size_t{0};
    while (true)
    {
        // At a value.
        auto const first = tokens_.first(place);
        if (first == '{' || first == '[')
        {
            if (path_.depth() + depth == path_.max_depth())
                fail_deep();
            objects_[depth++] = first == '{';
            ++place;
            if (tokens_.first(place) != (first == '{' ? '}' : ']'))
            {
                place = first == '{' ? pass_key(tokens_, place) : place;
                continue;
            }
        }
        else if (first == ',' || first == ':' || first == ']' || first == '}' || first == '\0')
            misplaced(place);
        else
            ++place;
        // Behind a value, or at the bracket of an empty container.
        while (tokens_.first(place) != ',')
        {
            if (tokens_.first(place) != (objects_[depth - 1] ? '}' : ']'))
                misplaced(place);
            ++place;
            if (--depth == 0)
                return place;
        }
        place = objects_[depth - 1] ? pass_key(tokens_, place + 1) : place + 1;
    }
}

// ---- structs

// Names are compared where they are, up to the quote behind them: where a name ends is not searched for. Only what is
// none of them may be one that is written with escapes.
inline std::size_t json_reader::state::find(detail::json_fields const& fields, std::size_t expected, char const* key)
{
    auto const room = static_cast<std::size_t>(text_.data() + text_.size() - key);
    auto const found =
        find_field(fields, expected, [&](detail::json_name const& name) { return name.is_at(key, room); });
    if (found != no_field || !has_escapes(key)) [[likely]]
        return found;
    auto const text = key_text(key);
    return find_field(fields, expected, [&](detail::json_name const& name) { return name.text() == text; });
}

// All fields are gone through, also when the struct has all of its own: that finds the second of a name.
void json_reader::state::read_object(json_reader& reader, void* object, detail::json_fields const& fields)
{
    auto seen = seen_fields{};
    auto missing = fields.size();
    if (enter('{', "an object"))
    {
        auto const tokens = tokens_;
        auto const letters = options_.reject_unknown_fields ? detail::first_letters::all() : fields.letters();
        auto expected = std::size_t{0};
        auto place = at_ + 1;
        do
        {
            place = pass_scalars(tokens, place, letters);
            auto const behind = pass_key(tokens, place);
            auto const* const key = tokens.text + *place + 1;
            auto const found = letters.may_be_at(key) ? find(fields, expected, key) : no_field;
            if (found == no_field)
            {
                if (options_.reject_unknown_fields) [[unlikely]]
                    fail_unknown(key);
                path_.at_key(key);
                place = pass(tokens, behind);
                continue;
            }
            path_.at_key(key);
            if (seen.has(found)) [[unlikely]]
                fail_twice();
            seen.add(found);
            --missing;
            expected = found + 1;
            at_ = behind;
            fields[found].read(reader, object);
            place = at_ == behind ? pass(tokens, behind) : at_;
        } while (next(tokens, place, '}'));
        leave(place);
    }
    for (std::size_t at = 0; missing > 0; ++at)
    {
        if (seen.has(at))
            continue;
        if (fields[at].reset == nullptr)
            fail_missing(fields[at].name.text());
        fields[at].reset(object);
        --missing;
    }
}

// Looks at the names only, and stays where it is.
std::size_t json_reader::state::fitting(std::span<detail::json_fields const> candidates)
{
    auto seen = std::vector<seen_fields>(candidates.size());
    auto fits = std::vector<bool>(candidates.size(), true);
    auto const start = at_;
    if (enter('{', "an object"))
    {
        auto place = start + 1;
        do
        {
            auto const behind = pass_key(tokens_, place);
            path_.at_key(text_.data() + *place + 1);
            for (std::size_t each = 0; each < candidates.size(); ++each)
                if (auto const at = find(candidates[each], 0, text_.data() + *place + 1); at != no_field)
                    seen[each].add(at);
                else if (options_.reject_unknown_fields)
                    fits[each] = false;
            place = pass(tokens_, behind);
        } while (next(tokens_, place, '}'));
        path_.leave();
    }
    at_ = start;
    return serde::first_fitting(candidates, seen, fits);
}

} // namespace paperboy
