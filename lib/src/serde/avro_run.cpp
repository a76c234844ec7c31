#include "serde/avro_input.hpp"
#include "serde/avro_plan.hpp"
#include "serde/avro_schema.hpp"

#include <paperboy/error.hpp>

#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid.hpp>

#include <cstring>
#include <string_view>

namespace paperboy::serde
{
namespace
{

using detail::avro_type;

class runner : avro_input<runner>
{
public:
    runner(avro_plan const& plan, std::span<std::byte const> data, avro_limits const& limits)
        : avro_input{data, limits.items}, plan_{plan}, limits_{limits}
    {
    }

    void run(std::byte* into)
    {
        call(0, into);
        expect_end();
    }

private:
    friend avro_input<runner>;

    [[noreturn]] void fail(std::string const& why) const
    {
        auto const& path = plan_.paths[static_cast<std::size_t>(now_ - plan_.steps.data())];
        throw decode_error{"Avro: " + (path.empty() ? "" : path + ": ") + why + where()};
    }

    // ---- single values

    template <class T>
    static T& as(std::byte* at) noexcept
    {
        return *reinterpret_cast<T*>(at);
    }

    static void store(std::byte* to, std::int64_t value, std::size_t size) noexcept { std::memcpy(to, &value, size); }

    static bool fits(std::int64_t value, avro_type const& type) noexcept
    {
        if (!type.is_signed)
            return value >= 0 && (type.size == 8 || (value >> (type.size * 8)) == 0);
        return type.size == 8 ||
               (value >= -(std::int64_t{1} << (type.size * 8 - 1)) && value < (std::int64_t{1} << (type.size * 8 - 1)));
    }

    void read_integer(avro_step const& step, std::byte* to)
    {
        auto const value = read_long();
        if (!fits(value, *step.type)) [[unlikely]]
            fail(std::to_string(value) + " does not fit into " + (step.type->is_signed ? "" : "unsigned ") +
                 std::to_string(step.type->size * 8) + " bits");
        store(to, value, step.type->size);
    }

    void read_enum(avro_step const& step, std::byte* to)
    {
        auto const& values = plan_.enums[step.target];
        auto const index = read_symbol(values.size());
        auto const& value = values[index];
        if (!value) [[unlikely]]
            fail("symbol " + std::to_string(index) + " of the writer's enum is unknown to " + step.type->name);
        store(to, *value, step.type->size);
    }

    void read_count(avro_step const& step, std::byte* to)
    {
        auto value = read_long();
        auto const& scale = plan_.scales[step.target];
        if (scale.times != 1 && __builtin_mul_overflow(value, scale.times, &value)) [[unlikely]]
            fail("a time beyond the range of its type");
        if (scale.by != 1)
            value = value / scale.by - (value % scale.by < 0 ? 1 : 0);
        if (!fits(value, *step.type)) [[unlikely]]
            fail("a time beyond the range of its type");
        store(to, value, step.type->size);
    }

    void read_uuid(std::byte* to)
    {
        auto const text = read_text();
        try
        {
            if (text.size() == 36)
            {
                as<boost::uuids::uuid>(to) = boost::uuids::string_generator{}(text.begin(), text.end());
                return;
            }
        }
        catch (std::runtime_error const&)
        {
            fail("a text that is no UUID");
        }
        fail("a text that is no UUID");
    }

    void read_decimal(avro_step const& step, std::byte* to, std::size_t size)
    {
        auto& value = as<avro_decimal>(to);
        auto const* from = take(size);
        if (!serde::is_decimal({reinterpret_cast<char const*>(from), size}))
            fail("a decimal of " + std::to_string(size) + " bytes, which is more than 1,000 digits");
        value.unscaled.assign(from, from + size);
        value.scale = static_cast<int>(step.extra);
    }

    void read_duration(std::byte* to)
    {
        auto const months = read_raw<std::uint32_t>();
        auto const days = read_raw<std::uint32_t>();
        as<avro_duration>(to) = {months, days, read_raw<std::uint32_t>()};
    }

    void read_bytes(std::byte* to, std::size_t size)
    {
        auto const* from = take(size);
        as<std::vector<std::byte>>(to).assign(from, from + size);
    }

    // ---- arrays and maps

    void read_array(avro_step const& step, std::byte* to)
    {
        auto count = std::size_t{0};
        while (auto const items = read_block())
            for (auto const last = count + items; count < last; ++count)
                call(step.target, static_cast<std::byte*>(step.type->at(to, count)));
        step.type->resize(to, count);
    }

    void read_map(avro_step const& step, std::byte* to)
    {
        step.type->clear(to);
        while (auto const items = read_block())
            for (auto i = std::uint64_t{0}; i < items; ++i)
                call(step.target, static_cast<std::byte*>(step.type->insert(to, read_text())));
    }

    // Blocks with a size are skipped as a whole.
    void skip_blocks(avro_step const& step, bool map)
    {
        while (auto const count = read_long())
        {
            if (count < 0)
            {
                take(read_length());
                continue;
            }
            count_items(static_cast<std::uint64_t>(count));
            for (auto i = std::int64_t{0}; i < count; ++i)
            {
                if (map)
                    read_text();
                call(step.target, nullptr);
            }
        }
    }

