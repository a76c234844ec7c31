#pragma once

#include <paperboy/detail/handler_factory.hpp>
#include <paperboy/detail/table_setup.hpp>
#include <paperboy/error.hpp>
#include <paperboy/handler.hpp>
#include <paperboy/producer.hpp>
#include <paperboy/serde.hpp>
#include <paperboy/table.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Runs handlers on records made in memory, with no broker and no network: for unit tests of your handlers.
namespace paperboy::testing
{

/// A record for a test; what is not given is null or chosen by the runner.
struct test_record
{
    /// The key; nothing for a record without one.
    std::optional<std::string> key = {};

    /// The value; nothing for a tombstone.
    std::optional<std::string> value = {};

    /// The offset; `std::nullopt`: one more than the record before, from 0.
    std::optional<std::int64_t> offset = {};

    /// Milliseconds since 1970; negative: none.
    std::int64_t timestamp_ms = -1;

    /// Headers in order; a value may be null.
    std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
};

/// A hook's or serde's failure, as the engine would log and observe it.
struct test_failure
{
    /// Which hook it was.
    hook where = hook::on_message;
    /// What it threw.
    std::exception_ptr error;
    /// The record's offset, or that of the bulk's first.
    std::int64_t offset = -1;
    /// What the handler wanted to become of the record.
    error_action action = error_action::fail;
};

/// A record that a handler has sent, or that went to the dead letters.
struct sent_record
{
    /// The topic that it was sent to.
    std::string topic;

    /// The key as it would go to the broker; `std::nullopt` for null.
    std::optional<std::string> key = {};
    /// The value as it would go to the broker; `std::nullopt` for null.
    std::optional<std::string> value = {};

    /// The partition, where the handler chose one.
    std::optional<std::int32_t> partition = {};

    /// Milliseconds since 1970; negative: the time of the sending.
    std::int64_t timestamp_ms = -1;

    /// Headers in order; a value may be null.
    std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};

    /// The offset of the record that it was sent on behalf of; -1 for `async_send`.
    std::int64_t cause = -1;
};

/// What became of the records.
struct test_result
{
    /// Records whose hooks have finished, skipped ones included.
    std::size_t finished = 0;

    /// The offset that the engine could commit: one past the last finished record; -1 when none finished.
    std::int64_t committable = -1;

    /// Whether the engine would have stopped with `errc::handler_failed`.
    bool stopped = false;

    /// Every failure, in order.
    std::vector<test_failure> failures;

    /// The records that would have gone to the dead letters, as they would be produced, in order; the partition is the
    /// record's own, the group is "test".
    std::vector<sent_record> dead_letters;
};

/// Stands for the engine's producer in tests of handlers that send: what they send is kept here, and acknowledged at
/// once. `async_send` completes with the partition given, or 0, and with offsets that count from 0 for each topic.
///
/// Copies share what was sent. Safe from several threads at once.
class sent_log
{
public:
    sent_log();

    /// A producer as `engine::make_producer` would give it.
    template <serializer KeySerde = text, serializer ValueSerde = text>
    [[nodiscard]] topic_producer<KeySerde, ValueSerde> make_producer(std::string const& topic, KeySerde key_serde = {},
                                                                     ValueSerde value_serde = {})
    {
        return {target(), topic, std::move(key_serde), std::move(value_serde)};
    }

    /// What was sent so far, in order.
    [[nodiscard]] std::vector<sent_record> records() const;

private:
    class impl;

    [[nodiscard]] std::shared_ptr<paperboy::detail::send_target> target() const;

    std::shared_ptr<impl> impl_;
};

/// Stands for an engine's tables in tests of handlers: what hooks change is kept here, in memory, and acknowledged at
/// once. Each partition of the records given to `run` has a shard of its own.
///
///     auto tables = paperboy::testing::test_tables{};
///     auto counts = tables.make_table<std::string, std::int64_t>("counts");
///     run(counting_handler{counts}, {{.key = "a", .value = "1"}});
///     assert(tables.shard(counts).get("a") == 1);
///
/// Copies share the tables, which last as long as any of them, or a table. `async_get` and `async_scan` work when no
/// hook runs at the same time. `table::partition_of` is always 0: where records of other partitions have changed the
/// table, `async_get_in` finds what they did.
class test_tables
{
public:
    test_tables();

    /// A table as `engine::make_table` would give it.
    template <class K, class V, paperboy::detail::table_serde<K> KeySerde = msgpack<K>,
              paperboy::detail::table_serde<V> ValueSerde = msgpack<V>>
    [[nodiscard]] table<K, V, KeySerde, ValueSerde> make_table(std::string name, KeySerde key_serde = KeySerde{},
                                                               ValueSerde value_serde = ValueSerde{})
    {
        return make_table<K, V>(std::move(name), table_scope::partition, std::move(key_serde), std::move(value_serde));
    }

    /// The same of a scope: a global table is one for all partitions.
    template <class K, class V, paperboy::detail::table_serde<K> KeySerde = msgpack<K>,
              paperboy::detail::table_serde<V> ValueSerde = msgpack<V>>
    [[nodiscard]] table<K, V, KeySerde, ValueSerde> make_table(std::string name, table_scope scope,
                                                               KeySerde key_serde = KeySerde{},
                                                               ValueSerde value_serde = ValueSerde{})
    {
        auto setup = paperboy::detail::table_setup{};
        setup.name = std::move(name);
        setup.options.scope = scope;
        setup.make_serdes = [key_serde, value_serde = std::move(value_serde)]() -> std::shared_ptr<void>
        { return std::make_shared<paperboy::detail::table_serdes<KeySerde, ValueSerde>>(key_serde, value_serde); };
        return {add(std::move(setup)), std::move(key_serde)};
    }

