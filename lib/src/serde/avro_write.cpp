#include "serde/avro_write.hpp"

#include "serde/avro_match.hpp"
#include "serde/excerpt.hpp"

#include <paperboy/error.hpp>

#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <simdjson.h>

#include <cstring>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>

namespace paperboy::serde
{
namespace
{

using detail::avro_shape;
using detail::avro_type;

// Deeper than any reader goes by default.
constexpr int deepest_value = 1000;

class emitter
{
public:
    emitter(std::vector<avro_part> const& parts, std::string& out) : parts_{parts}, out_{out} {}

    void write(std::uint32_t number, void const* object)
    {
        if (++depth_ > deepest_value)
            fail("it is nested more than 1000 levels deep");
        part(parts_[number], object);
        --depth_;
    }

private:
    [[noreturn]] static void fail(std::string const& why) { throw encode_error{"Avro: " + why}; }

    template <class T>
    static T const& as(void const* object) noexcept
    {
        return *static_cast<T const*>(object);
    }

    // ---- bytes

    void number(std::int64_t value)
    {
        auto bits = (static_cast<std::uint64_t>(value) << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0U);
        for (; bits > 0x7fU; bits >>= 7U)
            out_ += static_cast<char>((bits & 0x7fU) | 0x80U);
        out_ += static_cast<char>(bits);
    }

    void raw(void const* from, std::size_t size) { out_.append(static_cast<char const*>(from), size); }

    void sized(void const* from, std::size_t size)
    {
        number(static_cast<std::int64_t>(size));
        raw(from, size);
    }

    // Readers in other languages make characters of it.
    void text(std::string_view value)
    {
        if (!simdjson::validate_utf8(value.data(), value.size()))
            fail("expected text in UTF-8, found \"" + excerpt(value, 40) + "\"");
        sized(value.data(), value.size());
    }

    void text(avro_node const& node, std::string_view value)
    {
        if (node.kind == avro_kind::string)
            return text(value);
        sized(value.data(), value.size());
    }

    // Where the schema has a fixed, exactly its size.
    void bytes(avro_node const& node, void const* from, std::size_t size)
    {
        if (node.kind != avro_kind::fixed)
            return sized(from, size);
        if (size != node.size)
            fail(std::to_string(size) + " bytes for a " + describe(node));
        raw(from, size);
    }

    // ---- by shape

    void part(avro_part const& how, void const* object)
    {
        auto const& type = *how.type;
        switch (type.shape)
        {
        case avro_shape::variant:
            return write(how.alternatives[type.index(object)].second, type.present(object));
        case avro_shape::optional:
            return optional(how, object);
        default:
            break;
        }
        if (how.node->kind == avro_kind::alternatives)
        {
            number(how.branch);
            return write(how.element, object);
        }
        switch (type.shape)
        {
        case avro_shape::sequence:
            return sequence(how, object);
        case avro_shape::mapping:
            return mapping(how, object);
        case avro_shape::record:
            for (auto const& [offset, member] : how.members)
                write(member, static_cast<std::byte const*>(object) + offset);
            return;
        default:
            scalar(*how.node, type, object);
        }
    }

    void optional(avro_part const& how, void const* object)
    {
        auto const* value = how.type->value(object);
        if (value != nullptr)
            return write(how.element, value);
        number(how.null_branch);
    }

    void sequence(avro_part const& how, void const* object)
    {
        auto const count = how.type->size_of(object);
        if (count > 0)
            number(static_cast<std::int64_t>(count));
        for (std::size_t i = 0; i < count; ++i)
            write(how.element, how.type->item(object, i));
        number(0);
    }

    void mapping(avro_part const& how, void const* object)
    {
        if (auto const count = how.type->size_of(object); count > 0)
            number(static_cast<std::int64_t>(count));
        auto context = std::pair{this, how.element};
        how.type->visit(object, &context,
                        [](void* of, std::string_view key, void const* value)
                        {
                            auto const& [self, element] = *static_cast<std::pair<emitter*, std::uint32_t>*>(of);
                            self->text(key);
                            self->write(element, value);
                        });
        number(0);
    }

    void scalar(avro_node const& node, avro_type const& type, void const* object)
    {
        switch (type.shape)
        {
        case avro_shape::boolean:
            out_ += as<bool>(object) ? '\1' : '\0';
            break;
        case avro_shape::integer:
            integer(node, load(type, object));
            break;
        case avro_shape::floating:
            floating(node, type, object);
            break;
        case avro_shape::text:
            text(node, as<std::string>(object));
            break;
        case avro_shape::text_view:
            text(node, as<std::string_view>(object));
            break;
        case avro_shape::bytes:
            bytes(node, as<std::vector<std::byte>>(object).data(), as<std::vector<std::byte>>(object).size());
            break;
        case avro_shape::bytes_view:
            bytes(node, as<std::span<std::byte const>>(object).data(), as<std::span<std::byte const>>(object).size());
            break;
        case avro_shape::fixed:
            raw(object, type.size);
            break;
        case avro_shape::enumeration:
            enumeration(node, type, object);
            break;
        default:
            logical(node, type, object);
        }
    }

