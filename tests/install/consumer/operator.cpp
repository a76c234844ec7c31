// A program of somebody who has installed paperboy with its components: metrics of an engine, and a server for them.

#include <paperboy/http.hpp>
#include <paperboy/metrics.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>

#include <iostream>

int main()
{
    boost::asio::io_context context;
    paperboy::engine engine{context, {.bootstrap_servers = "127.0.0.1:1", .group_id = "installed"}};
    auto const monitor = paperboy::engine_monitor{engine};
    auto const text = paperboy::metrics{monitor}.text();
    auto server = paperboy::http_endpoints{context, monitor, {.port = 0}};
    server.stop();
    context.run();
    auto const found = text.find("paperboy_ready{group=\"installed\",client_id=\"paperboy\"} 0\n");
    std::cout << (found == std::string::npos ? "no metrics" : "metrics") << '\n';
    return found == std::string::npos ? 1 : 0;
}
