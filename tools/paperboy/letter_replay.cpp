#include "letter_replay.hpp"

#include "dead_letters.hpp"
#include "interruption.hpp"
#include "output.hpp"
#include "patient_reader.hpp"

#include <paperboy/cluster_error.hpp>
#include <paperboy/topic_writer.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <iostream>
#include <map>
#include <thread>
#include <utility>

namespace paperboy::cli
{
namespace
{

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto letters_per_commit = std::uint64_t{500};
constexpr auto commit_interval = 1s;
constexpr auto most_for_reports = std::chrono::milliseconds{5s};

class letter_replay
{
public:
    letter_replay(connection const& cluster, replay_options const& options)
        : options_{options}, settings_{cluster.settings()}, limit_{cluster.timeout()},
          cluster_{settings_, cluster.timeout()}, writer_{settings_},
          queue_{ask_queue(cluster_, options.topic, options.group)}, done_{queue_.next}
    {
    }

    exit_code run()
    {
        auto const guard = interruption{};
        try
        {
            return replay();
        }
        catch (...)
        {
            // Or the next replay would send again what stands in front of a letter that cannot be.
            commit_acknowledged();
            throw;
        }
    }

private:
    exit_code replay()
    {
        auto reader = patient_reader{settings_, options_.topic, queue_.next, limit_, progress_};
        while (!interruption::asked() && !complete(reader) && !enough())
        {
            reader.read([&](record_view const& letter) { take(letter); });
            progress_.update("replayed", sent_, static_cast<std::size_t>(queue_.waiting()));
            if (clock::now() >= next_commit_)
                commit();
        }
        // Behind the last letter there may be transaction markers.
        auto const whole = complete(reader);
        if (whole)
            done_ = queue_.ends;
        commit();
        progress_.clear();
        tell();
        return whole || enough() ? exit_code::done : exit_code::interrupted;
    }

    [[nodiscard]] bool enough() const { return options_.count != 0 && sent_ >= options_.count; }

    [[nodiscard]] bool complete(patient_reader const& reader) const
    {
        for (auto const& [partition, end] : queue_.ends)
            if (reader.positions().at(partition) < end || (skipped_ && done_.at(partition) < end))
                return false;
        return true;
    }

    void take(record_view const& letter)
    {
        if (letter.offset() >= queue_.ends[letter.partition()])
            return;
        if (interruption::asked() || enough())
        {
            skipped_ = true;
            return;
        }
        wait_for_turn();
        if (interruption::asked())
        {
            skipped_ = true;
            return;
        }
        send(letter);
        done_[letter.partition()] = letter.offset() + 1;
        uncommitted_.emplace_back(letter.partition(), letter.offset() + 1);
        if (++sent_ % letters_per_commit == 0)
            commit();
    }

    // So many a second from the beginning on, not after one another: what a commit takes is made up for.
    void wait_for_turn()
    {
        if (options_.rate <= 0)
            return;
        if (sent_ == 0)
            began_ = clock::now();
        auto const turn = began_ + std::chrono::duration_cast<clock::duration>(
                                       std::chrono::duration<double>{static_cast<double>(sent_) / options_.rate});
        while (!interruption::asked() && clock::now() < turn)
        {
            if (clock::now() >= next_commit_)
                commit();
            std::this_thread::sleep_for(std::min<clock::duration>(50ms, turn - clock::now()));
        }
    }

    void send(record_view const& letter)
    {
        auto const origin = origin_of(letter);
        auto const& topic = options_.to.empty() ? origin.topic : options_.to;
        if (topic.empty())
            throw command_failed{name_of(letter) + " does not say where it came from; it was not written by paperboy: "
                                                   "name a topic for it with --to"};
        auto headers = std::vector<header_view>{};
        for (auto const& each : letter.headers())
            if (!each.name.starts_with(letter_prefix))
                headers.push_back(each);
        auto how = send_options{};
        how.headers = headers;
        how.timestamp = letter.timestamp();
        // Where there is no such partition, the key's hash chooses.
        if (auto const partition = origin.partition.value_or(letter.partition());
            partition < partitions_of_topic(topic))
            how.partition = partition;
        if (options_.dry_run)
            return print(letter, topic, how.partition);
        writer_.send(topic, letter.optional_key(), letter.optional_value(), how);
    }

