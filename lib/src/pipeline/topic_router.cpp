#include "pipeline/topic_router.hpp"

#include <utility>

namespace paperboy::pipeline
{

void topic_router::add(std::string topic, std::unique_ptr<detail::batch_handler_factory> factory,
                       handler_options const& options)
{
    handlers_.reserve(handlers_.size() + 1);
    matcher_.add(std::move(topic));
    handlers_.push_back({options, std::move(factory)});
}

std::optional<topic_router::target> topic_router::find(std::string_view topic) const
{
    auto const found = matcher_.find(topic);
    if (!found)
        return std::nullopt;
    auto const& served_by = handlers_[*found];
    return target{*served_by.factory, served_by.options, matcher_.topics()[*found]};
}

} // namespace paperboy::pipeline
