#include "serde/avro_match.hpp"
#include "serde/avro_write.hpp"

#include "serde/registry_url.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace paperboy::serde
{
namespace
{

using detail::avro_shape;
using detail::avro_type;

class planner
{
public:
    planner(avro_schema const& schema, std::vector<avro_part>& parts) : schema_{schema}, parts_{parts} {}

    std::uint32_t part(avro_index index, avro_type const& type, std::string const& path)
    {
        auto const [at, is_new] = numbers_.try_emplace({index, &type}, static_cast<std::uint32_t>(parts_.size()));
        if (!is_new)
            return at->second;
        auto const number = at->second;
        parts_.emplace_back();
        auto made = make(index, type, path);
        made.node = &schema_[index];
        made.type = &type;
        parts_[number] = std::move(made);
        return number;
    }

private:
    [[noreturn]] static void mismatch(avro_node const& node, avro_type const& type, std::string const& path)
    {
        throw avro_schema_error{(path.empty() ? "" : path + ": ") + describe(type) + " cannot be written as " +
                                describe(node)};
    }

    avro_part make(avro_index index, avro_type const& type, std::string const& path)
    {
        auto const& node = schema_[index];
        if (type.shape == avro_shape::variant)
            return variant(index, type, path);
        if (type.shape == avro_shape::optional)
            return optional(index, type, path);
        if (node.kind == avro_kind::alternatives)
            return branch_of(node, type, path);
        if (!writes(node, type))
            mismatch(node, type, path);
        auto out = avro_part{};
        if (type.shape == avro_shape::sequence || type.shape == avro_shape::mapping)
            out.element = part(node.element, type.element(), path + "[]");
        if (type.shape == avro_shape::record)
            record(node, type, path, out);
        return out;
    }

    void record(avro_node const& node, avro_type const& type, std::string const& path, avro_part& into)
    {
        for (auto const& field : node.fields)
        {
            auto const found =
                std::ranges::find_if(type.members, [&field](auto const& each) { return each.name == field.name; });
            auto const below = path + (path.empty() ? "" : ".") + printable(field.name);
            if (found == type.members.end())
                throw avro_schema_error{below + ": " + describe(type) + " has no such member"};
            into.members.emplace_back(found->offset, part(field.node, found->type(), below));
        }
        if (node.fields.size() != type.members.size())
            throw avro_schema_error{(path.empty() ? "" : path + ": ") + describe(node) + " has not all members of " +
                                    describe(type)};
    }

    avro_part optional(avro_index index, avro_type const& type, std::string const& path)
    {
        auto const& node = schema_[index];
        auto out = avro_part{};
        auto const null = branch_of_kind(node, avro_kind::null);
        if (!null)
            mismatch(node, type, path);
        out.null_branch = *null;
        out.element = part(index, type.element(), path);
        return out;
    }

    [[nodiscard]] std::optional<std::uint32_t> branch_of_kind(avro_node const& node, avro_kind kind) const
    {
        for (std::size_t i = 0; i < node.branches.size(); ++i)
            if (schema_[node.branches[i]].kind == kind)
                return static_cast<std::uint32_t>(i);
        return std::nullopt;
    }

    // The branch of the same type and name, else the first that can hold it.
    avro_part branch_of(avro_node const& node, avro_type const& type, std::string const& path)
    {
        auto chosen = std::optional<std::size_t>{};
        for (std::size_t i = 0; i < node.branches.size(); ++i)
        {
            auto const& branch = schema_[node.branches[i]];
            if (writes(branch, type) && (is_same(branch, type) || !chosen))
                chosen = i;
            if (chosen == i && is_same(branch, type))
                break;
        }
        if (!chosen)
            mismatch(node, type, path);
        auto out = avro_part{};
        out.branch = static_cast<std::uint32_t>(*chosen);
        out.element = part(node.branches[*chosen], type, path);
        return out;
    }

    avro_part variant(avro_index index, avro_type const& type, std::string const& path)
    {
        auto out = avro_part{};
        for (auto const& each : type.alternatives)
            out.alternatives.emplace_back(0, part(index, each(), path));
        return out;
    }

    // Whether every value of the type, but for numbers out of range, may be written so.
    static bool writes(avro_node const& node, avro_type const& type)
    {
        switch (type.shape)
        {
        case avro_shape::integer:
            return (node.kind == avro_kind::int32 || node.kind == avro_kind::int64) &&
                   node.logical == avro_logical::none;
        case avro_shape::floating:
            return node.kind == avro_kind::float64 || (node.kind == avro_kind::float32 && type.size == 4);
        case avro_shape::text:
        case avro_shape::text_view:
            return node.kind == avro_kind::string || node.kind == avro_kind::bytes;
        case avro_shape::bytes:
        case avro_shape::bytes_view:
            return node.kind == avro_kind::bytes || node.kind == avro_kind::fixed;
        case avro_shape::timestamp:
        case avro_shape::time:
            return can_become(node, type) || (node.kind == avro_kind::int64 && node.logical == avro_logical::none);
        case avro_shape::optional:
        case avro_shape::variant:
            return false;
        default:
            return can_become(node, type);
        }
    }

    avro_schema const& schema_;
    std::vector<avro_part>& parts_;
    std::map<std::pair<avro_index, avro_type const*>, std::uint32_t> numbers_;
};

} // namespace

avro_writer::avro_writer(avro_schema schema, avro_type const& type) : schema_{std::move(schema)}
{
    static_cast<void>(planner{schema_, parts_}.part(schema_.root(), type, ""));
}

} // namespace paperboy::serde
