// A program for tests to kill and to halt: consumes a topic and tells on its standard output what it does, one event a
// line, each written in one piece before it goes on:
//
//     assigned P…   revoked P…   lost P…      the group's decisions, with partitions
//     start P O     done P O                  a hook begins and ends, with partition and offset
//     committed P O                           the group's offset of a partition, as the engine reports it
//     ended TEXT                              async_run has completed, with its error's text
//
// With an output topic it sends each record on, to the partition of the same number.

#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <iostream>
#include <string>
#include <thread>

#include <sys/prctl.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace
{

void tell(std::string line)
{
    line += '\n';
    if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        std::abort();
}

void tell(std::string const& what, std::int32_t partition, std::int64_t offset)
{
    tell(what + " " + std::to_string(partition) + " " + std::to_string(offset));
}

void tell(std::string line, std::span<paperboy::topic_partition const> partitions)
{
    for (auto const& each : partitions)
        line += " " + std::to_string(each.partition);
    tell(std::move(line));
}

class telling_observer final : public paperboy::observer
{
    void on_assigned(std::span<paperboy::topic_partition const> partitions) noexcept override
    {
        tell("assigned", partitions);
    }
    void on_revoked(std::span<paperboy::topic_partition const> partitions) noexcept override
    {
        tell("revoked", partitions);
    }
    void on_lost(std::span<paperboy::topic_partition const> partitions) noexcept override { tell("lost", partitions); }
    void on_commit(paperboy::error_code result, std::span<paperboy::partition_offset const> offsets) noexcept override
    {
        if (!result)
            for (auto const& each : offsets)
                tell("committed", each.partition, each.offset);
    }
};

struct telling_handler
{
    asio::awaitable<void> on_message(paperboy::record_view const& record)
    {
        tell("start", record.partition(), record.offset());
        auto timer = asio::steady_timer{co_await asio::this_coro::executor, std::chrono::milliseconds{1}};
        co_await timer.async_wait(asio::use_awaitable);
        tell("done", record.partition(), record.offset());
    }
};

struct forwarding_handler
{
    paperboy::topic_producer<> out;

    void on_message(paperboy::record_view const& record)
    {
        tell("start", record.partition(), record.offset());
        out.send(record, record.key(), record.value(), {.partition = record.partition()});
        tell("done", record.partition(), record.offset());
    }
};

} // namespace

int main(int argc, char** argv)
try
{
    if (argc != 4 && argc != 5)
    {
        std::cerr << "usage: consumer_child BOOTSTRAP_SERVERS GROUP TOPIC [OUTPUT_TOPIC]\n";
        return 2;
    }
    // A test that is killed leaves nothing behind.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    asio::io_context context;
    auto settings = paperboy::config{};
    settings.bootstrap_servers = argv[1];
    settings.group_id = argv[2];
    settings.commit.interval = std::chrono::milliseconds{50};
    settings.properties = {{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "500"}};
    settings.watcher = std::make_shared<telling_observer>();
    paperboy::engine engine{context, settings};
    if (argc == 5)
        engine.handle(argv[3], forwarding_handler{engine.make_producer(argv[4])});
    else
        engine.handle(argv[3], telling_handler{});

    asio::signal_set signals{context, SIGTERM};
    signals.async_wait(
        [&](auto error, int)
        {
            if (!error)
                engine.stop();
        });
    engine.async_run(
        [&](paperboy::error_code error)
        {
            tell("ended " + error.message());
            signals.cancel();
        });
    auto const second = std::jthread{[&] { context.run(); }};
    context.run();
    return 0;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}
