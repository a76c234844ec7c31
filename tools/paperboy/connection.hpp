#pragma once

#include <paperboy/config.hpp>
#include <paperboy/schema_registry.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace paperboy::cli
{

/// The options that say where the cluster and the schema registry are, and how to log in.
///
/// Properties of librdkafka come from a file and from the command line, which goes first. Those that start with
/// "schema.registry." are the registry's: url, basic.auth.user.info, bearer.auth.token, ssl.ca.location,
/// ssl.certificate.location, ssl.key.location. A "topic." in front of a property is dropped, as kcat does.
class connection
{
public:
    void add_to(CLI::App& command);
    void add_registry_to(CLI::App& command);

    /// For `admin` and `topic_reader`, with `topic_writer` likewise. Throws usage_error, also without brokers.
    [[nodiscard]] config settings() const;
    /// For an engine that is a member of this group. Its warnings go to stderr, unless `quiet`.
    [[nodiscard]] config member_settings(std::string const& group, bool quiet) const;
    [[nodiscard]] bool has_brokers() const;
    [[nodiscard]] std::chrono::milliseconds timeout() const;

    /// Throws usage_error when no registry was named.
    [[nodiscard]] schema_registry_settings registry() const;

private:
    [[nodiscard]] properties all_properties() const;
    [[nodiscard]] properties given_properties() const;
    [[nodiscard]] log_level level() const noexcept;

    std::string brokers_;
    std::string registry_;
    std::string file_;
    std::string debug_;
    std::vector<std::string> given_;
    double timeout_s_ = 10;
    bool verbose_ = false;
};

} // namespace paperboy::cli
