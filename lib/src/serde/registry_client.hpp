#pragma once

#include "serde/bounded_cache.hpp"
#include "serde/registry_flights.hpp"

#include <paperboy/schema_registry.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace paperboy::detail
{

// What all handles of a registry share. Its coroutines run on its strand, and whoever runs them keeps it alive.
class registry_client
{
public:
    using executor_type = boost::asio::any_io_executor;

    registry_client(executor_type executor, schema_registry_settings const& settings);

    [[nodiscard]] executor_type const& executor() const noexcept { return executor_; }
    [[nodiscard]] executor_type const& strand() const noexcept { return strand_; }

    // From any thread.
    [[nodiscard]] schema_ptr find(std::int32_t id) const;
    [[nodiscard]] std::shared_ptr<registry_counters const> counters() const noexcept { return flights_->counters(); }
    static void abort(std::shared_ptr<registry_client> const& client);

    boost::asio::awaitable<schema_ptr> fetch(std::int32_t id);
    boost::asio::awaitable<subject_version> fetch(std::string subject, std::int32_t version);
    boost::asio::awaitable<std::int32_t> add(std::string subject, schema_draft draft);
    boost::asio::awaitable<compatibility> check(std::string subject, schema_draft draft, std::int32_t version);

private:
    using version_key = std::pair<std::string, std::int32_t>;

    schema_ptr remember(schema fetched);
    // What was not there may be there now.
    void registered(std::string const& subject);
    // Remembers that the registry does not know `key`, if that is its answer, and was asked for when so many of our
    // registrations were over. Since then it may have learnt it.
    template <class Key>
    void note_unknown(serde::bounded_cache<Key, std::string>& among, Key const& key, registry_error const& answer,
                      std::uint64_t registrations);

    executor_type executor_;
    executor_type strand_;
    std::chrono::milliseconds unknown_ttl_;
    std::chrono::milliseconds latest_ttl_;
    std::shared_ptr<serde::registry_flights> flights_;

    // The one thing that other threads look at.
    mutable std::mutex ids_guard_;
    serde::bounded_cache<std::int32_t, schema_ptr> ids_;

    serde::bounded_cache<version_key, subject_version> versions_;
    // Of each unknown id, and of each unknown version, the registry's answer.
    serde::bounded_cache<std::int32_t, std::string> unknown_ids_;
    serde::bounded_cache<version_key, std::string> unknown_versions_;
    // Of ours that are over.
    std::uint64_t registrations_ = 0;
};

} // namespace paperboy::detail
