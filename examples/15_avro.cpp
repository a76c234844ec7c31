// Avro through a schema registry: a described struct is registered, written and read; a newer reader sees a default
// where the writer's schema has no such field.
//
//     ./15_avro http://localhost:8081/apis/ccompat/v7

#include "support/run_until.hpp"

#include <paperboy/avro.hpp>
#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>
#include <paperboy/schema_registry.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <string>

namespace
{

enum class status
{
    open,
    paid,
};
BOOST_DESCRIBE_ENUM(status, open, paid)

// What the orders' producer knows of an order.
struct order
{
    std::string customer;
    std::int64_t cents = 0;
    status state = status::open;
};
BOOST_DESCRIBE_STRUCT(order, (), (customer, cents, state))

// What its consumer wants to know: not the state, and a voucher that older orders do not have.
struct bill
{
    std::string customer;
    std::int64_t cents = 0;
    std::optional<std::string> voucher;
};
BOOST_DESCRIBE_STRUCT(bill, (), (customer, cents, voucher))

struct billing_handler
{
    std::int64_t cents = 0;
    int without_voucher = 0;

    void on_message(paperboy::record<bill> const& record)
    {
        cents += record.value().cents;
        without_voucher += record.value().voucher ? 0 : 1;
    }
};

// Registers the order's schema, and writes orders with it.
void produce_orders(paperboy::mock_cluster& cluster, std::string const& registry_url, int count)
{
    // Requests to the registry run on a thread of their own here, so that this one may wait for them.
    boost::asio::thread_pool setting_up{1};
    auto orders = paperboy::avro<order>{paperboy::schema_registry{setting_up.get_executor(), registry_url}};
    auto const id = orders.async_register("orders", boost::asio::use_future).get();
    std::cout << "registered: " << (id > 0 ? "yes" : "no") << '\n';
    for (auto i = 0; i < count; ++i)
    {
        auto value = std::string{};
        orders.encode(order{"customer " + std::to_string(i % 7), 100, i % 2 == 0 ? status::open : status::paid}, value);
        cluster.produce("orders", {.key = {}, .value = value, .partition = {}, .headers = {}});
    }
    cluster.flush();
}

} // namespace

int main(int argc, char** argv)
try
{
    if (argc != 2)
    {
        std::cerr << "usage: 15_avro REGISTRY_URL\n";
        return 2;
    }
    constexpr auto records = 1000;
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("orders", 2);

    produce_orders(cluster, argv[1], records);

    boost::asio::io_context context;
    auto const registry = paperboy::schema_registry{context.get_executor(), argv[1]};
    auto billing = billing_handler{};
    paperboy::engine engine{context, examples::mock_config(cluster.bootstrap_servers())};
    engine.handle("orders", paperboy::avro<bill>{registry}, std::ref(billing));
    auto const result = examples::run_until(context, engine, records);
    std::cout << "cents: " << billing.cents << ", without a voucher: " << billing.without_voucher << '\n';
    return result;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}
