// The smallest program: one handler, one topic, one io_context. Ctrl-C ends it cleanly.
//
//     ./01_hello localhost:9092 my-group my-topic

#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <iostream>

namespace asio = boost::asio;

// A handler is any class with an on_message.
struct hello_handler
{
    void on_message(paperboy::record_view const& record)
    {
        std::cout << record.topic() << '[' << record.partition() << "]@" << record.offset() << ": " << record.value()
                  << std::endl;
    }
};

int main(int argc, char** argv)
try
{
    if (argc != 4)
    {
        std::cerr << "usage: 01_hello BOOTSTRAP_SERVERS GROUP TOPIC\n";
        return 2;
    }

    asio::io_context context;
    paperboy::engine engine{context, {.bootstrap_servers = argv[1], .group_id = argv[2]}};
    engine.handle(argv[3], hello_handler{});

    asio::signal_set signals{context, SIGINT, SIGTERM};
    signals.async_wait([&](auto, int) { engine.stop(); });

    auto result = paperboy::error_code{};
    engine.async_run(
        [&](paperboy::error_code error)
        {
            result = error;
            signals.cancel();
        });
    context.run();

    if (result)
        std::cerr << "stopped: " << engine.last_failure().text << '\n';
    return result ? 1 : 0;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}
