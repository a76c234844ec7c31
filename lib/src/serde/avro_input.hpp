#pragma once

#include <paperboy/error.hpp>
#include <paperboy/record.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

namespace paperboy::serde
{

static_assert(std::endian::native == std::endian::little, "Avro's numbers are read as they are");

// Reads Avro's numbers, lengths and blocks, none of which is trusted. `Derived` has `[[noreturn]] fail(std::string
// const&)`, which may say where().
template <class Derived>
class avro_input
{
    friend Derived;

    avro_input(bytes_view data, std::uint64_t max_items) noexcept
        : begin_{data.data()}, at_{begin_}, end_{begin_ + data.size()}, max_items_{max_items}
    {
    }

protected:
    [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    [[nodiscard]] std::string where() const
    {
        return " (at byte " + std::to_string(at_ - begin_) + " of the body's " + std::to_string(end_ - begin_) + ")";
    }

    std::byte const* take(std::size_t count)
    {
        if (count > left()) [[unlikely]]
            fail("the record ends too early");
        auto const* from = at_;
        at_ += count;
        return from;
    }

    std::int64_t read_long()
    {
        if (at_ != end_ && std::to_integer<unsigned>(*at_) < 0x80U) [[likely]]
            return unzigzag(std::to_integer<std::uint64_t>(*at_++));
        return read_longer();
    }

    bool read_flag()
    {
        auto const byte = std::to_integer<unsigned>(*take(1));
        if (byte > 1) [[unlikely]]
            fail("expected a boolean, found " + std::to_string(byte));
        return byte == 1;
    }

    std::size_t read_length()
    {
        auto const length = read_long();
        if (length < 0 || static_cast<std::uint64_t>(length) > left()) [[unlikely]]
            fail("a length of " + std::to_string(length) + " where " + std::to_string(left()) + " bytes are left");
        return static_cast<std::size_t>(length);
    }

    std::string_view read_text()
    {
        auto const length = read_length();
        return {reinterpret_cast<char const*>(take(length)), length};
    }

    template <class T>
    T read_raw()
    {
        auto value = T{};
        std::memcpy(&value, take(sizeof(T)), sizeof(T));
        return value;
    }

    // The number of a union's branch, or of an enum's symbol.
    std::size_t read_branch(std::size_t count)
    {
        auto const branch = read_long();
        if (branch < 0 || static_cast<std::uint64_t>(branch) >= count) [[unlikely]]
            fail("branch " + std::to_string(branch) + " of a union that has " + std::to_string(count));
        return static_cast<std::size_t>(branch);
    }

    std::size_t read_symbol(std::size_t count)
    {
        auto const index = read_long();
        if (index < 0 || static_cast<std::uint64_t>(index) >= count) [[unlikely]]
            fail("symbol " + std::to_string(index) + " of an enum that has " + std::to_string(count));
        return static_cast<std::size_t>(index);
    }

    // The next block's count; 0 at the end. A negative count has the block's size behind it, which nobody needs who
    // reads the items.
    std::uint64_t read_block()
    {
        auto count = read_long();
        if (count < 0)
        {
            read_length();
            count =
                count == std::numeric_limits<std::int64_t>::min() ? std::numeric_limits<std::int64_t>::max() : -count;
        }
        count_items(static_cast<std::uint64_t>(count));
        return static_cast<std::uint64_t>(count);
    }

    // The record has been read.
    void expect_end() const
    {
        if (at_ != end_)
            throw decode_error{"Avro: " + std::to_string(end_ - at_) +
                               " bytes are left after the record; was it written with another schema?"};
    }

    void count_items(std::uint64_t more)
    {
        if (more > max_items_ - items_) [[unlikely]]
            fail("more than " + std::to_string(max_items_) + " items of arrays and maps");
        items_ += more;
    }

    std::byte const* begin_;
    std::byte const* at_;
    std::byte const* end_;

private:
    [[noreturn]] void fail(std::string const& why) const { static_cast<Derived const*>(this)->fail(why); }

    std::int64_t read_longer()
    {
        auto bits = std::uint64_t{0};
        for (auto shift = 0U; shift < 64; shift += 7)
        {
            auto const byte = std::to_integer<std::uint64_t>(*take(1));
            if (shift == 63 && byte > 1)
                break;
            bits |= (byte & 0x7fU) << shift;
            if (byte < 0x80U)
                return unzigzag(bits);
        }
        fail("a number of more than 64 bits");
    }

    static std::int64_t unzigzag(std::uint64_t bits) noexcept
    {
        return static_cast<std::int64_t>((bits >> 1U) ^ (~(bits & 1U) + 1U));
    }

    std::uint64_t max_items_;
    std::uint64_t items_ = 0;
};

} // namespace paperboy::serde
