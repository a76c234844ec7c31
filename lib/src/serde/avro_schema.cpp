#include "serde/avro_schema.hpp"

#include "serde/registry_url.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

namespace paperboy::serde
{
namespace
{

namespace dom = simdjson::dom;

constexpr std::size_t most_text = std::size_t{4} << 20U;
constexpr std::size_t most_nodes = 65'536;
constexpr std::size_t most_names = std::size_t{16} << 20U;
// Each use of a name has its namespace put in front of it.
constexpr std::size_t longest_full_name = 4'096;
constexpr int most_levels = 64;
// Of a decimal: its text takes time that grows with their square, and each item of an array may be a byte with as many
// digits behind its point.
constexpr std::int64_t most_digits = 1'000;
// As many bytes has a number of so many digits.
constexpr std::size_t most_decimal_bytes = 416;

constexpr std::array<std::pair<std::string_view, avro_kind>, 8> primitives{{
    {"null", avro_kind::null},
    {"boolean", avro_kind::boolean},
    {"int", avro_kind::int32},
    {"long", avro_kind::int64},
    {"float", avro_kind::float32},
    {"double", avro_kind::float64},
    {"bytes", avro_kind::bytes},
    {"string", avro_kind::string},
}};

struct logical_name
{
    std::string_view name;
    avro_logical logical;
    // What it may annotate; a second kind, or the same again.
    avro_kind on;
    avro_kind or_on;
};

constexpr std::array<logical_name, 12> logicals{{
    {"decimal", avro_logical::decimal, avro_kind::bytes, avro_kind::fixed},
    {"uuid", avro_logical::uuid, avro_kind::string, avro_kind::fixed},
    {"date", avro_logical::date, avro_kind::int32, avro_kind::int32},
    {"time-millis", avro_logical::time_millis, avro_kind::int32, avro_kind::int32},
    {"time-micros", avro_logical::time_micros, avro_kind::int64, avro_kind::int64},
    {"timestamp-millis", avro_logical::timestamp_millis, avro_kind::int64, avro_kind::int64},
    {"timestamp-micros", avro_logical::timestamp_micros, avro_kind::int64, avro_kind::int64},
    {"timestamp-nanos", avro_logical::timestamp_nanos, avro_kind::int64, avro_kind::int64},
    {"local-timestamp-millis", avro_logical::timestamp_millis, avro_kind::int64, avro_kind::int64},
    {"local-timestamp-micros", avro_logical::timestamp_micros, avro_kind::int64, avro_kind::int64},
    {"local-timestamp-nanos", avro_logical::timestamp_nanos, avro_kind::int64, avro_kind::int64},
    {"duration", avro_logical::duration, avro_kind::fixed, avro_kind::fixed},
}};

std::optional<avro_kind> primitive(std::string_view name)
{
    for (auto const& [word, kind] : primitives)
        if (word == name)
            return kind;
    return std::nullopt;
}

[[noreturn]] void fail(std::string const& why)
{
    throw avro_schema_error{"not an Avro schema: " + why};
}

std::string in_quotes(std::string_view text)
{
    return std::string{"\""}.append(printable(text)).append("\"");
}

std::optional<std::string_view> text_in(dom::object const& in, std::string_view name)
{
    auto text = std::string_view{};
    return in.at_key(name).get(text) == simdjson::SUCCESS ? std::optional{text} : std::nullopt;
}

std::vector<std::string> texts_in(dom::object const& in, std::string_view name)
{
    auto out = std::vector<std::string>{};
    auto all = dom::array{};
    if (in.at_key(name).get(all) == simdjson::SUCCESS)
        for (auto const each : all)
            if (auto text = std::string_view{}; each.get(text) == simdjson::SUCCESS)
                out.emplace_back(text);
    return out;
}

} // namespace

class avro_schema_parser
{
public:
    explicit avro_schema_parser(avro_schema& into) : schema_{into} {}

    avro_index parse(std::string_view text)
    {
        if (text.size() > most_text)
            fail("its text has more than 4 MiB");
        auto parser = dom::parser{};
        auto root = dom::element{};
        if (auto const error = parser.parse(text.data(), text.size()).get(root); error == simdjson::SUCCESS)
            return read(root, "");
        // Some registries keep the name of a primitive type without its quotes.
        if (auto const kind = primitive(text))
            return add(*kind);
        fail("its text is not JSON: " + in_quotes(text));
    }

private:
    struct level
    {
        explicit level(int& depth) : depth_{depth}
        {
            if (++depth_ > most_levels)
                fail("it is nested more than 64 levels deep");
        }
        level(level const&) = delete;
        level& operator=(level const&) = delete;
        ~level() { --depth_; }

    private:
        int& depth_;
    };

