#include "serde/registry_answer.hpp"

#include "serde/registry_url.hpp"

#include <simdjson.h>

#include <limits>
#include <optional>
#include <string_view>

namespace paperboy::serde
{
namespace
{

namespace dom = simdjson::dom;

std::string text_of(dom::element const& in, std::string_view name)
{
    auto text = std::string_view{};
    return in[name].get(text) == simdjson::SUCCESS ? std::string{text} : std::string{};
}

std::optional<std::int32_t> number_of(dom::element const& in, std::string_view name)
{
    auto value = std::int64_t{};
    if (in[name].get(value) != simdjson::SUCCESS || value < 0 || value > std::numeric_limits<std::int32_t>::max())
        return std::nullopt;
    return static_cast<std::int32_t>(value);
}

[[noreturn]] void fail_bad(http_answer const& answer, std::string const& why)
{
    throw registry_error{errc::registry_bad_answer, describe(answer) + "; " + why};
}

std::string looks_like(http_answer const& answer)
{
    auto const type = answer.content_type.empty() ? "no content type" : printable(answer.content_type);
    auto out = std::string{"nothing"};
    if (!answer.body.empty())
        out.assign("\"").append(printable(answer.body)).append("\"");
    return out.append(" (").append(type).append(")");
}

// What the registry says about a failure: its message and its own number.
struct complaint
{
    std::int32_t code = 0;
    std::string message;
};

std::optional<complaint> read_complaint(dom::parser& parser, http_answer const& answer)
{
    auto root = dom::element{};
    if (parser.parse(answer.body).get(root) != simdjson::SUCCESS)
        return std::nullopt;
    auto const code = number_of(root, "error_code");
    if (!code)
        return std::nullopt;
    return complaint{*code, printable(text_of(root, "message"), 300)};
}

[[noreturn]] void fail(http_answer const& answer, std::string const& asked_for)
{
    auto parser = dom::parser{};
    auto const told = read_complaint(parser, answer);
    auto const says = told ? " (" + std::to_string(told->code) + ": " + told->message + ")" : "";
    if (answer.status == 401 || answer.status == 403)
        throw registry_error{errc::registry_refused, describe(answer) + says + "; check user, password or token"};
    if (answer.status >= 300 && answer.status < 400)
        fail_bad(answer, "a redirect" + (answer.location.empty() ? "" : " to \"" + printable(answer.location) + "\"") +
                             ", which is not followed; set the registry's own URL");
    if (answer.status == 404 && told)
        throw registry_error{errc::unknown_schema, describe(answer) + says + "; the registry has no " + asked_for};
    if (answer.status == 409)
        throw registry_error{errc::incompatible_schema,
                             describe(answer) + says + "; the schema is not compatible with its subject's versions"};
    if (answer.status == 422)
        throw registry_error{errc::invalid_schema, describe(answer) + says + "; the registry cannot use the schema"};
    fail_bad(answer, "expected 200 and JSON, found " + looks_like(answer) + "; is the URL with its path prefix right?");
}

dom::element read_root(dom::parser& parser, http_answer const& answer, std::string const& asked_for)
{
    if (answer.status != 200)
        fail(answer, asked_for);
    auto root = dom::element{};
    if (parser.parse(answer.body).get(root) != simdjson::SUCCESS || !root.is_object())
        fail_bad(answer, "expected JSON, found " + looks_like(answer) + "; is the URL with its path prefix right?");
    return root;
}

schema_type type_of(std::string_view name)
{
    if (name == "AVRO")
        return schema_type::avro;
    if (name == "JSON")
        return schema_type::json;
    return name == "PROTOBUF" ? schema_type::protobuf : schema_type::other;
}

std::vector<schema_reference> references_in(dom::element const& root, http_answer const& answer)
{
    auto out = std::vector<schema_reference>{};
    auto all = dom::array{};
    if (root["references"].get(all) != simdjson::SUCCESS)
        return out;
    for (auto const each : all)
    {
        auto const version = number_of(each, "version");
        if (!version)
            fail_bad(answer, "expected a reference with name, subject and version");
        out.push_back({text_of(each, "name"), text_of(each, "subject"), *version});
    }
    return out;
}

schema schema_in(dom::element const& root, http_answer const& answer, std::int32_t id)
{
    auto out = schema{};
    auto text = std::string_view{};
    if (root["schema"].get(text) != simdjson::SUCCESS)
        fail_bad(answer, "expected an object with \"schema\", found " + looks_like(answer));
    out.id = id;
    out.text = text;
    if (auto const name = text_of(root, "schemaType"); !name.empty())
        out.type_name = name;
    out.type = type_of(out.type_name);
    out.references = references_in(root, answer);
    return out;
}

void append_quoted(std::string& out, std::string_view text)
{
    constexpr std::string_view hex_digits = "0123456789abcdef";
    out += '"';
    for (auto const c : text)
    {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) >= ' ')
        {
            out += c;
            continue;
        }
        out += "\\u00";
        out += hex_digits[static_cast<unsigned char>(c) >> 4U];
        out += hex_digits[static_cast<unsigned char>(c) & 15U];
    }
    out += '"';
}

} // namespace

