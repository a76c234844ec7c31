// A program of somebody who has installed paperboy: counts ten records of a mock cluster.

#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>

#include <iostream>

int main()
{
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("numbers", 1);
    for (auto number = 0; number < 10; ++number)
        cluster.produce("numbers", {.key = {}, .value = std::to_string(number), .partition = 0, .headers = {}});
    cluster.flush();

    boost::asio::io_context context;
    paperboy::engine engine{context, {.bootstrap_servers = cluster.bootstrap_servers(), .group_id = "installed"}};

    struct counter
    {
        paperboy::engine& engine;
        int count = 0;

        void on_message(paperboy::record_view const& record)
        {
            if (record.value() == std::to_string(count) && ++count == 10)
                engine.stop();
        }
    };
    auto numbers = counter{engine};
    engine.handle("numbers", std::ref(numbers));

    auto result = paperboy::error_code{};
    engine.async_run([&](paperboy::error_code error) { result = error; });
    context.run();
    std::cout << numbers.count << " records: " << result.message() << '\n';
    return numbers.count == 10 && !result ? 0 : 1;
}