    avro_index add(avro_kind kind)
    {
        if (schema_.nodes_.size() == most_nodes)
            fail("it has more than 65536 parts");
        schema_.nodes_.emplace_back().kind = kind;
        return static_cast<avro_index>(schema_.nodes_.size() - 1);
    }

    avro_node& at(avro_index index) { return schema_.nodes_[index]; }

    avro_index read(dom::element const& from, std::string const& space)
    {
        auto const deeper = level{depth_};
        auto text = std::string_view{};
        if (from.get(text) == simdjson::SUCCESS)
            return read_name(text, space);
        auto array = dom::array{};
        if (from.get(array) == simdjson::SUCCESS)
            return read_union(array, space);
        auto object = dom::object{};
        if (from.get(object) != simdjson::SUCCESS)
            fail("a type is a name, an object or an array");
        return read_object(object, space);
    }

    avro_index read_name(std::string_view name, std::string const& space)
    {
        if (auto const kind = primitive(name))
            return add(*kind);
        auto const full =
            name.find('.') == name.npos && !space.empty() ? space + "." + std::string{name} : std::string{name};
        if (auto const found = names_.find(full); found != names_.end())
            return found->second;
        if (auto const found = names_.find(std::string{name}); found != names_.end())
            return found->second;
        fail("there is no type " + in_quotes(name));
    }

    avro_index read_union(dom::array const& from, std::string const& space)
    {
        auto const index = add(avro_kind::alternatives);
        auto branches = std::vector<avro_index>{};
        for (auto const each : from)
        {
            branches.push_back(read(each, space));
            if (at(branches.back()).kind == avro_kind::alternatives)
                fail("a union has another one as its branch");
        }
        if (branches.empty())
            fail("a union has no branches");
        at(index).branches = std::move(branches);
        return index;
    }

    avro_index read_object(dom::object const& from, std::string const& space)
    {
        auto type = dom::element{};
        if (from.at_key("type").get(type) != simdjson::SUCCESS)
            fail("an object has no \"type\"");
        auto word = std::string_view{};
        if (type.get(word) != simdjson::SUCCESS)
            return read(type, space);
        auto index = avro_index{};
        if (word == "record" || word == "error")
            return read_record(from, space);
        if (word == "enum")
            return read_enum(from, space);
        if (word == "fixed")
            index = read_fixed(from, space);
        else if (word == "array")
            return read_container(avro_kind::array, "items", from, space);
        else if (word == "map")
            return read_container(avro_kind::map, "values", from, space);
        else
            index = read_name(word, space);
        annotate(at(index), from);
        return index;
    }

    // Without effect where it does not fit, as the specification has it.
    static void annotate(avro_node& node, dom::object const& from)
    {
        auto const name = text_in(from, "logicalType");
        if (!name)
            return;
        for (auto const& each : logicals)
            if (each.name == *name && (each.on == node.kind || each.or_on == node.kind))
                node.logical = each.logical;
        if (node.logical == avro_logical::duration && node.size != 12)
            node.logical = avro_logical::none;
        if (node.logical == avro_logical::uuid && node.kind == avro_kind::fixed && node.size != 16)
            node.logical = avro_logical::none;
        if (node.logical == avro_logical::decimal)
            annotate_decimal(node, from);
    }

    static void annotate_decimal(avro_node& node, dom::object const& from)
    {
        auto precision = std::int64_t{0};
        auto scale = std::int64_t{0};
        auto const has_precision = from.at_key("precision").get(precision) == simdjson::SUCCESS;
        auto const asked = from.at_key("scale").get(scale);
        auto const has_scale = asked == simdjson::SUCCESS || asked == simdjson::NO_SUCH_FIELD;
        if (has_precision && has_scale && precision > 0 && precision <= most_digits && scale >= 0 && scale <= precision)
            node.scale = static_cast<int>(scale);
        else
            node.logical = avro_logical::none;
    }

    // Makes the node and its names known before its parts are read: they may refer to it.
    std::pair<avro_index, std::string> declare(avro_kind kind, dom::object const& from, std::string const& space)
    {
        auto const name = text_in(from, "name");
        if (!name || name->empty())
            fail("a record, enum or fixed has no name");
        auto own_space = std::string{text_in(from, "namespace").value_or(space)};
        auto full = std::string{*name};
        if (auto const dot = name->rfind('.'); dot != name->npos)
            own_space = name->substr(0, dot);
        else if (!own_space.empty())
            full = own_space + "." + full;
        if (full.size() > longest_full_name)
            fail("the full name " + in_quotes(full) + " has more than " + std::to_string(longest_full_name) + " bytes");
        names_size_ += full.size();
        if (names_size_ > most_names)
            fail("its full names have more than " + std::to_string(most_names) + " bytes together");
        auto const index = add(kind);
        at(index).name = full;
        if (!names_.try_emplace(full, index).second)
            fail(in_quotes(full) + " is defined twice");
        return {index, std::move(own_space)};
    }

