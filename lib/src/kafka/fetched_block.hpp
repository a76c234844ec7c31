#pragma once

#include "kafka/client.hpp"

#include <paperboy/detail/record_block.hpp>

#include <librdkafka/rdkafka.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace paperboy::kafka
{

// The messages of one fetch from a partition's queue, owned until the last holder lets go.
class fetched_block final : public detail::record_block
{
public:
    // An empty block with room for `capacity` messages of one partition, whose sends go to `ledger`.
    [[nodiscard]] static detail::block_holder make(std::shared_ptr<client> owner,
                                                   std::shared_ptr<std::string const> topic,
                                                   std::shared_ptr<detail::send_ledger> ledger, std::size_t capacity);

    [[nodiscard]] std::string_view topic() const noexcept override { return *topic_; }
    [[nodiscard]] std::span<detail::message const* const> messages() const noexcept override
    {
        return {messages_.data(), size_};
    }
    [[nodiscard]] std::int64_t timestamp_ms(detail::message const& of) const noexcept override;
    [[nodiscard]] std::size_t header_count(detail::message const& of) const noexcept override;
    [[nodiscard]] detail::header_fields header(detail::message const& of, std::size_t index) const noexcept override;

    // Room for librdkafka to put messages into; resize() then says how many it put.
    [[nodiscard]] std::span<rd_kafka_message_t*> room() noexcept;
    void resize(std::size_t size) noexcept { size_ = size; }

    // Gives the messages back to librdkafka; the block is empty and can be filled again.
    void clear() noexcept;

private:
    fetched_block(std::shared_ptr<client> owner, std::shared_ptr<std::string const> topic,
                  std::shared_ptr<detail::send_ledger> ledger, std::size_t capacity);
    ~fetched_block() override;
    void destroy() noexcept override;

    std::shared_ptr<client> owner_;
    std::shared_ptr<std::string const> topic_;
    std::vector<detail::message*> messages_;
    std::size_t size_ = 0;
};

} // namespace paperboy::kafka
