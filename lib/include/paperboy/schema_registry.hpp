#pragma once

#include <paperboy/error.hpp>
#include <paperboy/logger.hpp>
#include <paperboy/stats.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution_context.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace paperboy
{

class schema_registry;

/// Settings of a `schema_registry`. Meant for designated initialisers; only `urls` is required.
///
/// With g++ 12, do not write a temporary of this type inside a `co_await` expression: that compiler destroys
/// aggregates twice there. A named variable is safe.
struct schema_registry_settings
{
    /// Base URLs of one registry, `http://` or `https://`, with a path prefix where it has one, for example
    /// "http://localhost:8081/apis/ccompat/v7". The first is asked until it fails, has a certificate that is not
    /// trusted, or answers as no registry does; then the next: the one that answered last stays the first. A URL may
    /// have its own `user:password@`, percent-encoded; it goes before `user`.
    std::vector<std::string> urls;

    /// Basic authentication; empty: none. Excludes `bearer_token`.
    std::string user = {};
    /// The password that goes with `user`. It never appears in a log or an error.
    std::string password = {};

    /// Bearer authentication; empty: none.
    std::string bearer_token = {};

    /// PEM file of the certificate authorities that https URLs are checked with; empty: those of the system.
    std::string ca_file = {};

    /// PEM files of the certificate (with its chain) and the key that we show to https URLs; both or neither.
    std::string certificate_file = {};
    /// The key that goes with `certificate_file`.
    std::string key_file = {};

    /// Longest time that one attempt may take, from the look-up of the host to the last byte of the answer. 10 ms to
    /// 10 min.
    std::chrono::milliseconds request_timeout{10'000};

    /// How often a request is tried again after network errors, time-outs, 5xx and 429, once all URLs have failed. 0 to
    /// 1,000.
    std::size_t retries = 8;

    /// The wait before the first retry, doubled for each further one, less up to a half by chance. 1 ms to 10 min.
    std::chrono::milliseconds backoff{100};

    /// The most that one wait may take. A registry that asks by Retry-After for a longer one is given up. 1 ms to 1 h.
    std::chrono::milliseconds max_backoff{30'000};

    /// Most connections at the same time, to all URLs together, so that a topic of many schemas does not storm the
    /// registry. An attempt waits for one as long as `request_timeout`, in turn, and only then begins. 1 to 1,000.
    std::size_t max_connections = 8;

    /// How long an id, or a version of a subject, that the registry does not know is remembered as unknown. 0 to 1 h.
    std::chrono::milliseconds unknown_ttl{10'000};

    /// How long the answer to "latest" is remembered, unless `async_register` changes it. 0 to 1 h.
    std::chrono::milliseconds latest_ttl{10'000};

    /// How many ids, and how many versions of subjects, are remembered at most; the oldest go first. 1 to 10,000,000.
    std::size_t cache_limit = 10'000;

    /// The largest answer that is read, in bytes. 1 KiB to 1 GiB.
    std::size_t max_response = std::size_t{16} << 20U;

    /// Where log lines go: retries, and URLs that are passed over, as warnings, nothing else.
    logger log = {};
};

/// The language that a schema is written in.
enum class schema_type
{
    avro,
    json,
    protobuf,
    /// One that paperboy has no name for; `schema::type_name` has the registry's.
    other,
};

/// Another schema that a schema uses by name.
struct schema_reference
{
    /// The name that the schema uses for it.
    std::string name;
    /// The subject that it is registered under.
    std::string subject;
    /// Its version there, from 1.
    std::int32_t version = 0;
};

/// A schema as the registry keeps it under an id. It never changes.
struct schema
{
    /// What records carry.
    std::int32_t id = 0;

    /// The language that it is written in.
    schema_type type = schema_type::avro;

    /// The registry's word for the type: "AVRO", "JSON", "PROTOBUF" or another.
    std::string type_name = "AVRO";

    /// The schema itself.
    std::string text;

    /// The schemas that it uses by name.
    std::vector<schema_reference> references;
};

/// Shared by everybody who asked for the same id; kept alive by each of them.
using schema_ptr = std::shared_ptr<schema const>;

/// A version of a subject, and its schema.
struct subject_version
{
    /// The subject's name.
    std::string subject;
    /// The version's number, from 1.
    std::int32_t version = 0;
    /// Its schema; null only in a default-constructed object.
    schema_ptr schema;

    subject_version() = default;
    /// As the registry answered.
    subject_version(std::string of, std::int32_t number, schema_ptr registered)
        : subject{std::move(of)}, version{number}, schema{std::move(registered)}
    {
    }
};

/// What a compatibility check found.
struct compatibility
{
    /// Whether it is compatible.
    bool compatible = false;

    /// Why not, in the registry's words; may be empty.
    std::vector<std::string> messages;

    compatibility() = default;
    /// What the registry said.
    compatibility(bool fits, std::vector<std::string> why) : compatible{fits}, messages{std::move(why)} {}
};

/// A schema that is to be registered or checked.
struct schema_draft
{
    /// The schema itself.
    std::string text;
    /// The language that it is written in.
    schema_type type = schema_type::avro;
    /// The schemas that it uses by name.
    std::vector<schema_reference> references;

    /// An Avro schema that uses no other.
    schema_draft(std::string schema_text) : text{std::move(schema_text)} {}
    /// A schema in any language.
    schema_draft(std::string schema_text, schema_type written_in, std::vector<schema_reference> uses = {})
        : text{std::move(schema_text)}, type{written_in}, references{std::move(uses)}
    {
    }
};

/// Why an operation of a `schema_registry` failed: a code, and a text that names the URL (never with a password or
/// token), the status and what was expected.
///
/// Codes: `errc::registry_unreachable` (retriable; all retries failed), `errc::registry_refused`,
/// `errc::registry_bad_answer`, `errc::unknown_schema`, `errc::invalid_schema`, `errc::incompatible_schema`.
class registry_error : public std::runtime_error
{
public:
    /// `text` is what `what()` returns.
    registry_error(errc code, std::string const& text) : std::runtime_error{text}, code_{code} {}

    /// The code, of `paperboy_category()`.
    [[nodiscard]] error_code code() const noexcept { return make_error_code(code_); }

private:
    errc code_;
};

/// What a `schema_registry` has asked for over the network; what its caches answered does not count. Each attempt of a
/// request counts once, by how it ended.
struct registry_stats
{
    /// Answered with what was asked for.
    std::uint64_t answered = 0;
    /// Answered with a status of 300 to 499 but 429: unknown, not allowed, incompatible.
    std::uint64_t refused = 0;
    /// Answered with 429: too many requests.
    std::uint64_t throttled = 0;
    /// Answered with a status of 500 or more.
    std::uint64_t server_errors = 0;
    /// Not answered: no connection, time-outs, answers that are no HTTP.
    std::uint64_t unanswered = 0;

    /// How long the attempts took that were answered, waits for a connection included.
    duration_histogram durations;
};

namespace detail
{

class registry_client;
class registry_counters;

// Held by operations as well as by the user's handles.
using registry_handle = std::shared_ptr<registry_client>;

boost::asio::any_io_executor executor_of(registry_client const& client);
boost::asio::any_io_executor strand_of(registry_client const& client);
boost::asio::awaitable<schema_ptr> fetch_schema(registry_handle client, std::int32_t id);
boost::asio::awaitable<subject_version> fetch_version(registry_handle client, std::string subject,
                                                      std::int32_t version);
boost::asio::awaitable<std::int32_t> register_schema(registry_handle client, std::string subject, schema_draft draft);
boost::asio::awaitable<compatibility> check_schema(registry_handle client, std::string subject, schema_draft draft,
                                                   std::int32_t version);

// Runs an operation on the client's strand and its completion handler where that wants to run.
template <class T>
struct registry_initiation
{
    registry_handle client;

    template <class Handler>
    void operator()(Handler&& handler, boost::asio::awaitable<T> operation) const
    {
        auto const runs_on = boost::asio::get_associated_executor(handler, executor_of(*client));
        boost::asio::co_spawn(strand_of(*client), std::move(operation),
                              boost::asio::bind_executor(runs_on, std::forward<Handler>(handler)));
    }
};

template <class T, class Token>
auto start_registry_operation(schema_registry const& registry, boost::asio::awaitable<T> operation, Token&& token);

} // namespace detail

/// A client of a schema registry with the Confluent API (Confluent, Apicurio's ccompat, Karapace).
///
/// A handle: copies share one client, with its caches and its connections, which are kept alive and reused. When the
/// last copy is gone the client ends, in the middle of a request too: what is outstanding completes with
/// `asio::error::operation_aborted`. Copies must be gone before the execution context is destroyed.
///
/// Caching: ids and numbered versions for ever (up to `cache_limit`), "latest" and unknown ids for a moment, failures
/// never. Callers that ask for the same thing at the same time share one request.
///
/// Threads: all members are safe from any thread, also on the same object.
///
/// Asynchronous operations take any completion token. The signature is `void(std::exception_ptr, T)`: an operation
/// throws out of its `co_await`, as `registry_error`. They never complete inside the initiating call; the handler runs
/// on its associated executor, else on the client's. Cancellation (terminal) ends the wait of this caller alone, with
/// `asio::error::operation_aborted`; the request ends with its last caller. Every attempt has the deadline
/// `request_timeout`, and the wait for a connection before it has the same once more.
class schema_registry
{
public:
    /// What it works on.
    using executor_type = boost::asio::any_io_executor;

    /// The number that stands for a subject's latest version.
    static constexpr std::int32_t latest = -1;

    /// Makes a client that works on `executor`. No connection is made.
    ///
    /// Throws `setup_error` (`errc::invalid_config`) when a setting cannot work; the text names it, its value unless
    /// that is secret, and the remedy.
    schema_registry(executor_type executor, schema_registry_settings const& settings);

    /// The same with one URL and all defaults.
    schema_registry(executor_type executor, std::string url);

    /// The same with an execution context, such as an io_context, in place of its executor.
    template <class Context, class Settings>
        requires std::convertible_to<Context&, boost::asio::execution_context&>
    schema_registry(Context& context, Settings&& settings)
        : schema_registry{executor_type{context.get_executor()}, std::forward<Settings>(settings)}
    {
    }

    /// The executor given to the constructor.
    [[nodiscard]] executor_type get_executor() const;

    /// The schema of `id` when it is cached, else null. Never waits for I/O: for paths that handle many records.
    [[nodiscard]] schema_ptr find(std::int32_t id) const;

    /// What was asked for over the network since the constructor.
    [[nodiscard]] registry_stats stats() const;

    /// The schema of `id`, out of the cache or from the registry. Completes with `schema_ptr`, not null.
    ///
    /// `errc::unknown_schema` when the registry has no such id.
    template <class Token>
    // NOLINTNEXTLINE(modernize-use-nodiscard): callbacks have nothing to return
    auto async_schema(std::int32_t id, Token&& token) const
    {
        return detail::start_registry_operation(*this, detail::fetch_schema(client(), id), std::forward<Token>(token));
    }

    /// A version of a subject: its number (from 1), or `latest`. Completes with `subject_version`.
    ///
    /// `errc::unknown_schema` when the registry has no such subject or version.
    template <class Token>
    // NOLINTNEXTLINE(modernize-use-nodiscard): callbacks have nothing to return
    auto async_version(std::string subject, std::int32_t version, Token&& token) const
    {
        return detail::start_registry_operation(*this, detail::fetch_version(client(), std::move(subject), version),
                                                std::forward<Token>(token));
    }

    /// Registers a schema under a subject and completes with its id, `std::int32_t`. One that is there already keeps
    /// its id, so it may be called at every start.
    ///
    /// `errc::invalid_schema` when the registry cannot read it, `errc::incompatible_schema` when the subject's
    /// compatibility forbids it.
    template <class Token>
    // NOLINTNEXTLINE(modernize-use-nodiscard): callbacks have nothing to return
    auto async_register(std::string subject, schema_draft draft, Token&& token) const
    {
        return detail::start_registry_operation(
            *this, detail::register_schema(client(), std::move(subject), std::move(draft)), std::forward<Token>(token));
    }

    /// Whether a schema would be compatible with a version of a subject, as the registry's settings of that subject
    /// demand. Completes with `compatibility`.
    ///
    /// `errc::unknown_schema` when the registry has no such subject or version.
    template <class Token>
    // NOLINTNEXTLINE(modernize-use-nodiscard): callbacks have nothing to return
    auto async_check(std::string subject, schema_draft draft, std::int32_t version, Token&& token) const
    {
        return detail::start_registry_operation(
            *this, detail::check_schema(client(), std::move(subject), std::move(draft), version),
            std::forward<Token>(token));
    }

private:
    template <class T, class Token>
    friend auto detail::start_registry_operation(schema_registry const&, boost::asio::awaitable<T>, Token&&);
    friend class registry_monitor;

    // Aborts the requests when the last handle goes, though they hold the client too.
    class owner;

    [[nodiscard]] detail::registry_handle client() const;

    std::shared_ptr<owner const> owner_;
};

/// Looks at a registry's numbers without keeping the client alive: for `metrics_options::registries`. Copies look at
/// the same client. Safe from any thread; may outlive the registry and its execution context.
class registry_monitor
{
public:
    /// Looks at `watched`, and its copies.
    explicit registry_monitor(schema_registry const& watched);

    /// As `schema_registry::stats()`; the last numbers once the registry is gone.
    [[nodiscard]] registry_stats stats() const;

private:
    std::shared_ptr<detail::registry_counters const> counters_;
};

namespace detail
{

template <class T, class Token>
auto start_registry_operation(schema_registry const& registry, boost::asio::awaitable<T> operation, Token&& token)
{
    return boost::asio::async_initiate<Token, void(std::exception_ptr, T)>(registry_initiation<T>{registry.client()},
                                                                           token, std::move(operation));
}

} // namespace detail
} // namespace paperboy
