#include "record_format.hpp"

#include "command.hpp"

#include <paperboy/topic_partition.hpp>

#include <charconv>
#include <exception>

namespace paperboy::cli
{
namespace
{

constexpr auto letters = std::string_view{"tpokshTKSR%"};

[[noreturn]] void blame(record_view const& record, std::string_view part, std::exception const& error)
{
    throw command_failed{to_string(topic_partition{std::string{record.topic()}, record.partition()}) + "@" +
                         std::to_string(record.offset()) + ": the " + std::string{part} +
                         " cannot be shown: " + error.what() + "; choose another -s " + std::string{part} + "=FORMAT"};
}

// Whatever the codec throws, with the place.
template <class Use>
auto decoded(record_view const& record, std::string_view part, Use use)
{
    try
    {
        return use();
    }
    catch (std::exception const& error)
    {
        blame(record, part, error);
    }
}

std::string key_text(record_view const& record, record_codecs const& codecs)
{
    return decoded(record, "key", [&] { return codecs.key->text(record.key()); });
}

std::string value_text(record_view const& record, record_codecs const& codecs)
{
    return decoded(record, "value", [&] { return codecs.value->text(record.value()); });
}

// As kcat, whatever stands for other nulls.
void write_headers(record_view const& record, std::string& out)
{
    auto first = true;
    for (auto const& [name, value] : record.headers())
    {
        if (!first)
            out += ',';
        first = false;
        out.append(name).append("=").append(value.value_or("NULL"));
    }
}

void write_size(std::size_t size, std::string& out)
{
    for (auto shift = 24U; shift < 32U; shift -= 8U)
        out += static_cast<char>(size >> shift & 0xffU);
}

std::int64_t size_of(bool null, std::string_view bytes)
{
    return null ? -1 : static_cast<std::int64_t>(bytes.size());
}

} // namespace

record_format::record_format(std::string_view format)
{
    auto const text = unescaped(format);
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        if (text[i] != '%')
        {
            if (parts_.empty() || parts_.back().letter != 0)
                parts_.emplace_back();
            parts_.back().text += text[i];
            continue;
        }
        if (++i == text.size() || letters.find(text[i]) == letters.npos)
            throw usage_error{"-f has \"%" + (i < text.size() ? std::string(1, text[i]) : std::string{}) +
                              "\"; the letters are " + std::string{letters}};
        parts_.emplace_back().letter = text[i];
    }
}

void record_format::write(record_view const& record, record_codecs const& codecs, std::string_view null,
                          std::string& out) const
{
    for (auto const& [letter, text] : parts_)
        switch (letter)
        {
        case 't':
            out += record.topic();
            break;
        case 'p':
            out += std::to_string(record.partition());
            break;
        case 'o':
            out += std::to_string(record.offset());
            break;
        case 'k':
            out += record.has_key() ? key_text(record, codecs) : std::string{null};
            break;
        case 's':
            out += record.is_tombstone() ? std::string{null} : value_text(record, codecs);
            break;
        case 'h':
            write_headers(record, out);
            break;
        case 'T':
            out += std::to_string(
                record.timestamp().value_or(timestamp{std::chrono::milliseconds{-1}}).time_since_epoch().count());
            break;
        case 'K':
            out += std::to_string(size_of(!record.has_key(), record.key()));
            break;
        case 'S':
            out += std::to_string(size_of(record.is_tombstone(), record.value()));
            break;
        case 'R':
            write_size(record.value().size(), out);
            break;
        case '%':
            out += '%';
            break;
        default:
            out += text;
        }
}

std::string unescaped(std::string_view text)
{
    constexpr auto escapes = std::string_view{"n\nt\tr\r0\0\\\\", 10};
    auto out = std::string{};
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        if (text[i] != '\\' || i + 1 == text.size())
        {
            out += text[i];
            continue;
        }
        ++i;
        auto code = 0;
        if (text[i] == 'x' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ptr == text.data() + i + 3)
        {
            out += static_cast<char>(code);
            i += 2;
            continue;
        }
        auto known = false;
        for (std::size_t at = 0; at < escapes.size() && !known; at += 2)
            if ((known = escapes[at] == text[i]))
                out += escapes[at + 1];
        if (!known)
            out.append("\\").append(1, text[i]);
    }
    return out;
}

json record_json(record_view const& record, record_codecs const& codecs)
{
    auto line = json::object();
    line["topic"] = record.topic();
    line["partition"] = record.partition();
    line["offset"] = record.offset();
    if (auto const time = record.timestamp())
        line["ts"] = time->time_since_epoch().count();
    auto headers = json::array();
    for (auto const& [name, value] : record.headers())
    {
        headers.push_back(json_of(name));
        headers.push_back(value ? json_of(*value) : json{});
    }
    if (!headers.empty())
        line["headers"] = std::move(headers);
    line["key"] = record.has_key() ? decoded(record, "key", [&] { return codecs.key->value(record.key()); }) : json{};
    line["payload"] =
        record.is_tombstone() ? json{} : decoded(record, "value", [&] { return codecs.value->value(record.value()); });
    return line;
}

} // namespace paperboy::cli