    avro_index read_record(dom::object const& from, std::string const& space)
    {
        auto const [index, own_space] = declare(avro_kind::record, from, space);
        auto all = dom::array{};
        if (from.at_key("fields").get(all) != simdjson::SUCCESS)
            fail("the record " + in_quotes(at(index).name) + " has no \"fields\"");
        auto fields = std::vector<avro_field>{};
        auto seen = std::set<std::string_view>{};
        for (auto const each : all)
        {
            auto object = dom::object{};
            auto type = dom::element{};
            auto const found = each.get(object) == simdjson::SUCCESS ? text_in(object, "name") : std::nullopt;
            if (!found || object.at_key("type").get(type) != simdjson::SUCCESS)
                fail("a field of " + in_quotes(at(index).name) + " has no name or no type");
            if (found->empty())
                fail("a field of " + in_quotes(at(index).name) + " has an empty name");
            if (!seen.insert(*found).second)
                fail(in_quotes(at(index).name) + " has the field " + in_quotes(*found) + " twice");
            // A logical type beside the type of a field, not in it, is a common mistake, and has no effect.
            fields.push_back({std::string{*found}, texts_in(object, "aliases"), read(type, own_space)});
        }
        at(index).fields = std::move(fields);
        return index;
    }

    avro_index read_enum(dom::object const& from, std::string const& space)
    {
        auto const index = declare(avro_kind::enumeration, from, space).first;
        at(index).symbols = texts_in(from, "symbols");
        if (at(index).symbols.empty())
            fail("the enum " + in_quotes(at(index).name) + " has no symbols");
        if (auto const found = text_in(from, "default"); found && std::ranges::count(at(index).symbols, *found) > 0)
            at(index).default_symbol = *found;
        return index;
    }

    avro_index read_fixed(dom::object const& from, std::string const& space)
    {
        auto const index = declare(avro_kind::fixed, from, space).first;
        auto size = std::int64_t{};
        if (from.at_key("size").get(size) != simdjson::SUCCESS || size < 0 || size > (std::int64_t{1} << 30U))
            fail("the size of " + in_quotes(at(index).name) + " is none from 0 to 1 GiB");
        at(index).size = static_cast<std::size_t>(size);
        return index;
    }

    avro_index read_container(avro_kind kind, std::string_view part, dom::object const& from, std::string const& space)
    {
        auto element = dom::element{};
        if (from.at_key(part).get(element) != simdjson::SUCCESS)
            fail("an array has no \"items\", or a map no \"values\"");
        auto const index = add(kind);
        auto const of = read(element, space);
        at(index).element = of;
        return index;
    }

    avro_schema& schema_;
    std::map<std::string, avro_index> names_;
    std::size_t names_size_ = 0;
    int depth_ = 0;
};

avro_schema::avro_schema(std::string_view text, std::vector<std::string> const& known)
{
    auto parser = avro_schema_parser{*this};
    for (auto const& each : known)
        static_cast<void>(parser.parse(each));
    root_ = parser.parse(text);
}

enum_defaults defaults_of_enums(avro_schema const& schema)
{
    auto all = enum_defaults{};
    for (std::size_t i = 0; i < schema.size(); ++i)
        if (auto const& node = schema[static_cast<avro_index>(i)]; !node.default_symbol.empty())
            all.insert_or_assign(std::string{unqualified(node.name)}, node.default_symbol);
    return all;
}

bool is_decimal(std::string_view unscaled)
{
    if (unscaled.size() <= most_decimal_bytes)
        return true;
    // All bits of the bytes in front are those of a sign.
    auto const sign = static_cast<unsigned char>(unscaled.front()) < 0x80U ? '\0' : '\xff';
    auto const extension = unscaled.substr(0, unscaled.size() - most_decimal_bytes);
    return extension.find_first_not_of(sign) == extension.npos;
}

std::string describe(avro_node const& node)
{
    for (auto const& each : logicals)
        if (node.logical != avro_logical::none && each.logical == node.logical)
            return std::string{each.name};
    switch (node.kind)
    {
    case avro_kind::record:
        return "record " + printable(node.name);
    case avro_kind::enumeration:
        return "enum " + printable(node.name);
    case avro_kind::fixed:
        return "fixed " + printable(node.name) + " of " + std::to_string(node.size) + " bytes";
    case avro_kind::array:
        return "array";
    case avro_kind::map:
        return "map";
    case avro_kind::alternatives:
        return "union";
    default:
        break;
    }
    for (auto const& [word, kind] : primitives)
        if (kind == node.kind)
            return std::string{word};
    return "unknown";
}

std::string_view unqualified(std::string_view name)
{
    auto const dot = name.rfind('.');
    return dot == name.npos ? name : name.substr(dot + 1);
}

} // namespace paperboy::serde
