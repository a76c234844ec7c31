#include <paperboy/error_action.hpp>

#include <paperboy/detail/topic_name.hpp>
#include <paperboy/error.hpp>

#include <string>

namespace paperboy
{
namespace
{

using namespace std::chrono_literals;

void require(bool fits, char const* field, auto value, char const* range)
{
    if (!fits)
        throw setup_error{errc::invalid_config, "paperboy: backoff." + std::string{field} + " is " +
                                                    std::to_string(value) + "; set it to " + range};
}

} // namespace

error_action error_action::retry(backoff const& how, error_action const& otherwise)
{
    require(how.first >= 1ms && how.first <= 1h, "first", how.first.count(), "1 ms to 1 h");
    require(how.factor >= 1 && how.factor <= 100, "factor", how.factor, "1 to 100");
    require(how.longest >= how.first && how.longest <= 24h, "longest", how.longest.count(), "at least first, to 24 h");
    require(how.jitter >= 0 && how.jitter <= 1, "jitter", how.jitter, "0 to 1");
    require(how.total >= 0ms, "total", how.total.count(), "0 or more");
    if (otherwise.what() == kind::retry)
        throw setup_error{
            errc::invalid_config,
            "paperboy: error_action::retry ends in another retry; let it end in fail, skip or dead_letter"};
    auto action = error_action{kind::retry};
    action.otherwise_ = otherwise.what();
    action.how_ = how;
    action.dead_letter_topic_ = otherwise.dead_letter_topic_;
    return action;
}

error_action error_action::dead_letter(std::string_view topic)
{
    if (!topic.empty() && !detail::is_topic_name(topic))
        throw setup_error{errc::invalid_config,
                          "paperboy: \"" + std::string{topic} +
                              "\" cannot be a topic for dead letters: a topic's name has 1 to 249 "
                              "letters, digits, '.', '_' or '-'"};
    auto action = error_action{kind::dead_letter};
    if (!topic.empty())
        action.dead_letter_topic_ = topic;
    return action;
}

// Not in the header: g++ 12 warns of the comparison of two optional strings wherever it is inlined.
bool error_action::operator==(error_action const& other) const noexcept
{
    return what_ == other.what_ && otherwise_ == other.otherwise_ && how_ == other.how_ &&
           dead_letter_topic() == other.dead_letter_topic();
}

std::string_view to_string(error_action::kind what) noexcept
{
    switch (what)
    {
    case error_action::kind::fail:
        return "fail";
    case error_action::kind::skip:
        return "skip";
    case error_action::kind::retry:
        return "retry";
    case error_action::kind::dead_letter:
        return "dead_letter";
    }
    return "unknown";
}

} // namespace paperboy
