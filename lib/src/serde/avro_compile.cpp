#include "serde/avro_match.hpp"
#include "serde/avro_plan.hpp"

#include "serde/registry_url.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace paperboy::serde
{
namespace
{

using detail::avro_member;
using detail::avro_shape;
using detail::avro_type;

// Far beyond any schema's need; several types and many names multiply.
constexpr std::size_t most_steps = 1'000'000;

// Each step has its place in a record, for errors: with long names, deep within each other, places would be most of a
// plan, as many times as there are fields.
constexpr std::size_t longest_path = 256;
constexpr std::string_view and_so_on = ".…";

std::string extended(std::string const& path, std::string const& by)
{
    if (path.ends_with(and_so_on))
        return path;
    return path.size() + by.size() <= longest_path ? path + by : path + std::string{and_so_on};
}

std::string joined(std::string const& path, std::string_view field)
{
    return path.empty() ? printable(field) : extended(path, std::string{"."}.append(printable(field)));
}

std::string item_of(std::string const& path)
{
    return extended(path, "[]");
}

std::string mapped_in(std::string const& path)
{
    return extended(path, "{}");
}

class compiler
{
public:
    compiler(avro_schema const& writer, enum_defaults const& defaults) : writer_{writer}, defaults_{defaults} {}

    // Routines are compiled one after the other: each may ask for more.
    avro_plan compile(avro_type const& reader)
    {
        static_cast<void>(routine(writer_.root(), &reader, ""));
        // NOLINTNEXTLINE(modernize-loop-convert): it grows meanwhile
        for (std::size_t i = 0; i < routines_.size(); ++i)
        {
            auto const next = routines_[i];
            starts_.push_back(static_cast<std::uint32_t>(plan_.steps.size()));
            compile(next);
            emit({avro_op::end}, next.path);
        }
        link();
        return std::move(plan_);
    }

private:
    // Reading a node into an object of a type, or skipping it where there is none.
    struct job
    {
        avro_index node;
        avro_type const* type;
        std::string path;
        // Only records that have some branch of a union need it: where it cannot be, they fail, and others do not.
        bool in_branch;
        // Not empty: it only fails.
        std::string failure = {};
    };

    void compile(job const& next)
    {
        in_branch_ = next.in_branch;
        if (!next.failure.empty())
            return fail(next.failure, next.path);
        try
        {
            if (next.type != nullptr)
                value(next.node, *next.type, 0, next.path);
            else if (writer_[next.node].kind == avro_kind::record)
                skip_fields(next.node, next.path);
            else
                skip(next.node, next.path);
        }
        catch (avro_schema_error const& error)
        {
            if (!next.in_branch)
                throw;
            plan_.steps.resize(starts_.back());
            plan_.paths.resize(starts_.back());
            fail(error.what(), "");
        }
    }

    [[nodiscard]] static std::uint32_t narrow(std::size_t value) { return static_cast<std::uint32_t>(value); }

    void emit(avro_step const& step, std::string const& path)
    {
        if (plan_.steps.size() >= most_steps)
            throw avro_schema_error{"the schema is too large for the type"};
        plan_.steps.push_back(step);
        plan_.paths.push_back(path);
    }

    // The number of a routine, until link() turns it into where it begins.
    std::uint32_t routine(avro_index node, avro_type const* type, std::string const& path)
    {
        auto const [at, is_new] = numbers_.try_emplace({node, type}, narrow(routines_.size()));
        if (is_new)
            routines_.push_back({node, type, path, in_branch_});
        return at->second;
    }

    void link()
    {
        for (auto& step : plan_.steps)
            if (refers_to_routine(step.op))
                step.target = starts_[step.target];
        for (auto& table : plan_.unions)
            for (auto& each : table)
                each = starts_[each];
    }

    static bool refers_to_routine(avro_op op)
    {
        switch (op)
        {
        case avro_op::read_array:
        case avro_op::read_map:
        case avro_op::read_nullable:
        case avro_op::engage:
        case avro_op::emplace:
        case avro_op::call:
        case avro_op::skip_array:
        case avro_op::skip_map:
            return true;
        default:
            return false;
        }
    }

    [[noreturn]] static void mismatch(avro_node const& found, avro_type const& wanted, std::string const& path)
    {
        throw avro_schema_error{(path.empty() ? "" : path + ": ") + "the writer's schema has " +
                                serde::describe(found) + ", which cannot become " + describe(wanted)};
    }

    // ---- values

    void value(avro_index index, avro_type const& type, std::size_t offset, std::string const& path)
    {
        auto const& node = writer_[index];
        if (node.kind == avro_kind::alternatives)
            return union_value(node, type, offset, path);
        switch (type.shape)
        {
        case avro_shape::optional:
            return optional_value(index, type, offset, path);
        case avro_shape::variant:
            return variant_value(index, type, offset, path);
        case avro_shape::record:
            if (node.kind != avro_kind::record)
                mismatch(node, type, path);
            return record(node, type, offset, path);
        case avro_shape::sequence:
            return container(index, avro_kind::array, avro_op::read_array, type, offset, path);
        case avro_shape::mapping:
            return container(index, avro_kind::map, avro_op::read_map, type, offset, path);
        case avro_shape::enumeration:
            return enumeration(node, type, offset, path);
        case avro_shape::timestamp:
        case avro_shape::time:
            return count(node, type, offset, path);
        default:
            return scalar(node, type, offset, path);
        }
    }

    void scalar(avro_node const& node, avro_type const& type, std::size_t offset, std::string const& path)
    {
        auto step = scalar_step(node, type);
        if (!step)
            mismatch(node, type, path);
        step->offset = narrow(offset);
        step->type = &type;
        if (node.kind != avro_kind::null || type.shape != avro_shape::null)
            emit(*step, path);
    }

    void enumeration(avro_node const& node, avro_type const& type, std::size_t offset, std::string const& path)
    {
        if (node.kind != avro_kind::enumeration)
            mismatch(node, type, path);
        auto const fallback = fallback_for(node, type);
        auto values = std::vector<std::optional<std::int64_t>>{};
        for (auto const& symbol : node.symbols)
        {
            auto const value = value_of(type, symbol);
            values.push_back(value ? value : fallback);
        }
        emit({avro_op::read_enum, narrow(offset), narrow(plan_.enums.size()), 0, &type}, path);
        plan_.enums.push_back(std::move(values));
    }

    static std::optional<std::int64_t> value_of(avro_type const& type, std::string_view symbol)
    {
        auto const found =
            std::ranges::find_if(type.enumerators, [symbol](auto const& each) { return each.name == symbol; });
        return found == type.enumerators.end() ? std::nullopt : std::optional{found->value};
    }

    [[nodiscard]] std::optional<std::int64_t> fallback_for(avro_node const& node, avro_type const& type) const
    {
        if (type.default_symbol)
            return type.default_symbol->value;
        auto const found = defaults_.find(unqualified(node.name));
        return found == defaults_.end() ? std::nullopt : value_of(type, found->second);
    }

    // A long without a logical type counts in the type's own unit; a date counts days.
    void count(avro_node const& node, avro_type const& type, std::size_t offset, std::string const& path)
    {
        if (node.kind != avro_kind::int32 && node.kind != avro_kind::int64)
            mismatch(node, type, path);
        auto scale = avro_scale{};
        if (node.logical == avro_logical::date && type.shape == avro_shape::timestamp)
            scale = {86'400 * type.units, type.seconds};
        else if (auto const units = units_of(node.logical, type.shape))
            scale = {type.units, *units * type.seconds};
        else if (node.logical != avro_logical::none)
            mismatch(node, type, path);
        auto const divisor = std::gcd(scale.times, scale.by);
        emit({avro_op::read_count, narrow(offset), narrow(plan_.scales.size()), 0, &type}, path);
        plan_.scales.push_back({scale.times / divisor, scale.by / divisor});
    }

    void container(avro_index index, avro_kind kind, avro_op op, avro_type const& type, std::size_t offset,
                   std::string const& path)
    {
        auto const& node = writer_[index];
        if (node.kind != kind)
            mismatch(node, type, path);
        auto const below = kind == avro_kind::map ? mapped_in(path) : item_of(path);
        auto const inner = routine(node.element, &type.element(), below);
        emit({op, narrow(offset), inner, 0, &type}, path);
    }

    void optional_value(avro_index index, avro_type const& type, std::size_t offset, std::string const& path)
    {
        if (writer_[index].kind == avro_kind::null)
            return emit({avro_op::reset, narrow(offset), 0, 0, &type}, path);
        emit({avro_op::engage, narrow(offset), routine(index, &type.element(), path), 0, &type}, path);
    }

    void variant_value(avro_index index, avro_type const& type, std::size_t offset, std::string const& path)
    {
        auto const chosen = alternative_for(index, type);
        if (!chosen)
            mismatch(writer_[index], type, path);
        auto const inner = routine(index, &type.alternatives[*chosen](), path);
        emit({avro_op::emplace, narrow(offset), inner, narrow(*chosen), &type}, path);
    }

    // The alternative of the same kind, by name where it has one; else the first that the node can become. A union's
    // records go by name only.
    std::optional<std::size_t> alternative_for(avro_index index, avro_type const& type)
    {
        auto const& node = writer_[index];
        auto fallback = std::optional<std::size_t>{};
        for (std::size_t i = 0; i < type.alternatives.size(); ++i)
        {
            auto const& each = type.alternatives[i]();
            if (!can_become(node, each))
                continue;
            if (is_same(node, each))
                return i;
            if (!fallback && (!in_branch_ || each.shape != avro_shape::record))
                fallback = i;
        }
        return fallback;
    }

    // ---- records

    void record(avro_node const& node, avro_type const& type, std::size_t offset, std::string const& path)
    {
        auto seen = std::vector<bool>(type.members.size());
        for (auto const& field : node.fields)
        {
            auto const member = member_for(field, node, type, seen);
            if (!member)
            {
                skip(field.node, joined(path, field.name));
                continue;
            }
            seen[*member] = true;
            auto const& found = type.members[*member];
            value(field.node, found.type(), offset + found.offset, joined(path, found.name));
        }
        for (std::size_t i = 0; i < seen.size(); ++i)
            if (!seen[i])
                absent(node, type, type.members[i], offset, path);
    }

    // By its name; else by the type's alias, unless the writer has the member's own name as well.
    static std::optional<std::size_t> member_for(avro_field const& field, avro_node const& node, avro_type const& type,
                                                 std::vector<bool> const& seen)
    {
        auto const is_written = [&](auto const& name)
        { return std::ranges::any_of(node.fields, [&](auto const& each) { return each.name == name; }); };
        for (std::size_t i = 0; i < type.members.size(); ++i)
            if (!seen[i] && type.members[i].name == field.name)
                return i;
        for (std::size_t i = 0; i < type.members.size(); ++i)
            if (!seen[i] && is_alias(type.members[i], field.name) && !is_written(type.members[i].name))
                return i;
        return std::nullopt;
    }

    static bool is_alias(avro_member const& member, std::string_view name)
    {
        return !member.alias.empty() && member.alias == name;
    }

    void absent(avro_node const& node, avro_type const& type, avro_member const& member, std::size_t offset,
                std::string const& path)
    {
        if (!member.has_default)
            throw avro_schema_error{joined(path, member.name) + ": the writer's " + serde::describe(node) +
                                    " has no such field, and in " + describe(type) +
                                    " it has no default; make it a std::optional, or see avro_traits"};
        auto step = avro_step{avro_op::set_default, narrow(offset + member.offset)};
        step.set_default = member.set_default;
        emit(step, joined(path, member.name));
    }

    // ---- unions

    void union_value(avro_node const& node, avro_type const& type, std::size_t offset, std::string const& path)
    {
        if (nullable(node, type, offset, path))
            return;
        auto branches = std::vector<std::uint32_t>{};
        auto possible = false;
        auto const outside = std::exchange(in_branch_, true);
        for (auto const branch : node.branches)
        {
            auto const fits = branch_fits(branch, type);
            possible = possible || fits;
            branches.push_back(fits ? routine(branch, &type, path) : impossible(branch, type, path));
        }
        in_branch_ = outside;
        if (!possible)
            mismatch(node, type, path);
        emit({avro_op::read_union, narrow(offset), narrow(plan_.unions.size())}, path);
        plan_.unions.push_back(std::move(branches));
    }

    bool nullable(avro_node const& node, avro_type const& type, std::size_t offset, std::string const& path)
    {
        if (type.shape != avro_shape::optional || node.branches.size() != 2)
            return false;
        auto const first_is_null = writer_[node.branches[0]].kind == avro_kind::null;
        if (!first_is_null && writer_[node.branches[1]].kind != avro_kind::null)
            return false;
        auto const inner = routine(node.branches[first_is_null ? 1 : 0], &type.element(), path);
        emit({avro_op::read_nullable, narrow(offset), inner, first_is_null ? 0U : 1U, &type}, path);
        return true;
    }

    bool branch_fits(avro_index branch, avro_type const& type)
    {
        auto const& node = writer_[branch];
        if (type.shape == avro_shape::optional)
            return node.kind == avro_kind::null || branch_fits(branch, type.element());
        if (type.shape == avro_shape::variant)
            return alternative_for(branch, type).has_value();
        return can_become(node, type) || (type.shape == avro_shape::timestamp && node.kind == avro_kind::int64);
    }

    // A routine of its own that fails.
    std::uint32_t impossible(avro_index branch, avro_type const& type, std::string const& path)
    {
        routines_.push_back(
            {branch, &type, path, true, "expected " + describe(type) + ", found " + serde::describe(writer_[branch])});
        return narrow(routines_.size() - 1);
    }

    void fail(std::string const& why, std::string const& path)
    {
        emit({avro_op::fail, 0, narrow(plan_.failures.size())}, path);
        plan_.failures.push_back(why);
    }

    // ---- what nobody wants

    void skip(avro_index index, std::string const& path)
    {
        auto const& node = writer_[index];
        switch (node.kind)
        {
        case avro_kind::null:
            return;
        case avro_kind::boolean:
            return skip_fixed(1, path);
        case avro_kind::int32:
        case avro_kind::int64:
        case avro_kind::enumeration:
            return emit({avro_op::skip_long}, path);
        case avro_kind::float32:
            return skip_fixed(4, path);
        case avro_kind::float64:
            return skip_fixed(8, path);
        case avro_kind::bytes:
        case avro_kind::string:
            return emit({avro_op::skip_bytes}, path);
        case avro_kind::fixed:
            return skip_fixed(node.size, path);
        case avro_kind::array:
            return emit({avro_op::skip_array, 0, routine(node.element, nullptr, item_of(path))}, path);
        case avro_kind::map:
            return emit({avro_op::skip_map, 0, routine(node.element, nullptr, mapped_in(path))}, path);
        case avro_kind::record:
            return emit({avro_op::call, 0, routine(index, nullptr, path)}, path); // it may contain itself
        case avro_kind::alternatives:
            break;
        }
        auto branches = std::vector<std::uint32_t>{};
        for (auto const branch : node.branches)
            branches.push_back(routine(branch, nullptr, path));
        emit({avro_op::skip_union, 0, narrow(plan_.unions.size())}, path);
        plan_.unions.push_back(std::move(branches));
    }

    void skip_fields(avro_index record, std::string const& path)
    {
        for (auto const& field : writer_[record].fields)
            skip(field.node, joined(path, field.name));
    }

    void skip_fixed(std::size_t size, std::string const& path)
    {
        auto const begun = starts_.empty() ? 0 : starts_.back();
        if (plan_.steps.size() > begun && plan_.steps.back().op == avro_op::skip_fixed &&
            plan_.steps.back().extra < (1U << 30U))
            plan_.steps.back().extra += narrow(size);
        else
            emit({avro_op::skip_fixed, 0, 0, narrow(size)}, path);
    }

    avro_schema const& writer_;
    enum_defaults const& defaults_;
    avro_plan plan_;
    std::vector<job> routines_;
    std::map<std::pair<avro_index, avro_type const*>, std::uint32_t> numbers_;
    std::vector<std::uint32_t> starts_;
    bool in_branch_ = false;
};

} // namespace

avro_plan compile(avro_schema const& writer, detail::avro_type const& reader, enum_defaults const& defaults)
{
    return compiler{writer, defaults}.compile(reader);
}

} // namespace paperboy::serde
