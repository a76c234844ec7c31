#pragma once

#include "serde/json_escapes.hpp"
#include "serde/json_numbers.hpp"
#include "serde/json_path.hpp"
#include "serde/json_tokens.hpp"
#include "serde/text_arena.hpp"

#include <paperboy/detail/json_reader.hpp>
#include <paperboy/detail/padded_copy.hpp>

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace paperboy
{

// Goes through the tokens of one text, and stands at a value of it.
//
// Scalars are read without leaving their place; who reads a container is behind it afterwards. So a value that is still
// ahead of its container's reader was a scalar, or nobody wanted it, and is passed over.
class json_reader::state
{
public:
    explicit state(json_options const& options);

    [[nodiscard]] json_options const& options() const noexcept { return options_; }

    void begin(std::string_view text);
    void end();
    void forget() noexcept { arena_.forget(); }

    [[nodiscard]] json_kind kind();

    // The characters of a scalar, or the bracket of a container.
    [[nodiscard]] std::string_view token() const noexcept;
    [[nodiscard]] bool numeric() const noexcept;

    // What is in the text that was parsed, in the record.
    [[nodiscard]] std::string_view original(std::string_view parsed) const noexcept
    {
        return {original_ + (parsed.data() - text_.data()), parsed.size()};
    }

    [[nodiscard]] std::string_view text() { return kept(quoted()); }
    void text(std::string& out);

    void read_object(json_reader& reader, void* object, detail::json_fields const& fields);
    [[nodiscard]] std::size_t fitting(std::span<detail::json_fields const> candidates);

    template <class F>
    void read_array(F each);
    template <class F>
    void read_mapping(F each);

    [[noreturn]] void fail(std::string_view expected) const;
    [[noreturn]] void fail_twice() const;

private:
    static constexpr std::size_t most_depth = 1000;

    // Into the container at hand, whose first bracket is `open`; false: it is empty, and behind us.
    bool enter(char open, std::string_view expected);
    void leave(serde::json_place behind) noexcept;

    // Counts the item at hand.
    void count();
    // Calls f while we stand at `place`; what is behind the value there.
    template <class F>
    serde::json_place value(serde::json_place place, F f);

    // Whether there is another element in a container that `close` ends; `place` moves to it, or behind the container.
    bool next(serde::json_tokens const& tokens, serde::json_place& place, char close) const;
    // Over a value, or over a name and the colon behind it.
    [[nodiscard]] serde::json_place pass(serde::json_tokens const& tokens, serde::json_place place);
    [[nodiscard]] serde::json_place pass_key(serde::json_tokens const& tokens, serde::json_place place) const;
    [[nodiscard]] serde::json_place pass_container(serde::json_place place);

    [[nodiscard]] std::size_t find(detail::json_fields const& fields, std::size_t expected, char const* key);
    [[nodiscard]] std::string_view key_text(char const* key);
    // The text of a string, where it stays: in the record, or in the arena if it has escapes.
    [[nodiscard]] std::string_view kept(std::string_view string);
    [[nodiscard]] std::string_view unescaped(std::string_view string);
    [[nodiscard]] std::string_view quoted() const;
    [[nodiscard]] std::string_view unescape(std::string_view string, char* into) const;

    [[noreturn]] void malformed(std::string_view why, std::size_t at) const;
    [[noreturn]] void malformed(std::string_view why, serde::json_place at) const
    {
        malformed(why, tokens_.offset(at));
    }
    [[noreturn]] void misplaced(serde::json_place at) const;
    [[noreturn]] void fail_unknown(char const* key);
    [[noreturn]] void fail_missing(std::string_view name);
    [[noreturn]] void fail_deep() const;
    [[noreturn]] void fail_many() const;

    json_options options_;
    serde::json_tokenizer tokenizer_;
    serde::json_tokens tokens_;
    serde::json_place at_ = nullptr;
    std::string_view text_; // with padding behind it
    char const* original_ = nullptr;
    std::size_t items_ = 0;
    serde::json_path path_;
    std::bitset<most_depth> objects_; // which containers that are passed over are objects
    serde::text_arena arena_;
    detail::padded_copy copy_;
};

inline std::string_view json_reader::state::token() const noexcept
{
    auto token = tokens_.text_of(at_);
    while (token.size() > 1 &&
           (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t'))
        token.remove_suffix(1);
    return token;
}

inline std::string_view json_reader::state::quoted() const
{
    auto const whole = token();
    if (whole.size() < 2 || whole.front() != '"' || whole.back() != '"') [[unlikely]]
        fail("a string");
    return whole.substr(1, whole.size() - 2);
}

inline std::string_view json_reader::state::kept(std::string_view string)
{
    if (serde::may_have_backslash(string) && string.find('\\') != std::string_view::npos) [[unlikely]]
        return unescaped(string);
    return original(string);
}

inline bool json_reader::state::enter(char open, std::string_view expected)
{
    if (tokens_.first(at_) != open) [[unlikely]]
        fail(expected);
    if (path_.full()) [[unlikely]]
        fail_deep();
    if (tokens_.first(at_ + 1) == (open == '{' ? '}' : ']'))
    {
        at_ += 2;
        return false;
    }
    path_.enter();
    return true;
}

inline bool json_reader::state::next(serde::json_tokens const& tokens, serde::json_place& place, char close) const
{
    auto const found = tokens.first(place);
    if (found != ',' && found != close) [[unlikely]]
        misplaced(place);
    ++place;
    return found == ',';
}

inline serde::json_place json_reader::state::pass_key(serde::json_tokens const& tokens, serde::json_place place) const
{
    if (tokens.first(place) != '"') [[unlikely]]
        misplaced(place);
    if (tokens.first(place + 1) != ':') [[unlikely]]
        misplaced(place + 1);
    return place + 2;
}

inline serde::json_place json_reader::state::pass(serde::json_tokens const& tokens, serde::json_place place)
{
    auto const found = tokens.first(place);
    if (found == '{' || found == '[')
        return pass_container(place);
    if (found == '}' || found == ']' || found == ',' || found == ':' || found == '\0') [[unlikely]]
        misplaced(place);
    return place + 1;
}

inline void json_reader::state::count()
{
    if (items_ == options_.max_items) [[unlikely]]
        fail_many();
    ++items_;
}

template <class F>
serde::json_place json_reader::state::value(serde::json_place place, F f)
{
    at_ = place;
    f();
    return at_ == place ? pass(tokens_, place) : at_;
}

template <class F>
void json_reader::state::read_array(F each)
{
    if (!enter('[', "an array"))
        return;
    auto place = at_ + 1;
    auto index = std::size_t{0};
    do
    {
        path_.at_index(index);
        count();
        place = value(place, [&] { each(index); });
        ++index;
    } while (next(tokens_, place, ']'));
    leave(place);
}

template <class F>
void json_reader::state::read_mapping(F each)
{
    if (!enter('{', "an object"))
        return;
    auto place = at_ + 1;
    do
    {
        auto const behind = pass_key(tokens_, place);
        auto const key = key_text(text_.data() + *place + 1);
        path_.at_name(key);
        count();
        place = value(behind, [&] { each(key); });
    } while (next(tokens_, place, '}'));
    leave(place);
}

} // namespace paperboy
