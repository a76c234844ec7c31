#include "kafka/changelog_partition.hpp"

#include "kafka/changelog_calls.hpp"
#include "kafka/kafka_error.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace paperboy::kafka
{
namespace
{

using clock = std::chrono::steady_clock;

// How many records one look takes, before other partitions get their turn.
constexpr std::size_t turn = 1000;

std::optional<std::string_view> field_at(void const* data, std::size_t size)
{
    if (data == nullptr)
        return std::nullopt;
    return std::string_view{static_cast<char const*>(data), size};
}

} // namespace

changelog_partition::changelog_partition(changelog_request request, std::shared_ptr<client> owner,
                                         std::weak_ptr<changelog_desk> desk)
    : request_{std::move(request)}, owner_{std::move(owner)}, desk_{std::move(desk)},
      fsm_{request_.from, request_.look_back, clock::now()}, pause_{request_.strand}
{
}

void changelog_partition::act(reading_action action)
{
    switch (action)
    {
    case reading_action::none:
        return;
    case reading_action::ask:
        return ask();
    case reading_action::start:
        return start();
    case reading_action::done:
        return tell_done();
    case reading_action::fail:
        return fail();
    }
}

// ---- the brokers' answers

void changelog_partition::ask()
{
    queue_.reset();
    at_end_ = false;
    pause_.expires_at(fsm_.ask_at());
    pause_.async_wait(
        [self = shared_from_this()](boost::system::error_code error)
        {
            if (auto const desk = self->desk_.lock(); desk && !error && !self->ended())
                desk->ask(self, std::exchange(self->started_, false));
        });
}

void changelog_partition::answered(changelog_range const& range)
{
    if (ended())
        return;
    error_ = range.error;
    error_text_ = error_.message();
    act(fsm_.answered(range, clock::now()));
}

// The queue is made before anything is fetched into it.
void changelog_partition::start()
{
    try
    {
        queue_.emplace(owner_, request_.strand, request_.where, nullptr, turn, turn);
    }
    catch (std::exception const& error)
    {
        return fail_with(changelog_trouble::unreadable, errc::client_failed, error.what());
    }
    ++fetching_;
    if (auto const error = start_fetching(*owner_, request_.where, fsm_.position()))
        return fail_with(changelog_trouble::unreadable, error, error.message());
    started_ = true;
    show_progress();
    if (queue_)
        look();
}

// ---- records

// 1. Records are handed out, and the sink may want to be left alone after that.
// 2. Only then comes what else the look brought (settle()): the end of the partition, or an error.
void changelog_partition::look()
{
    got_ = fetch();
    next_.reset();
    handing_out_ = true;
    auto const flow = hand_out();
    handing_out_ = false;
    partition_queue::recycle(block_);
    if (ended())
        block_ = {};
    else if (flow == changelog_flow::hold)
        holding_ = true;
    else
        settle();
}

fetched changelog_partition::fetch()
{
    auto const caught = caught_error{};
    auto got = queue_->fetch(block_);
    if (caught.error && got.errors.empty())
        got.errors.push_back({caught.error, caught.text});
    return got;
}

changelog_flow changelog_partition::hand_out()
{
    auto const messages = block_->messages();
    if (messages.empty())
        return changelog_flow::next;
    auto const sink = request_.sink;
    auto const known = static_cast<std::size_t>(
        std::ranges::find_if(messages, [this](auto const* each) { return each->offset >= fsm_.from(); }) -
        messages.begin());
    collect(messages.first(known));
    if (!changes_.empty())
        sink->known(changes_);
    collect(messages.subspan(known));
    records_ += changes_.size();
    bytes_ += got_.bytes;
    next_ = messages.back()->offset + 1;
    return changes_.empty() || ended() ? changelog_flow::next : sink->block(changes_, *next_);
}

// A record without a key is nobody's change.
void changelog_partition::collect(std::span<detail::message const* const> messages)
{
    changes_.clear();
    for (auto const* const each : messages)
        if (auto const key = field_at(each->key, each->key_size))
            changes_.push_back({*key, field_at(each->value, each->value_size)});
}

void changelog_partition::settle()
{
    auto const got = std::exchange(got_, {});
    if (auto const next = std::exchange(next_, std::nullopt))
        reached(*next);
    if (queue_ && got.end)
        reached_end(*got.end);
    for (auto const& each : got.errors)
    {
        if (!queue_)
            break;
        error_ = each.code;
        error_text_ = each.text;
        auto const error = judge(each.code);
        if (error == changelog_error::unreadable && fsm_.looks_back())
            request_.sink->forget_known(each.text);
        act(fsm_.troubled(error, clock::now()));
    }
    if (!queue_ || holding_)
        return;
    if (!got.more)
        return wait();
    boost::asio::post(request_.strand, [self = shared_from_this(), fetching = fetching_] { self->woken(fetching); });
}

void changelog_partition::reached(std::int64_t position)
{
    auto const high = queue_->high_watermark();
    auto const action = fsm_.moved(position, high);
    at_end_ = high && position >= *high;
    show_progress();
    if (queue_)
        act(action);
}

// In a tail, the sink is to know that the position has moved over what is no record.
void changelog_partition::reached_end(std::int64_t position)
{
    auto const moved = position > fsm_.position();
    auto const in_tail = fsm_.complete();
    reached(position);
    if (!moved || !in_tail || ended())
        return;
    auto const sink = request_.sink;
    holding_ = sink->block({}, position) == changelog_flow::hold && !ended();
}

void changelog_partition::wait()
{
    resting_ = true;
    queue_->events().async_wait([self = shared_from_this(), fetching = fetching_](boost::system::error_code)
                                { self->woken(fetching); });
}

void changelog_partition::woken(std::uint64_t fetching)
{
    if (fetching != fetching_ || !queue_ || holding_)
        return;
    resting_ = false;
    queue_->events().acknowledge();
    look();
}

void changelog_partition::check()
{
    if (queue_ && resting_ && queue_->length() > 0)
        queue_->events().interrupt();
}

void changelog_partition::resume()
{
    if (!std::exchange(holding_, false))
        return;
    boost::asio::post(request_.strand,
                      [self = shared_from_this(), fetching = fetching_]
                      {
                          if (fetching == self->fetching_ && self->queue_)
                              self->settle();
                      });
}

// ---- the end

void changelog_partition::cancel() noexcept
{
    end();
}

// The client may be destroyed only when nothing of it is left here.
void changelog_partition::end() noexcept
{
    if (ended())
        return;
    queue_.reset();
    pause_.cancel();
    holding_ = false;
    request_.sink.reset();
    if (!handing_out_)
        block_ = {};
    owner_.reset();
    if (auto const desk = desk_.lock(); desk && std::exchange(started_, false))
        desk->stop(request_.where);
}

void changelog_partition::tell_done()
{
    auto const sink = request_.sink;
    if (!request_.tail)
        end();
    sink->done(fsm_.position());
}

void changelog_partition::show_progress()
{
    auto const sink = request_.sink;
    auto const high = queue_ ? queue_->high_watermark() : std::nullopt;
    sink->progress({fsm_.begin(), fsm_.end(), fsm_.next(), fsm_.from(), records_, bytes_, at_end_, high});
}

void changelog_partition::fail()
{
    auto const next = "offset " + std::to_string(fsm_.next()) + " is to be read next, but the partition ";
    auto const gone = make_code(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
    switch (fsm_.trouble())
    {
    case changelog_trouble::beyond_end:
        return fail_with(fsm_.trouble(), gone,
                         next + "ends at " + std::to_string(fsm_.end()) +
                             ": the topic was made anew, or its brokers have lost records");
    case changelog_trouble::below_begin:
        return fail_with(fsm_.trouble(), gone,
                         next + "begins at " + std::to_string(fsm_.begin()) + ": what is in front of it was deleted");
    case changelog_trouble::topic_gone:
        return fail_with(fsm_.trouble(), errc::missing_topic,
                         "the topic does not exist; if it was deleted, the table's changes were deleted with it");
    case changelog_trouble::partition_unknown:
        return fail_with(fsm_.trouble(), make_code(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART),
                         "the topic has no such partition; it needs as many as the table's source has");
    case changelog_trouble::refused:
        return fail_with(fsm_.trouble(), error_,
                         "the brokers do not let us read it: " + error_text_ +
                             "; allow Describe and Read on the topic");
    case changelog_trouble::unreadable:
        return fail_with(fsm_.trouble(), error_,
                         "offset " + std::to_string(fsm_.position()) +
                             " or one after it cannot be read: " + error_text_);
    }
}

void changelog_partition::fail_with(changelog_trouble trouble, error_code error, std::string const& what)
{
    auto const sink = request_.sink;
    end();
    auto failure = changelog_failure{};
    failure.trouble = trouble;
    failure.error = error;
    failure.text = "changelog " + to_string(request_.where) + ": " + what;
    sink->failed(failure);
}

} // namespace paperboy::kafka
