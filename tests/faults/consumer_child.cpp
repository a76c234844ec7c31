// A program for tests to kill and to halt: consumes a topic and tells what it does, one event a line, each written in
// one piece before it goes on:
//
//     assigned P…   revoked P…   lost P…      the group's decisions, with partitions
//     start P O     done P O                  a hook begins and ends, with partition and offset
//     committed P O                           the group's offset of a partition, as the engine reports it
//     failed P O                              that offset's commit failed
//     ended TEXT                              async_run has completed, with its error's text
//     entry KEY COUNT                         with --count, upon SIGUSR1: an entry of the table's partitions at hand
//     entries N                               there were so many; or
//     unready TEXT                            they cannot be told
//
// It writes to its standard output; with --log to a file, which survives whatever ends it, with the monotonic clock's
// microseconds in front of each line.

#include "faults/dying_store.hpp"

#include <paperboy/paperboy.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <csignal>
#include <cstring>
#include <iostream>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace
{

// Where events go.
int log_file = STDOUT_FILENO;

std::string now()
{
    auto time = timespec{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::to_string(time.tv_sec * 1'000'000 + time.tv_nsec / 1000);
}

void tell(std::string line)
{
    line += '\n';
    if (log_file != STDOUT_FILENO)
        line.insert(0, now() + " ");
    if (::write(log_file, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
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
        for (auto const& each : offsets)
            tell(result ? "failed" : "committed", each.partition, each.offset);
    }
};

struct telling_handler
{
    std::chrono::microseconds work;
    // A record of partition 0 whose hook blocks its thread.
    std::int64_t stuck_at = -1;
    std::chrono::milliseconds stuck_for{0};

    asio::awaitable<void> on_message(paperboy::record_view const& record)
    {
        tell("start", record.partition(), record.offset());
        if (record.partition() == 0 && record.offset() == stuck_at)
            std::this_thread::sleep_for(stuck_for);
        auto timer = asio::steady_timer{co_await asio::this_coro::executor, work};
        co_await timer.async_wait(asio::use_awaitable);
        tell("done", record.partition(), record.offset());
    }
};

struct bulk_handler : telling_handler
{
    asio::awaitable<void> on_bulk(std::span<paperboy::record_view const> bulk)
    {
        for (auto const& each : bulk)
            tell("start", each.partition(), each.offset());
        auto timer = asio::steady_timer{co_await asio::this_coro::executor, work * bulk.size()};
        co_await timer.async_wait(asio::use_awaitable);
        for (auto const& each : bulk)
            tell("done", each.partition(), each.offset());
    }
};

// Tells of every record, or of some.
struct forwarding_handler
{
    paperboy::topic_producer<> out;
    std::int64_t told;

    void on_message(paperboy::record_view const& record)
    {
        auto const tells = record.offset() % told == 0;
        if (tells)
            tell("start", record.partition(), record.offset());
        out.send(record, record.optional_key(), record.optional_value(), {.partition = record.partition()});
        if (tells)
            tell("done", record.partition(), record.offset());
    }
};

// Counts how often each key came; tells of every record, or of some.
struct counting_handler
{
    paperboy::table<std::string, std::int64_t> counts;
    std::int64_t told;

    void on_message(paperboy::record_view const& record)
    {
        auto const tells = record.offset() % told == 0;
        if (tells)
            tell("start", record.partition(), record.offset());
        counts.shard(record).update(record.key(),
                                    [](std::optional<std::int64_t> count) { return count.value_or(0) + 1; });
        if (tells)
            tell("done", record.partition(), record.offset());
    }
};

// Tells the table whenever it is asked to by SIGUSR1.
class table_teller
{
public:
    table_teller(asio::io_context& context, paperboy::table<std::string, std::int64_t> table)
        : asked_{context, SIGUSR1}, table_{std::move(table)}
    {
        wait();
    }

    void stop() { asked_.cancel(); }

private:
    void wait()
    {
        asked_.async_wait(
            [this](auto error, int)
            {
                if (error)
                    return;
                table_.async_scan("", std::numeric_limits<std::size_t>::max(),
                                  [](paperboy::error_code failed, auto const& entries) { tell_all(failed, entries); });
                wait();
            });
    }

    static void tell_all(paperboy::error_code error, std::vector<std::pair<std::string, std::int64_t>> const& entries)
    {
        if (error)
            return tell("unready " + error.message());
        for (auto const& [key, count] : entries)
            tell("entry " + key + " " + std::to_string(count));
        tell("entries " + std::to_string(entries.size()));
    }

    asio::signal_set asked_;
    paperboy::table<std::string, std::int64_t> table_;
};

// Tells only of every fiftieth record's end, and only that one takes its time: so that a kill can come in the middle.
struct burying_handler
{
    std::string letters;
    std::chrono::microseconds work;

    void on_message(paperboy::record_view const& record)
    {
        if (record.offset() % 100 == 7)
            throw std::invalid_argument{"poison"};
        if (record.offset() % 50 != 0)
            return;
        std::this_thread::sleep_for(work);
        tell("done", record.partition(), record.offset());
    }
    paperboy::error_action on_error(std::exception_ptr) { return paperboy::error_action::dead_letter(letters); }
};

constexpr auto usage = R"(usage: consumer_child BOOTSTRAP_SERVERS GROUP TOPIC [OPTION]...
  --output TOPIC      send each record on, to the partition of the same number, instead of working
  --count TABLE       count how often each key came, in a table, instead of working
  --store DIRECTORY   keep that table in RocksDB there; each checkpoint becomes a file
  --checkpoint N      milliseconds between checkpoints (1000)
  --die-at N          kill this process in its Nth checkpoint, before it is written, or, if N is negative, behind that
  --dead-letters TOPIC
                      fail on every hundredth record, from offset 7 on, and send it there
  --bulk              take records in bulk however few wait
  --told N            tell of every Nth record that is sent on or counted (1)
  --work N            microseconds that a record takes (1000)
  --stuck-at N        the record with this offset of partition 0 blocks its thread
  --stuck N           for so many milliseconds (20000)
  --log FILE          tell there
  --commit N          milliseconds between commits (50)
  --shutdown N        milliseconds that a stop may take (10000)
  --revoke N          milliseconds that hooks may keep partitions that are revoked (20000)
  --threads N         threads that run the engine (2)
  --set NAME=VALUE    a property of librdkafka
)";

struct options
{
    std::map<std::string, std::string> texts;
    std::map<std::string, int> numbers = {
        {"--work", 1000}, {"--commit", 50},   {"--shutdown", 10'000}, {"--revoke", 20'000},   {"--threads", 2},
        {"--told", 1},    {"--stuck-at", -1}, {"--stuck", 20'000},    {"--checkpoint", 1000}, {"--die-at", 0}};
    paperboy::properties properties = {{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "500"}};
    bool bulk = false;

    explicit options(std::vector<std::string> const& arguments)
    {
        for (auto i = std::size_t{0}; i < arguments.size(); ++i)
        {
            if (arguments[i] == "--bulk")
                bulk = true;
            else if (i + 1 == arguments.size())
                throw std::invalid_argument{arguments[i] + " lacks its value\n" + usage};
            else
                take(arguments[i], arguments[i + 1]), ++i;
        }
    }

    [[nodiscard]] std::chrono::milliseconds time(std::string const& name) const
    {
        return std::chrono::milliseconds{numbers.at(name)};
    }

private:
    void take(std::string const& name, std::string const& value)
    {
        if (auto const number = numbers.find(name); number != numbers.end())
            std::from_chars(value.data(), value.data() + value.size(), number->second);
        else if (name == "--set")
            properties[value.substr(0, value.find('='))] = value.substr(value.find('=') + 1);
        else if (name == "--output" || name == "--log" || name == "--dead-letters" || name == "--count" ||
                 name == "--store")
            texts[name] = value;
        else
            throw std::invalid_argument{"unknown option " + name + "\n" + usage};
    }
};

paperboy::config make_config(char** operands, options const& chosen)
{
    auto settings = paperboy::config{};
    settings.bootstrap_servers = operands[0];
    settings.group_id = operands[1];
    settings.commit.interval = chosen.time("--commit");
    settings.shutdown_timeout = chosen.time("--shutdown");
    settings.revoke_timeout = chosen.time("--revoke");
    settings.properties = chosen.properties;
    if (settings.properties.contains("group.protocol")) // the brokers decide these
        for (auto const* const each : {"session.timeout.ms", "heartbeat.interval.ms"})
            settings.properties.erase(each);
    settings.watcher = std::make_shared<telling_observer>();
    if (chosen.bulk)
        settings.mode.mode = paperboy::handling_mode::bulk;
    return settings;
}

void set_handler(paperboy::engine& engine, std::string const& topic, options const& chosen,
                 std::optional<table_teller>& teller, asio::io_context& context)
{
    auto const work = telling_handler{std::chrono::microseconds{chosen.numbers.at("--work")},
                                      chosen.numbers.at("--stuck-at"), chosen.time("--stuck")};
    if (auto const output = chosen.texts.find("--output"); output != chosen.texts.end())
        engine.handle(topic, forwarding_handler{engine.make_producer(output->second), chosen.numbers.at("--told")});
    else if (auto const table = chosen.texts.find("--count"); table != chosen.texts.end())
    {
        auto having = paperboy::table_options{};
        having.checkpoint_interval = chosen.time("--checkpoint");
        auto const directory = chosen.texts.find("--store");
        auto const counts =
            directory == chosen.texts.end()
                ? engine.make_table<std::string, std::int64_t>(table->second, paperboy::memory_store{}, having)
                : engine.make_table<std::string, std::int64_t>(
                      table->second, faults::open_dying_store(directory->second, chosen.numbers.at("--die-at")),
                      having);
        teller.emplace(context, counts);
        engine.handle(topic, counting_handler{counts, chosen.numbers.at("--told")});
    }
    else if (auto const letters = chosen.texts.find("--dead-letters"); letters != chosen.texts.end())
        engine.handle(topic, burying_handler{letters->second, work.work});
    else if (chosen.bulk)
        engine.handle(topic, bulk_handler{work});
    else
        engine.handle(topic, work);
}

} // namespace

// A first SIGTERM or SIGINT stops the engine, which ends its hooks and commits; a second one cancels the run.
int main(int argc, char** argv)
try
{
    if (argc < 4)
        throw std::invalid_argument{usage};
    auto const chosen = options{{argv + 4, argv + argc}};
    // A test that is killed leaves nothing behind.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (auto const file = chosen.texts.find("--log"); file != chosen.texts.end())
    {
        log_file = ::open(file->second.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (log_file < 0)
            throw std::runtime_error{"cannot write " + file->second};
    }
    asio::io_context context;
    paperboy::engine engine{context, make_config(argv + 1, chosen)};
    auto teller = std::optional<table_teller>{};
    set_handler(engine, argv[3], chosen, teller, context);

    // The second signal may come while the run completes on another thread, which clears the slot.
    auto const one_by_one = asio::make_strand(context);
    asio::signal_set signals{one_by_one, SIGTERM, SIGINT};
    asio::cancellation_signal hard;
    signals.async_wait(
        [&](auto error, int)
        {
            if (error)
                return;
            signals.async_wait(
                [&](auto again, int)
                {
                    if (!again)
                        hard.emit(asio::cancellation_type::terminal);
                });
            engine.stop();
        });
    auto result = paperboy::error_code{};
    auto const ended = [&](paperboy::error_code error)
    {
        tell("ended " + error.message());
        if (error)
            std::cerr << "consumer_child: " << engine.last_failure().text << '\n';
        result = error;
        signals.cancel();
        if (teller)
            teller->stop();
    };
    engine.async_run(asio::bind_executor(one_by_one, asio::bind_cancellation_slot(hard.slot(), ended)));
    auto threads = std::vector<std::jthread>{};
    for (auto i = 1; i < chosen.numbers.at("--threads"); ++i)
        threads.emplace_back([&] { context.run(); });
    context.run();
    return result ? 1 : 0;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}
