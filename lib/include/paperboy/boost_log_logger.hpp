#pragma once

/// An engine's log in Boost.Log's. The one header that includes Boost.Log's, which a program that uses it links itself.

#include <paperboy/log_fields.hpp>
#include <paperboy/logger.hpp>

#include <boost/log/attributes/attribute_value_impl.hpp>
#include <boost/log/keywords/channel.hpp>
#include <boost/log/keywords/severity.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/log/trivial.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace paperboy
{

/// Boost.Log's name for a level.
[[nodiscard]] constexpr boost::log::trivial::severity_level to_boost_log(log_level level) noexcept
{
    switch (level)
    {
    case log_level::error:
        return boost::log::trivial::error;
    case log_level::warning:
        return boost::log::trivial::warning;
    case log_level::debug:
        return boost::log::trivial::debug;
    case log_level::info:
    case log_level::off:
        break;
    }
    return boost::log::trivial::info;
}

/// A logger for `config::log` that writes to Boost.Log's core.
///
/// Its records have the attributes `Severity`, `Channel` (paperboy or librdkafka) and, where the line is about one,
/// `Topic` (std::string), `Partition` (std::int32_t) and `Offset` (std::int64_t): see `log_fields`. Their message is
/// the line without what is in these. `threshold` is decided by paperboy, before the line is made; the core's filter
/// follows.
[[nodiscard]] inline logger boost_log_logger(log_level threshold = log_level::info)
{
    using source = boost::log::sources::severity_channel_logger_mt<boost::log::trivial::severity_level, std::string>;
    auto const write = [target = std::make_shared<source>()](log_level level, std::string_view line)
    {
        auto const fields = fields_of(line);
        auto record = target->open_record((boost::log::keywords::channel = std::string{fields.source},
                                           boost::log::keywords::severity = to_boost_log(level)));
        if (!record)
            return;
        auto& values = record.attribute_values();
        if (!fields.topic.empty())
            values.insert("Topic", boost::log::attributes::make_attribute_value(std::string{fields.topic}));
        if (fields.partition)
            values.insert("Partition", boost::log::attributes::make_attribute_value(*fields.partition));
        if (fields.offset)
            values.insert("Offset", boost::log::attributes::make_attribute_value(*fields.offset));
        auto stream = boost::log::record_ostream{record};
        stream << fields.text;
        stream.flush();
        target->push_record(std::move(record));
    };
    return logger{threshold, write};
}

} // namespace paperboy
