#include "testing/memory_block.hpp"

#include <utility>

namespace paperboy::testing
{

using paperboy::detail::block_holder;
using paperboy::detail::header_fields;
using paperboy::detail::message;

block_holder memory_block::make(std::vector<test_record> records, topic_partition where)
{
    return block_holder{new memory_block{std::move(records), std::move(where)}};
}

memory_block::memory_block(std::vector<test_record> records, topic_partition where)
    : records_{std::move(records)}, where_{std::move(where)}
{
    auto next_offset = std::int64_t{0};
    for (auto& each : records_)
    {
        auto const offset = each.offset.value_or(next_offset);
        next_offset = offset + 1;
        messages_.push_back({0, nullptr, where_.partition, each.value ? each.value->data() : nullptr,
                             each.value ? each.value->size() : 0, each.key ? each.key->data() : nullptr,
                             each.key ? each.key->size() : 0, offset, nullptr});
    }
    for (auto const& each : messages_)
        pointers_.push_back(&each);
}

test_record const& memory_block::source(message const& of) const noexcept
{
    return records_[static_cast<std::size_t>(&of - messages_.data())];
}

std::int64_t memory_block::timestamp_ms(message const& of) const noexcept
{
    return source(of).timestamp_ms;
}

std::size_t memory_block::header_count(message const& of) const noexcept
{
    return source(of).headers.size();
}

header_fields memory_block::header(message const& of, std::size_t index) const noexcept
{
    auto const& [name, value] = source(of).headers[index];
    return {name, value ? std::string_view{*value} : std::string_view{}, !value};
}

} // namespace paperboy::testing
