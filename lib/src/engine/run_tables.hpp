#pragma once

#include "engine/table_sources.hpp"
#include "kafka/changelog_reader.hpp"
#include "pipeline/slim_executor.hpp"
#include "table/global_view.hpp"
#include "table/shard.hpp"
#include "table/store_queue.hpp"
#include "table/store_worker.hpp"
#include "table/table_state.hpp"

#include <paperboy/config.hpp>
#include <paperboy/error.hpp>
#include <paperboy/oauth.hpp>
#include <paperboy/observer.hpp>
#include <paperboy/topic_partition.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::engine_detail
{

// The shards of a run: which there are, which are restored, which are not closed yet. For the run's strand.
class run_tables final : public tables::shard_owner, public std::enable_shared_from_this<run_tables>
{
public:
    using table_list = std::vector<std::shared_ptr<tables::table_state>>;

    // What it tells the run, on the run's strand.
    struct calls
    {
        // A shard is ready, or one is closed: more may be possible now.
        std::function<void()> changed;
        std::function<void(error_code, std::string)> failed;
    };

    // `sources`: the topics of each table; `caches`: what the entries of each may take in memory, where there is a
    // store. Changelogs are numbered as the target numbers topics.
    run_tables(pipeline::slim_strand strand, config const& settings, table_list all,
               std::vector<std::vector<std::string>> sources, std::vector<std::size_t> caches,
               detail::change_target& target, std::function<std::size_t(std::string const&)> topic_number, calls tell);

    [[nodiscard]] table_list const& all() const noexcept { return all_; }
    [[nodiscard]] table_sources const& sources() const noexcept { return sources_; }

    // The client that changelogs are read with.
    void open_reader(kafka::conf_handle conf, std::function<void(kafka::consumer_event const&)> on_event);
    // Gives it a token to log in with; why it is refused, empty when it is not.
    [[nodiscard]] std::string set_token(oauth_token const& token);

    // Makes the shards of global tables, which stay over all assignments, and starts to restore them.
    void open_global(boost::asio::any_io_executor const& executor);

    // Makes the shards of partitions that are assigned, on top of those there are; throws setup_error when they do not
    // go together. Each waits for ready().
    void assign(std::span<topic_partition const> partitions, boost::asio::any_io_executor const& executor);

    // What a partition's pipeline runs on, and which shards its records may use: of global tables a view of its own.
    [[nodiscard]] pipeline::slim_strand strand_of(topic_partition const& where,
                                                  boost::asio::any_io_executor const& executor) const;
    [[nodiscard]] std::vector<std::shared_ptr<detail::shard_core>> shards_of(topic_partition const& where) const;

    // Starts to restore what the partition needs; what is still in use is waited for. Whether all of it is ready.
    [[nodiscard]] bool ready(topic_partition const& where);

    // Whether two partitions use the same shards, or are the same.
    [[nodiscard]] bool share(topic_partition const& left, topic_partition const& right) const;

    // Somebody else may write their changelogs by now: of what these partitions feed nothing is sent any more.
    void send_nothing(std::span<topic_partition const> of) const;

    // Gives up the restores of these partitions' shards: they are taken away.
    void stop_restores(std::span<topic_partition const> of);

    // Ends the shards of these partitions: stores are brought up to date and closed.
    void close(std::span<topic_partition const> of, bool checkpoint);
    // Likewise those of global tables, and what no revocation has closed: the run ends.
    void close_all();
    [[nodiscard]] bool closed() const noexcept { return closing_.empty(); }
    // Those of these partitions.
    [[nodiscard]] bool closed(std::span<topic_partition const> of) const;

    // Once a second.
    void look_at_clock();

    // Nobody waits for stores any more. Why some are not closed, as a sentence; empty: all are.
    [[nodiscard]] std::string forget_stores();

    // How many shards are being restored, of how many; and a line about it.
    [[nodiscard]] std::size_t restoring() const;
    [[nodiscard]] std::string describe_progress() const;

    // The executor goes away: nothing more is told or done. Lets go of the reading client.
    [[nodiscard]] std::shared_ptr<kafka::client> abandon();

    // Closes what is left, and lets go of the reading client.
    [[nodiscard]] std::shared_ptr<kafka::client> end();

private:
    using key = std::pair<std::size_t, std::int32_t>;
    using shard_ptr = std::shared_ptr<tables::shard>;

    struct held_shard
    {
        shard_ptr shard;
        bool opened = false;
        bool ready = false;
        bool closing = false;
        std::chrono::steady_clock::time_point began = {};
    };

    void shard_wants_changelog(tables::shard& which, std::optional<std::int64_t> from) override;
    void shard_ready(tables::shard& which) override;
    void shard_failed(tables::shard& which, error_code error, std::string const& text) override;
    void shard_closed(tables::shard& which) override;

    void read(shard_ptr const& which, std::optional<std::int64_t> from);
    void on_ready(shard_ptr const& which);
    void on_closed(shard_ptr const& which);
    [[nodiscard]] held_shard* find(shard_ptr const& which);
    [[nodiscard]] tables::shard_context context_of(std::size_t table, std::size_t shards);
    [[nodiscard]] bool in_use(key const& which) const;
    [[nodiscard]] bool fed_by(key const& which, std::span<topic_partition const> partitions) const;
    void divide_caches() const;
    void close_assigned();
    void close_global();
    void open(held_shard& which);
    void close(held_shard& which, bool checkpoint);
    [[nodiscard]] bool global(key const& which) const { return all_[which.first]->global(); }
    void tell_progress(held_shard const& which) const;
    void show(bool running) const;
    template <class Work>
    void on_strand(tables::shard& which, Work work);

    pipeline::slim_strand strand_;
    config const& settings_;
    table_list all_;
    detail::change_target& target_;
    std::function<std::size_t(std::string const&)> topic_number_;
    calls tell_;
    table_sources sources_;
    std::vector<std::size_t> caches_;
    std::shared_ptr<tables::store_queue> stores_;
    std::shared_ptr<tables::store_worker> worker_;
    std::optional<kafka::changelog_reader> reader_;
    std::map<key, held_shard> shards_;
    // By the global table's number.
    std::map<std::size_t, std::shared_ptr<tables::global_parts const>> globals_;
    std::map<std::size_t, std::shared_ptr<detail::shard_core>> wholes_;
    std::map<std::pair<std::size_t, std::int32_t>, pipeline::slim_strand> strands_;
    std::vector<shard_ptr> closing_;
    std::chrono::steady_clock::time_point last_logged_;
    std::chrono::steady_clock::time_point last_warned_;
};

} // namespace paperboy::engine_detail
