#pragma once

#include "pipeline/topic_matcher.hpp"

#include <paperboy/detail/batch_run.hpp>

#include <paperboy/handler.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::pipeline
{

// Which handler a topic's records go to.
class topic_router
{
public:
    // Throws what topic_matcher::add throws.
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

    // To be copied by who must not keep the handlers.
    [[nodiscard]] topic_matcher const& matcher() const noexcept { return matcher_; }

    // Whether a handler names this very topic, other than by an expression.
    [[nodiscard]] bool names(std::string_view topic) const { return matcher_.names(topic); }

    // Names and expressions as they were added: what the consumer subscribes to.
    [[nodiscard]] std::vector<std::string> const& topics() const noexcept { return matcher_.topics(); }

    [[nodiscard]] bool empty() const noexcept { return handlers_.empty(); }

private:
    struct handler
    {
        handler_options options;
        std::unique_ptr<detail::batch_handler_factory> factory;
    };

    topic_matcher matcher_;
    // Of each topic that the matcher knows.
    std::vector<handler> handlers_;
};

} // namespace paperboy::pipeline
