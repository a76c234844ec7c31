#include "codec.hpp"

#include "command.hpp"
#include "msgpack_shown.hpp"

#include <paperboy/msgpack_json.hpp>
#include <paperboy/serde.hpp>

#include <charconv>
#include <concepts>
#include <cstdint>
#include <utility>

namespace paperboy::cli
{
namespace
{

bytes_view view_of(std::string_view bytes)
{
    return std::as_bytes(std::span{bytes.data(), bytes.size()});
}

json checked_json(std::string_view text)
{
    try
    {
        return parse_json(text);
    }
    catch (json::parse_error const& error)
    {
        throw command_failed{std::string{"this is not JSON: "} + error.what()};
    }
}

class text_codec final : public codec
{
public:
    [[nodiscard]] std::string text(std::string_view bytes) override { return std::string{bytes}; }
    [[nodiscard]] json value(std::string_view bytes) override { return json_of(bytes); }
    [[nodiscard]] std::string encode(std::string_view text) override { return std::string{text}; }
    [[nodiscard]] std::string encode_json(json const& value) override
    {
        if (auto bytes = bytes_of(value))
            return *std::move(bytes);
        return value.dump();
    }
};

// Written again as it was typed, but checked.
class json_codec final : public codec
{
public:
    [[nodiscard]] std::string text(std::string_view bytes) override
    {
        static_cast<void>(checked_json(bytes));
        return std::string{bytes};
    }
    [[nodiscard]] json value(std::string_view bytes) override { return checked_json(bytes); }
    [[nodiscard]] std::string encode(std::string_view text) override { return this->text(text); }
    [[nodiscard]] std::string encode_json(json const& value) override { return value.dump(); }
};

class msgpack_codec_of_any final : public codec
{
public:
    [[nodiscard]] json value(std::string_view bytes) override
    {
        auto found = json{};
        serde_.decode(view_of(bytes), found);
        return show_msgpack(found);
    }
    [[nodiscard]] std::string encode(std::string_view text) override { return encode_json(checked_json(text)); }
    [[nodiscard]] std::string encode_json(json const& value) override
    {
        auto bytes = std::string{};
        serde_.encode(read_msgpack(value), bytes);
        return bytes;
    }

private:
    msgpack<json> serde_;
};

class hex_codec final : public codec
{
public:
    [[nodiscard]] std::string text(std::string_view bytes) override
    {
        constexpr auto digits = std::string_view{"0123456789abcdef"};
        auto text = std::string{};
        for (auto const each : bytes)
        {
            text += digits[static_cast<unsigned char>(each) >> 4U];
            text += digits[static_cast<unsigned char>(each) & 15U];
        }
        return text;
    }
    [[nodiscard]] json value(std::string_view bytes) override { return text(bytes); }
    [[nodiscard]] std::string encode(std::string_view text) override
    {
        auto bytes = std::string{};
        for (; text.size() >= 2; text.remove_prefix(2))
        {
            auto number = 0U;
            auto const [end, error] = std::from_chars(text.data(), text.data() + 2, number, 16);
            if (error != std::errc{} || end != text.data() + 2)
                break;
            bytes += static_cast<char>(number);
        }
        if (!text.empty())
            throw command_failed{"\"" + std::string{text} + "\" is not hexadecimal; write two digits for each byte"};
        return bytes;
    }
    [[nodiscard]] std::string encode_json(json const& value) override { return encode(value.get<std::string>()); }
};

class base64_codec final : public codec
{
public:
    [[nodiscard]] std::string text(std::string_view bytes) override { return to_base64(bytes); }
    [[nodiscard]] json value(std::string_view bytes) override { return to_base64(bytes); }
    [[nodiscard]] std::string encode(std::string_view text) override { return from_base64(text); }
    [[nodiscard]] std::string encode_json(json const& value) override { return from_base64(value.get<std::string>()); }
};

// As Java's serializers write them.
template <std::integral T>
class integer_codec final : public codec
{
public:
    [[nodiscard]] json value(std::string_view bytes) override
    {
        auto number = T{};
        serde_.decode(view_of(bytes), number);
        return number;
    }
    [[nodiscard]] std::string encode(std::string_view text) override
    {
        auto number = T{};
        auto const* const end = text.data() + text.size();
        auto const read = std::from_chars(text.data(), end, number);
        if (read.ec != std::errc{} || read.ptr != end)
            throw command_failed{"\"" + std::string{text} + "\" is not a whole number of " +
                                 std::to_string(sizeof(T) * 8) + " bits"};
        return bytes(number);
    }
    [[nodiscard]] std::string encode_json(json const& value) override
    {
        if (!holds(value))
            throw command_failed{"expected a whole number of " + std::to_string(sizeof(T) * 8) + " bits, found " +
                                 value.dump()};
        return bytes(value.get<T>());
    }

private:
    // JSON's other numbers, and true and false, would be converted without a word.
    [[nodiscard]] static bool holds(json const& value)
    {
        if (value.is_number_unsigned())
            return std::in_range<T>(value.get<std::uint64_t>());
        return value.is_number_integer() && std::in_range<T>(value.get<std::int64_t>());
    }

    [[nodiscard]] std::string bytes(T number) const
    {
        auto out = std::string{};
        serde_.encode(number, out);
        return out;
    }

    integer<T> serde_;
};

} // namespace

json parse_json(std::string_view text)
{
    constexpr auto deepest = 1000;
    auto const look = [](int depth, json::parse_event_t event, json const&)
    {
        if (depth >= deepest &&
            (event == json::parse_event_t::object_start || event == json::parse_event_t::array_start))
            throw command_failed{"it is nested more than " + std::to_string(deepest) + " levels deep"};
        return true;
    };
    return json::parse(text, look);
}

std::string codec::text(std::string_view bytes)
{
    return value(bytes).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::unique_ptr<codec> make_codec(std::string const& name, connection const& cluster, avro_side const& side)
{
    if (name == "text")
        return std::make_unique<text_codec>();
    if (name == "json")
        return std::make_unique<json_codec>();
    if (name == "msgpack")
        return std::make_unique<msgpack_codec_of_any>();
    if (name == "hex")
        return std::make_unique<hex_codec>();
    if (name == "base64")
        return std::make_unique<base64_codec>();
    if (name == "i32")
        return std::make_unique<integer_codec<std::int32_t>>();
    if (name == "i64")
        return std::make_unique<integer_codec<std::int64_t>>();
    if (name == "avro")
        return make_avro_codec(cluster.registry(), side);
    throw usage_error{"-s has the format \"" + name + "\"; choose one of: " + codec_names};
}

void format_options::add_to(CLI::App& command)
{
    command
        .add_option("-s,--format-of", given_,
                    std::string{"Format of keys and values: FORMAT, key=FORMAT or value=FORMAT, each one of: "} +
                        codec_names)
        ->allow_extra_args(false);
}

std::string format_options::key() const
{
    return chosen("key=", "value=");
}

std::string format_options::value() const
{
    return chosen("value=", "key=");
}

std::string format_options::chosen(std::string_view part, std::string_view other) const
{
    auto found = std::string{"text"};
    for (auto const& each : given_)
        if (each.starts_with(part))
            found = each.substr(part.size());
        else if (!each.starts_with(other))
            found = each;
    return found;
}

} // namespace paperboy::cli
