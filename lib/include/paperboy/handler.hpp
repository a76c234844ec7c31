#pragma once

#include <paperboy/error.hpp>
#include <paperboy/error_action.hpp>
#include <paperboy/mode.hpp>
#include <paperboy/ordering.hpp>
#include <paperboy/record.hpp>
#include <paperboy/start_at.hpp>
#include <paperboy/topic_partition.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace paperboy
{

/// How a record's hooks ended, for an `on_finished_handling` that wants to know (commit or roll back). A record that is
/// tried again ends as failed each time, until it is handled.
enum class outcome
{
    /// Every hook returned.
    handled,
    /// A hook or the decoding failed, whatever the action.
    failed,
};

/// Thrown by `on_bulk` to say which record failed: those before it are finished, this one goes through `on_error` as if
/// `on_message` had thrown `cause`, those after it come in another bulk.
class bulk_error : public std::runtime_error
{
public:
    /// `failed_index` counts in the span that `on_bulk` was given; one beyond its end is an error of the whole bulk.
    bulk_error(std::size_t failed_index, std::string const& text) : std::runtime_error{text}, index{failed_index} {}

    /// The same, with the exception that is to reach `on_error`.
    bulk_error(std::size_t failed_index, std::exception_ptr reason)
        : std::runtime_error{describe(reason)}, index{failed_index}, cause{std::move(reason)}
    {
    }

    /// Which record failed.
    std::size_t index;

    /// Why; when null, `on_error` gets the bulk_error itself.
    std::exception_ptr cause;
};

/// What one handler wants otherwise than the engine's configuration says.
struct handler_options
{
    /// Instead of `config::mode`.
    std::optional<mode_policy> mode = {};

    /// Which records of a partition wait for each other. Anything but `ordering::partition` needs an awaitable hook.
    /// While hooks overlap, they still run on the partition's strand: between two co_awaits a hook is alone. A record
    /// is committed when it and all before it in its partition are finished, so a crash may repeat later ones that were
    /// finished already. A bulk handler's bulks do not overlap with anything.
    paperboy::ordering ordering = paperboy::ordering::partition;

    /// Most records of one partition that are in their hooks, or in a pause before a retry, at the same time. 1 to
    /// 10,000; counts only where records do not wait for each other. So many stuck keys stop the partition.
    std::size_t max_concurrency = 64;

    /// Most records of one partition from the oldest unfinished one on, finished or not: what a crash may repeat, and
    /// how far other keys get past one that is stuck. The partition also waits when 1,000 + 4 * `max_concurrency`
    /// records have been read that wait for others, or are in their hooks, and when unfinished records keep too much
    /// memory (an eighth of the partition's share of `config::memory_limit`, or the mode policy's `max_bytes`). And
    /// before the first bulk all records that are in their hooks finish, since bulks overlap with nothing: where a key
    /// may hang for long, `handling_mode::single` keeps it from stopping a partition that lags.
    /// `max_concurrency` to 10,000,000.
    std::size_t max_unfinished = 100'000;

    /// Instead of `config::start`.
    std::optional<start_at> start = {};

    /// What becomes of a record whose hook failed, when the handler has no `on_error`; and of a bulk that failed as a
    /// whole, when it has no `on_bulk_error`.
    error_action on_failure = error_action::fail;

    /// What becomes of a record whose key or value its serde refuses; `on_error` is not asked then. `std::nullopt`:
    /// that is a failure as any other, `on_error` decides, and without one `on_failure`, so that by default the engine
    /// stops.
    ///
    /// It is about records that cannot be decoded, not about a schema registry that cannot be asked
    /// (`errc::registry_unreachable`, `registry_refused`, `registry_bad_answer`): such a failure of a good record goes
    /// the way of all others.
    std::optional<error_action> on_undecodable = {};
};

// What a handler is
// -----------------
// A handler is any class with an `on_message`. All hooks but that one are optional, found by name, and may return void
// or boost::asio::awaitable<void>; a hook with a wrong signature does not compile and the error names the hook. Two
// mistakes do compile: a hook whose name is misspelt is no hook, and a context that is taken by value is a copy, which
// is right for a pointer and wrong for a transaction. testing::run, in a test of the handler, shows both.
//
// Per record, in this order (R is record_view, record<V> or record<K, V>, as the topic's serdes make it; C is whatever
// define_context returns; trailing parameters in brackets may be left out, and without define_context there is no C):
//
//   C    define_context([record_view const&])            what the other hooks share; or awaitable<C>
//        (the key and the value are decoded here)
//   void did_receive_message(R& [, C&])                  may change what later hooks see; for tombstones it is called
//                                                        only when it accepts record_view& (keyed_record<K>& with a key
//                                                        serde)
//   void on_message(R const& [, C&])                     the work
//   void on_tombstone(record_view const& [, C&])         instead of on_message when the value is null; with a key serde
//                                                        its parameter may be keyed_record<K> const&. Without this hook
//                                                        a tombstone only runs the others.
//   error_action on_error(std::exception_ptr [, record_view const& [, C*]])
//                                                        after any hook above failed, or decoding did; C* is null when
//                                                        define_context itself failed. Or awaitable<error_action>.
//                                                        Without it, handler_options::on_failure.
//   void on_finished_handling([record_view const&] [, C&] [, outcome])
//                                                        always, when define_context succeeded: after success and after
//                                                        failure. Its own failure goes through on_error as well.
//
// A handler with an on_bulk is a bulk handler: while a partition lags (see mode.hpp) its records come in bulks. B is a
// std::vector of R, S is std::span<R const>; tombstones are in it, to be told by is_tombstone(). Per bulk:
//
//   C    define_context()                                once per bulk; the form with a record gets the bulk's first
//        (keys and values are decoded here; what cannot be decoded goes through on_error record by record, unless
//        handler_options::on_undecodable decides)
//   void did_receive_bulk_messages(B& [, C&])            may change or remove records; after a change of their order
//                                                        a bulk_error fails the bulk as a whole
//   void on_bulk(S [, C&])                               the work; may throw bulk_error to say which record failed
//   error_action on_bulk_error(std::exception_ptr [, S [, C*]])
//                                                        after any hook of the bulk failed as a whole; the action is
//                                                        for all its records. Without it,
//                                                        handler_options::on_failure.
//   void on_finished_handling([S] [, C&] [, outcome])    always, as above; without a form that takes S, one of those
//                                                        that take no record
//
// Threads: the hooks of one partition run on the partition's strand; so do their awaitables. They never overlap, unless
// handler_options::ordering allows it. Hooks of different partitions overlap when the engine's executor has several
// threads: a handler object passed to engine::handle serves them all and guards its own state, while per_partition
// gives each partition its own object.
//
// Offsets: a record is finished, and may be committed, when its on_finished_handling has completed. What a hook starts
// and does not await (co_spawn with detached, a callback) is no part of it: nothing waits for that, and the record's
// view dangles.

/// A handler made anew for each partition that is assigned, so that its state needs no lock.
///
/// `engine.handle("orders", per_partition([&](topic_partition const& where) { return order_handler{db, where}; }))`
///
/// The factory is called on one strand of the engine, once per assigned partition, and may take no parameter instead.
/// The handler is destroyed after the partition was given up. An exception from the factory stops the engine.
template <class Factory>
class per_partition
{
public:
    /// `factory()` or `factory(topic_partition const&)` makes a handler.
    explicit per_partition(Factory factory) : factory_{std::move(factory)} {}

    /// Makes the handler of one partition.
    [[nodiscard]] auto make(topic_partition const& where)
    {
        if constexpr (std::invocable<Factory&, topic_partition const&>)
            return std::invoke(factory_, where);
        else
            return std::invoke(factory_);
    }

private:
    Factory factory_;
};

} // namespace paperboy
