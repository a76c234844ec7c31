// How long a record takes from its producer to who consumes it: see bench/README.md for the method.

#include "latency/modes.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <iostream>
#include <span>
#include <string_view>

namespace
{

using namespace paperboy::bench;

struct mode
{
    std::string_view name;
    std::size_t least;
    std::size_t most;
    int (*run)(arguments const&);
};

constexpr auto modes = std::array{mode{"tick", 4, 4, tick}, mode{"raw", 4, 4, time_raw}, mode{"void", 4, 4, time_void},
                                  mode{"awaitable", 4, 4, time_awaitable}, mode{"waiting", 2, 3, time_beside_waiting}};

constexpr auto usage = R"(usage: paperboy_latency tick SERVERS TOPIC RATE SECONDS
       paperboy_latency raw | void | awaitable SERVERS TOPIC RECORDS WARM_UP
       paperboy_latency waiting SERVERS TOPIC [SECONDS]
)";

} // namespace

int main(int argc, char** argv)
try
{
    auto const words = arguments{argv + 1, argv + argc};
    auto const given = arguments{words.begin() + (words.empty() ? 0 : 1), words.end()};
    auto const* const found =
        words.empty() ? modes.end() : std::ranges::find(modes, std::string_view{words.front()}, &mode::name);
    if (found == modes.end() || given.size() < found->least || given.size() > found->most)
    {
        std::cerr << usage;
        return 2;
    }
    return found->run(given);
}
catch (std::exception const& error)
{
    std::cerr << "paperboy_latency: " << error.what() << '\n';
    return 1;
}
