#include "kafka/changelog_reader.hpp"

#include "kafka/background_call.hpp"
#include "kafka/changelog_calls.hpp"
#include "kafka/changelog_partition.hpp"
#include "kafka/client_config.hpp"
#include "kafka/event_decoder.hpp"
#include "kafka/offset_queries.hpp"
#include "kafka/property_check.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace paperboy::kafka
{
namespace
{

using partitions = std::vector<std::shared_ptr<changelog_partition>>;

constexpr auto least_reader_memory = std::size_t{16} << 20U;
constexpr auto check_every = std::chrono::seconds{1};

queue_handle main_queue(client const& of)
{
    auto queue = queue_handle{rd_kafka_queue_get_main(of.get())};
    rd_kafka_set_log_queue(of.get(), queue.get());
    return queue;
}

} // namespace

// Without a group's name librdkafka has no group, and looks for no coordinator.
conf_handle make_changelog_conf(config const& settings, std::size_t partitions, std::size_t memory)
{
    auto chosen = settings;
    chosen.auto_offset_reset = offset_reset::error;
    auto conf = make_consumer_conf(chosen, partitions, std::max(memory, least_reader_memory));
    set(conf, "group.id", "");
    set(conf, "isolation.level", "read_committed");
    set(conf, "enable.partition.eof", "true");
    set(conf, "fetch.min.bytes", "1");
    caught_error::enable(conf);
    return conf;
}

// Everything here happens on the reader's strand, but for what blocks: that is done on one thread, in turns. A turn
// first stops what has ended, so that a partition that is read again finds its queue free.
class changelog_reader::impl final : public changelog_desk, public std::enable_shared_from_this<impl>
{
public:
    impl(boost::asio::any_io_executor strand, conf_handle conf, std::function<void(consumer_event const&)> on_event)
        : strand_{std::move(strand)}, client_{std::make_shared<client>(std::move(conf))},
          on_event_{std::move(on_event)}, turns_{strand_, "paperboy-chlog"}, check_timer_{strand_}
    {
        events_.emplace(strand_, main_queue(*client_));
    }

    void begin()
    {
        serve();
        check_later();
    }

    [[nodiscard]] rd_kafka_t* get() const noexcept { return client_->get(); }

    [[nodiscard]] changelog_reading read(changelog_request request)
    {
        auto partition = std::make_shared<changelog_partition>(std::move(request), client_, weak_from_this());
        std::erase_if(all_, [](auto const& each) { return each.expired(); });
        all_.push_back(partition);
        take_up(partition, false);
        return changelog_reading{std::move(partition)};
    }

    [[nodiscard]] std::shared_ptr<client> close()
    {
        waiting_.clear();
        turns_.forget();
        check_timer_.cancel();
        events_.reset();
        return std::move(client_);
    }

    void ask(std::shared_ptr<changelog_partition> of, bool stop) override
    {
        boost::asio::post(strand_, [self = shared_from_this(), partition = std::move(of), stop]
                          { self->take_up(partition, stop); });
    }

    void stop(topic_partition const& where) override
    {
        boost::asio::post(strand_,
                          [self = shared_from_this(), where]
                          {
                              self->stops_.push_back(where);
                              self->take_turn();
                          });
    }

private:
    void take_up(std::shared_ptr<changelog_partition> const& of, bool stop)
    {
        if (stop)
            stops_.push_back(of->where());
        waiting_.push_back(of);
        take_turn();
    }

    void take_turn()
    {
        if (!client_ || turns_.busy() || (waiting_.empty() && stops_.empty()))
            return;
        auto asked = std::vector<topic_partition>{};
        for (auto const& each : waiting_)
            asked.push_back(each->where());
        auto const answers = std::make_shared<std::vector<changelog_range>>();
        auto work = [owner = client_, stops = stops_, asked = std::move(asked), answers]
        {
            for (auto const& each : stops)
                stop_fetching(*owner, each);
            *answers = changelog_ranges(*owner, asked, query_timeout);
        };
        // Without a thread the check tries again.
        if (!turns_.run(std::move(work),
                        [self = shared_from_this(), who = waiting_, answers] { self->on_answers(who, *answers); }))
            return;
        stops_.clear();
        waiting_.clear();
    }

    void on_answers(partitions const& who, std::vector<changelog_range> const& answers)
    {
        auto answer = answers.begin();
        for (auto const& each : who)
            boost::asio::post(each->strand(), [partition = each, range = *answer++] { partition->answered(range); });
        take_turn();
    }

    void serve()
    {
        if (!events_)
            return;
        events_->acknowledge();
        while (events_)
        {
            auto const event = event_handle{rd_kafka_queue_poll(events_->get(), 0)};
            if (!event)
                break;
            on_event_(decode(client_->get(), event.get()));
        }
        if (events_)
            events_->async_wait([self = shared_from_this()](boost::system::error_code) { self->serve(); });
    }

    // For wakeups that did not come.
    void check_later()
    {
        check_timer_.expires_after(check_every);
        check_timer_.async_wait(
            [self = shared_from_this()](boost::system::error_code error)
            {
                if (!error && self->events_)
                    self->check();
            });
    }

    void check()
    {
        if (events_->length() > 0)
            events_->interrupt();
        for (auto const& each : all_)
            if (auto const partition = each.lock())
                boost::asio::post(partition->strand(), [partition] { partition->check(); });
        take_turn();
        check_later();
    }

    boost::asio::any_io_executor strand_;
    std::shared_ptr<client> client_;
    std::function<void(consumer_event const&)> on_event_;
    background_call turns_;
    boost::asio::steady_timer check_timer_;
    std::optional<event_queue> events_;
    partitions waiting_;
    std::vector<topic_partition> stops_;
    std::vector<std::weak_ptr<changelog_partition>> all_;
};

changelog_reader::changelog_reader(boost::asio::any_io_executor const& strand, conf_handle conf,
                                   std::function<void(consumer_event const&)> on_event)
    : impl_{std::make_shared<impl>(strand, std::move(conf), std::move(on_event))}
{
    impl_->begin();
}

changelog_reader::~changelog_reader()
{
    static_cast<void>(close());
}

changelog_reading changelog_reader::read(changelog_request request)
{
    return impl_->read(std::move(request));
}

rd_kafka_t* changelog_reader::get() const noexcept
{
    return impl_->get();
}

std::shared_ptr<client> changelog_reader::close()
{
    return impl_->close();
}

// ---- readings

changelog_reading& changelog_reading::operator=(changelog_reading&& other) noexcept
{
    cancel();
    partition_ = std::move(other.partition_);
    return *this;
}

void changelog_reading::cancel() noexcept
{
    if (auto const partition = std::exchange(partition_, nullptr))
        partition->cancel();
}

void changelog_reading::resume()
{
    if (partition_)
        partition_->resume();
}

} // namespace paperboy::kafka