    [[nodiscard]] std::int32_t partitions_of_topic(std::string const& topic)
    {
        auto const [at, is_new] = partitions_.try_emplace(topic);
        if (is_new)
            at->second = cluster_.topic(topic).partitions;
        return at->second;
    }

    [[nodiscard]] static std::string name_of(record_view const& letter)
    {
        return to_string(topic_partition{std::string{letter.topic()}, letter.partition()}) + "@" +
               std::to_string(letter.offset());
    }

    void print(record_view const& letter, std::string const& topic, std::optional<std::int32_t> partition) const
    {
        auto const where = topic + (partition ? "[" + std::to_string(*partition) + "]" : "");
        if (options_.as_json)
            output::standard().json_line({{"from", name_of(letter)}, {"to", where}});
        else
            output::standard().line(name_of(letter) + " -> " + where);
    }

    // Only what the brokers have acknowledged: a replay that dies sends some letters twice, and loses none.
    void commit()
    {
        next_commit_ = clock::now() + commit_interval;
        if (options_.dry_run)
            return;
        writer_.flush();
        uncommitted_.clear();
        commit(done_);
    }

    void commit_acknowledged()
    try
    {
        if (options_.dry_run)
            return;
        await_reports();
        auto done = committed_.empty() ? queue_.next : committed_;
        auto const in_front = sent_ - uncommitted_.size();
        auto const acknowledged = std::min(writer_.acknowledged_in_order(), sent_) - in_front;
        for (std::size_t i = 0; i < acknowledged; ++i)
            done[uncommitted_[i].first] = uncommitted_[i].second;
        if (acknowledged > 0)
            commit(done);
    }
    catch (cluster_error const&)
    {
        // What went wrong before is what is told.
        return;
    }

    // That some letter is refused does not matter: what is acknowledged is known.
    void await_reports()
    try
    {
        writer_.flush(std::min(limit_, most_for_reports));
    }
    catch (cluster_error const&)
    {
        return;
    }

    void commit(topic_reader::offsets const& done)
    {
        if (done == committed_)
            return;
        auto offsets = std::vector<partition_offset>{};
        for (auto const& [partition, offset] : done)
            offsets.emplace_back(options_.topic, partition, offset);
        cluster_.commit(replay_group(options_.topic, options_.group), offsets);
        committed_ = done;
    }

    void tell() const
    {
        auto const left = queue_.waiting() - static_cast<std::int64_t>(sent_);
        if (options_.as_json && !options_.dry_run)
            output::standard().json_line(
                {{"topic", options_.topic}, {"replayed", sent_}, {"left", std::max<std::int64_t>(left, 0)}});
        else if (!options_.dry_run)
            output::standard().line(grouped(sent_) + " replayed from " + options_.topic);
        else
            std::cerr << "paperboy: nothing was sent; leave --dry-run out to send this\n";
    }

    replay_options const& options_;
    config settings_;
    std::chrono::milliseconds limit_;
    admin cluster_;
    topic_writer writer_;
    letter_queue queue_;
    topic_reader::offsets done_;
    topic_reader::offsets committed_;
    // Letters that are sent, in their order: the partition, and the offset behind.
    std::deque<std::pair<std::int32_t, std::int64_t>> uncommitted_;
    std::map<std::string, std::int32_t, std::less<>> partitions_;
    std::uint64_t sent_ = 0;
    bool skipped_ = false;
    clock::time_point began_;
    clock::time_point next_commit_ = clock::now() + commit_interval;
    progress_line progress_;
};

} // namespace

exit_code replay(connection const& cluster, replay_options const& options)
{
    return letter_replay{cluster, options}.run();
}

} // namespace paperboy::cli
