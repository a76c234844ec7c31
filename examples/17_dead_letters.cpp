// What to do with records that fail: try again where that may help, and send the others to the dead letters.
//
//     ./17_dead_letters

#include "support/run_until.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

namespace
{

using order_record = paperboy::record<std::int64_t>;

constexpr int orders = 10;

struct database_away : std::runtime_error
{
    database_away() : std::runtime_error{"the database is away"} {}
};

// Its database is away for the first attempts, and order 4 is refused for good.
struct charging_handler
{
    int& attempts_in_vain;
    std::int64_t& charged;

    void on_message(order_record const& order) const
    {
        if (order.value() == 4)
            throw std::invalid_argument{"an order of 4 cannot be charged"};
        if (attempts_in_vain > 0)
        {
            --attempts_in_vain;
            throw database_away{};
        }
        charged += order.value();
    }

    // The record's partition waits while it is tried again; the others go on.
    static paperboy::error_action on_error(std::exception_ptr const& error)
    {
        try
        {
            std::rethrow_exception(error);
        }
        catch (database_away const&)
        {
            auto often = paperboy::backoff{};
            often.first = std::chrono::milliseconds{10};
            often.attempts = 5;
            return paperboy::error_action::retry(often, paperboy::error_action::dead_letter());
        }
        catch (...)
        {
            return paperboy::error_action::dead_letter();
        }
    }
};

// The topic for dead letters is one like any other: here they are read and shown.
struct showing_handler
{
    static void on_message(paperboy::record_view const& letter)
    {
        std::cout << "a dead letter of " << letter.value().size() << " bytes\n";
        for (auto const& header : letter.headers())
            if (header.name.ends_with("offset") || header.name.ends_with("stage") || header.name.ends_with("message"))
                std::cout << "  " << header.name << ": " << header.value.value_or("") << '\n';
    }
};

std::string encoded(std::int64_t value)
{
    auto text = std::string{};
    paperboy::integer<std::int64_t>{}.encode(value, text);
    return text;
}

} // namespace

int main()
{
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("orders", 1);
    cluster.create_topic("orders.dlq", 1);
    for (auto i = 0; i < orders; ++i)
        cluster.produce("orders", {.key = "customer", .value = i == 7 ? "broken" : encoded(i)});

    boost::asio::io_context context;
    auto attempts_in_vain = 3;
    auto charged = std::int64_t{0};
    paperboy::engine engine{context, examples::mock_config(cluster.bootstrap_servers())};
    auto options = paperboy::handler_options{};
    options.on_undecodable = paperboy::error_action::dead_letter();
    engine.handle("orders", paperboy::integer<std::int64_t>{}, charging_handler{attempts_in_vain, charged}, options);
    engine.handle("orders.dlq", showing_handler{});

    auto const result = examples::run_until(context, engine, orders + 2);
    auto const stats = engine.stats();
    std::cout << "charged " << charged << " with " << stats.retried << " retries, " << stats.dead_letters
              << " dead letters\n";
    return result;
}
