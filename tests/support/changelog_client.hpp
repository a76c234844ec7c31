#pragma once

#include "kafka/changelog_reader.hpp"
#include "support/manual_watched.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace paperboy::test
{

using table_entries = std::map<std::string, std::string, std::less<>>;

// What a reading told.
struct told_of_changelog
{
    table_entries entries;
    std::int64_t next_offset = -1;
    std::size_t changes = 0;
    std::size_t tombstones = 0;
    std::size_t blocks = 0;
    std::size_t largest_block_bytes = 0;
    std::vector<std::int64_t> done;
    std::vector<kafka::changelog_failure> failures;
    kafka::changelog_progress progress;
    // Whether something was told after the last call that may come.
    bool told_too_much = false;
};

// Folds what it is told, as a table would.
class folding_sink final : public kafka::changelog_sink
{
public:
    explicit folding_sink(bool tail = false) : tail_{tail} {}

    kafka::changelog_flow block(std::span<shard_change const> changes, std::int64_t next_offset) override;
    void progress(kafka::changelog_progress const& so_far) override;
    void done(std::int64_t next_offset) override;
    void failed(kafka::changelog_failure const& why) override;

    // Called for each block, on its strand.
    std::function<kafka::changelog_flow(std::size_t block)> on_block;

    watched<told_of_changelog> told;

private:
    bool tail_;
    bool over_ = false;
};

// A reader on threads of its own. Everything may be called from the test's thread.
class changelog_client
{
public:
    explicit changelog_client(config const& settings, std::size_t partitions = 8,
                              std::size_t memory = std::size_t{64} << 20U);
    changelog_client(changelog_client const&) = delete;
    changelog_client& operator=(changelog_client const&) = delete;
    ~changelog_client();

    using sink = std::shared_ptr<folding_sink>;

    // Starts a reading.
    [[nodiscard]] sink read(std::string const& topic, std::int32_t partition = 0,
                            std::optional<std::int64_t> from = std::nullopt, bool tail = false,
                            std::function<kafka::changelog_flow(std::size_t)> on_block = nullptr);
    void cancel(sink const& which);
    void resume(sink const& which);

    // Errors and lines of librdkafka's log.
    watched<std::vector<std::string>> said;

private:
    using strand = boost::asio::strand<boost::asio::io_context::executor_type>;
    struct reading
    {
        strand on;
        kafka::changelog_reading handle;
    };

    void keep(kafka::consumer_event const& event);

    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    strand strand_{context_.get_executor()};
    std::optional<kafka::changelog_reader> reader_;
    std::map<sink, reading> readings_;
    std::vector<std::jthread> threads_;
};

[[nodiscard]] inline auto is_done()
{
    return [](told_of_changelog const& told) { return !told.done.empty() || !told.failures.empty(); };
}

} // namespace paperboy::test
