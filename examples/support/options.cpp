#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <span>

namespace quickstart
{
namespace
{

using arguments = std::span<char const* const>;

std::string in_quotes(std::string_view text)
{
    return "\"" + std::string{text} + "\"";
}

// The value of an option: behind its '=', or the next argument.
std::string take_value(std::string_view option, std::string_view example, arguments& rest)
{
    if (rest.empty() || std::string_view{rest.front()}.empty())
        throw usage_error{std::string{option} + " needs a value, for example " + std::string{option} + " " +
                          std::string{example}};
    auto value = std::string{rest.front()};
    rest = rest.subspan(1);
    return value;
}

std::uint64_t parse_count(std::string_view option, std::string const& text)
{
    constexpr std::uint64_t most = 1'000'000'000;
    auto count = std::uint64_t{};
    auto const* const end = text.data() + text.size();
    auto const [stopped, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc{} || stopped != end || count < 1 || count > most)
        throw usage_error{std::string{option} + " cannot be " + in_quotes(text) + "; give a whole number from 1 to " +
                          std::to_string(most)};
    return count;
}

void add_property(paperboy::properties& all, std::string const& text)
{
    auto const equals = text.find('=');
    if (equals == 0 || equals == text.npos)
        throw usage_error{"-X cannot be " + in_quotes(text) +
                          "; write -X property=value, for example -X security.protocol=ssl"};
    all.insert_or_assign(text.substr(0, equals), text.substr(equals + 1));
}

void parse_one(std::string_view option, arguments& rest, options& result)
{
    if (option == "--help" || option == "-h")
        result.mode = mode::help;
    else if (option == "--bootstrap-servers" || option == "-b")
        result.bootstrap_servers = take_value(option, "localhost:9092", rest);
    else if (option == "--topic" || option == "-t")
        result.topic = take_value(option, "page-views", rest);
    else if (option == "--group" || option == "-g")
        result.group = take_value(option, "quickstart", rest);
    else if (option == "-X")
        add_property(result.properties, take_value(option, "security.protocol=ssl", rest));
    else if (option == "--records" || option == "-n")
        result.records = parse_count(option, take_value(option, "200000", rest));
    else if (option == "--print")
    {
        result.mode = mode::print;
        result.records = parse_count(option, take_value(option, "200000", rest));
    }
    else
        throw usage_error{"unknown option " + in_quotes(option) + "; --help lists the options"};
}

} // namespace

options parse(int argc, char const* const* argv)
{
    auto result = options{};
    auto rest = arguments{argv, static_cast<std::size_t>(argc)}.subspan(1);
    while (!rest.empty() && result.mode != mode::help)
    {
        auto const argument = std::string{rest.front()};
        rest = rest.subspan(1);
        auto const equals = argument.starts_with("--") ? argument.find('=') : argument.npos;
        if (equals == argument.npos)
        {
            parse_one(argument, rest, result);
            continue;
        }
        auto const* const value = argument.c_str() + equals + 1;
        auto attached = arguments{&value, 1};
        parse_one(argument.substr(0, equals), attached, result);
        if (!attached.empty())
            throw usage_error{argument.substr(0, equals) + " takes no value; --help lists the options"};
    }
    if (result.topic.starts_with('^'))
        throw usage_error{"--topic cannot be the expression " + in_quotes(result.topic) +
                          ": the counts are in a table, which goes with one topic; give its name"};
    return result;
}

// A group's name may have characters that a topic's may not.
std::string options::changelog() const
{
    auto name = topic + "-" + group + "-counts";
    auto const allowed = [](char each)
    {
        return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
               each == '.' || each == '_' || each == '-';
    };
    std::ranges::replace_if(name, std::not_fn(allowed), '-');
    return name;
}

std::string_view help() noexcept
{
    return R"(Counts page views per page with a paperboy engine.

  tools/quickstart [OPTION...]

Without options: starts a mock cluster in this process, produces page views into it, counts them in a table and
compares. With --bootstrap-servers: counts a topic of a real cluster until Ctrl-C; its records are JSON objects such
as {"page":"/pricing"}. The counts are kept in the compacted topic TOPIC-GROUP-counts, which is created when it is not
there, and go on from there when it is started again.

  -b, --bootstrap-servers HOST:PORT,...   the cluster (default: a mock cluster in this process)
  -t, --topic NAME                        the topic (page-views)
  -g, --group NAME                        the consumer group (quickstart)
  -X PROPERTY=VALUE                       any librdkafka property, for example -X security.protocol=ssl
  -n, --records N                         how many records to produce (200000), or on a real cluster to count
      --print N                           print N page views for kcat, and do nothing else
  -h, --help                              this text

To fill a topic of a real cluster:

  tools/quickstart --print 200000 | kcat -P -b HOST:PORT -t page-views -K '\t' -Z

Exit status: 0 when every page's count is what was produced, or after Ctrl-C; 1 when not, or when the engine failed;
2 for options that make no sense.
)";
}

} // namespace quickstart
