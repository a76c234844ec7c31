#pragma once

#include <paperboy/record.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace paperboy
{

/// What `json<T>` accepts.
struct json_options
{
    /// Whether a field that the struct does not have is an error; otherwise such fields are passed over.
    bool reject_unknown_fields = false;

    /// Most containers within each other, passed over or not; 1 to 1,000.
    std::size_t max_depth = 64;

    /// Longest key or value in bytes, up to 4 GB. The reader needs up to six times the longest record it has seen.
    std::size_t max_size = std::size_t{16} << 20U;

    /// How many items the arrays and mappings of one record may have in all, those passed over not counted. 1 to
    /// 1,000,000,000.
    std::size_t max_items = 1'000'000;
};

/// What a JSON value is, by its first character.
enum class json_kind
{
    null,
    boolean,
    number,
    text,
    array,
    object,
};

class json_reader;

namespace detail
{

// A field's name and the quote behind it, for comparing the first eight bytes at once.
class json_name
{
public:
    constexpr explicit json_name(std::string_view text) : text_{text}
    {
        for (std::size_t at = 0; at < std::min(text.size() + 1, sizeof start_); ++at)
        {
            auto const shift = 8 * (std::endian::native == std::endian::little ? at : sizeof start_ - 1 - at);
            auto const byte = static_cast<unsigned char>(at < text.size() ? text[at] : '"');
            start_ |= std::uint64_t{byte} << shift;
            mask_ |= std::uint64_t{0xff} << shift;
        }
    }

    [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

    // Whether a key without escapes is this name. It begins at `key`, `room` bytes before the end of the text, and at
    // least eight more can be read.
    [[nodiscard]] bool is_at(char const* key, std::size_t room) const noexcept
    {
        auto start = std::uint64_t{0};
        std::memcpy(&start, key, sizeof start);
        if ((start & mask_) != start_)
            return false;
        auto const size = text_.size();
        if (size < sizeof start)
            return true;
        if (size >= room || key[size] != '"')
            return false;
        if (size > 2 * sizeof start)
            return std::memcmp(key, text_.data(), size) == 0;
        return std::memcmp(key + size - sizeof start, text_.data() + size - sizeof start, sizeof start) == 0;
    }

private:
    std::string_view text_;
    std::uint64_t start_ = 0;
    std::uint64_t mask_ = 0;
};

// A field of a struct, for the part of the reader that knows no types.
struct json_field
{
    json_name name;
    void (*read)(json_reader& from, void* object);
    // What becomes of a field that the record does not have; null: it is an error.
    void (*reset)(void* object);
};

// What names may begin with, for a first look at one: two letters, each as one bit of 64, which others may share.
class first_letters
{
public:
    constexpr first_letters() = default;

    // Any name.
    [[nodiscard]] static constexpr first_letters all() noexcept
    {
        auto any = first_letters{};
        any.firsts_ = any.seconds_ = ~std::uint64_t{0};
        return any;
    }

    constexpr void add(std::string_view name) noexcept
    {
        firsts_ |= bit(name.empty() ? '"' : name.front());
        seconds_ |= name.empty() ? ~std::uint64_t{0} : bit(name.size() == 1 ? '"' : name[1]);
    }

    // Whether the name at `key`, which ends with a quote, may be one of them; always if it begins with an escape.
    [[nodiscard]] bool may_be_at(char const* key) const noexcept
    {
        return (bit(key[0]) & firsts_) != 0 && ((bit(key[1]) & seconds_) != 0 || key[0] == '\\');
    }

private:
    static constexpr std::uint64_t bit(char c) noexcept
    {
        return std::uint64_t{1} << (static_cast<unsigned char>(c) & 63U);
    }

    std::uint64_t firsts_ = bit('\\');
    std::uint64_t seconds_ = bit('\\');
};

// All fields of a struct.
class json_fields
{
public:
    constexpr json_fields() = default;
    constexpr explicit json_fields(std::span<json_field const> all) : all_{all}
    {
        for (auto const& each : all)
            letters_.add(each.name.text());
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return all_.size(); }
    [[nodiscard]] constexpr json_field const& operator[](std::size_t at) const noexcept { return all_[at]; }
    [[nodiscard]] constexpr first_letters letters() const noexcept { return letters_; }

private:
    std::span<json_field const> all_;
    first_letters letters_;
};

// As many as json_reader::read_object can keep count of.
inline constexpr std::size_t max_json_fields = 256;

} // namespace detail

/// Stands at one value of a JSON text, for a `json_codec` of your own. Each value is read once, by one of the
/// functions below; all throw `decode_error`, with the value's JSON pointer, what was expected, and what was found.
class json_reader
{
public:
    /// Made by `json<T>`. Copies have the same options and nothing else in common.
    explicit json_reader(json_options const& options);
    json_reader(json_reader const& other);
    json_reader(json_reader&& other) noexcept;
    json_reader& operator=(json_reader const& other);
    json_reader& operator=(json_reader&& other) noexcept;
    ~json_reader();

    /// What the value is.
    [[nodiscard]] json_kind kind();

    /// Whether the value is null; if so, it is read.
    [[nodiscard]] bool null();

    [[nodiscard]] bool boolean();

    /// A whole number within the limits. `1.0` and `1e3` are none.
    [[nodiscard]] std::int64_t integer(std::int64_t min, std::int64_t max);
    [[nodiscard]] std::uint64_t integer(std::uint64_t max);

    /// A number, rounded to the nearest double; one beyond the range of double is an error.
    [[nodiscard]] double number();

    /// Text that lives as long as decoded values do: in the record, or in the serde's memory if it had escapes.
    [[nodiscard]] std::string_view text();

    /// Text, copied.
    void text(std::string& out);

    /// The characters of a number, or of `true`, `false` and `null`, as they are: for numbers that no type has room
    /// for.
    [[nodiscard]] std::string_view token();

    /// An array or object: calls `each(index)` or `each(key)` while the reader stands at the element.
    template <class F>
    void array(F each);
    template <class F>
    void object(F each);

    /// Refuses the value: "POINTER: expected EXPECTED, found …".
    [[noreturn]] void fail(std::string_view expected);

    // The rest is for json<T>.

    void begin(bytes_view data);
    void end();
    void forget() noexcept;

    void read_object(void* object, detail::json_fields const& fields);
    void read_array(void* target, void (*each)(json_reader&, void* target, std::size_t index));
    void read_mapping(void* target, void (*each)(json_reader&, void* target, std::string_view key));
    [[noreturn]] void fail_twice();
    [[nodiscard]] std::size_t fitting(std::span<detail::json_fields const> candidates);
    [[nodiscard]] bool whole_number();

private:
    class state;

    std::unique_ptr<state> state_;
};

template <class F>
void json_reader::array(F each)
{
    read_array(&each, [](json_reader&, void* target, std::size_t index) { (*static_cast<F*>(target))(index); });
}

template <class F>
void json_reader::object(F each)
{
    read_mapping(&each, [](json_reader&, void* target, std::string_view key) { (*static_cast<F*>(target))(key); });
}

} // namespace paperboy
