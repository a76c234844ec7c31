#pragma once

#include "engine/engine_fsm.hpp"
#include "engine/engine_state.hpp"
#include "engine/run_tables.hpp"
#include "engine/start_plan.hpp"
#include "engine/strand_timer.hpp"
#include "engine/watchdog.hpp"
#include "kafka/background_call.hpp"
#include "kafka/capabilities.hpp"
#include "kafka/changelog_topic.hpp"
#include "kafka/consumer.hpp"
#include "kafka/memory_plan.hpp"
#include "kafka/secrets.hpp"
#include "pipeline/assignment.hpp"
#include "pipeline/commit_fsm.hpp"
#include "pipeline/group_targets.hpp"
#include "pipeline/rebalance_fsm.hpp"
#include "pipeline/step_plan.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy::engine_detail
{

using kafka::background_call;

// One run of an engine, from async_run to its completion: serves librdkafka's events, opens and closes pipelines as
// the group assigns and revokes, commits what they finish, and ends cleanly. Everything happens on one strand; three
// state machines decide what, this class does it.
class engine_run final : public std::enable_shared_from_this<engine_run>, private pipeline::pipeline_owner
{
public:
    using completion = std::function<void(error_code)>;

    engine_run(boost::asio::any_io_executor const& executor, std::shared_ptr<engine_state> state);
    ~engine_run();

    // Begins; `done` is called once on the strand when the run has ended. Safe from any thread, like the others.
    void start(completion done);

    // Ends cleanly, with this result.
    void stop(error_code result);

    // Looks at what the user has paused.
    void repause();

    // Ends at once: cancels hooks, commits nothing more.
    void abort();

private:
    using strand = pipeline::slim_strand;

    // The beginning.
    void begin();
    void start_connect_timer();
    void join_group();

    // The memory limit.
    void count_partitions();
    void on_partitions_counted(std::vector<topic_partition> const& found);
    [[nodiscard]] bool waits_for_topics(std::vector<topic_partition> const& found);
    [[nodiscard]] bool waits_for_brokers_to_know(std::string const& topic);
    [[nodiscard]] static bool still_awaited(std::optional<std::chrono::steady_clock::time_point>& since);
    void replace_client(std::size_t partitions);
    void check_memory_plan() const;
    [[nodiscard]] std::size_t assigned_count() const;
    [[nodiscard]] handler_options within_memory(handler_options options, std::size_t partitions) const;
    void divide_memory_anew(pipeline::assignment const& among) const;

    // Events, in the order in which librdkafka tells them.
    boost::asio::awaitable<void> serve_events();
    void on(std::monostate) {}
    void on(kafka::assign_event const& event);
    void on(kafka::revoke_event const& event);
    void on(kafka::commit_event const& event);
    void on(kafka::error_event const& event);
    void on(kafka::log_event const& event);
    void on(kafka::stray_event const& event);
    void on(kafka::reset_event const& event);
    void on(kafka::token_event const& event);

    // The assignment's life.
    void act(pipeline::rebalance_action action);
    void locate_partitions();
    void on_located(std::vector<kafka::start_answer> const& answers);
    [[nodiscard]] start_at start_of(std::string const& topic) const;
    void open_partitions();
    void plan_steps();
    [[nodiscard]] std::vector<pipeline::assignment::pipeline_ptr> make_pipelines();
    void drain_partitions();
    void lose_partitions();
    void cancel_hooks();
    void release_partitions();
    void tell_released(pipeline::assignment const& ended);

    // Commits.
    void act(pipeline::commit_action action);
    void send_commit();
    void commit_of(pipeline::assignment const& those);
    void on_commit_timeout(std::vector<partition_offset> const& offsets);
    [[nodiscard]] error_code settle(kafka::commit_event const& event);
    void on_late_refusal(kafka::commit_event const& event);
    void on_commit_interval();
    void on_unsettled_commit();

    // Steps.
    [[nodiscard]] std::vector<std::pair<topic_partition, std::size_t>>
    steps_of(std::span<topic_partition const> partitions) const;
    void query(std::function<void()> work, std::function<void()> done);
    void call(background_call& on, std::function<void()> work, std::function<void()> done);
    void begin_step();
    [[nodiscard]] bool is_whole_step(std::vector<partition_offset> const& ends);
    void on_step_ends_known(std::vector<partition_offset> const& ends);
    void on_pipeline_passed(pipeline::assignment::pipeline_ptr const& which, std::uint64_t plan);
    void end_step_if_over();
    void wait_for_group();
    [[nodiscard]] bool group_has_passed(std::span<partition_offset const> committed,
                                        std::span<partition_offset const> ends);
    void advance_step();
    void release_runnable();
    void show_steps();

    // Tables.
    void check_tables() const;
    void open_tables();
    void prepare_tables(std::vector<topic_partition> const& found);
    void on_sources_counted(std::map<std::string, std::int32_t> const& partitions);
    void ensure_changelog(std::size_t table, std::map<std::string, std::int32_t> const& partitions);
    void on_changelog(std::size_t table, std::map<std::string, std::int32_t> const& partitions,
                      kafka::changelog_finding const& found);
    void open_changelogs();
    void on_tables_changed();
    void show_restores();
    void on_commit_over();

    // What hooks send.
    void open_producer();
    void open_producer_late();
    void look_after_letters();
    void forget_letters();
    void on_letter_topic(kafka::letter_question const& asked, kafka::topic_answer const& answer);
    void start_sends();
    [[nodiscard]] boost::asio::awaitable<void> serve_sends();
    void on(kafka::outbox_turn& turn);
    void on_other_client(std::string_view what_for, kafka::consumer_event const& event);
    void on(std::vector<kafka::send_failure> const& failures);
    void on_reports();
    void look_whether_drained();
    [[nodiscard]] bool sends_are_over();

    // Pausing.
    void apply_pauses();

    // Logging in.
    void get_token();
    void watch_token(std::chrono::seconds waited);
    void on_token(oauth_token token);
    void use_token();
    void on_no_token(std::string const& why);
    bool on_refused_login(kafka::error_event const& event);

    // Hooks that run too long.
    void start_watchdog();
    void look_after_hooks();
    [[nodiscard]] std::vector<std::shared_ptr<pipeline::partition_watch>> straggling() const;
    [[nodiscard]] std::vector<std::shared_ptr<pipeline::partition_watch>> in_the_way() const;
    void leave_behind();
    void look_after_left_behind();
    void give_up(watchdog::finding const& why);
    void want_to_join_anew(std::string const& why);
    void join_anew();
    void come_back();

    // The end.
    void act(engine_action action);
    void close();
    void start_leave_timer(bool once_more);
    [[nodiscard]] std::chrono::milliseconds left_for_joining() const;
    void leave_if_wanted();
    [[nodiscard]] bool is_all_committed();
    void leave();
    void end_if_left();
    [[nodiscard]] std::string why_over(error_code result) const;
    void hurry();
    void destroy_client();
    void reap(std::function<void()> const& gone, bool tell = true);
    void complete();

    // What pipelines tell, from their strands.
    void pipeline_failed(pipeline::partition_pipeline& which) override;
    void pipeline_ended(pipeline::partition_pipeline& which) override;
    void partition_error(topic_partition const& where, error_code error, std::string const& text) override;
    void pipeline_passed(pipeline::partition_pipeline& which, std::uint64_t plan) override;
    void position_fell(pipeline::partition_pipeline& which) override;
    void look_at_step_again();
    void commit_due() override;
    void on_pipeline_failed(pipeline::assignment::pipeline_ptr const& which);
    void on_pipeline_ended(pipeline::assignment::pipeline_ptr const& which);
    void start_pipelines();
    [[nodiscard]] bool share(topic_partition const& left, topic_partition const& right) const;

    // Failures and housekeeping.
    void fail(error_code code, std::string text);
    void fail(failure why);
    void fail_fenced(std::string const& text);
    void log(log_level level, std::string const& line) const;
    void on_trouble(kafka::error_event const& event);
    void log_rarely(std::string const& line);
    void on_housekeeping();
    void start_step(double part, std::chrono::steady_clock::duration at_most = std::chrono::hours{24});
    void on_step_timeout();

    strand strand_;
    std::shared_ptr<engine_state> state_;
    kafka::capabilities capabilities_;
    completion done_;
    std::optional<kafka::consumer> consumer_;
    // What is ours and stays ours; what the group wants back, until it is given up.
    std::shared_ptr<pipeline::assignment> assignment_;
    std::shared_ptr<pipeline::assignment> leaving_;
    std::vector<topic_partition> offered_;
    std::vector<topic_partition> taken_;
    std::optional<kafka::revoke_event> taken_later_;
    start_plan start_plan_;
    std::map<topic_partition, std::int64_t> starts_;
    std::vector<pipeline::assignment::pipeline_ptr> stragglers_;
    std::vector<pipeline::assignment::pipeline_ptr> held_back_;
    std::set<std::string, std::less<>> topics_seen_;
    std::set<std::string, std::less<>> topics_known_;
    std::optional<std::chrono::steady_clock::time_point> topics_awaited_since_;
    // Since when a topic of the present step, which there was, is missing in the brokers' answers.
    std::optional<std::chrono::steady_clock::time_point> step_incomplete_since_;
    memory_division memory_;
    std::size_t planned_partitions_ = kafka::usual_partitions;
    // Of the assignment; numbers of commits come from the same count, so that one tells which was first.
    std::uintptr_t epoch_ = 0;
    std::uintptr_t moments_ = 0;
    double step_part_ = 0;
    bool lost_ = false;
    // The group has asked for what is given up, be it after a stop; else leaving it gives it up.
    bool asked_for_ = false;
    bool at_end_ = false;
    bool ever_assigned_ = false;
    // Until the group's first answer.
    std::optional<std::chrono::steady_clock::time_point> joining_since_;
    bool joins_anew_ = false;
    // Why.
    std::optional<std::string> wants_to_join_anew_;
    bool cut_short_ = false;
    bool lost_work_ = false;
    bool hurried_ = false;
    bool flushing_ = false;
    bool leave_wanted_ = false;
    // Without a commit before.
    bool leave_overdue_ = false;
    bool leave_begun_ = false;
    bool group_left_ = false;
    std::uintptr_t commit_ticket_ = 0;
    // Of a commit that was on its way when what it is of was lost, at the end.
    std::uintptr_t lost_ticket_ = 0;
    error_code commit_error_;
    // Said once by a commit of partitions that are given up.
    bool topics_gone_ = false;
    std::chrono::steady_clock::time_point last_trouble_;
    std::chrono::steady_clock::time_point commit_sent_;
    std::string trouble_;

    engine_fsm engine_;
    pipeline::rebalance_fsm rebalance_;
    pipeline::commit_fsm commit_;

    strand_timer commit_timer_;
    strand_timer step_timer_;
    strand_timer retry_timer_;
    strand_timer deadline_timer_;
    strand_timer topics_timer_;
    strand_timer housekeeping_timer_;
    strand_timer connect_timer_;
    strand_timer shutdown_timer_;
    strand_timer leave_timer_;
    strand_timer steps_timer_;
    strand_timer locate_timer_;
    strand_timer letter_timer_;
    strand_timer token_timer_;
    boost::asio::cancellation_signal token_cancel_;
    bool asking_for_token_ = false;
    std::optional<oauth_token> token_;
    std::chrono::system_clock::time_point token_fresh_until_;
    std::chrono::milliseconds token_pause_{1000};
    kafka::secrets secrets_;
    background_call destroyer_;
    background_call answerer_;
    background_call replaced_;
    std::vector<kafka::client_remains> remains_;
    background_call queries_;
    background_call locator_;
    background_call letter_query_;
    std::optional<watchdog> watchdog_;
    // What the watchdog has found and no assignment has been given up for yet.
    std::vector<watchdog::finding> too_long_;
    std::optional<watchdog::finding> given_up_for_;
    std::shared_ptr<run_tables> tables_;
    kafka::background_call table_query_;
    strand_timer table_timer_;
    // What waits for the tables' stores to be closed.
    bool commit_is_over_ = false;
    bool closing_tables_ = false;
    // Of the cluster, so that one table after the other does not wait for it.
    bool without_controller_ = false;
    pipeline::step_plan steps_;
    pipeline::group_targets group_targets_;
};

} // namespace paperboy::engine_detail
