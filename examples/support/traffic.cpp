#include "traffic.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace page_views
{
namespace
{

using namespace std::chrono_literals;

constexpr int partitions = 8;

// The mock cluster keeps 5 MiB and 100,000 records a partition; this lead fills half of that.
constexpr std::uint64_t longest_lead = 200'000;

constexpr auto tick = 10ms;

} // namespace

traffic::traffic(std::string topic, std::vector<std::string> const& changelogs) : topic_{std::move(topic)}
{
    cluster_.create_topic(topic_, partitions);
    for (auto const& each : changelogs)
        cluster_.create_topic(each, partitions);
}

void traffic::start(boost::asio::any_io_executor const& executor, std::uint64_t records, std::uint64_t per_second,
                    completion done)
{
    auto work = boost::asio::make_work_guard(executor);
    thread_ = std::jthread{
        [this, records, per_second, work = std::move(work), done = std::move(done)](std::stop_token const& stop)
        {
            auto failure = std::exception_ptr{};
            try
            {
                produce(stop, records, per_second);
            }
            catch (...)
            {
                failure = std::current_exception();
            }
            boost::asio::post(work.get_executor(), [done, failure] { done(failure); });
        }};
}

generator const& traffic::finish()
{
    if (thread_.joinable())
    {
        thread_.request_stop();
        thread_.join();
    }
    return generator_;
}

void traffic::produce(std::stop_token const& stop, std::uint64_t records, std::uint64_t per_second)
{
    auto const began = std::chrono::steady_clock::now();
    auto count = std::uint64_t{0};
    while (count < records && !stop.stop_requested())
    {
        auto const elapsed = std::chrono::duration<double>{std::chrono::steady_clock::now() - began + tick};
        auto const paced = static_cast<std::uint64_t>(elapsed.count() * static_cast<double>(per_second));
        auto const limit = std::min({records, paced, consumed_.load(std::memory_order_relaxed) + longest_lead});
        for (; count < limit && !stop.stop_requested(); ++count)
        {
            auto const view = generator_.next();
            cluster_.produce(topic_, {.key = view.key, .value = view.value});
            produced_.store(count + 1, std::memory_order_relaxed);
        }
        if (count < records)
            std::this_thread::sleep_for(tick);
    }
    if (count == records)
        cluster_.flush();
}

} // namespace page_views
