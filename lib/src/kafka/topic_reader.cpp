#include <paperboy/topic_reader.hpp>

#include "kafka/changelog_calls.hpp"
#include "kafka/client_news.hpp"
#include "kafka/fetched_block.hpp"
#include "kafka/groupless_config.hpp"
#include "kafka/kafka_error.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace paperboy
{

// All partitions are fetched into one queue.
class topic_reader::impl
{
public:
    impl(config const& settings, std::string topic, offsets const& from)
        : topic_{std::make_shared<std::string const>(std::move(topic))}, positions_{from},
          client_{std::make_shared<kafka::client>(kafka::make_groupless_conf(settings))},
          events_{kafka::main_queue_of(client_->get())}, news_{settings},
          handle_{rd_kafka_topic_new(client_->get(), topic_->c_str(), nullptr)},
          records_{rd_kafka_queue_new(client_->get())}
    {
        if (!handle_)
            news_.fail("read topic \"" + *topic_ + "\"", rd_kafka_last_error());
        for (auto const& [partition, offset] : from)
            if (rd_kafka_consume_start_queue(handle_.get(), partition, offset, records_.get()) != 0)
                fail(partition, rd_kafka_last_error());
            else
                started_.insert(partition);
    }
    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;

    // The client cannot be destroyed with messages outstanding.
    ~impl()
    {
        for (auto const partition : started_)
            rd_kafka_consume_stop(handle_.get(), partition);
        kafka::discard(records_.get());
    }

    std::size_t read(std::chrono::milliseconds wait, std::function<void(record_view const&)> const& each,
                     std::size_t most)
    {
        auto block = make_block(std::clamp<std::size_t>(most, 1, 10'000));
        auto& fetched = static_cast<kafka::fetched_block&>(*block);
        fetch(fetched, static_cast<int>(wait.count()));
        for (auto const* const message : fetched.messages())
        {
            positions_[message->partition] = message->offset + 1;
            ended_.erase(message->partition);
            each(record_view{fetched, *message});
        }
        end_partitions();
        return fetched.messages().size();
    }

    [[nodiscard]] bool at_end() const { return ended_.size() == positions_.size(); }
    [[nodiscard]] offsets const& positions() const noexcept { return positions_; }
    [[nodiscard]] std::string const& trouble() const noexcept { return news_.trouble(); }

private:
    [[nodiscard]] detail::block_holder make_block(std::size_t capacity) const
    {
        return kafka::fetched_block::make(client_, topic_, nullptr, capacity);
    }

    // librdkafka waits out the time-out of a call for many messages even with some in hand: so the first is waited for
    // alone.
    void fetch(kafka::fetched_block& block, int wait)
    {
        auto caught = kafka::caught_error{};
        auto const room = block.room();
        auto taken = std::size_t{0};
        room[0] = rd_kafka_consume_queue(records_.get(), wait);
        if (room[0] != nullptr)
        {
            auto const more = rd_kafka_consume_batch_queue(records_.get(), 0, room.data() + 1, room.size() - 1);
            taken = 1 + static_cast<std::size_t>(std::max<ssize_t>(more, 0));
        }
        auto failed = std::pair{std::int32_t{-1}, RD_KAFKA_RESP_ERR_NO_ERROR};
        auto kept = std::size_t{0};
        for (auto* const each : room.first(taken))
        {
            if (each->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            {
                room[kept++] = each;
                continue;
            }
            if (each->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
                ends_[each->partition] = each->offset;
            else if (kafka::make_code(each->err) != condition::retriable)
                failed = {each->partition, each->err};
            rd_kafka_message_destroy(each);
        }
        block.resize(kept);
        news_.take(client_->get(), events_.get());
        if (failed.second != RD_KAFKA_RESP_ERR_NO_ERROR)
            fail(failed.first, failed.second);
        if (caught.error && caught.error != condition::retriable)
            throw cluster_error{caught.error, "paperboy: cannot read topic \"" + *topic_ + "\": " + caught.text +
                                                  "; check that the topic and its partitions exist"};
    }

    // An end that was told before further records came is none any more.
    void end_partitions()
    {
        for (auto const& [partition, offset] : std::exchange(ends_, {}))
            if (auto& position = positions_[partition]; offset >= position)
            {
                position = offset;
                ended_.insert(partition);
            }
    }

    [[noreturn]] void fail(std::int32_t partition, rd_kafka_resp_err_t error)
    {
        news_.fail("read " + to_string(topic_partition{*topic_, partition}), error);
    }

    std::shared_ptr<std::string const> topic_;
    offsets positions_;
    std::shared_ptr<kafka::client> client_;
    kafka::queue_handle events_;
    kafka::client_news news_;
    kafka::topic_handle handle_;
    kafka::queue_handle records_;
    std::set<std::int32_t> started_;
    std::map<std::int32_t, std::int64_t> ends_;
    std::set<std::int32_t> ended_;
};

topic_reader::topic_reader(config const& settings, std::string topic, offsets const& from)
    : impl_{std::make_unique<impl>(settings, std::move(topic), from)}
{
}

topic_reader::topic_reader(topic_reader&&) noexcept = default;
topic_reader& topic_reader::operator=(topic_reader&&) noexcept = default;
topic_reader::~topic_reader() = default;

std::size_t topic_reader::read(std::chrono::milliseconds wait, std::function<void(record_view const&)> const& each,
                               std::size_t most)
{
    return impl_->read(wait, each, most);
}

bool topic_reader::at_end() const
{
    return impl_->at_end();
}

topic_reader::offsets const& topic_reader::positions() const
{
    return impl_->positions();
}

std::string topic_reader::trouble() const
{
    return impl_->trouble();
}

} // namespace paperboy
