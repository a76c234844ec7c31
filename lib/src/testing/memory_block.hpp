#pragma once

#include <paperboy/detail/record_block.hpp>
#include <paperboy/testing.hpp>
#include <paperboy/topic_partition.hpp>

#include <vector>

namespace paperboy::testing
{

// A block of records that were never on a broker.
class memory_block final : public paperboy::detail::record_block
{
public:
    [[nodiscard]] static paperboy::detail::block_holder make(std::vector<test_record> records, topic_partition where);

    [[nodiscard]] std::string_view topic() const noexcept override { return where_.topic; }
    [[nodiscard]] std::span<paperboy::detail::message const* const> messages() const noexcept override
    {
        return pointers_;
    }
    [[nodiscard]] std::int64_t timestamp_ms(paperboy::detail::message const& of) const noexcept override;
    [[nodiscard]] std::size_t header_count(paperboy::detail::message const& of) const noexcept override;
    [[nodiscard]] paperboy::detail::header_fields header(paperboy::detail::message const& of,
                                                         std::size_t index) const noexcept override;

private:
    memory_block(std::vector<test_record> records, topic_partition where);
    ~memory_block() override = default;
    void destroy() noexcept override { delete this; }
    [[nodiscard]] test_record const& source(paperboy::detail::message const& of) const noexcept;

    std::vector<test_record> records_;
    topic_partition where_;
    std::vector<paperboy::detail::message> messages_;
    std::vector<paperboy::detail::message const*> pointers_;
};

} // namespace paperboy::testing
