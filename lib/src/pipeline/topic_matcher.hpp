#pragma once

#include <cstddef>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::pipeline
{

// Which of several names and expressions fits a topic: by name first, then the first expression that matches. A value:
// a copy of it knows nothing of the handlers, and may go to another thread and outlive them.
class topic_matcher
{
public:
    // Throws setup_error for an empty, impossible or already added topic, and for a malformed expression.
    void add(std::string topic);

    // Counted from 0 in the order in which they were added.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view topic) const;

    // Whether this very topic was added, other than by an expression.
    [[nodiscard]] bool names(std::string_view topic) const;

    // As they were added.
    [[nodiscard]] std::vector<std::string> const& topics() const noexcept { return topics_; }

private:
    std::vector<std::string> topics_;
    // Of each topic; nothing for a name.
    std::vector<std::optional<std::regex>> expressions_;
};

} // namespace paperboy::pipeline
