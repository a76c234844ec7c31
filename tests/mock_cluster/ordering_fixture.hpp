#pragma once

#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <string>

// What the tests of overlapping records share.
namespace paperboy::test
{

using namespace std::chrono_literals;

// What is known of one partition's records.
struct progress
{
    std::set<std::string> running_keys;
    std::map<std::string, std::int64_t> last_of_key;
    std::set<std::int64_t> finished;
    std::size_t begun = 0;
    std::size_t inside = 0;
    std::size_t most_inside = 0;
    std::size_t bulks = 0;
    int overlaps = 0;
    int disorders = 0;
};
using shared_progress = watched<std::map<std::int32_t, progress>>;

inline std::size_t finished_in(std::map<std::int32_t, progress> const& all)
{
    auto sum = std::size_t{0};
    for (auto const& [partition, each] : all)
        sum += each.finished.size();
    return sum;
}

// Waits a random moment per record, and fails now and then.
class keyed_handler
{
public:
    explicit keyed_handler(shared_progress& shared) : shared_{shared} {}

    boost::asio::awaitable<void> on_message(record_view const& record)
    {
        auto const key = std::string{record.key()};
        auto pause = std::chrono::microseconds{0};
        auto fails = false;
        shared_.update(
            [&](auto& partitions)
            {
                auto& all = partitions[record.partition()];
                ++all.begun;
                all.most_inside = std::max(all.most_inside, ++all.inside);
                all.overlaps += all.running_keys.insert(key).second ? 0 : 1;
                auto& last = all.last_of_key.try_emplace(key, -1).first->second;
                all.disorders += last < record.offset() ? 0 : 1;
                last = record.offset();
                pause = std::chrono::microseconds{random_() % 3000};
                fails = random_() % 20 == 0;
            });
        auto const executor = co_await boost::asio::this_coro::executor;
        auto timer = boost::asio::steady_timer{executor, pause};
        co_await timer.async_wait(boost::asio::use_awaitable);
        if (fails)
            throw std::runtime_error{"no luck"};
    }

    error_action on_error(std::exception_ptr) { return error_action::skip; }

    void on_finished_handling(record_view const& record)
    {
        shared_.update(
            [&](auto& partitions)
            {
                auto& all = partitions[record.partition()];
                --all.inside;
                all.running_keys.erase(std::string{record.key()});
                all.finished.insert(record.offset());
            });
    }

protected:
    shared_progress& shared_;

private:
    std::minstd_rand random_{7};
};

// Takes in bulk what waits; a bulk must be alone in its partition.
class bulk_or_keyed_handler : public keyed_handler
{
public:
    using keyed_handler::keyed_handler;

    boost::asio::awaitable<void> on_bulk(std::span<record_view const> records)
    {
        auto const partition = records.front().partition();
        shared_.update([&](auto& all) { all[partition].overlaps += all[partition].inside == 0 ? 0 : 1; });
        co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
        shared_.update(
            [&](auto& all)
            {
                ++all[partition].bulks;
                all[partition].overlaps += all[partition].inside == 0 ? 0 : 1;
                for (auto const& each : records)
                    all[partition].finished.insert(each.offset());
            });
    }

    void on_finished_handling(std::span<record_view const> records)
    {
        if (records.size() == 1)
            keyed_handler::on_finished_handling(records.front());
    }
    void on_finished_handling(record_view const& record) { keyed_handler::on_finished_handling(record); }
};

// Compares every accepted commit with what had finished by then.
class commit_checker final : public observer
{
public:
    explicit commit_checker(shared_progress& shared) : shared_{shared} {}

    void on_commit(error_code result, std::span<partition_offset const> offsets) noexcept override
    {
        if (result)
            return;
        shared_.update(
            [&](auto& all)
            {
                for (auto const& each : offsets)
                {
                    auto const& finished = all[each.partition].finished;
                    auto const below = std::distance(finished.begin(), finished.lower_bound(each.offset));
                    too_early += below == each.offset ? 0 : 1;
                }
            });
        ++commits;
    }

    std::atomic<int> commits{0};
    std::atomic<int> too_early{0};

private:
    shared_progress& shared_;
};

inline handler_options by_key(std::size_t concurrency)
{
    auto options = handler_options{};
    options.ordering = ordering::key;
    options.max_concurrency = concurrency;
    return options;
}

struct ordering_fixture : mock_fixture
{
    shared_progress shared;
    std::shared_ptr<commit_checker> checker = std::make_shared<commit_checker>(shared);

    void produce_keys(std::int32_t partition, int count, int keys)
    {
        for (auto i = 0; i < count; ++i)
        {
            auto const key = std::to_string(i * 7 % keys);
            cluster.produce(topic, {.key = key, .value = "v", .partition = partition, .headers = {}});
        }
        cluster.flush();
    }
    [[nodiscard]] config checked_settings() const
    {
        auto chosen = settings();
        chosen.watcher = checker;
        chosen.commit.interval = 10ms;
        chosen.batch_size = 64;
        return chosen;
    }
};

} // namespace paperboy::test