std::string describe(http_answer const& answer)
{
    return "paperboy: schema registry: " + answer.url + " answered " + std::to_string(answer.status);
}

bool is_of_registry(http_answer const& answer)
{
    switch (answer.status)
    {
    case 401:
    case 403:
    case 409:
    case 422:
        return true;
    default:
        break;
    }
    auto parser = dom::parser{};
    if (answer.status != 200)
        return read_complaint(parser, answer).has_value();
    auto root = dom::element{};
    return parser.parse(answer.body).get(root) == simdjson::SUCCESS && root.is_object();
}

schema read_schema(http_answer const& answer, std::int32_t id, std::string const& asked_for)
{
    auto parser = dom::parser{};
    return schema_in(read_root(parser, answer, asked_for), answer, id);
}

subject_version read_version(http_answer const& answer, std::string const& asked_for)
{
    auto parser = dom::parser{};
    auto const root = read_root(parser, answer, asked_for);
    auto const id = number_of(root, "id");
    auto const version = number_of(root, "version");
    if (!id || !version)
        fail_bad(answer, "expected an object with \"id\" and \"version\", found " + looks_like(answer));
    return {text_of(root, "subject"), *version, std::make_shared<schema const>(schema_in(root, answer, *id))};
}

std::int32_t read_id(http_answer const& answer, std::string const& asked_for)
{
    auto parser = dom::parser{};
    auto const id = number_of(read_root(parser, answer, asked_for), "id");
    if (!id)
        fail_bad(answer, "expected an object with \"id\", found " + looks_like(answer));
    return *id;
}

compatibility read_compatibility(http_answer const& answer, std::string const& asked_for)
{
    auto parser = dom::parser{};
    auto const root = read_root(parser, answer, asked_for);
    auto out = compatibility{};
    if (root["is_compatible"].get(out.compatible) != simdjson::SUCCESS)
        fail_bad(answer, "expected an object with \"is_compatible\", found " + looks_like(answer));
    auto messages = dom::array{};
    if (root["messages"].get(messages) == simdjson::SUCCESS)
        for (auto const each : messages)
            if (auto text = std::string_view{}; each.get(text) == simdjson::SUCCESS)
                out.messages.emplace_back(text);
    return out;
}

std::string to_json(schema_draft const& draft)
{
    auto out = std::string{R"({"schema":)"};
    append_quoted(out, draft.text);
    if (draft.type != schema_type::avro)
        out += draft.type == schema_type::json ? R"(,"schemaType":"JSON")" : R"(,"schemaType":"PROTOBUF")";
    for (auto const& each : draft.references)
    {
        out += &each == draft.references.data() ? R"(,"references":[{"name":)" : R"(,{"name":)";
        append_quoted(out, each.name);
        out += R"(,"subject":)";
        append_quoted(out, each.subject);
        out += R"(,"version":)" + std::to_string(each.version) + "}";
    }
    return out + (draft.references.empty() ? "}" : "]}");
}

} // namespace paperboy::serde
