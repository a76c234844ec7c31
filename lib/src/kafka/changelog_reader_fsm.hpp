#pragma once

#include "kafka/changelog_sink.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace paperboy::kafka
{

// What the brokers say of a partition.
enum class changelog_news
{
    known,
    no_topic,
    no_partition,
    refused,
    // Nothing, or nothing that would last.
    unanswered,
};

struct changelog_range
{
    changelog_news news = changelog_news::unanswered;
    // The oldest offset, and the one that follows the last which a consumer with read_committed can get.
    std::int64_t begin = 0;
    std::int64_t end = 0;
    error_code error;
};

// What an error in a partition's queue means.
enum class changelog_error
{
    // librdkafka copes by itself.
    transient,
    // The offset is not there, or the topic: the brokers have to be asked what there is now.
    uncertain,
    refused,
    unreadable,
};

enum class reading_action
{
    none,
    // Stop fetching if that was begun; ask the brokers what there is, not before ask_at(); then answered().
    ask,
    // Fetch from position() on.
    start,
    // Everything up to end() was handed out.
    done,
    // trouble() says why.
    fail,
};

// Decides where a changelog partition's reading begins, when it is complete, and when it is given up.
//
// 1. The end to reach is what the brokers answer after the request. A fetch tells an end as well, sooner; but a leader
//    that was elected just now may not know yet how much of its log is acknowledged, and only questions for offsets are
//    then refused instead of answered with too little.
// 2. The answer is the end for read_committed: an open transaction in front of acknowledged changes hides them. So the
//    first fetch raises it to the high watermark that came with it, and the transaction's end is waited for.
// 3. Markers of transactions, aborted records and what was compacted away are passed by the end of the partition
//    (moved(), with an offset that no record had).
// 4. What is wanted may begin some offsets behind the first that is read: only what is wanted has to be there,
//    and to be readable.
class changelog_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    // For how long a topic has to be missing: a broker may not have heard of it yet.
    static constexpr std::chrono::milliseconds grace{5000};
    static constexpr std::chrono::milliseconds pause{200};

    changelog_fsm(std::optional<std::int64_t> from, std::int64_t look_back, time_point now) noexcept
        : wanted_{from}, look_back_{look_back}, ask_at_{now}
    {
    }

    reading_action answered(changelog_range const& range, time_point now) noexcept
    {
        ask_at_ = now + pause;
        switch (range.news)
        {
        case changelog_news::known:
            missing_since_ = time_point::max();
            return located(range);
        case changelog_news::no_topic:
            return missing(changelog_trouble::topic_gone, now);
        case changelog_news::no_partition:
            return missing(changelog_trouble::partition_unknown, now);
        case changelog_news::refused:
            return fail(changelog_trouble::refused);
        case changelog_news::unanswered:
            break;
        }
        return reading_action::ask;
    }

    reading_action troubled(changelog_error error, time_point now) noexcept
    {
        switch (error)
        {
        case changelog_error::transient:
            break;
        case changelog_error::uncertain:
            ask_at_ = std::max(ask_at_, now);
            return reading_action::ask;
        case changelog_error::refused:
            return fail(changelog_trouble::refused);
        case changelog_error::unreadable:
            if (!looks_back())
                return fail(changelog_trouble::unreadable);
            position_ = from_;
            ask_at_ = std::max(ask_at_, now);
            return reading_action::ask;
        }
        return reading_action::none;
    }

    // What was fetched ends in front of `position`; `high_watermark` came with it or with a later fetch.
    reading_action moved(std::int64_t position, std::optional<std::int64_t> high_watermark) noexcept
    {
        position_ = std::max(position_, position);
        if (!end_final_ && high_watermark)
        {
            end_ = std::max(end_, *high_watermark);
            end_final_ = true;
        }
        if (complete_ || position_ < end_)
            return reading_action::none;
        complete_ = true;
        return reading_action::done;
    }

    [[nodiscard]] time_point ask_at() const noexcept { return ask_at_; }
    [[nodiscard]] std::int64_t position() const noexcept { return position_; }
    // Where what is wanted begins, and what is wanted next.
    [[nodiscard]] std::int64_t from() const noexcept { return from_; }
    [[nodiscard]] std::int64_t next() const noexcept { return std::max(position_, from_); }
    // Whether what is read next is not wanted yet.
    [[nodiscard]] bool looks_back() const noexcept { return position_ < from_; }
    [[nodiscard]] std::int64_t begin() const noexcept { return begin_; }
    [[nodiscard]] std::int64_t end() const noexcept { return end_; }
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    [[nodiscard]] changelog_trouble trouble() const noexcept { return trouble_; }

private:
    reading_action located(changelog_range const& range) noexcept
    {
        begin_ = range.begin;
        if (!begun_)
        {
            from_ = wanted_.value_or(range.begin);
            position_ = wanted_ ? from_ - look_back_ : from_;
            end_ = range.end;
        }
        begun_ = true;
        if (next() > range.end)
        {
            end_ = range.end;
            return fail(changelog_trouble::beyond_end);
        }
        if (next() < range.begin)
            return fail(changelog_trouble::below_begin);
        position_ = std::max(position_, range.begin);
        return reading_action::start;
    }

    reading_action missing(changelog_trouble what, time_point now) noexcept
    {
        missing_since_ = std::min(missing_since_, now);
        return now - missing_since_ < grace ? reading_action::ask : fail(what);
    }

    reading_action fail(changelog_trouble why) noexcept
    {
        trouble_ = why;
        return reading_action::fail;
    }

    std::optional<std::int64_t> wanted_;
    std::int64_t look_back_;
    time_point ask_at_;
    time_point missing_since_ = time_point::max();
    std::int64_t from_ = 0;
    std::int64_t begin_ = 0;
    std::int64_t end_ = 0;
    std::int64_t position_ = 0;
    changelog_trouble trouble_ = changelog_trouble::unreadable;
    bool begun_ = false;
    bool end_final_ = false;
    bool complete_ = false;
};

} // namespace paperboy::kafka
