// Topics in order: "customers" is caught up before the first record of "orders" is handled, whatever waits in either.
//
//     ./03_steps localhost:9092 my-group customers orders
//
// The customers are kept in memory, so each start reads them from the beginning, and all partitions have to be in one
// process. With several, or with more customers than fit, keep them in a table instead: 09_global_table.

#include "support/run_until.hpp"

#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <exception>
#include <iostream>
#include <set>
#include <span>
#include <string>

namespace asio = boost::asio;

struct customer_handler
{
    std::set<std::string>& known;

    void on_message(paperboy::record_view const& customer) { known.emplace(customer.key()); }
    void on_bulk(std::span<paperboy::record_view const> customers)
    {
        for (auto const& each : customers)
            known.emplace(each.key());
    }
};

// Orders of customers that are not known would need a second look; in steps there are none.
struct order_handler
{
    std::set<std::string> const& customers;
    std::size_t& orders;
    std::size_t& orphans;

    void on_message(paperboy::record_view const& order)
    {
        if (++orders % 1'000 == 0)
            std::cout << orders << " orders" << std::endl;
        orphans += customers.contains(std::string{order.key()}) ? 0U : 1U;
    }
};

int main(int argc, char** argv)
try
{
    if (argc != 5)
    {
        std::cerr << "usage: 03_steps BOOTSTRAP_SERVERS GROUP CUSTOMER_TOPIC ORDER_TOPIC\n";
        return 2;
    }

    auto customers = std::set<std::string>{};
    auto orders = std::size_t{0};
    auto orphans = std::size_t{0};

    asio::io_context context;
    paperboy::engine engine{context, {.bootstrap_servers = argv[1], .group_id = argv[2], .steps = {{argv[3]}}}};
    // A step waits for what the group has not committed yet. Customers of an earlier run are committed, and gone.
    auto from_the_beginning = paperboy::handler_options{};
    from_the_beginning.start = paperboy::start_at::beginning();
    engine.handle(argv[3], customer_handler{customers}, from_the_beginning)
        .handle(argv[4], order_handler{customers, orders, orphans});

    auto const status = examples::run_until_signal(context, engine);
    std::cout << customers.size() << " customers, " << orders << " orders, " << orphans << " without a customer\n";
    return status;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}
