// From topic to topic: what a handler sends on behalf of a record is acknowledged before the record is committed.
//
//     ./14_transform

#include "support/run_until.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>

#include <iostream>
#include <string>

namespace
{

constexpr long records = 1000;

using celsius_record = paperboy::record<std::string_view, std::int64_t>;

// Sends a record in Fahrenheit for each one in Celsius, with the same key, so that a sensor's records stay in order.
struct to_fahrenheit
{
    paperboy::topic_producer<paperboy::text, paperboy::integer<std::int64_t>> out;

    void on_message(celsius_record const& reading) const
    {
        out.send(reading, reading.key(), reading.value() * 9 / 5 + 32, {.timestamp = reading.timestamp()});
    }
};

struct summing_handler
{
    std::int64_t& sum;

    void on_message(paperboy::record<std::int64_t> const& reading) { sum += reading.value(); }
};

} // namespace

int main()
{
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("celsius", 2);
    cluster.create_topic("fahrenheit", 2);
    auto const number = paperboy::integer<std::int64_t>{};
    for (auto i = 0L; i < records; ++i)
    {
        auto value = std::string{};
        number.encode(i % 40, value);
        cluster.produce("celsius", {.key = "sensor " + std::to_string(i % 10), .value = value});
    }

    boost::asio::io_context context;
    auto sum = std::int64_t{0};
    paperboy::engine engine{context, examples::mock_config(cluster.bootstrap_servers())};
    auto const fahrenheit = engine.make_producer("fahrenheit", paperboy::text{}, number);
    engine.handle("celsius", paperboy::text{}, number, to_fahrenheit{fahrenheit});
    engine.handle("fahrenheit", number, summing_handler{sum});

    auto const result = examples::run_until(context, engine, 2 * records);
    auto const sent = engine.stats().producer;
    std::cout << "sent: " << sent.records << ", acknowledged: " << sent.acknowledged << '\n';
    std::cout << "sum in Fahrenheit: " << sum << '\n';
    return result;
}
