#include "consume.hpp"
#include "output.hpp"

namespace paperboy::cli
{
namespace
{

// A delimiter as a part of a format, in which it means nothing but itself.
std::string verbatim(std::string_view delimiter)
{
    auto text = std::string{};
    for (auto const each : unescaped(delimiter))
    {
        if (each == '%' || each == '\\')
            text += each;
        text += each;
    }
    return text;
}

// What is shown when no format is given: the value, behind the offset and the key where these are asked for.
std::string format_of(consume_options const& options)
{
    if (!options.format.empty())
        return options.format;
    auto const behind_key = verbatim(options.key_delimiter);
    auto format = std::string{};
    if (options.show_offset)
        format += "%o" + behind_key;
    if (!behind_key.empty())
        format += "%k" + behind_key;
    return format + "%s" + verbatim(options.delimiter);
}

} // namespace

record_printer::record_printer(consume_options const& options) : options_{options}, format_{format_of(options)}
{
    codecs_.key = make_codec(options.formats.key(), options.cluster, {options.topic, true});
    codecs_.value = make_codec(options.formats.value(), options.cluster, {options.topic, false});
}

void record_printer::print(record_view const& record)
{
    if (options_.as_json)
        return output::standard().json_line(record_json(record, codecs_));
    line_.clear();
    format_.write(record, codecs_, options_.show_null ? "NULL" : "", line_);
    output::standard().write(line_);
}

} // namespace paperboy::cli
