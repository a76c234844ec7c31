#include "pipeline/topic_matcher.hpp"

#include <paperboy/detail/topic_name.hpp>
#include <paperboy/error.hpp>

#include <algorithm>
#include <utility>

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

void topic_matcher::add(std::string topic)
{
    if (std::ranges::find(topics_, topic) != topics_.end())
        refuse("topic \"" + topic + "\" has a handler already; one handler per topic");
    auto expression = std::optional<std::regex>{};
    if (is_pattern(topic))
        expression = compile(topic);
    else
        check_name(topic);
    topics_.push_back(std::move(topic));
    expressions_.push_back(std::move(expression));
}

std::optional<std::size_t> topic_matcher::find(std::string_view topic) const
{
    for (std::size_t each = 0; each < topics_.size(); ++each)
        if (!expressions_[each] && topics_[each] == topic)
            return each;
    for (std::size_t each = 0; each < topics_.size(); ++each)
        if (expressions_[each] && std::regex_search(topic.begin(), topic.end(), *expressions_[each]))
            return each;
    return std::nullopt;
}

bool topic_matcher::names(std::string_view topic) const
{
    auto const found = std::ranges::find(topics_, topic);
    return found != topics_.end() && !expressions_[static_cast<std::size_t>(found - topics_.begin())];
}

} // namespace paperboy::pipeline