    // ---- routines

    void call(std::uint32_t start, std::byte* base)
    {
        if (++calls_ > most_calls_) [[unlikely]]
            fail("far more parts than bytes");
        if (++depth_ > limits_.depth) [[unlikely]]
            fail("nested more than " + std::to_string(limits_.depth) + " levels deep");
        auto const* const caller = now_;
        for (auto const* step = &plan_.steps[start]; step->op != avro_op::end; ++step)
        {
            now_ = step;
            if (step->op >= avro_op::read_array)
                structure(*step, base);
            else
                scalar(*step, base + step->offset);
        }
        now_ = caller;
        --depth_;
    }

    void scalar(avro_step const& step, std::byte* to)
    {
        switch (step.op)
        {
        case avro_op::read_long:
            as<std::int64_t>(to) = read_long();
            break;
        case avro_op::read_integer:
            read_integer(step, to);
            break;
        case avro_op::read_text_view:
            as<std::string_view>(to) = read_text();
            break;
        case avro_op::read_text:
            as<std::string>(to).assign(read_text());
            break;
        case avro_op::read_double:
            as<double>(to) = read_raw<double>();
            break;
        case avro_op::read_float:
            as<float>(to) = read_raw<float>();
            break;
        case avro_op::read_boolean:
            as<bool>(to) = read_flag();
            break;
        case avro_op::read_enum:
            read_enum(step, to);
            break;
        case avro_op::read_count:
            read_count(step, to);
            break;
        case avro_op::float_to_double:
            as<double>(to) = static_cast<double>(read_raw<float>());
            break;
        case avro_op::long_to_float:
            as<float>(to) = static_cast<float>(read_long());
            break;
        case avro_op::long_to_double:
            as<double>(to) = static_cast<double>(read_long());
            break;
        default:
            bytes(step, to);
        }
    }

    void bytes(avro_step const& step, std::byte* to)
    {
        switch (step.op)
        {
        case avro_op::read_bytes:
            read_bytes(to, read_length());
            break;
        case avro_op::read_bytes_view:
        {
            auto const length = read_length();
            as<std::span<std::byte const>>(to) = {take(length), length};
            break;
        }
        case avro_op::read_fixed:
            std::memcpy(to, take(step.extra), step.extra);
            break;
        case avro_op::fixed_to_bytes:
            read_bytes(to, step.extra);
            break;
        case avro_op::fixed_to_bytes_view:
            as<std::span<std::byte const>>(to) = {take(step.extra), step.extra};
            break;
        case avro_op::uuid_from_text:
            read_uuid(to);
            break;
        case avro_op::decimal_from_bytes:
            read_decimal(step, to, read_length());
            break;
        case avro_op::decimal_from_fixed:
            read_decimal(step, to, step.target);
            break;
        case avro_op::read_duration:
            read_duration(to);
            break;
        default:
            fail(plan_.failures[step.target]);
        }
    }

    void structure(avro_step const& step, std::byte* base)
    {
        auto* const to = base + step.offset;
        switch (step.op)
        {
        case avro_op::read_array:
            return read_array(step, to);
        case avro_op::read_map:
            return read_map(step, to);
        case avro_op::read_union:
        case avro_op::skip_union:
        {
            auto const& branches = plan_.unions[step.target];
            return call(branches[read_branch(branches.size())], to);
        }
        case avro_op::read_nullable:
            if (read_branch(2) == step.extra)
                return step.type->reset(to);
            return call(step.target, static_cast<std::byte*>(step.type->engage(to)));
        case avro_op::engage:
            return call(step.target, static_cast<std::byte*>(step.type->engage(to)));
        case avro_op::emplace:
            return call(step.target, static_cast<std::byte*>(step.type->emplace(to, step.extra)));
        case avro_op::reset:
            return step.type->reset(to);
        case avro_op::call:
            return call(step.target, to);
        case avro_op::set_default:
            return step.set_default(to);
        default:
            skip(step);
        }
    }

    void skip(avro_step const& step)
    {
        switch (step.op)
        {
        case avro_op::skip_long:
            read_long();
            break;
        case avro_op::skip_bytes:
            read_text();
            break;
        case avro_op::skip_fixed:
            take(step.extra);
            break;
        default:
            skip_blocks(step, step.op == avro_op::skip_map);
        }
    }

    avro_plan const& plan_;
    avro_limits const& limits_;
    avro_step const* now_ = plan_.steps.data();
    // Records without bytes can be nested to any number of them, without a deep nesting.
    std::uint64_t calls_ = 0;
    std::uint64_t most_calls_ = 16 * (left() + limits_.items);
    std::uint32_t depth_ = 0;
};

} // namespace

void run(avro_plan const& plan, std::span<std::byte const> data, void* into, avro_limits const& limits)
{
    runner{plan, data, limits}.run(static_cast<std::byte*>(into));
}

} // namespace paperboy::serde
