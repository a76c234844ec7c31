// An engine that counts the records of each key in a table on disk, and sends what it cannot handle to the dead
// letters: values that begin with "bad", until they are said to be fixed. It ends when so many records are handled or
// buried.
//
//     engine_child BOOTSTRAP_SERVERS GROUP TOPIC RECORDS DIRECTORY [fixed]

#include <paperboy/paperboy.hpp>
#include <paperboy/rocksdb_store.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>

namespace
{

using namespace std::chrono_literals;
using counts = paperboy::table<std::string, std::int64_t, paperboy::text, paperboy::integer<std::int64_t>>;

struct counting_handler
{
    counts by_key;
    bool fixed;

    void on_message(paperboy::record_view const& record) const
    {
        if (!fixed && record.value().starts_with("bad"))
            throw std::runtime_error{"it is bad"};
        by_key.shard(record).update(record.key(), [](auto seen) { return seen.value_or(0) + 1; });
        std::cout << record.partition() << ' ' << record.key() << ' ' << record.value() << std::endl;
    }

    static paperboy::error_action on_error(std::exception_ptr const&) { return paperboy::error_action::dead_letter(); }
};

} // namespace

int main(int argc, char** argv)
try
{
    if (argc < 6)
        throw std::invalid_argument{"engine_child BOOTSTRAP_SERVERS GROUP TOPIC RECORDS DIRECTORY [fixed]"};
    auto context = boost::asio::io_context{};
    auto settings = paperboy::config{};
    settings.bootstrap_servers = argv[1];
    settings.group_id = argv[2];
    settings.log = paperboy::logger{paperboy::log_level::warning};
    auto engine = paperboy::engine{context, settings};
    auto const topic = std::string{argv[3]};
    auto const by_key = engine.make_table<std::string, std::int64_t>(
        "counts-" + topic, paperboy::open_rocksdb(argv[5]), {}, paperboy::text{}, paperboy::integer<std::int64_t>{});
    engine.handle(topic, counting_handler{by_key, argc > 6});

    auto const wanted = std::stoull(argv[4]);
    auto timer = boost::asio::steady_timer{context};
    std::function<void(paperboy::error_code)> const look = [&](paperboy::error_code error)
    {
        if (error)
            return;
        if (engine.stats().records >= wanted)
            return engine.stop();
        timer.expires_after(20ms);
        timer.async_wait(look);
    };
    look({});
    auto result = paperboy::error_code{};
    engine.async_run(
        [&](paperboy::error_code error)
        {
            result = error;
            timer.cancel();
        });
    context.run();
    if (result)
        std::cerr << engine.last_failure().text << '\n';
    return result ? 1 : 0;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}
