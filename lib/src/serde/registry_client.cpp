#include "serde/registry_client.hpp"

#include "serde/registry_answer.hpp"
#include "serde/registry_settings.hpp"
#include "serde/registry_url.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace paperboy::detail
{
namespace asio = boost::asio;

namespace
{

std::string path_of(std::string const& subject, std::int32_t version)
{
    auto const number = version == schema_registry::latest ? "latest" : std::to_string(version);
    return "/subjects/" + serde::percent_encoded(subject) + "/versions/" + number;
}

std::string name_of(std::string const& subject, std::int32_t version)
{
    auto const which = version == schema_registry::latest ? "version" : "version " + std::to_string(version);
    return which + " of subject \"" + serde::printable(subject, 200) + "\"";
}

void check(schema_draft const& draft)
{
    if (draft.type == schema_type::other)
        throw registry_error{errc::invalid_schema, "paperboy: a schema of type `other` cannot be sent to the registry"};
}

std::chrono::steady_clock::time_point now()
{
    return std::chrono::steady_clock::now();
}

template <class Key>
void throw_if_among(serde::bounded_cache<Key, std::string> const& unknown, Key const& key)
{
    if (auto const* why = unknown.find(key, now()))
        throw registry_error{errc::unknown_schema, *why};
}

} // namespace

registry_client::registry_client(executor_type executor, schema_registry_settings const& settings)
    : executor_{std::move(executor)}, strand_{asio::make_strand(executor_)}, unknown_ttl_{settings.unknown_ttl},
      latest_ttl_{settings.latest_ttl},
      flights_{std::make_shared<serde::registry_flights>(strand_, serde::checked(settings))},
      ids_{settings.cache_limit}, versions_{settings.cache_limit}, unknown_ids_{settings.cache_limit},
      unknown_versions_{settings.cache_limit}
{
}

schema_ptr registry_client::find(std::int32_t id) const
{
    auto const lock = std::scoped_lock{ids_guard_};
    auto const* found = ids_.find(id, {});
    return found != nullptr ? *found : nullptr;
}

void registry_client::abort(std::shared_ptr<registry_client> const& client)
{
    asio::post(client->strand_, [client] { client->flights_->abort(); });
}

// Of two that came for the same id the first stays: everybody has the same object.
schema_ptr registry_client::remember(schema fetched)
{
    auto const lock = std::scoped_lock{ids_guard_};
    if (auto const* there = ids_.find(fetched.id, {}))
        return *there;
    auto const id = fetched.id;
    auto shared = std::make_shared<schema const>(std::move(fetched));
    ids_.put(id, shared);
    return shared;
}

// What was not there, or was the latest, may not be so any more; nor is it what an answer says that is on its way. Who
// asks from now on gets one of its own.
void registry_client::registered(std::string const& subject)
{
    unknown_ids_.clear();
    unknown_versions_.clear();
    versions_.expire({subject, schema_registry::latest});
    flights_->part();
    ++registrations_;
}

template <class Key>
void registry_client::note_unknown(serde::bounded_cache<Key, std::string>& among, Key const& key,
                                   registry_error const& answer, std::uint64_t registrations)
{
    if (answer.code() == errc::unknown_schema && registrations == registrations_)
        among.put(key, answer.what(), now() + unknown_ttl_);
}

asio::awaitable<schema_ptr> registry_client::fetch(std::int32_t id)
{
    if (auto known = find(id))
        co_return known;
    throw_if_among(unknown_ids_, id);
    auto const before = registrations_;
    auto const answer = co_await flights_->ask({"/schemas/ids/" + std::to_string(id)});
    if (auto known = find(id))
        co_return known;
    try
    {
        co_return remember(serde::read_schema(answer, id, "schema with id " + std::to_string(id)));
    }
    catch (registry_error const& error)
    {
        note_unknown(unknown_ids_, id, error, before);
        throw;
    }
}

asio::awaitable<subject_version> registry_client::fetch(std::string subject, std::int32_t version)
{
    auto const key = version_key{subject, version};
    if (auto const* known = versions_.find(key, now()))
        co_return *known;
    throw_if_among(unknown_versions_, key);
    auto const before = registrations_;
    auto const answer = co_await flights_->ask({path_of(subject, version)});
    try
    {
        auto found = serde::read_version(answer, name_of(subject, version));
        found.subject = std::move(subject);
        found.schema = remember(*found.schema);
        versions_.put({found.subject, found.version}, found);
        if (version == schema_registry::latest && before == registrations_)
            versions_.put(key, found, now() + latest_ttl_);
        co_return found;
    }
    catch (registry_error const& error)
    {
        note_unknown(unknown_versions_, key, error, before);
        throw;
    }
}

asio::awaitable<std::int32_t> registry_client::add(std::string subject, schema_draft draft)
{
    detail::check(draft);
    auto const target = "/subjects/" + serde::percent_encoded(subject) + "/versions";
    auto const answer = co_await flights_->ask({target, serde::to_json(draft)});
    auto const id = serde::read_id(answer, "subject \"" + serde::printable(subject, 200) + "\"");
    registered(subject);
    co_return id;
}

asio::awaitable<compatibility> registry_client::check(std::string subject, schema_draft draft, std::int32_t version)
{
    detail::check(draft);
    auto const target = "/compatibility" + path_of(subject, version) + "?verbose=true";
    auto const answer = co_await flights_->ask({target, serde::to_json(draft)});
    co_return serde::read_compatibility(answer, name_of(subject, version));
}

// ---- the functions that the public header calls

asio::any_io_executor executor_of(registry_client const& client)
{
    return client.executor();
}

asio::any_io_executor strand_of(registry_client const& client)
{
    return client.strand();
}

// Each leaves the initiating call first: what is cached would complete inside it.

asio::awaitable<schema_ptr> fetch_schema(registry_handle client, std::int32_t id)
{
    co_await asio::post(client->strand(), asio::use_awaitable);
    co_return co_await client->fetch(id);
}

asio::awaitable<subject_version> fetch_version(registry_handle client, std::string subject, std::int32_t version)
{
    co_await asio::post(client->strand(), asio::use_awaitable);
    co_return co_await client->fetch(std::move(subject), version);
}

asio::awaitable<std::int32_t> register_schema(registry_handle client, std::string subject, schema_draft draft)
{
    co_await asio::post(client->strand(), asio::use_awaitable);
    co_return co_await client->add(std::move(subject), std::move(draft));
}

asio::awaitable<compatibility> check_schema(registry_handle client, std::string subject, schema_draft draft,
                                            std::int32_t version)
{
    co_await asio::post(client->strand(), asio::use_awaitable);
    co_return co_await client->check(std::move(subject), std::move(draft), version);
}

} // namespace paperboy::detail
