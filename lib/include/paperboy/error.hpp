#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace paperboy
{

using boost::system::error_code;

/// What can go wrong in paperboy itself. Errors that librdkafka or the broker report carry `kafka_category()`.
enum class errc
{
    /// A field or property of the configuration has a value that cannot work. Thrown by constructors, `engine::handle`
    /// and the functions that make producers and tables; `async_run` completes with it, before a connection, where
    /// handlers, steps and tables do not fit together.
    invalid_config = 1,

    /// `async_run` without a single handler.
    no_handler,

    /// Two handlers for one topic, or a topic name or pattern that cannot exist. Thrown by `engine::handle`.
    invalid_handler,

    /// `async_run` while another `async_run` of the same engine is outstanding, or `handle` while it runs.
    already_running,

    /// A topic that a handler names does not exist, and `config::allow_missing_topics` is false.
    missing_topic,

    /// The brokers refused the credentials before the engine was ever assigned partitions.
    authentication_failed,

    /// The group assigned nothing within `config::connect_timeout`.
    connect_timeout,

    /// A hook failed and its error's action was `error_action::fail`; `engine::last_failure()` has the exception.
    handler_failed,

    /// Hooks or brokers did not let the engine finish within `config::shutdown_timeout`, or the group has taken
    /// partitions away meanwhile. Finished work that could not be committed will be handled again.
    shutdown_timeout,

    /// librdkafka reported a fatal error: the client cannot continue.
    client_failed,

    /// A record sent on behalf of another cannot be produced: too large, no such topic, no right to write. The offset
    /// that it was sent for is not committed; `engine::last_failure()` names topic, size and reason.
    produce_failed,

    /// `async_send` of a producer, or a look into a table, while no run of the engine is in progress.
    not_running,

    /// The schema registry did not answer, or answered that it cannot now, until all retries were used up.
    registry_unreachable,

    /// The schema registry refused the credentials (401, 403).
    registry_refused,

    /// What answered is no schema registry, or not one that paperboy understands: HTML, a redirect, other JSON, too
    /// large.
    registry_bad_answer,

    /// The schema registry has no such id, subject or version.
    unknown_schema,

    /// The schema registry, or paperboy, cannot read the schema.
    invalid_schema,

    /// The schema is not compatible with earlier versions of its subject.
    incompatible_schema,

    /// The TLS handshake with the brokers failed before the engine was ever assigned partitions: their certificate
    /// cannot be trusted, or they refuse the engine's.
    tls_failed,

    /// Another member of the group has taken over the engine's `group.instance.id`. With `group.protocol=consumer` it
    /// has it first: until it has left, or the session of one that was killed has ended, no other gets in.
    fenced,

    /// `config::oauth` gave no token that can be used; reported to `observer::on_client_error`, and tried again.
    no_token,

    /// A table's changelog topic exists, but cannot be one: other partitions than its source, a cleanup.policy that
    /// would lose what the table needs, made anew during the run, or without what a store on disk has of it
    /// (`table_options::on_changelog_loss`). The text names what was found and wanted, and the remedy.
    wrong_changelog,

    /// The changelog of a table could not be read to its end.
    restore_failed,

    /// The store of a table cannot be opened, read or written.
    store_failed,

    /// The key is in a partition of the table that this engine does not have; `table::partition_of` says in which.
    not_local,

    /// The partition of the table is still being restored from its changelog.
    restoring,

    /// A key or value of a table is not what its serde expects.
    invalid_entry,
};

/// Portable questions to ask of any error code that paperboy completes with.
enum class condition
{
    /// The same call may succeed later without a change. Of `errc`: `connect_timeout`, `shutdown_timeout`,
    /// `not_running`, `registry_unreachable`, `no_token`, `not_local`, `restoring`; of `kafka_category()` brokers that
    /// are away, time-outs, and rebalances.
    retriable = 1,

    /// All other errors. Most need a change of configuration, rights or code; of `handler_failed`, `store_failed`,
    /// `missing_topic` and `client_failed` only the program can know what a further attempt would do.
    fatal,
};

/// The category of `errc`; its name is "paperboy".
[[nodiscard]] boost::system::error_category const& paperboy_category() noexcept;

/// The category of librdkafka's and the Kafka protocol's error numbers (`rd_kafka_resp_err_t`); its name is "kafka".
[[nodiscard]] boost::system::error_category const& kafka_category() noexcept;

/// The category of `condition`.
[[nodiscard]] boost::system::error_category const& condition_category() noexcept;

/// An `error_code` of `paperboy_category()`; found by argument-dependent look-up.
[[nodiscard]] inline error_code make_error_code(errc value) noexcept
{
    return {static_cast<int>(value), paperboy_category()};
}

/// An `error_condition` of `condition_category()`; found by argument-dependent look-up.
[[nodiscard]] inline boost::system::error_condition make_error_condition(condition value) noexcept
{
    return {static_cast<int>(value), condition_category()};
}

/// Thrown by constructors and set-up functions: the code, and a text that names the value, its place and the remedy.
class setup_error : public std::runtime_error
{
public:
    /// `text` is what `what()` returns.
    setup_error(errc code, std::string const& text) : std::runtime_error{text}, code_{code} {}

    /// The code, of `paperboy_category()`.
    [[nodiscard]] error_code code() const noexcept { return make_error_code(code_); }

private:
    errc code_;
};

/// Which hook, or step before the hooks, an error came from.
enum class hook
{
    define_context,
    decode_key,
    decode_value,
    did_receive_message,
    on_message,
    on_tombstone,
    on_error,
    on_finished_handling,
    did_receive_bulk_messages,
    on_bulk,
    on_bulk_error,
};

/// The name of the hook as a handler spells it, for example "on_message"; of what serdes do "decoding the key" and
/// "decoding the value".
[[nodiscard]] std::string_view to_string(hook value) noexcept;

/// A key or value that its serde could not decode. It reaches `on_error` like any exception of a hook.
///
/// Serdes throw it, or anything derived from std::exception; the engine's log and `last_failure()` add topic,
/// partition and offset.
class decode_error : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/// A value that its serde could not encode: the format has no way to say it. Thrown by `encode`.
class encode_error : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/// Everything known about why an engine stopped by itself.
struct failure
{
    /// What `async_run` completed with; no error when the engine has not failed, or was cancelled.
    error_code code;

    /// One line: place, cause and remedy; empty after `stop()`.
    std::string text;

    /// The exception that a hook threw, else null.
    std::exception_ptr cause;

    /// Topic, partition and offset of the record whose hook failed; the topic is empty when no record was involved.
    std::string topic;
    /// Its partition; -1 when no record was involved.
    std::int32_t partition = -1;
    /// Its offset; -1 when no record was involved.
    std::int64_t offset = -1;

    failure() = default;
    /// A failure without a record.
    failure(error_code why, std::string what_happened) : code{why}, text{std::move(what_happened)} {}
};

/// One line about any exception: what() of a std::exception, a fixed text for others.
[[nodiscard]] std::string describe(std::exception_ptr const& error);

} // namespace paperboy

/// @cond
template <>
struct boost::system::is_error_code_enum<paperboy::errc> : std::true_type
{
};

template <>
struct boost::system::is_error_condition_enum<paperboy::condition> : std::true_type
{
};
/// @endcond
