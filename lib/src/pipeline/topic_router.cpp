#include "pipeline/topic_router.hpp"

#include <paperboy/detail/topic_name.hpp>
#include <paperboy/error.hpp>

#include <algorithm>

namespace paperboy::pipeline
{
namespace
{

[[noreturn]] void refuse(std::string const& text)
{
    throw setup_error{errc::invalid_handler, "paperboy: " + text};
}

bool is_pattern(std::string_view topic)
{
    return topic.starts_with('^');
}

void check_name(std::string const& topic)
{
    if (topic.empty())
        refuse("a handler's topic is empty; give a topic's name, or a regular expression that begins with '^'");
    if (!detail::is_topic_name(topic))
        refuse("\"" + topic +
               "\" cannot be a topic's name: at most 249 letters, digits, '.', '_' and '-'; a regular expression "
               "begins with '^'");
}

// The grammar that librdkafka matches subscriptions with.
std::regex compile(std::string const& pattern)
{
    try
    {
        return std::regex{pattern, std::regex::extended | std::regex::optimize};
    }
    catch (std::regex_error const& error)
    {
        refuse("topic pattern \"" + pattern + "\" is not a POSIX extended regular expression: " + error.what());
    }
}

} // namespace

void topic_router::add(std::string topic, std::unique_ptr<detail::batch_handler_factory> factory,
                       handler_options const& options)
{
    if (std::ranges::find(routes_, topic, &route::topic) != routes_.end())
        refuse("topic \"" + topic + "\" has a handler already; one handler per topic");
    auto const pattern = is_pattern(topic);
    auto expression = std::regex{};
    if (pattern)
        expression = compile(topic);
    else
        check_name(topic);
    routes_.push_back({std::move(topic), pattern, std::move(expression), options, std::move(factory)});
}

std::optional<topic_router::target> topic_router::find(std::string_view topic) const
{
    auto const named = [topic](route const& each) { return !each.pattern && each.topic == topic; };
    auto const matches = [topic](route const& each)
    { return each.pattern && std::regex_search(topic.begin(), topic.end(), each.expression); };
    auto found = std::ranges::find_if(routes_, named);
    if (found == routes_.end())
        found = std::ranges::find_if(routes_, matches);
    if (found == routes_.end())
        return std::nullopt;
    return target{*found->factory, found->options, found->topic};
}

bool topic_router::names(std::string_view topic) const
{
    return std::ranges::any_of(routes_, [topic](route const& each) { return !each.pattern && each.topic == topic; });
}

std::vector<std::string> topic_router::topics() const
{
    auto all = std::vector<std::string>{};
    for (auto const& each : routes_)
        all.push_back(each.topic);
    return all;
}

} // namespace paperboy::pipeline
