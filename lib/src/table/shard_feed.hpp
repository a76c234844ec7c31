#pragma once

#include "kafka/changelog_sink.hpp"
#include "table/shard.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace paperboy::tables
{

// Passes what a reading brings on to a shard, which keeps the reading and so must not be kept by it.
class shard_feed final : public kafka::changelog_sink
{
public:
    explicit shard_feed(std::shared_ptr<shard> const& to) : to_{to} {}

    void known(std::span<shard_change const> changes) override
    {
        if (auto const to = to_.lock())
            to->known(changes);
    }
    void forget_known(std::string_view why) override
    {
        if (auto const to = to_.lock())
            to->forget_known(why);
    }
    kafka::changelog_flow block(std::span<shard_change const> changes, std::int64_t next_offset) override
    {
        auto const to = to_.lock();
        return to ? to->restored(changes, next_offset) : kafka::changelog_flow::next;
    }
    void progress(kafka::changelog_progress const& so_far) override
    {
        if (auto const to = to_.lock())
            to->show_progress(so_far);
    }
    void done(std::int64_t next_offset) override
    {
        if (auto const to = to_.lock())
            to->restore_finished(next_offset);
    }
    void failed(kafka::changelog_failure const& why) override
    {
        if (auto const to = to_.lock())
            to->restore_failed(why);
    }

private:
    std::weak_ptr<shard> to_;
};

[[nodiscard]] inline std::shared_ptr<kafka::changelog_sink> make_feed(std::shared_ptr<shard> const& to)
{
    return std::make_shared<shard_feed>(to);
}

} // namespace paperboy::tables
