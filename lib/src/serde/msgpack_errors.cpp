#include "serde/excerpt.hpp"
#include "serde/json_path.hpp"
#include "serde/msgpack_layout.hpp"

#include <paperboy/error.hpp>

#include <charconv>
#include <string>

namespace paperboy
{
namespace
{

constexpr std::size_t longest_quotation = 40;

std::byte const* behind_head(std::byte const* at) noexcept
{
    return at + 1 + serde::msgpack_forms[std::to_integer<std::size_t>(*at)].size_bytes;
}

std::uint64_t size_at(std::byte const* at) noexcept
{
    return serde::msgpack_forms[std::to_integer<std::size_t>(*at)].size_of(at);
}

msgpack_kind kind_at(std::byte const* at) noexcept
{
    return detail::msgpack_kinds[std::to_integer<std::size_t>(*at)];
}

std::string_view text_at(std::byte const* at) noexcept
{
    return {reinterpret_cast<char const*>(behind_head(at)), static_cast<std::size_t>(size_at(at))};
}

std::string number_at(std::byte const* at)
{
    auto reader = msgpack_reader{msgpack_options{}};
    reader.begin({at, static_cast<std::size_t>(behind_head(at) - at) + static_cast<std::size_t>(size_at(at))});
    if (kind_at(at) == msgpack_kind::integer)
        return reader.negative() ? std::to_string(reader.integer(std::numeric_limits<std::int64_t>::min(), -1))
                                 : std::to_string(reader.integer(std::numeric_limits<std::uint64_t>::max()));
    auto text = std::array<char, 32>{};
    auto const* const end = std::to_chars(text.data(), text.data() + text.size(), reader.number()).ptr;
    return std::string{text.data(), static_cast<std::size_t>(end - text.data())};
}

// A value that is whole, as a sentence has it: the text "abc".
std::string described(std::byte const* at)
{
    switch (kind_at(at))
    {
    case msgpack_kind::null:
        return "null";
    case msgpack_kind::boolean:
        return *at == std::byte{0xc3} ? "true" : "false";
    case msgpack_kind::integer:
        return "the integer " + number_at(at);
    case msgpack_kind::floating:
        return "the number " + number_at(at);
    case msgpack_kind::text:
        return "the text \"" + serde::excerpt(text_at(at), longest_quotation) + "\"";
    case msgpack_kind::bytes:
        return std::to_string(size_at(at)) + " bytes";
    case msgpack_kind::array:
        return "an array of " + std::to_string(size_at(at));
    case msgpack_kind::map:
        return "a map of " + std::to_string(size_at(at));
    case msgpack_kind::extension:
        return "an extension of type " + std::to_string(static_cast<int>(text_at(at).front()));
    case msgpack_kind::unused:
        break;
    }
    return "the byte 0xc1, which MessagePack does not use";
}

std::string described(std::byte const* at, std::byte const* end)
{
    if (at == end)
        return "the end of the record";
    auto const kind = kind_at(at);
    auto const container = kind == msgpack_kind::array || kind == msgpack_kind::map;
    auto const head = static_cast<std::size_t>(behind_head(at) - at);
    if (auto const left = static_cast<std::size_t>(end - at);
        head > left || (!container && kind != msgpack_kind::unused && size_at(at) > left - head))
        return "a value that is cut off";
    return described(at);
}

void append_key(std::byte const* at, std::string& out)
{
    if (kind_at(at) == msgpack_kind::text)
        serde::append_step(text_at(at), out);
    else if (kind_at(at) == msgpack_kind::integer)
        serde::append_step(number_at(at), out);
    else
        serde::append_step(described(at), out);
}

// Steps from the beginning of a record to a value of it: a reader at work keeps no path.
class tour
{
public:
    tour(std::byte const* begin, std::byte const* end) : at_{begin}, end_{end} {}

