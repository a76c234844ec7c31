#pragma once

#include <paperboy/headers.hpp>
#include <paperboy/produced.hpp>
#include <paperboy/record.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace paperboy
{

class record_view;

} // namespace paperboy

namespace paperboy::detail
{

// For librdkafka 0 is no time, but "now", and so is what is before 1970 for Kafka: of those the first millisecond is
// the nearest that can be sent.
[[nodiscard]] constexpr std::int64_t sendable_ms(timestamp at) noexcept
{
    return std::max(at.time_since_epoch().count(), timestamp::rep{1});
}

// A record to be produced, borrowed from whoever sends it.
struct outgoing_view
{
    static constexpr std::int32_t any_partition = -1;

    // As send_target::topic_number numbers it.
    std::size_t topic = 0;
    std::int32_t partition = any_partition;
    std::optional<std::string_view> key;
    std::optional<std::string_view> value;
    // Milliseconds since 1970, as sendable_ms() has it; 0: now.
    std::int64_t timestamp_ms = 0;
    std::span<header_view const> headers;

    [[nodiscard]] std::size_t bytes() const noexcept { return (key ? key->size() : 0) + (value ? value->size() : 0); }
};

// A record to be produced that owns what it shows.
class outgoing
{
public:
    explicit outgoing(outgoing_view const& from);
    outgoing(outgoing&&) noexcept = default;
    outgoing& operator=(outgoing&&) noexcept = default;
    ~outgoing() = default;

    [[nodiscard]] outgoing_view view() const noexcept;

    // Sends it to another partition.
    void readdress(std::int32_t partition) noexcept { view_.partition = partition; }

private:
    // The views point into bytes_, whose memory stays where it is when this moves.
    outgoing_view view_;
    std::vector<header_view> headers_;
    std::vector<char> bytes_;
};

// Told once what became of a record; type-erased, so that the producer is compiled once and not by each user.
class send_completion
{
public:
    send_completion() = default;
    send_completion(send_completion const&) = delete;
    send_completion& operator=(send_completion const&) = delete;
    virtual ~send_completion() = default;

    // Posts the completion; from any thread, only the first call counts.
    virtual void complete(boost::system::error_code result, produced const& where) = 0;
};

// What topic_producer hands its records to: an engine's producer, or a test's log.
class send_target
{
public:
    send_target() = default;
    send_target(send_target const&) = delete;
    send_target& operator=(send_target const&) = delete;
    virtual ~send_target() = default;

    // Where completion handlers without an executor of their own are called.
    [[nodiscard]] virtual boost::asio::any_io_executor executor() const = 0;

    // The number of a topic, the same for the same name.
    [[nodiscard]] virtual std::size_t topic_number(std::string_view topic) = 0;

    // Sends a record on behalf of `cause`, whose offset waits for the acknowledgement.
    virtual void send(outgoing_view const& what, record_view const& cause) = 0;

    // Sends a record on behalf of nobody.
    virtual void send(outgoing_view const& what, std::shared_ptr<send_completion> completion) = 0;
};

} // namespace paperboy::detail
