#pragma once

#include "pipeline/lanes.hpp"
#include "support/manual_hooks.hpp"
#include "testing/memory_block.hpp"

#include <paperboy/testing.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

// What the tests of lanes share.
namespace paperboy::pipeline::lanes_test
{

using detail::batch_end;
using testing::memory_block;
using testing::test_record;

// What is known of every record, and every rule that a hook can check.
struct ledger
{
    std::map<std::string, std::int64_t> running_keys;
    std::map<std::string, std::int64_t> last_of_key;
    std::set<std::int64_t> begun;
    std::set<std::int64_t> finished;
    std::set<std::int64_t> to_be_retried;
    std::size_t inside = 0;
    std::size_t most_inside = 0;
    std::size_t overlaps = 0;
    std::size_t disorders = 0;

    void begin(record_view const& record)
    {
        begun.insert(record.offset());
        to_be_retried.erase(record.offset());
        most_inside = std::max(most_inside, ++inside);
        if (!record.has_key())
            return;
        auto const key = std::string{record.key()};
        overlaps += running_keys.contains(key) ? 1 : 0;
        running_keys[key] = record.offset();
        auto& last = last_of_key.try_emplace(key, -1).first->second;
        disorders += last <= record.offset() ? 0 : 1;
        last = record.offset();
    }
    void end(record_view const& record)
    {
        --inside;
        running_keys.erase(std::string{record.key()});
    }
};

// Takes a random number of turns; fails now and then, and is tried again or not; else as the scenario says.
struct random_handler
{
    ledger& seen;
    std::minstd_rand& random;
    std::int64_t fatal = -1;
    std::int64_t stuck = -1;
    bool* released = nullptr;

    boost::asio::awaitable<int> define_context(record_view const& record)
    {
        seen.begin(record);
        if (random() % 4 == 0)
            co_await test::turn();
        co_return 1;
    }
    boost::asio::awaitable<void> on_message(record_view const& record, int&)
    {
        for (auto turns = random() % 8; turns > 0; --turns)
            co_await test::turn();
        while (record.offset() == stuck && !*released)
            co_await test::turn();
        if (record.offset() == fatal || random() % 16 == 0)
            throw std::runtime_error{"no luck"};
    }
    boost::asio::awaitable<error_action> on_error(std::exception_ptr, record_view const& record)
    {
        co_await test::turn();
        if (record.offset() == fatal)
            co_return error_action::fail;
        auto how = backoff{};
        how.first = how.longest = std::chrono::milliseconds{1};
        how.attempts = 2;
        if (random() % 2 == 0)
            co_return error_action::skip;
        seen.to_be_retried.insert(record.offset());
        co_return error_action::retry(how, error_action::skip);
    }
    boost::asio::awaitable<void> on_finished_handling(record_view const& record, int&, outcome how)
    {
        if (how == outcome::failed)
            co_await test::turn();
        seen.end(record);
    }
};

// Lanes over records in memory, and everything around them.
class bench final : public lanes_owner
{
public:
    bench(unsigned seed, handler_options const& options) : random_{seed + 1}, options_{options}
    {
        handler.seen.begun.clear();
    }

    void record_finished(record_view const& record) override
    {
        ++told_finished;
        seen.finished.insert(record.offset());
        check_position();
        if (record.offset() == stop_after)
            stop = true;
    }
    void block_used_up(detail::block_holder block) override
    {
        BOOST_TEST(block->sole_holder());
        ++blocks_back;
    }
    void lane_stopped(batch_end how, std::exception_ptr const& error) override
    {
        BOOST_TEST(!error);
        stopped = how;
        stop = true;
    }
    error_action::kind failed_in_lane(record_attempts& attempts, hook, std::exception_ptr const&,
                                      record_view const& record, error_action const& action) noexcept override
    {
        return attempts.retries().failed(record.offset(), action, std::chrono::steady_clock::now(), 0);
    }
    std::optional<error_action> says_of(hook, std::exception_ptr const&, bool) override { return std::nullopt; }
    error_action::kind bury_in_lane(record_attempts const&, record_view const&) noexcept override
    {
        return error_action::kind::fail;
    }

    // Nothing below the position may be unfinished.
    void check_position()
    {
        auto const position = tracker.position();
        if (position < 0)
            return;
        auto const below = std::distance(seen.finished.begin(), seen.finished.lower_bound(position));
        BOOST_REQUIRE(below == position);
    }

    void run(std::size_t blocks, std::size_t records_each)
    {
        auto const alive = std::make_shared<int>();
        subject.belong_to(alive);
        boost::asio::co_spawn(strand_, read(blocks, records_each),
                              [](std::exception_ptr const& error) { BOOST_TEST(!error); });
        context.run();
    }

    ledger seen;
    boost::asio::io_context context;
    offset_tracker tracker;
    std::atomic<bool> stop{false};
    std::int64_t stop_after = -1;
    std::size_t keys = 20;
    std::size_t told_finished = 0;
    std::size_t blocks_back = 0;
    std::optional<batch_end> stopped;
    bool released = false;

private:
    std::minstd_rand random_;
    handler_options options_;

public:
    random_handler handler{seen, random_, -1, -1, &released};

private:
    boost::asio::awaitable<void> read(std::size_t blocks, std::size_t records_each)
    {
        auto offset = std::int64_t{0};
        for (std::size_t i = 0; i < blocks && !stop; ++i)
        {
            auto records = std::vector<test_record>{};
            for (std::size_t j = 0; j < records_each; ++j)
            {
                auto record = test_record{};
                if (random_() % 10 != 0)
                    record.key = std::to_string(random_() % keys);
                record.value = "v";
                record.offset = offset++;
                records.push_back(std::move(record));
            }
            auto block = memory_block::make(std::move(records), {"test", 0});
            co_await subject.take(std::move(block));
        }
        co_await subject.drain();
    }

    strand_signal::strand strand_{slim_executor{boost::asio::any_io_executor{context.get_executor()}}};
    std::unique_ptr<detail::batch_handler> adapter_ =
        detail::make_handler_factory(std::ref(handler), detail::no_serde{}, detail::no_serde{})->make({"test", 0});

public:
    lanes subject{strand_, *adapter_, options_, tracker, stop, *this};
};

inline handler_options overlapping(ordering order, std::size_t concurrency, std::size_t unfinished = 100'000)
{
    auto options = handler_options{};
    options.ordering = order;
    options.max_concurrency = concurrency;
    options.max_unfinished = unfinished;
    return options;
}

// Notes what it is told.
struct quiet_owner final : lanes_owner
{
    error_action::kind failed_in_lane(record_attempts&, hook, std::exception_ptr const&, record_view const&,
                                      error_action const&) noexcept override
    {
        return error_action::kind::fail;
    }
    std::optional<error_action> says_of(hook, std::exception_ptr const&, bool) override { return error_action::fail; }
    error_action::kind bury_in_lane(record_attempts const&, record_view const&) noexcept override
    {
        return error_action::kind::fail;
    }
    void record_finished(record_view const&) override { left.push_back(subject->unfinished()); }
    void block_used_up(detail::block_holder) override {}
    void lane_stopped(batch_end, std::exception_ptr const& error) override { stopped = error; }

    lanes* subject = nullptr;
    std::vector<std::size_t> left;
    std::exception_ptr stopped;
};

} // namespace paperboy::pipeline::lanes_test
