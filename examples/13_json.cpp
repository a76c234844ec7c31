// JSON in and out of structs: described once, with Boost.Describe, and checked record by record.
//
//     ./13_json

#include "support/run_until.hpp"

#include <paperboy/json.hpp>
#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace
{

enum class payment
{
    card,
    invoice,
};
BOOST_DESCRIBE_ENUM(payment, card, invoice)

struct item
{
    std::string name;
    double price = 0;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price))

// A view borrows from the record: no copy, no allocation. What an order need not have is an optional.
struct order
{
    std::string_view customer;
    std::vector<item> items;
    payment by = payment::card;
    std::optional<std::string_view> note;
};
BOOST_DESCRIBE_STRUCT(order, (), (customer, items, by, note))

struct order_handler
{
    void on_message(paperboy::record<order> const& record)
    {
        auto const& order = record.value();
        auto total = 0.0;
        for (auto const& each : order.items)
            total += each.price;
        std::cout << order.customer << " pays " << total << (order.by == payment::card ? " by card" : " by invoice")
                  << (order.note ? ": " : "") << order.note.value_or("") << '\n';
    }

    // What is wrong with a record, and where in it.
    paperboy::error_action on_error(std::exception_ptr const& error, paperboy::record_view const& record)
    {
        std::cout << "offset " << record.offset() << ": " << paperboy::describe(error) << '\n';
        return paperboy::error_action::skip;
    }
};

std::string json_of(order const& value)
{
    auto text = std::string{};
    paperboy::json<order>{}.encode(value, text);
    return text;
}

} // namespace

int main()
{
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("orders", 1);
    auto const written = json_of({"Ada", {{"lamp", 30}, {"box", 2.5}}, payment::invoice, "for \"Bob\""});
    std::cout << written << '\n';
    cluster.produce("orders", {.value = written});
    cluster.produce("orders", {.value = R"({"customer":"Bob","by":"card","items":[],"tax":0.19})"});
    cluster.produce("orders", {.value = R"({"customer":"Eve","by":"card","items":[{"name":"cup","price":"free"}]})"});
    cluster.produce("orders", {.value = R"({"customer":"Eve","by":"cash","items":[]})"});
    cluster.produce("orders", {.value = R"({"customer":"Eve","by":"card")"});

    boost::asio::io_context context;
    auto settings = examples::mock_config(cluster.bootstrap_servers());
    settings.log = paperboy::logger{paperboy::log_level::off};
    paperboy::engine engine{context, std::move(settings)};
    engine.handle("orders", paperboy::json<order>{}, order_handler{});
    return examples::run_until(context, engine, 5);
}
