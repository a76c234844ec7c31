// A consumer, as a process of its own, whose hooks wait at the first record of each partition. When it has fetched all
// that it fetches ahead of them, those of all partitions but the first go on; the first one's does at SIGUSR1. SIGTERM
// ends it. It tells on its standard output:
//
//     began BYTES                    resident, before there was an engine
//     settled BYTES                  of records that wait in it while all hooks do
//     caught-up PARTITION            the partition has handled its RECORDS
//     age PARTITION MICROSECONDS     of a record behind those, whose value is the time at which it was sent
//     ended BYTES                    resident at the most
//
//     waiting_child BOOTSTRAP_SERVERS GROUP TOPIC PARTITIONS RECORDS RECORD_SIZE MEMORY_LIMIT

#include "support/child_output.hpp"

#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <deque>
#include <fstream>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

#include <sys/prctl.h>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using paperboy::test::tell;

namespace
{

// VmRSS, or VmHWM, the most that it has been.
std::string memory(std::string const& which)
{
    auto file = std::ifstream{"/proc/self/status"};
    auto name = std::string{};
    auto value = std::string{};
    while (file >> name && std::getline(file, value))
        if (name == which + ":")
            return std::to_string(std::stoull(value) * 1024);
    throw std::runtime_error{"/proc/self/status does not tell " + which};
}

// Where one hook waits; all of it on one thread.
class gate
{
public:
    asio::awaitable<void> wait()
    {
        auto timer = asio::steady_timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
        waiting_ = &timer;
        auto ignored = paperboy::error_code{};
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        waiting_ = nullptr;
    }
    [[nodiscard]] bool closed() const { return waiting_ != nullptr; }
    void open()
    {
        if (waiting_ != nullptr)
            waiting_->cancel();
    }

private:
    asio::steady_timer* waiting_ = nullptr;
};

struct partition_state
{
    gate first;
    std::size_t handled = 0;
};

class waiting_handler
{
public:
    waiting_handler(std::deque<partition_state>& partitions, std::size_t records)
        : partitions_{partitions}, records_{records}
    {
    }

    asio::awaitable<void> on_message(paperboy::record_view const& record)
    {
        auto& state = partitions_.at(static_cast<std::size_t>(record.partition()));
        if (record.offset() == 0)
            co_await state.first.wait();
        if (++state.handled == records_)
            tell("caught-up " + std::to_string(record.partition()));
        if (state.handled > records_)
            tell("age " + std::to_string(record.partition()) + " " + std::to_string(age_of(record).count()));
    }

private:
    static std::chrono::microseconds age_of(paperboy::record_view const& record)
    {
        using clock = std::chrono::steady_clock;
        auto sent = clock::rep{};
        std::memcpy(&sent, record.value().data(), std::min(sizeof sent, record.value().size()));
        return std::chrono::duration_cast<std::chrono::microseconds>(clock::now().time_since_epoch() -
                                                                     clock::duration{sent});
    }

    std::deque<partition_state>& partitions_;
    std::size_t records_;
};

std::uint64_t waiting_records(paperboy::engine const& engine)
{
    auto sum = std::uint64_t{0};
    for (auto const& each : engine.stats().partitions)
        sum += each.prefetched + each.in_flight;
    return sum;
}

// Looks until all hooks wait and nothing more is fetched; then lets all go on but the first.
class settling
{
public:
    settling(asio::io_context& context, paperboy::engine const& engine, std::deque<partition_state>& partitions,
             std::size_t record_size)
        : timer_{context}, engine_{engine}, partitions_{partitions}, record_size_{record_size}
    {
    }

    void look()
    {
        constexpr auto enough_looks = 3;
        timer_.expires_after(300ms);
        timer_.async_wait(
            [this](paperboy::error_code error)
            {
                if (error)
                    return;
                auto const all_wait = std::ranges::all_of(partitions_, [](auto& each) { return each.first.closed(); });
                auto const now = waiting_records(engine_);
                equal_looks_ = all_wait && std::exchange(before_, now) == now ? equal_looks_ + 1 : 0;
                if (equal_looks_ < enough_looks)
                    return look();
                tell("settled " + std::to_string(now * record_size_));
                for (auto& each : partitions_)
                    if (&each != &partitions_.front())
                        each.first.open();
            });
    }
    void cancel() { timer_.cancel(); }

private:
    asio::steady_timer timer_;
    paperboy::engine const& engine_;
    std::deque<partition_state>& partitions_;
    std::size_t record_size_;
    std::uint64_t before_ = 0;
    int equal_looks_ = 0;
};

} // namespace

int main(int argc, char** argv)
try
{
    if (argc != 8)
    {
        std::cerr << "usage: waiting_child BOOTSTRAP_SERVERS GROUP TOPIC PARTITIONS RECORDS RECORD_SIZE MEMORY_LIMIT\n";
        return 2;
    }
    // A test that is killed leaves nothing behind.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto partitions = std::deque<partition_state>(std::stoul(argv[4]));

    tell("began " + memory("VmRSS"));
    asio::io_context context;
    auto settings = paperboy::config{};
    settings.bootstrap_servers = argv[1];
    settings.group_id = argv[2];
    settings.memory_limit = std::stoull(argv[7]);
    paperboy::engine engine{context, settings};
    engine.handle(argv[3], waiting_handler{partitions, std::stoul(argv[5])});

    auto settled = settling{context, engine, partitions, std::stoul(argv[6])};
    settled.look();
    asio::signal_set go_on{context, SIGUSR1};
    go_on.async_wait([&](auto, int) { partitions.front().first.open(); });
    asio::signal_set end{context, SIGTERM};
    end.async_wait([&](auto, int) { engine.stop(); });
    auto result = paperboy::error_code{};
    engine.async_run(
        [&](paperboy::error_code error)
        {
            result = error;
            settled.cancel();
            go_on.cancel();
            end.cancel();
        });
    context.run();
    tell("ended " + memory("VmHWM"));
    return result ? 1 : 0;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}
