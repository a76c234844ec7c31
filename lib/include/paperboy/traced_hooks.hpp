#pragma once

#include <paperboy/record.hpp>
#include <paperboy/trace_context.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace paperboy
{

/// The hooks of a record, or of a bulk, as a span of a trace: what `observer::on_span_start` and `on_span_end` are
/// told. Everything in it is borrowed for the call.
struct traced_hooks
{
    /// The records: one, or those of a bulk.
    std::span<record_view const> records;

    /// The span that the record was produced in, as its header `traceparent` says; nothing for a bulk, whose records
    /// may each have one: see `parent_of`.
    std::optional<trace_context> parent;

    /// At the end: what `on_span_start` returned.
    trace_context context;

    /// `config::group_id`.
    std::string_view group_id;
    /// `config::client_id`.
    std::string_view client_id;

    /// At the end: the last failure of a hook or a serde; null when there was none.
    std::exception_ptr error;

    /// At the end: whether all the records are finished. Those that are not will be tried again, here or by the next
    /// owner of the partition.
    bool finished = false;

    /// A value of an attribute.
    using value = std::variant<std::string_view, std::int64_t, bool>;

    /// The span's name by OpenTelemetry's conventions: "process orders". Its kind is consumer.
    [[nodiscard]] std::string name() const;

    /// Calls `each(name, value)` for the span's attributes, by the names of OpenTelemetry's semantic conventions for
    /// messaging (1.27 and later): `messaging.system`, `messaging.operation.name` and `.type`,
    /// `messaging.destination.name`, `messaging.destination.partition.id`, `messaging.consumer.group.name`,
    /// `messaging.client.id`; of a single record `messaging.kafka.offset`, `messaging.kafka.message.tombstone` where it
    /// is one, `messaging.message.body.size`; of a bulk `messaging.batch.message_count`; after a failure `error.type`.
    /// Keys are left out: they may be anything, also a secret.
    template <class F>
    void for_each_attribute(F&& each) const
    {
        auto const& first = records.front();
        auto const partition = std::to_string(first.partition());
        each(std::string_view{"messaging.system"}, value{std::string_view{"kafka"}});
        each(std::string_view{"messaging.operation.name"}, value{std::string_view{"process"}});
        each(std::string_view{"messaging.operation.type"}, value{std::string_view{"process"}});
        each(std::string_view{"messaging.destination.name"}, value{first.topic()});
        each(std::string_view{"messaging.destination.partition.id"}, value{std::string_view{partition}});
        each(std::string_view{"messaging.consumer.group.name"}, value{group_id});
        each(std::string_view{"messaging.client.id"}, value{client_id});
        if (records.size() > 1)
            each(std::string_view{"messaging.batch.message_count"}, value{static_cast<std::int64_t>(records.size())});
        else
        {
            each(std::string_view{"messaging.kafka.offset"}, value{first.offset()});
            each(std::string_view{"messaging.message.body.size"},
                 value{static_cast<std::int64_t>(first.value_bytes().size())});
            if (first.is_tombstone())
                each(std::string_view{"messaging.kafka.message.tombstone"}, value{true});
        }
        if (auto const type = error_type(); !type.empty())
            each(std::string_view{"error.type"}, value{std::string_view{type}});
    }

    /// The demangled type of `error`; empty when there is none.
    [[nodiscard]] std::string error_type() const;
};

} // namespace paperboy