    void logical(avro_node const& node, avro_type const& type, void const* object)
    {
        switch (type.shape)
        {
        case avro_shape::timestamp:
        case avro_shape::time:
            count(node, type, object);
            break;
        case avro_shape::uuid:
            if (node.kind == avro_kind::fixed)
                raw(object, 16);
            else
                uuid(as<boost::uuids::uuid>(object));
            break;
        case avro_shape::decimal:
            decimal(node, as<avro_decimal>(object));
            break;
        case avro_shape::duration:
            raw(&as<avro_duration>(object).months, 4);
            raw(&as<avro_duration>(object).days, 4);
            raw(&as<avro_duration>(object).milliseconds, 4);
            break;
        default:
            break;
        }
    }

    static std::int64_t load(avro_type const& type, void const* object)
    {
        auto bits = std::uint64_t{0};
        std::memcpy(&bits, object, type.size);
        if (type.size == 8)
        {
            if (!type.is_signed && bits > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                fail(std::to_string(bits) + " does not fit into a long");
            return static_cast<std::int64_t>(bits);
        }
        auto const sign = std::uint64_t{1} << (type.size * 8 - 1);
        return static_cast<std::int64_t>(type.is_signed ? (bits ^ sign) - sign : bits);
    }

    void integer(avro_node const& node, std::int64_t value)
    {
        if (node.kind == avro_kind::int32 &&
            (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max()))
            fail(std::to_string(value) + " does not fit into an int");
        number(value);
    }

    void floating(avro_node const& node, avro_type const& type, void const* object)
    {
        auto const wide = type.size == 4 ? static_cast<double>(as<float>(object)) : as<double>(object);
        if (node.kind == avro_kind::float64)
            return raw(&wide, sizeof wide);
        raw(object, sizeof(float));
    }

    void enumeration(avro_node const& node, avro_type const& type, void const* object)
    {
        auto value = load(type, object);
        for (auto const& each : type.enumerators)
        {
            // Unsigned values of one size are told apart by their bits.
            auto mask = type.size == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (type.size * 8)) - 1;
            if (((static_cast<std::uint64_t>(each.value) ^ static_cast<std::uint64_t>(value)) & mask) != 0)
                continue;
            for (std::size_t i = 0; i < node.symbols.size(); ++i)
                if (node.symbols[i] == each.name)
                    return number(static_cast<std::int64_t>(i));
            fail("the schema's " + describe(node) + " has no symbol \"" + std::string{each.name} + "\"");
        }
        fail(std::to_string(value) + " is no enumerator of " + type.name);
    }

    // From the type's unit to the schema's, rounded down.
    void count(avro_node const& node, avro_type const& type, void const* object)
    {
        auto value = load(type, object);
        auto times = std::int64_t{1};
        auto by = std::int64_t{1};
        if (node.logical == avro_logical::date)
        {
            times = type.seconds;
            by = 86'400 * type.units;
        }
        else if (auto const units = units_of(node.logical, type.shape))
        {
            times = *units * type.seconds;
            by = type.units;
        }
        auto const divisor = std::gcd(times, by);
        if (__builtin_mul_overflow(value, times / divisor, &value))
            fail("a time beyond the range of " + describe(node));
        by /= divisor;
        integer(node, value / by - (value % by < 0 ? 1 : 0));
    }

    void uuid(boost::uuids::uuid const& value)
    {
        auto const text = to_string(value);
        sized(text.data(), text.size());
    }

    void decimal(avro_node const& node, avro_decimal const& value)
    {
        if (value.scale != node.scale)
            fail("a decimal of scale " + std::to_string(value.scale) + " where the schema has scale " +
                 std::to_string(node.scale));
        auto const* digits = value.unscaled.data();
        auto const size = value.unscaled.size();
        // Others cannot read a number of no bytes: Java's BigInteger throws.
        if (node.kind != avro_kind::fixed)
            return size == 0 ? sized("", 1) : sized(digits, size);
        if (size > node.size)
            fail("a decimal of " + std::to_string(size) + " bytes for a " + describe(node));
        auto const negative = size > 0 && (value.unscaled.front() & std::byte{0x80}) != std::byte{0};
        out_.append(node.size - size, negative ? '\xff' : '\0');
        raw(digits, size);
    }

    std::vector<avro_part> const& parts_;
    std::string& out_;
    int depth_ = 0;
};

} // namespace

void avro_writer::write(void const* object, std::string& out) const
{
    emitter{parts_, out}.write(0, object);
}

} // namespace paperboy::serde
