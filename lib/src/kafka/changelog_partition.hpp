#pragma once

#include "kafka/changelog_reader.hpp"
#include "kafka/changelog_reader_fsm.hpp"
#include "kafka/partition_queue.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace paperboy::kafka
{

class changelog_partition;

// Where partitions turn to with what blocks; safe from any strand.
class changelog_desk
{
public:
    changelog_desk() = default;
    changelog_desk(changelog_desk const&) = delete;
    changelog_desk& operator=(changelog_desk const&) = delete;

    // Stops fetching where that is wanted, then asks what there is of the partition: answered() follows, on its strand.
    virtual void ask(std::shared_ptr<changelog_partition> of, bool stop) = 0;

    virtual void stop(topic_partition const& where) = 0;

protected:
    ~changelog_desk() = default;
};

// One partition that is being read, on its strand.
class changelog_partition final : public std::enable_shared_from_this<changelog_partition>
{
public:
    changelog_partition(changelog_request request, std::shared_ptr<client> owner, std::weak_ptr<changelog_desk> desk);

    [[nodiscard]] topic_partition const& where() const noexcept { return request_.where; }
    [[nodiscard]] boost::asio::any_io_executor const& strand() const noexcept { return request_.strand; }

    void answered(changelog_range const& range);
    void resume();
    void cancel() noexcept;

    // Looks into the queue if something waits there without having woken us.
    void check();

private:
    [[nodiscard]] bool ended() const noexcept { return owner_ == nullptr; }

    void act(reading_action action);
    void ask();
    void start();
    void look();
    void wait();
    void woken(std::uint64_t fetching);
    void settle();
    void reached(std::int64_t position);
    void reached_end(std::int64_t position);
    [[nodiscard]] fetched fetch();
    [[nodiscard]] changelog_flow hand_out();
    void collect(std::span<detail::message const* const> messages);
    void end() noexcept;
    void tell_done();
    void fail();
    void fail_with(changelog_trouble trouble, error_code error, std::string const& what);
    void show_progress();

    changelog_request request_;
    std::shared_ptr<client> owner_;
    std::weak_ptr<changelog_desk> desk_;
    changelog_fsm fsm_;
    boost::asio::steady_timer pause_;

    // While records are fetched; the number tells a wakeup of an earlier queue.
    std::optional<partition_queue> queue_;
    std::uint64_t fetching_ = 0;
    // Whether librdkafka has to be told to stop.
    bool started_ = false;
    bool resting_ = false;
    bool holding_ = false;
    bool handing_out_ = false;

    // What the last look brought, until it is dealt with.
    fetched got_;
    std::optional<std::int64_t> next_;

    detail::block_holder block_;
    std::vector<shard_change> changes_;
    error_code error_;
    std::string error_text_;
    bool at_end_ = false;
    std::uint64_t records_ = 0;
    std::uint64_t bytes_ = 0;
};

} // namespace paperboy::kafka
