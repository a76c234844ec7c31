// One topic, consumed by several processes: counts flights and sums their delays per airport. The records are JSON such
// as {"origin":"DTW","delay":66}, keyed by the airport of origin:
//
//     ./flights localhost:9092 my-group flights [--log FILE] [-X PROPERTY=VALUE]...
//
// Ctrl-C ends it and prints a line per airport: its name, how many flights, the sum of their delays in minutes.
// --log appends a line with partition and offset for each flight, as soon as it is counted; FILE may be a named pipe.

#include "support/run_until.hpp"

#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>

#include <simdjson.h>

#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <span>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;

namespace
{

struct totals
{
    std::int64_t flights = 0;
    std::int64_t delay = 0;
};

// One thread runs the io_context, so the totals need no lock. Without an on_error, a flight that cannot be read stops
// the engine in front of it.
class flight_handler
{
public:
    explicit flight_handler(std::ostream* log) : log_{log} {}

    void on_message(paperboy::record_view const& record)
    {
        auto const delay = delay_of(record.value());
        auto& airport = airports_[std::string{record.key()}];
        ++airport.flights;
        airport.delay += delay;
        if (log_ != nullptr)
            *log_ << std::to_string(record.partition()) + " " + std::to_string(record.offset()) + "\n" << std::flush;
    }

    [[nodiscard]] std::map<std::string, totals> const& airports() const noexcept { return airports_; }

private:
    // simdjson reads a few bytes past the end, which a record's value does not have: a reused buffer does.
    std::int64_t delay_of(std::string_view json)
    {
        padded_.reserve(json.size() + simdjson::SIMDJSON_PADDING);
        padded_.assign(json);
        auto flight = parser_.iterate(padded_.data(), padded_.size(), padded_.capacity());
        return flight["delay"].get_int64();
    }

    std::ostream* log_;
    std::map<std::string, totals> airports_;
    simdjson::ondemand::parser parser_;
    std::string padded_;
};

struct options
{
    paperboy::config settings;
    std::string topic;
    std::string log;
};

options parse(std::span<char*> arguments)
{
    if (arguments.size() < 4 || arguments.size() % 2 != 0)
        throw std::runtime_error{"usage: flights BOOTSTRAP_SERVERS GROUP TOPIC [--log FILE] [-X PROPERTY=VALUE]..."};
    auto result = options{};
    result.settings.bootstrap_servers = arguments[1];
    result.settings.group_id = arguments[2];
    result.settings.commit.records = 1000;
    result.topic = arguments[3];
    for (auto rest = arguments.subspan(4); !rest.empty(); rest = rest.subspan(2))
    {
        auto const name = std::string_view{rest[0]};
        auto const value = std::string{rest[1]};
        auto const equals = value.find('=');
        if (name == "--log")
            result.log = value;
        else if (name == "-X" && equals != value.npos)
            result.settings.properties.insert_or_assign(value.substr(0, equals), value.substr(equals + 1));
        else
            throw std::runtime_error{"flights: \"" + std::string{name} + " " + value + "\" is no option"};
    }
    return result;
}

void print(std::map<std::string, totals> const& airports)
{
    for (auto const& [name, airport] : airports)
        std::cout << name << ' ' << airport.flights << ' ' << airport.delay << '\n';
}

} // namespace

int main(int argc, char** argv)
try
{
    auto const options = parse({argv, static_cast<std::size_t>(argc)});
    auto log = std::ofstream{};
    if (!options.log.empty())
        log.open(options.log, std::ios::app);

    asio::io_context context;
    auto handler = flight_handler{options.log.empty() ? nullptr : &log};
    paperboy::engine engine{context, options.settings};
    engine.handle(options.topic, std::ref(handler));

    auto const status = examples::run_until_signal(context, engine);
    print(handler.airports());
    return status;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}
