#pragma once

#include <paperboy/detail/batch_run.hpp>

#include <paperboy/handler.hpp>

#include <memory>
#include <optional>
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
    void add(std::string topic, std::unique_ptr<detail::batch_handler_factory> factory,
             handler_options const& options = {});

    // A handler and how it is to be served.
    struct target
    {
        detail::batch_handler_factory& factory;
        handler_options const& options;
        // As it was added: a name or an expression.
        std::string const& topic;
    };

    // Nothing when no handler fits. Valid as long as no handler is added.
    [[nodiscard]] std::optional<target> find(std::string_view topic) const;

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
        handler_options options;
        std::unique_ptr<detail::batch_handler_factory> factory;
    };

    std::vector<route> routes_;
};

} // namespace paperboy::pipeline
