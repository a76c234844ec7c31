#pragma once

#include "support/broker_engine.hpp"
#include "support/broker_process.hpp"
#include "support/manual_watched.hpp"

#include <paperboy/avro.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// Avro through a real registry, and Python's confluent-kafka on the other side.
namespace paperboy::test
{

inline child_process peer(std::vector<std::string> arguments)
{
    auto command = std::vector<std::string>{environment("PAPERBOY_TEST_PYTHON"), PAPERBOY_AVRO_PEER, arguments.front(),
                                            bootstrap_servers(), environment("PAPERBOY_TEST_REGISTRY")};
    command.insert(command.end(), arguments.begin() + 1, arguments.end());
    return child_process{command};
}

template <class T>
struct collected
{
    std::vector<T> values;
    std::vector<std::string> errors;

    [[nodiscard]] std::size_t size() const { return values.size() + errors.size(); }
};

template <class T>
struct collecting
{
    watched<collected<T>>& seen;

    void on_message(record<T> const& record)
    {
        seen.update([&](auto& all) { all.values.push_back(record.value()); });
    }
    error_action on_error(std::exception_ptr const& error)
    {
        seen.update([&](auto& all) { all.errors.push_back(describe(error)); });
        return error_action::skip;
    }
};

// What an engine makes of the first `count` records of a topic.
template <class T>
collected<T> consume(std::string const& topic, std::size_t count)
{
    auto seen = watched<collected<T>>{};
    auto const set_up = [&](engine& e)
    {
        auto const registry = schema_registry{e.get_executor(), environment("PAPERBOY_TEST_REGISTRY")};
        e.handle(topic, avro<T>{registry}, collecting<T>{seen});
    };
    auto running = running_engine{"engine", test_config(unique_name("avro")), set_up};
    BOOST_TEST(seen.wait_until([&](auto const& all) { return all.size() >= count; }));
    BOOST_TEST(!running.stop());
    return seen.get();
}

// A serde that is registered, with its context.
template <class T>
struct writing
{
    explicit writing(std::string const& topic, avro_options const& options = {})
        : serde{schema_registry{io, environment("PAPERBOY_TEST_REGISTRY")}, options}
    {
        auto registered = serde.async_register(topic, boost::asio::use_future);
        io.run();
        BOOST_TEST(registered.get() > 0);
    }
    [[nodiscard]] std::string encoded(T const& value) const
    {
        auto out = std::string{};
        serde.encode(value, out);
        return out;
    }

    boost::asio::io_context io;
    avro<T> serde;
};

} // namespace paperboy::test
