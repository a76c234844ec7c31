#pragma once

#include <paperboy/error.hpp>

#include <stdexcept>
#include <string>

namespace paperboy
{

/// Thrown by `admin`, `topic_reader` and `topic_writer`: what was asked of the cluster, what came of it, and the
/// remedy.
///
/// Codes: those of `kafka_category()`, and `errc::missing_topic`, `errc::authentication_failed` and `errc::tls_failed`.
class cluster_error : public std::runtime_error
{
public:
    /// `text` is what `what()` returns.
    cluster_error(error_code code, std::string const& text) : std::runtime_error{text}, code_{code} {}

    /// What the cluster or librdkafka said.
    [[nodiscard]] error_code code() const noexcept { return code_; }

private:
    error_code code_;
};

} // namespace paperboy
