#pragma once

#include "page_views.hpp"

#include <paperboy/mock_cluster.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace page_views
{

/// A mock cluster with a topic into which a thread produces page views, because producing may block. The destructor
/// stops and joins the thread.
class traffic
{
public:
    /// Completes on `executor` when all is produced, or with what went wrong.
    using completion = std::function<void(std::exception_ptr)>;

    /// `changelogs`: topics of tables, which only the mock cluster needs to be told; they get as many partitions.
    explicit traffic(std::string topic, std::vector<std::string> const& changelogs);

    /// Produces `records` records, `per_second` at most. To be called once.
    void start(boost::asio::any_io_executor const& executor, std::uint64_t records, std::uint64_t per_second,
               completion done);

    /// How far the consumer has come: the producer never leads by more than the mock cluster is able to keep.
    void consumed(std::uint64_t records) noexcept { consumed_.store(records, std::memory_order_relaxed); }

    [[nodiscard]] std::string bootstrap_servers() const { return cluster_.bootstrap_servers(); }

    /// Records produced so far; safe while the thread runs.
    [[nodiscard]] std::uint64_t produced() const noexcept { return produced_.load(std::memory_order_relaxed); }

    /// Stops producing. What was produced is known from here on.
    generator const& finish();

private:
    void produce(std::stop_token const& stop, std::uint64_t records, std::uint64_t per_second);

    std::string topic_;
    paperboy::mock_cluster cluster_;
    generator generator_;
    std::atomic<std::uint64_t> produced_{0};
    std::atomic<std::uint64_t> consumed_{0};
    std::jthread thread_;
};

} // namespace page_views