    /// What a table has for a partition: to look at it after a test, or to fill it before.
    template <class K, class V, class KeySerde, class ValueSerde>
    [[nodiscard]] table_shard<K, V, KeySerde, ValueSerde> shard(table<K, V, KeySerde, ValueSerde> const& of,
                                                                std::int32_t partition = 0)
    {
        return {shard_of(of.name(), partition), std::nullopt};
    }

    /// What the changelogs got so far, in order; topics are called after their tables, with "_changelog".
    [[nodiscard]] std::vector<sent_record> changes() const;

private:
    class impl;

    [[nodiscard]] std::shared_ptr<paperboy::detail::table_core> add(paperboy::detail::table_setup setup);
    [[nodiscard]] paperboy::detail::shard_core& shard_of(std::string const& table, std::int32_t partition);

    std::shared_ptr<impl> impl_;
};

namespace detail
{

test_result run_records(paperboy::detail::batch_handler_factory& factory, std::vector<test_record> const& records,
                        topic_partition const& where, std::chrono::milliseconds deadline,
                        handler_options const& options);
test_result run_as_bulk(paperboy::detail::batch_handler_factory& factory, std::vector<test_record> const& records,
                        topic_partition const& where, std::chrono::milliseconds deadline,
                        handler_options const& options);

} // namespace detail

/// Calls a handler's hooks for `records` exactly as an engine would (only the pauses before retries pass at once) for
/// one partition, and returns when all have completed. Awaitable hooks run on an io_context of their own inside this
/// call; a hook that waits for something only another io_context can deliver never completes: after `deadline` it
/// throws `std::runtime_error`.
///
/// `handler` may be an object, a `std::ref` or a `per_partition`. The serdes are those passed to `engine::handle`. Of
/// `options`, `on_failure` and `on_undecodable` count.
template <class Handler>
test_result run(Handler handler, std::vector<test_record> const& records, topic_partition const& where = {"test", 0},
                std::chrono::milliseconds deadline = std::chrono::seconds{10}, handler_options const& options = {})
{
    return detail::run_records(*paperboy::detail::make_handler_factory(std::move(handler), paperboy::detail::no_serde{},
                                                                       paperboy::detail::no_serde{}),
                               records, where, deadline, options);
}

/// The same with values decoded.
template <deserializer ValueSerde, class Handler>
test_result run(ValueSerde value_serde, Handler handler, std::vector<test_record> const& records,
                topic_partition const& where = {"test", 0},
                std::chrono::milliseconds deadline = std::chrono::seconds{10}, handler_options const& options = {})
{
    return detail::run_records(*paperboy::detail::make_handler_factory(std::move(handler), paperboy::detail::no_serde{},
                                                                       std::move(value_serde)),
                               records, where, deadline, options);
}

/// The same with keys and values decoded.
template <deserializer KeySerde, deserializer ValueSerde, class Handler>
test_result run(KeySerde key_serde, ValueSerde value_serde, Handler handler, std::vector<test_record> const& records,
                topic_partition const& where = {"test", 0},
                std::chrono::milliseconds deadline = std::chrono::seconds{10}, handler_options const& options = {})
{
    return detail::run_records(
        *paperboy::detail::make_handler_factory(std::move(handler), std::move(key_serde), std::move(value_serde)),
        records, where, deadline, options);
}

/// Calls a bulk handler's hooks for `records` as one bulk; otherwise as `run`. `finished` counts only when the whole
/// bulk or everything before a failed record finished. Throws `std::logic_error` for a handler without `on_bulk`.
template <class Handler>
test_result run_bulk(Handler handler, std::vector<test_record> const& records,
                     topic_partition const& where = {"test", 0},
                     std::chrono::milliseconds deadline = std::chrono::seconds{10}, handler_options const& options = {})
{
    return detail::run_as_bulk(*paperboy::detail::make_handler_factory(std::move(handler), paperboy::detail::no_serde{},
                                                                       paperboy::detail::no_serde{}),
                               records, where, deadline, options);
}

/// The same with values decoded.
template <deserializer ValueSerde, class Handler>
test_result run_bulk(ValueSerde value_serde, Handler handler, std::vector<test_record> const& records,
                     topic_partition const& where = {"test", 0},
                     std::chrono::milliseconds deadline = std::chrono::seconds{10}, handler_options const& options = {})
{
    return detail::run_as_bulk(*paperboy::detail::make_handler_factory(std::move(handler), paperboy::detail::no_serde{},
                                                                       std::move(value_serde)),
                               records, where, deadline, options);
}

/// The same with keys and values decoded.
template <deserializer KeySerde, deserializer ValueSerde, class Handler>
test_result run_bulk(KeySerde key_serde, ValueSerde value_serde, Handler handler,
                     std::vector<test_record> const& records, topic_partition const& where = {"test", 0},
                     std::chrono::milliseconds deadline = std::chrono::seconds{10}, handler_options const& options = {})
{
    return detail::run_as_bulk(
        *paperboy::detail::make_handler_factory(std::move(handler), std::move(key_serde), std::move(value_serde)),
        records, where, deadline, options);
}

} // namespace paperboy::testing