    // The place of the value at `target` as a JSON pointer, or of the map that has it as a key. What is nested deeper
    // than anybody reads is not looked for: a step may go over all that follows, and there may be as many as there are
    // bytes.
    std::string pointer_to(std::byte const* target)
    {
        for (auto steps = 0; at_ < target; ++steps)
        {
            if (steps == longest_path)
                path_.append("/…");
            if (steps == longest_path || !enter(target))
                break;
        }
        return std::move(path_);
    }

    [[nodiscard]] bool ends_at_key() const noexcept { return key_; }

private:
    static constexpr auto longest_path = 64;

    // To the item in which `target` is. False: the value at hand is no container, or that is as far as one can go.
    bool enter(std::byte const* target)
    {
        auto const kind = kind_at(at_);
        if ((kind != msgpack_kind::map && kind != msgpack_kind::array) || behind_head(at_) > end_)
            return false;
        auto const size = size_at(at_);
        at_ = behind_head(at_);
        for (auto index = std::uint64_t{0}; index < size; ++index)
        {
            auto const* const key = at_;
            if (kind == msgpack_kind::map && !pass(target))
            {
                key_ = true;
                return false;
            }
            auto const* const value = at_;
            if (pass(target))
                continue;
            if (kind == msgpack_kind::map)
                append_key(key, path_);
            else
                path_.append("/").append(std::to_string(index));
            at_ = value;
            return value < end_;
        }
        return false;
    }

    // Over a value that ends before `target`.
    bool pass(std::byte const* target)
    {
        auto const passed = serde::pass(at_, end_);
        if (passed.needed > 0 || passed.unused || passed.at > target)
            return false;
        at_ = passed.at;
        return true;
    }

    std::byte const* at_;
    std::byte const* end_;
    std::string path_;
    bool key_ = false;
};

} // namespace

void msgpack_reader::fail_at(std::byte const* at, std::string_view what) const
{
    auto way = tour{begin_, end_};
    auto line = way.pointer_to(at);
    if (way.ends_at_key())
        line.append(line.empty() ? "a key" : ", a key");
    if (!line.empty())
        line.append(": ");
    throw decode_error{line.append(what).append(" (at byte ") + std::to_string(at - begin_) + " of " +
                       std::to_string(end_ - begin_) + ")"};
}

void msgpack_reader::fail(std::string_view expected) const
{
    fail_at(value_, "expected " + std::string{expected} + ", found " + described(value_, end_));
}

msgpack_kind msgpack_reader::fail_ended() const
{
    fail_at(value_, "expected a value, found the end of the record");
}

void msgpack_reader::fail_short(std::byte const* at, std::uint64_t needed) const
{
    auto const behind = std::min(behind_head(at), end_);
    fail_at(at, "expected at least " + std::to_string(needed) + " more bytes, found " + std::to_string(end_ - behind));
}

void msgpack_reader::fail_deep() const
{
    fail_at(value_, "expected at most " + std::to_string(options_.max_depth) +
                        " containers within each other (msgpack_options::max_depth), found more");
}

void msgpack_reader::fail_many() const
{
    fail_at(value_, "expected at most " + std::to_string(options_.max_items) +
                        " items of arrays and maps (msgpack_options::max_items), found more");
}

// The value at hand is the key.
void msgpack_reader::fail_twice() const
{
    auto line = tour{begin_, end_}.pointer_to(value_);
    append_key(value_, line);
    throw decode_error{line + ": expected once, found twice"};
}

void msgpack_reader::fail_unknown() const
{
    auto line = tour{begin_, end_}.pointer_to(value_);
    append_key(value_, line);
    throw decode_error{line + ": expected no such field, found one (msgpack_options::reject_unknown_fields)"};
}

void msgpack_reader::fail_missing(std::byte const* object, std::string_view name) const
{
    auto line = tour{begin_, end_}.pointer_to(object);
    serde::append_step(name, line);
    throw decode_error{line + ": expected a field, found none"};
}

} // namespace paperboy
