#pragma once

#include "connection.hpp"
#include "output.hpp"

#include <paperboy/record.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace paperboy::cli
{

/// Keys or values as somebody reads and types them. All functions throw command_failed, or what the library's serdes
/// throw, for bytes or texts that are not of the format.
class codec
{
public:
    codec() = default;
    codec(codec const&) = delete;
    codec& operator=(codec const&) = delete;
    virtual ~codec() = default;

    /// Bytes of a record as text; JSON where the format has structure.
    [[nodiscard]] virtual std::string text(std::string_view bytes);

    /// As a part of a JSON line: structured where the format is; a text that is not UTF-8 is {"base64": "…"}.
    [[nodiscard]] virtual json value(std::string_view bytes) = 0;

    /// The other ways.
    [[nodiscard]] virtual std::string encode(std::string_view text) = 0;
    [[nodiscard]] virtual std::string encode_json(json const& value) = 0;
};

/// What `make_codec` knows, for help texts.
inline constexpr auto codec_names = "text, json, msgpack, avro, hex, base64, i32, i64";

/// What an Avro codec needs beside the registry.
struct avro_side
{
    std::string topic;
    bool is_key = false;
    /// A file with the schema to write with; empty: the latest one of the topic's subject.
    std::string schema_file = {};
};

/// `name`: one of codec_names. Throws usage_error for others.
[[nodiscard]] std::unique_ptr<codec> make_codec(std::string const& name, connection const& cluster,
                                                avro_side const& side);

[[nodiscard]] std::unique_ptr<codec> make_avro_codec(schema_registry_settings const& registry, avro_side const& side);

/// The options -s [key=|value=]FORMAT, as kcat has them, and what they choose.
class format_options
{
public:
    void add_to(CLI::App& command);
    /// Throws usage_error.
    [[nodiscard]] std::string key() const;
    [[nodiscard]] std::string value() const;

private:
    [[nodiscard]] std::string chosen(std::string_view part, std::string_view other) const;

    std::vector<std::string> given_;
};

/// For all JSON that comes from outside: what walks it later goes down its levels by recursion. Throws
/// json::parse_error for what is no JSON, and command_failed for what is nested more than 1000 levels deep.
[[nodiscard]] json parse_json(std::string_view text);

[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] std::string from_base64(std::string_view text);

/// {"base64": …} or a text, to bytes; nothing where it is neither.
[[nodiscard]] std::optional<std::string> bytes_of(json const& value);
/// The other way.
[[nodiscard]] json json_of(std::string_view bytes);

} // namespace paperboy::cli
