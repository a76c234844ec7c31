#include "kafka/fetched_block.hpp"

#include <cstddef>

namespace paperboy::kafka
{
namespace
{

using detail::message;

// Public headers read rd_kafka_message_t through detail::message: the layouts must agree.
static_assert(sizeof(message) == sizeof(rd_kafka_message_t));
static_assert(offsetof(message, error) == offsetof(rd_kafka_message_t, err));
static_assert(offsetof(message, topic_handle) == offsetof(rd_kafka_message_t, rkt));
static_assert(offsetof(message, partition) == offsetof(rd_kafka_message_t, partition));
static_assert(offsetof(message, value) == offsetof(rd_kafka_message_t, payload));
static_assert(offsetof(message, value_size) == offsetof(rd_kafka_message_t, len));
static_assert(offsetof(message, key) == offsetof(rd_kafka_message_t, key));
static_assert(offsetof(message, key_size) == offsetof(rd_kafka_message_t, key_len));
static_assert(offsetof(message, offset) == offsetof(rd_kafka_message_t, offset));
static_assert(offsetof(message, private_data) == offsetof(rd_kafka_message_t, _private));

rd_kafka_message_t const& native(message const& of) noexcept
{
    return reinterpret_cast<rd_kafka_message_t const&>(of);
}

rd_kafka_headers_t* headers_of(message const& of) noexcept
{
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&native(of), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return nullptr;
    return headers;
}

} // namespace

detail::block_holder fetched_block::make(std::shared_ptr<client> owner, std::shared_ptr<std::string const> topic,
                                         std::shared_ptr<detail::send_ledger> ledger, std::size_t capacity)
{
    return detail::block_holder{new fetched_block{std::move(owner), std::move(topic), std::move(ledger), capacity}};
}

fetched_block::fetched_block(std::shared_ptr<client> owner, std::shared_ptr<std::string const> topic,
                             std::shared_ptr<detail::send_ledger> ledger, std::size_t capacity)
    : record_block{std::move(ledger)}, owner_{std::move(owner)}, topic_{std::move(topic)}, messages_(capacity)
{
}

fetched_block::~fetched_block()
{
    clear();
}

void fetched_block::destroy() noexcept
{
    delete this;
}

std::int64_t fetched_block::timestamp_ms(message const& of) const noexcept
{
    auto type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    auto const ms = rd_kafka_message_timestamp(&native(of), &type);
    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : ms;
}

std::size_t fetched_block::header_count(message const& of) const noexcept
{
    auto* const headers = headers_of(of);
    return headers == nullptr ? 0 : rd_kafka_header_cnt(headers);
}

detail::header_fields fetched_block::header(message const& of, std::size_t index) const noexcept
{
    auto* const headers = headers_of(of);
    char const* name = nullptr;
    void const* value = nullptr;
    std::size_t size = 0;
    if (headers == nullptr ||
        rd_kafka_header_get_all(headers, index, &name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return {};
    return {name, {static_cast<char const*>(value), size}, value == nullptr};
}

std::span<rd_kafka_message_t*> fetched_block::room() noexcept
{
    return {reinterpret_cast<rd_kafka_message_t**>(messages_.data()), messages_.size()};
}

void fetched_block::clear() noexcept
{
    for (auto* const each : room().first(size_))
        rd_kafka_message_destroy(each);
    size_ = 0;
}

} // namespace paperboy::kafka
