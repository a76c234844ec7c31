#pragma once

#include <paperboy/config.hpp>
#include <paperboy/detail/engine_handle.hpp>
#include <paperboy/detail/handler_factory.hpp>
#include <paperboy/detail/run_operation.hpp>
#include <paperboy/detail/table_setup.hpp>
#include <paperboy/error.hpp>
#include <paperboy/handler.hpp>
#include <paperboy/health.hpp>
#include <paperboy/producer.hpp>
#include <paperboy/serde.hpp>
#include <paperboy/stats.hpp>
#include <paperboy/table.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution_context.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <utility>

namespace paperboy
{

/// Consumes topics as a member of a group and calls your handlers, on your executor.
///
/// Set up with `handle`, run with `async_run`, end with `stop`. Each assigned partition has its own strand. Hooks and
/// serdes run on the executor given to the constructor, whose threads you own; while the engine runs librdkafka adds
/// its own threads, and paperboy a few that mostly wait, from which `config::log`, `observer::on_slow_hook` and the
/// stores of tables are called too.
///
/// Threads: `stop`, `pause`, `resume`, `stats`, `health` and `last_failure` are safe from any thread. The other members
/// are not safe concurrently. Signals: none are touched; call `stop()` from your own handler (an asio::signal_set).
/// Destroying an engine in the middle of a run is safe: it is a terminal cancellation, and `async_run` still completes
/// as long as the executor runs.
class engine
{
public:
    /// What it works on.
    using executor_type = boost::asio::any_io_executor;

    /// Makes an engine that works on `executor`. No connection is made.
    ///
    /// Throws `setup_error` (`errc::invalid_config`) when a field or property of `settings` cannot work; the text names
    /// it, its value and the remedy.
    engine(executor_type executor, config settings);

    /// The same with an execution context, such as an io_context, in place of its executor.
    template <class Context>
        requires std::convertible_to<Context&, boost::asio::execution_context&>
    engine(Context& context, config settings) : engine{executor_type{context.get_executor()}, std::move(settings)}
    {
    }

    /// Takes the other's engine, running or not; the other may only be destroyed or assigned to.
    engine(engine&&) noexcept;
    /// The same; the engine that was here ends as by its destructor.
    engine& operator=(engine&&) noexcept;
    ~engine();

    /// The executor given to the constructor.
    [[nodiscard]] executor_type get_executor() const;

    /// Handles a topic's records as they are, without decoding: hooks get `record_view`.
    ///
    /// `topic` is a name, or a regular expression (POSIX extended) when it starts with '^'. Where both fit, the name
    /// wins; among expressions, the first registered. `handler` is moved in and serves all partitions;
    /// `std::ref(handler)` leaves it with you (it must live until `async_run` has completed, so declare it before the
    /// engine); `per_partition(factory)` makes one per partition. See handler.hpp for the hooks.
    ///
    /// `options` are for this handler alone.
    ///
    /// An expression's topics are looked for every `topic.metadata.refresh.interval.ms` (5 minutes). Dead letters and
    /// changelogs that it matches are handled as well.
    ///
    /// Throws `setup_error`: `errc::invalid_handler` for an impossible or already handled topic,
    /// `errc::invalid_config` for options that cannot work, `errc::already_running` during a run.
    template <class Handler>
    engine& handle(std::string topic, Handler handler, handler_options const& options = {})
    {
        return add(std::move(topic), options,
                   detail::make_handler_factory(std::move(handler), detail::no_serde{}, detail::no_serde{}));
    }

    /// The same with values decoded: hooks get `record<V>`, where `V` is `ValueSerde::value_type`.
    template <deserializer ValueSerde, class Handler>
    engine& handle(std::string topic, ValueSerde value_serde, Handler handler, handler_options const& options = {})
    {
        return add(std::move(topic), options,
                   detail::make_handler_factory(std::move(handler), detail::no_serde{}, std::move(value_serde)));
    }

    /// The same with keys and values decoded: hooks get `record<K, V>`, `on_tombstone` gets `keyed_record<K>`.
    template <deserializer KeySerde, deserializer ValueSerde, class Handler>
    engine& handle(std::string topic, KeySerde key_serde, ValueSerde value_serde, Handler handler,
                   handler_options const& options = {})
    {
        return add(std::move(topic), options,
                   detail::make_handler_factory(std::move(handler), std::move(key_serde), std::move(value_serde)));
    }

    /// A producer to `topic`, for handlers: give it to them before they are given to `handle`. It may be kept beyond
    /// the engine. Serdes are those of the topic's keys and values; without, text goes out as it is.
    ///
    /// Throws `setup_error`: `errc::invalid_config` when `config::producer` cannot work or `topic` is no name that
    /// Kafka allows, `errc::already_running` during a run.
    template <serializer KeySerde = text, serializer ValueSerde = text>
    [[nodiscard]] topic_producer<KeySerde, ValueSerde> make_producer(std::string const& topic, KeySerde key_serde = {},
                                                                     ValueSerde value_serde = {})
    {
        return {send_target_for(topic), topic, std::move(key_serde), std::move(value_serde)};
    }

