#pragma once

#include "kafka/client.hpp"
#include "kafka/consumer_event.hpp"
#include "kafka/event_queue.hpp"

#include <paperboy/error.hpp>
#include <paperboy/topic_partition.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace paperboy::kafka
{

// A member of a consumer group: subscription, assignment, commits and their events. Nothing here blocks.
class consumer
{
public:
    // Starts librdkafka's threads; `incremental` is what capabilities say of the protocol. Throws setup_error when it
    // refuses the configuration.
    consumer(boost::asio::any_io_executor const& executor, conf_handle conf, bool incremental);
    consumer(consumer const&) = delete;
    consumer& operator=(consumer const&) = delete;

    // What the group may still wait for is answered when the client goes, or by client::answer_for_good.
    ~consumer();

    // Joins the group for topics by name or, beginning with '^', by regular expression.
    [[nodiscard]] error_code subscribe(std::span<std::string const> topics);

    // Leaves the group: a revoke_event follows for what is assigned. subscribe joins it again.
    [[nodiscard]] error_code unsubscribe();

    // Where a partition goes on from what the group has committed.
    static constexpr std::int64_t stored = -1001;

    // Accepts what an assign_event gives; records flow into the partitions' queues from these offsets on.
    [[nodiscard]] error_code assign(std::span<partition_offset const> partitions);

    // Accepts it for a moment: the group is about to be left, and nothing is fetched until then that anybody sees.
    [[nodiscard]] error_code assign_unread(std::span<topic_partition const> partitions);

    // Gives up what a revoke_event takes; all there is where the protocol is not incremental.
    [[nodiscard]] error_code unassign(std::span<topic_partition const> partitions);

    // Starts a commit; a commit_event with this ticket follows, unless an error is returned.
    [[nodiscard]] error_code commit(std::span<partition_offset const> offsets, std::uintptr_t ticket);

    // Runs what may block for ever, on a thread that can be left behind; false where there is none.
    using run_aside = std::function<bool(std::function<void()>)>;

    // Starts leaving the group; a revoke_event may follow. One of what is told must be answered before closed() becomes
    // true, which is done aside; answers after that one do nothing.
    [[nodiscard]] error_code begin_close(run_aside aside);
    [[nodiscard]] bool closed() const noexcept;

    // The next event, if there is one; std::monostate inside for events that need no action.
    [[nodiscard]] std::optional<consumer_event> poll();

    [[nodiscard]] event_queue& events() noexcept { return events_; }
    [[nodiscard]] std::shared_ptr<client> const& shared_client() const noexcept { return client_; }

private:
    error_code give_everything_up();

    bool incremental_;
    // Once closing has begun.
    run_aside aside_;
    bool given_up_ = false;
    std::shared_ptr<client> client_;
    event_queue events_;
};

} // namespace paperboy::kafka
