#pragma once

#include "kafka/letter_topics_fsm.hpp"
#include "kafka/outbox_fsm.hpp"
#include "kafka/producer.hpp"

#include <paperboy/detail/change_target.hpp>
#include <paperboy/detail/outgoing.hpp>
#include <paperboy/detail/send_ledger.hpp>
#include <paperboy/oauth.hpp>
#include <paperboy/producer.hpp>
#include <paperboy/stats.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/system_executor.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::kafka
{

// A record that cannot be produced.
struct send_failure
{
    std::string topic;
    std::size_t bytes = 0;
    error_code error;
    // Whether an offset waits for it, for ever now.
    bool tracked = false;
};

// What one look at the client's queue brought.
struct outbox_turn
{
    // Whether there may be more right now.
    bool more = false;
    // Whether records were reported, one way or the other.
    bool reported = false;
    std::vector<consumer_event> events;
    std::vector<send_failure> failures;
    // The client that was replaced, if one was; or why none could be made.
    client_remains replaced;
    std::string trouble;
};

// A question to the brokers about a topic that dead letters wait for.
struct letter_question
{
    std::size_t topic = 0;
    std::string name;
    // To be asked of this one, see ask_partition_count.
    client_remains client;
};

// What the answer means.
struct letter_turn
{
    letter_news news = letter_news::none;
    // How many letters wait for the topic, or did.
    std::size_t letters = 0;
};

// One line about it: topic, size, reason and remedy.
[[nodiscard]] std::string describe(send_failure const& failure);

// The records that an engine sends: hands them to its one producing client, keeps those that it has no room for in
// their order, and settles with the partitions and callers they were sent for once they are reported.
//
// send() is safe from any thread; the rest is for the run's strand. A record is, at any time, either in waiting_ or in
// the client, never in both; its `delivery` is its identity in both. Records that are sent as one, changes of a table,
// share a delivery, and are told apart by their place in it.
class outbox final : public detail::send_target, public detail::change_target, private delivery_sink
{
public:
    using conf_maker = std::function<conf_handle()>;

    // `on`: where completion handlers without an executor of their own are called.
    explicit outbox(boost::asio::any_io_executor on = boost::asio::system_executor{}) : callers_{std::move(on)} {}

    [[nodiscard]] boost::asio::any_io_executor executor() const override { return callers_; }
    [[nodiscard]] std::size_t topic_number(std::string_view topic) override;
    void send(detail::outgoing_view const& what, record_view const& cause) override;
    void send(detail::outgoing_view const& what, std::shared_ptr<detail::send_completion> completion) override;

    // Sends changes of a table; their sink is told by the run's strand, within serve().
    void send(detail::change_run run) override;
    void forget(detail::change_sink& sink) override;

    // Sends a dead letter on behalf of `cause`: as send(), but its partition is taken modulo the number of partitions
    // that its topic has, and as long as there is no such topic, it waits.
    void send_letter(detail::outgoing_view const& what, record_view const& cause);

    // Accepts records from now on; open() has to follow when `wake` is called and wants_client(). `wake` makes the run
    // call serve(), from any thread.
    void prepare(boost::asio::any_io_executor const& executor, conf_maker make_conf, std::function<void()> wake);
    [[nodiscard]] bool wants_client() const;

    // Makes the client; throws setup_error.
    void open();
    [[nodiscard]] bool is_open() const noexcept { return producer_.has_value(); }

    // There will be no client: what waits fails.
    void give_up();

    // Where reports arrive; only while is_open(), and until serve() replaces the client.
    [[nodiscard]] event_queue& events() noexcept { return producer_->events(); }

    [[nodiscard]] outbox_turn serve();

    // The topic to ask the brokers for now; answered() has to follow before the next one. When there is none: when to
    // look again, if at all.
    [[nodiscard]] std::optional<letter_question> to_ask() const;
    [[nodiscard]] std::optional<letter_topics::time_point> asks_next() const;
    letter_turn answered(std::size_t topic, topic_answer const& answer);
    // Lets go of the letters of this partition whose topic is known to be missing: what they were sent for is not
    // committed by this assignment. Returns how many there were.
    std::size_t forget_letters(detail::send_ledger const& ledger);

    // Gives the client a token to log in with; why it is refused, empty when it is not or there is no client.
    [[nodiscard]] std::string set_token(oauth_token const& token);

    // Accepts nothing more.
    void refuse_more();

    // Whether nothing is on its way, or waits for anything but a topic.
    [[nodiscard]] bool settled() const;
    // What is not, by topic: "2 records for \"a\", 1 for \"b\"".
    [[nodiscard]] std::string describe_unsettled() const;

    // Lets go of the client. What is not reported is forgotten; callers are told that it was aborted, unless the
    // executor is going away.
    [[nodiscard]] client_remains close(bool tell = true);

    [[nodiscard]] producer_stats stats() const;

private:
    static constexpr std::int32_t no_letter = -1;

    // Where it lies tells how many records it has, so that one pointer, librdkafka's, is a delivery and a place.
    struct alignas(detail::change_run::most) delivery
    {
        // Of the first record; the others follow.
        std::uint64_t number = 0;
        std::shared_ptr<detail::send_ledger> ledger;
        std::int64_t held = -1;
        std::shared_ptr<detail::send_completion> completion;
        // Of changes of a table: the number of the first, and what each was made for.
        detail::change_sink* sink = nullptr;
        std::uint64_t change = 0;
        std::vector<std::int64_t> causes;
        // For the strand alone: where the last one is that was acknowledged.
        std::int64_t offset = -1;
        // Of those that failed, the lowest of what they were made for.
        std::int64_t lowest_failed = 0;
        std::uint32_t topic = 0;
        std::int32_t partition = -1;
        // Of a dead letter: the partition that its record came from.
        std::int32_t source = no_letter;
        // How many records there are, and of how many it is not known what became of them.
        std::uint8_t records = 0;
        std::uint8_t open = 0;
        // For the strand alone: how many were acknowledged, of those that are not settled.
        std::uint8_t acknowledged = 0;
        bool used = false;
        // Of changes of a partition that is gone: they are not produced again.
        bool forgotten = false;
        // Some were not produced: for ever, or because they were forgotten.
        bool failed = false;
        bool dropped = false;
        // For the strand alone: of one it is not known where it is, as the broker had it already.
        bool unplaced = false;
    };
    // One of them.
    struct place
    {
        delivery* ticket = nullptr;
        std::size_t at = 0;

        // As librdkafka keeps it.
        [[nodiscard]] void* pack() const noexcept;
        [[nodiscard]] static place unpack(void* packed) noexcept;
        [[nodiscard]] std::uint64_t number() const noexcept { return ticket->number + at; }
    };
    struct waiting_record
    {
        detail::outgoing what;
        place of;
    };
    struct completion_call
    {
        std::shared_ptr<detail::send_completion> completion;
        error_code result;
        produced where;
    };

    void on_delivery(delivery_report const& told) override;
    void settle_reports(outbox_turn& turn);
    void tell_sinks();
    void send_now(detail::outgoing_view const& what, delivery& ticket);
    void time_if_none_is(delivery const& ticket);
    [[nodiscard]] error_code try_to_produce(detail::outgoing_view const& what, place of, bool& must_wait);
    [[nodiscard]] bool must_wait(error_code error);
    void produce_run(detail::change_run const& run, delivery& ticket);
    void fill_batch(detail::change_run const& run, delivery& ticket);
    void let_wait(detail::change_run const& run, place of);
    void let_wait(detail::outgoing_view const& what, place of);
    void congest(std::shared_ptr<detail::send_ledger> const& ledger);
    void relieve_all();
    void refused(detail::outgoing_view const& what, place of, error_code error);
    void wait_for_topic(detail::outgoing what, place of);
    void fail_letters(std::size_t topic, error_code error);
    [[nodiscard]] std::size_t letters_for(std::size_t topic) const;
    void address_letters(std::size_t topic, std::int32_t partitions);
    [[nodiscard]] bool produce_some();
    void act(client_action action, outbox_turn& turn);
    void replace(outbox_turn& turn);
    void queue_taken_back();
    void fail_waiting();
    void fail(place of, std::size_t bytes, error_code error);
    [[nodiscard]] delivery& take_ticket(std::size_t topic, std::size_t records = 1);
    void close(delivery& ticket, std::size_t records);
    static void close_offset(detail::send_ledger& ledger, std::int64_t offset, std::int64_t held);
    void give_back(delivery& ticket) noexcept;
    void drop(place of);
    void drop_run(delivery& ticket, std::size_t changes);
    void complete_later(delivery& ticket, error_code result, produced const& where);
    void tell_completions(std::unique_lock<std::mutex>& lock);

    boost::asio::any_io_executor const callers_;
    mutable std::mutex guard_;
    outbox_fsm fsm_;
    bool refusing_ = true;
    std::vector<std::string> topics_;
    std::optional<producer> producer_;
    boost::asio::any_io_executor executor_;
    conf_maker make_conf_;
    std::function<void()> wake_;

    std::deque<delivery> tickets_;
    std::vector<delivery*> unused_;
    std::uint64_t next_number_ = 0;
    std::deque<waiting_record> waiting_;
    std::vector<waiting_record> taken_back_;
    // Dead letters whose topic is not known to exist.
    std::deque<waiting_record> letters_;
    letter_topics letter_topics_;
    std::vector<std::shared_ptr<detail::send_ledger>> congested_;
    std::vector<send_failure> failures_;
    std::vector<completion_call> completions_;
    producer_stats stats_;
    // The one record whose way to the brokers is timed now.
    delivery const* timed_ = nullptr;
    std::chrono::steady_clock::time_point timed_since_;

    // The records of a run, for librdkafka.
    std::vector<rd_kafka_message_t> batch_;

    // What reports have brought since the last settlement; for the strand alone.
    struct failed_report
    {
        place of;
        std::size_t bytes;
        error_code error;
    };
    std::size_t reported_ = 0;
    std::vector<delivery*> acknowledged_;
    std::vector<failed_report> failed_;
    // Each with what keeps it alive.
    std::vector<std::pair<detail::change_sink*, std::shared_ptr<detail::send_ledger>>> sinks_told_;
    std::vector<waiting_record> just_taken_back_;
    std::vector<waiting_record> topic_gone_;
};

} // namespace paperboy::kafka