    /// A table for handlers: give it to them before they are given to `handle`. See `table` for what it is. Its key
    /// should be the key of the records that change it.
    ///
    /// `name`: 1 to 200 letters, digits, '.', '_' or '-'; the changelog is called after it, and so is the store. All
    /// engines of a group need the same tables.
    /// `KeySerde` and `ValueSerde` say how keys and values are written in the changelog and the store: MessagePack
    /// without a choice of yours. They are copied into each partition's shard.
    ///
    /// Its changelog is looked at when a run starts, before the group is joined: it is created where it is missing, and
    /// one that does not fit ends the run with `errc::wrong_changelog`.
    ///
    /// Throws `setup_error`: `errc::invalid_config` for a name or options that cannot work, `errc::already_running`
    /// during a run.
    template <class K, class V, detail::table_serde<K> KeySerde = msgpack<K>,
              detail::table_serde<V> ValueSerde = msgpack<V>>
    [[nodiscard]] table<K, V, KeySerde, ValueSerde>
    make_table(std::string name, memory_store /*store*/ = {}, table_options options = {},
               KeySerde key_serde = KeySerde{}, ValueSerde value_serde = ValueSerde{})
    {
        return make_table<K, V>(std::move(name), std::shared_ptr<shard_store_provider>{}, std::move(options),
                                std::move(key_serde), std::move(value_serde));
    }

    /// The same with a store on disk, such as RocksDB, or your own. Tables may share a provider, which is to be used by
    /// one engine only.
    template <class K, class V, detail::table_serde<K> KeySerde = msgpack<K>,
              detail::table_serde<V> ValueSerde = msgpack<V>>
    [[nodiscard]] table<K, V, KeySerde, ValueSerde>
    make_table(std::string name, std::shared_ptr<shard_store_provider> stores, table_options options = {},
               KeySerde key_serde = KeySerde{}, ValueSerde value_serde = ValueSerde{})
    {
        auto setup = detail::table_setup{};
        setup.name = std::move(name);
        setup.options = std::move(options);
        setup.stores = std::move(stores);
        setup.make_serdes = [key_serde, value_serde = std::move(value_serde)]() -> std::shared_ptr<void>
        { return std::make_shared<detail::table_serdes<KeySerde, ValueSerde>>(key_serde, value_serde); };
        setup.preparation = detail::preparation_of<KeySerde, ValueSerde>();
        return {add(std::move(setup)), std::move(key_serde)};
    }

    /// Joins the group and handles records until `stop()`, a cancellation or a failure.
    ///
    /// Signature of the completion: `void(error_code)`.
    /// - success after `stop()`: running hooks have finished, what finished is committed, the group is left;
    /// - `errc::handler_failed`: a hook's action was `fail`; the same orderly end; see `last_failure()`;
    /// - any other `errc` or a code of `kafka_category()`: see `last_failure()` for a line that says why;
    /// - `asio::error::operation_aborted`: cancelled.
    /// It completes within `config::shutdown_timeout` of what ends it.
    ///
    /// One run at a time: a second one completes with `errc::already_running`. After a run has completed, another may
    /// start.
    ///
    /// Executor: the completion runs on the token's associated executor, else on the engine's. It is never called
    /// inside this function.
    /// Cancellation: `partial` and `total` end as `stop()` does, with `operation_aborted`. `terminal` also starts no
    /// further hook, cancels awaitable hooks, waits for them and commits nothing more.
    /// Lifetime: the operation keeps what it needs alive; handlers passed by std::ref must outlive it, and after
    /// `errc::shutdown_timeout` also the hooks that are still running. Another run does not handle their partitions
    /// before they have ended.
    template <boost::asio::completion_token_for<void(error_code)> Token>
    auto async_run(Token&& token)
    {
        return boost::asio::async_initiate<Token, void(error_code)>(detail::run_initiation{handle_}, token);
    }

    /// Asks a run to end: no more fetching, running hooks finish, what finished is committed, the group is left, and
    /// `async_run` completes with success. Returns at once; does nothing without a run; may be called repeatedly.
    void stop();

    /// Stops taking records: of everything, of a topic (as the broker spells it), or of one partition. Hooks that run
    /// finish; the partitions stay assigned and what librdkafka has prefetched stays in memory. It holds over
    /// rebalances and runs, until resumed by the same kind of call. Safe from any thread; returns at once; pausing
    /// twice is once.
    void pause();
    /// Of one topic.
    void pause(std::string const& topic);
    /// Of one partition.
    void pause(topic_partition const& where);

    /// Takes back the pause of the same kind: `resume(topic)` undoes `pause(topic)`, and nothing else.
    void resume();
    /// Of one topic.
    void resume(std::string const& topic);
    /// Of one partition.
    void resume(topic_partition const& where);

    /// What the engine has done and where each assigned partition stands. Cheap: reads counters.
    [[nodiscard]] engine_stats stats() const;

    /// Whether the engine is starting, running, stopping, stopped or failed, with a line that says why: for probes.
    /// Cheap; no server is needed.
    [[nodiscard]] engine_health health() const;

    /// Why the last run ended by itself; its code is empty when it did not. After a cancellation its text says so. An
    /// `async_run` that completes with `errc::already_running` leaves it as it is: it belongs to the other run.
    [[nodiscard]] failure last_failure() const;

private:
    friend class engine_monitor;

    engine& add(std::string topic, handler_options const& options,
                std::unique_ptr<detail::batch_handler_factory> factory);

    [[nodiscard]] std::shared_ptr<detail::table_core> add(detail::table_setup setup);

    [[nodiscard]] std::shared_ptr<detail::send_target> send_target_for(std::string const& topic);

    detail::engine_handle handle_;
};

} // namespace paperboy
