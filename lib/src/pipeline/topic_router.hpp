#pragma once

#include <paperboy/detail/batch_run.hpp>

#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::pipeline
{

// Which handler a topic's records go to: by name first, then by the first regular expression that matches.
class topic_router
{
public:
    // Throws setup_error for an empty, impossible or already handled topic, and for a malformed expression.
    void add(std::string topic, std::unique_ptr<detail::batch_handler_factory> factory);

    // Null when no handler fits.
    [[nodiscard]] detail::batch_handler_factory* find(std::string_view topic) const;

    // Whether a handler names this very topic, other than by an expression.
    [[nodiscard]] bool names(std::string_view topic) const;

    [[nodiscard]] bool empty() const noexcept { return routes_.empty(); }

    // Names and expressions as they were added: what the consumer subscribes to.
    [[nodiscard]] std::vector<std::string> topics() const;

private:
    struct route
    {
        std::string topic;
        bool pattern;
        std::regex expression;
        std::unique_ptr<detail::batch_handler_factory> factory;
    };

    std::vector<route> routes_;
};

} // namespace paperboy::pipeline
