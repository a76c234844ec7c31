#include <paperboy/detail/msgpack_read.hpp>

#include "serde/msgpack_layout.hpp"
#include "serde/seen_fields.hpp"

#include <paperboy/error.hpp>
#include <paperboy/serde.hpp>

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

namespace paperboy
{

using detail::msgpack_fields;
using serde::seen_fields;

static_assert(serde::most_fields == detail::max_msgpack_fields);

namespace
{

constexpr std::size_t most_depth = 1000;
constexpr std::size_t most_bytes = 0xffff'ffffU;

constexpr auto unknown_field = static_cast<std::size_t>(-1);

void check(std::string_view name, std::size_t value, std::size_t most)
{
    if (value < 1 || value > most)
        throw setup_error{errc::invalid_config, "msgpack_options::" + std::string{name} + " is " +
                                                    std::to_string(value) + "; choose 1 to " + std::to_string(most)};
}

// Most texts are ASCII, and short.
bool is_ascii(std::string_view text) noexcept
{
    auto bits = std::uint64_t{0};
    auto at = std::size_t{0};
    for (auto word = std::uint64_t{0}; at + sizeof word <= text.size(); at += sizeof word)
    {
        std::memcpy(&word, text.data() + at, sizeof word);
        bits |= word;
    }
    for (; at < text.size(); ++at)
        bits |= static_cast<unsigned char>(text[at]);
    return (bits & 0x8080'8080'8080'8080U) == 0;
}

std::string_view as_text(bytes_view data) noexcept
{
    return {reinterpret_cast<char const*>(data.data()), data.size()};
}

} // namespace

msgpack_reader::msgpack_reader(msgpack_options const& options) : options_{options}
{
    check("max_depth", options.max_depth, most_depth);
    check("max_size", options.max_size, most_bytes);
}

void msgpack_reader::begin(bytes_view data)
{
    if (data.size() > options_.max_size)
        throw decode_error{"expected MessagePack of at most " + std::to_string(options_.max_size) +
                           " bytes (msgpack_options::max_size), found " + std::to_string(data.size())};
    begin_ = data.data();
    at_ = value_ = begin_;
    end_ = begin_ + data.size();
    depth_ = 0;
    items_ = 0;
}

void msgpack_reader::end() const
{
    if (at_ != end_) [[unlikely]]
        fail_at(at_, "expected nothing behind the value, found " + std::to_string(left()) + " bytes");
}

// ---- numbers

bytes_view msgpack_reader::take(std::size_t size)
{
    if (size > left()) [[unlikely]]
        fail_short(value_, size);
    auto const* const from = at_;
    at_ += size;
    return {from, size};
}

std::size_t msgpack_reader::head()
{
    auto const form = serde::msgpack_forms[std::to_integer<std::size_t>(*at_)];
    if (form.size_bytes >= left()) [[unlikely]]
        fail_short(at_, form.size_bytes);
    auto const size = static_cast<std::size_t>(form.size_of(at_));
    at_ += 1U + form.size_bytes;
    return size;
}

bool msgpack_reader::read_whole(whole& out)
{
    if (kind() != msgpack_kind::integer) [[unlikely]]
        return false;
    auto const first = std::to_integer<std::uint8_t>(*at_);
    auto const size = head();
    if (size == 0)
    {
        out = {static_cast<std::uint64_t>(static_cast<std::int8_t>(first)), first >= 0xe0};
        return true;
    }
    out.bits = serde::big_endian(take(size).data(), size);
    if (first >= 0xd0)
    {
        auto const unused = 64 - 8 * static_cast<unsigned>(size);
        auto const value = static_cast<std::int64_t>(out.bits << unused) >> unused;
        out = {static_cast<std::uint64_t>(value), value < 0};
    }
    return true;
}

bool msgpack_reader::negative()
{
    auto const* const start = at_;
    auto value = whole{};
    auto const found = read_whole(value);
    at_ = start;
    return found && value.below_zero;
}

std::int64_t msgpack_reader::integer(std::int64_t min, std::int64_t max)
{
    auto found = whole{};
    auto const good = read_whole(found);
    auto const value = static_cast<std::int64_t>(found.bits);
    if (!good || (value < 0) != found.below_zero || value < min || value > max) [[unlikely]]
        fail("an integer from " + std::to_string(min) + " to " + std::to_string(max));
    return value;
}

std::uint64_t msgpack_reader::integer(std::uint64_t max)
{
    auto found = whole{};
    if (!read_whole(found) || found.below_zero || found.bits > max) [[unlikely]]
        fail("an integer from 0 to " + std::to_string(max));
    return found.bits;
}

double msgpack_reader::number()
{
    if (kind() == msgpack_kind::floating) [[likely]]
    {
        auto const size = head();
        auto const bits = serde::big_endian(take(size).data(), size);
        return size == 8 ? std::bit_cast<double>(bits)
                         : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    }
    auto found = whole{};
    if (!read_whole(found))
        fail("a number");
    return found.below_zero ? static_cast<double>(static_cast<std::int64_t>(found.bits))
                            : static_cast<double>(found.bits);
}

// ---- texts and bytes

std::string_view msgpack_reader::unchecked_text()
{
    if (kind() != msgpack_kind::text) [[unlikely]]
        fail("a text");
    return as_text(take(head()));
}

std::string_view msgpack_reader::text()
{
    auto const found = unchecked_text();
    if (!is_ascii(found) && !simdjson::validate_utf8(found.data(), found.size())) [[unlikely]]
        fail("text in UTF-8");
    return found;
}

bytes_view msgpack_reader::bytes()
{
    if (auto const found = kind(); found != msgpack_kind::bytes && found != msgpack_kind::text) [[unlikely]]
        fail("bytes");
    return take(head());
}

msgpack_extension msgpack_reader::extension()
{
    if (kind() != msgpack_kind::extension)
        fail("an extension");
    auto const found = take(head());
    return {static_cast<std::int8_t>(std::to_integer<std::uint8_t>(found.front())), found.subspan(1)};
}

std::optional<detail::precise_time> msgpack_reader::time()
{
    auto const found = kind();
    if (found == msgpack_kind::text)
        return detail::parse_timestamp(text());
    if (found != msgpack_kind::extension)
        return std::nullopt;
    auto const [type, data] = extension();
    if (type != -1)
        return std::nullopt;
    auto out = detail::precise_time{};
    if (data.size() == 4)
        out.seconds = static_cast<std::int64_t>(serde::big_endian(data.data(), 4));
    else if (data.size() == 8)
    {
        auto const both = serde::big_endian(data.data(), 8);
        out = {static_cast<std::int64_t>(both & 0x3'ffff'ffffU), static_cast<std::int32_t>(both >> 34U)};
    }
    else if (data.size() == 12)
        out = {static_cast<std::int64_t>(serde::big_endian(data.data() + 4, 8)),
               static_cast<std::int32_t>(serde::big_endian(data.data(), 4))};
    else
        return std::nullopt;
    auto const good = out.nanoseconds >= 0 && out.nanoseconds < 1'000'000'000;
    return good ? std::optional{out} : std::nullopt;
}

void detail::read_msgpack_uuid(msgpack_reader& from, boost::uuids::uuid& out)
{
    auto const found = from.bytes();
    if (found.size() == out.size())
        return static_cast<void>(std::memcpy(out.begin(), found.data(), found.size()));
    try
    {
        uuid{}.decode(found, out);
    }
    catch (decode_error const&)
    {
        from.fail("a UUID: 16 bytes, or text such as 123e4567-e89b-12d3-a456-426614174000");
    }
}

// ---- containers

std::size_t msgpack_reader::begin_container(msgpack_kind wanted, std::string_view expected)
{
    if (kind() != wanted) [[unlikely]]
        fail(expected);
    auto const size = head();
    if (auto const least = wanted == msgpack_kind::map ? std::uint64_t{2} * size : std::uint64_t{size}; least > left())
        [[unlikely]]
        fail_short(value_, least); // each item takes a byte at least
    if (depth_ == options_.max_depth) [[unlikely]]
        fail_deep();
    if (size > options_.max_items - items_) [[unlikely]]
        fail_many();
    ++depth_;
    items_ += size;
    return size;
}

void msgpack_reader::skip()
{
    auto const passed = serde::pass(at_, end_);
    if (passed.needed > 0) [[unlikely]]
    {
        value_ = passed.at;
        if (passed.at == end_)
            static_cast<void>(fail_ended());
        fail_short(passed.at, passed.needed);
    }
    if (passed.unused) [[unlikely]]
    {
        value_ = passed.at;
        fail("a value");
    }
    at_ = passed.at;
}

// ---- structs

// Fields are expected in their declared order, so the search begins at `expected`. A key that is no text is no field.
std::size_t msgpack_reader::find(msgpack_fields fields, std::size_t expected)
{
    if (kind() != msgpack_kind::text)
    {
        skip();
        return unknown_field;
    }
    auto const key = unchecked_text();
    for (auto at = expected; at < fields.size(); ++at)
        if (fields[at].name == key)
            return at;
    for (std::size_t at = 0; at < expected; ++at)
        if (fields[at].name == key)
            return at;
    return unknown_field;
}

void msgpack_reader::read_object(void* object, msgpack_fields fields)
{
    auto const* const start = at_;
    auto seen = seen_fields{};
    auto missing = fields.size();
    auto expected = std::size_t{0};
    map(
        [&]
        {
            auto const found = find(fields, expected);
            if (found == unknown_field)
            {
                if (options_.reject_unknown_fields) [[unlikely]]
                    fail_unknown();
                return skip();
            }
            if (seen.has(found)) [[unlikely]]
                fail_twice();
            seen.add(found);
            --missing;
            expected = found + 1;
            auto const* const value = at_;
            fields[found].read(*this, object);
            if (at_ == value)
                skip();
        });
    for (std::size_t at = 0; missing > 0; ++at)
    {
        if (seen.has(at))
            continue;
        if (fields[at].reset == nullptr) [[unlikely]]
            fail_missing(start, fields[at].name);
        fields[at].reset(object);
        --missing;
    }
}

// Looks at the names only, and stays where it is.
std::size_t msgpack_reader::fitting(std::span<msgpack_fields const> candidates, std::span<bool const> eligible)
{
    auto seen = std::vector<seen_fields>(candidates.size());
    auto fits = std::vector<bool>(eligible.begin(), eligible.end());
    auto const* const start = at_;
    auto const items = items_;
    map(
        [&]
        {
            auto const* const key = at_;
            for (std::size_t each = 0; each < candidates.size(); ++each)
            {
                at_ = key;
                if (auto const found = find(candidates[each], 0); found != unknown_field)
                    seen[each].add(found);
                else if (options_.reject_unknown_fields)
                    fits[each] = false;
            }
            skip();
        });
    at_ = value_ = start;
    items_ = items;
    return serde::first_fitting(candidates, seen, fits);
}

} // namespace paperboy
