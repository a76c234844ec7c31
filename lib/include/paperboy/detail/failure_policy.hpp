#pragma once

#include <paperboy/error.hpp>
#include <paperboy/handler.hpp>

#include <exception>
#include <optional>

namespace paperboy::detail
{

// Decides what a handler's options say of a failure; nothing when on_error has to be asked.
class failure_policy
{
public:
    explicit failure_policy(handler_options const& options)
        : on_failure_{options.on_failure}, on_undecodable_{options.on_undecodable}
    {
    }

    [[nodiscard]] std::optional<error_action> without_asking(hook where, std::exception_ptr const& error,
                                                             bool can_ask) const;

private:
    error_action on_failure_;
    std::optional<error_action> on_undecodable_;
};

} // namespace paperboy::detail
