// Prices in a global table: every engine of the group has all of it, whichever partitions it handles.
//
//     ./09_global_table
//
// Two engines share the orders. A price that one of them learns, the other reads as well: each reads the table's whole
// changelog, before it handles its first record and for as long as it runs.

#include "support/run_until.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <string>

namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Of both topics.
constexpr std::size_t partitions = 5;

using price_table = paperboy::table<std::string, std::int64_t>;

// The key is the product, the value its new price; a tombstone takes it off the shelves.
struct price_handler
{
    price_table prices;

    void on_message(paperboy::record_view const& change) const
    {
        prices.shard(change).set(change.key(), std::stol(std::string{change.value()}));
    }
    void on_tombstone(paperboy::record_view const& change) const { prices.shard(change).erase(change.key()); }
};

// The key is the customer, the value the product: its price is in the table, although it came with another topic and to
// another partition.
struct order_handler
{
    price_table prices;
    std::int64_t& revenue;

    void on_message(paperboy::record_view const& order) const
    {
        revenue += prices.shard(order).get(order.value()).value_or(0);
    }
};

paperboy::table_options everywhere()
{
    auto options = paperboy::table_options{};
    options.scope = paperboy::table_scope::global;
    return options;
}

struct shop
{
    shop(asio::io_context& context, paperboy::mock_cluster const& cluster)
        : engine{context, settings(cluster)},
          prices{engine.make_table<std::string, std::int64_t>("prices", paperboy::memory_store{}, everywhere())}
    {
        engine.handle("price-changes", price_handler{prices}).handle("orders", order_handler{prices, revenue});
    }

    // The mock lets a group whose member has left wait for a second less than the session's time-out.
    static paperboy::config settings(paperboy::mock_cluster const& cluster)
    {
        auto result = examples::mock_config(cluster.bootstrap_servers());
        result.properties.insert({{"session.timeout.ms", "4000"}, {"heartbeat.interval.ms", "500"}});
        return result;
    }

    paperboy::engine engine;
    price_table prices;
    std::int64_t revenue = 0;
};

class story
{
public:
    int run()
    {
        cluster_.create_topic("price-changes", 1);
        cluster_.create_topic("orders", static_cast<int>(partitions) - 1);
        // On a real cluster the engine makes it.
        cluster_.create_topic("prices_changelog", 1);
        first_.emplace(context_, cluster_);
        second_.emplace(context_, cluster_);
        for (auto* const each : {&*first_, &*second_})
            each->engine.async_run([this, each](paperboy::error_code result) { ended(*each, result); });
        asio::co_spawn(context_, tell(),
                       [](std::exception_ptr const& error)
                       {
                           if (error)
                               std::rethrow_exception(error);
                       });
        context_.run();
        return failed_ ? 1 : 0;
    }

private:
    asio::awaitable<void> tell()
    {
        auto const share = [this] { return held_by(*first_) > 0 && held_by(*second_) > 0; };
        co_await until(share);
        change_price("apple", "3");
        change_price("pear", "5");
        co_await until_known("apple", 3);
        co_await until_known("pear", 5);
        std::cout << "both shops know that an apple costs 3, and a pear 5\n";

        order("apple", 10);
        order("pear", 10);
        auto const all_are_sold = [this] { return revenue() == 80; };
        co_await until(all_are_sold);
        std::cout << "10 apples and 10 pears, by whichever shop: " << revenue() << '\n';

        change_price("apple", "4");
        change_price("pear", std::nullopt);
        co_await until_known("apple", 4);
        co_await until_known("pear", std::nullopt);
        std::cout << "both shops know that an apple costs 4, and that there are no pears\n";
        first_->engine.stop();
        // The mock cluster takes no commit while its group is changing.
        auto const all_are_the_seconds = [this] { return held_by(*second_) == partitions; };
        co_await until(all_are_the_seconds);
        second_->engine.stop();
    }

    void change_price(std::string_view product, std::optional<std::string_view> price)
    {
        cluster_.produce("price-changes", {.key = product, .value = price});
        cluster_.flush();
    }

    void order(std::string_view product, int count)
    {
        for (auto i = 0; i < count; ++i)
            cluster_.produce("orders", {.key = "customer " + std::to_string(i), .value = product});
        cluster_.flush();
    }

    [[nodiscard]] static std::size_t held_by(shop const& which) { return which.engine.stats().partitions.size(); }
    [[nodiscard]] std::int64_t revenue() const { return first_->revenue + second_->revenue; }

    // An engine answers for every key, once it has read the changelog.
    asio::awaitable<void> until_known(std::string product, std::optional<std::int64_t> price)
    {
        for (auto const* const each : {&*first_, &*second_})
            while (true)
            {
                auto const [error, found] =
                    co_await each->prices.async_get(product, asio::as_tuple(asio::use_awaitable));
                if (!error && found == price)
                    break;
                co_await pause();
            }
    }

    asio::awaitable<void> until(std::function<bool()> condition)
    {
        while (!condition())
            co_await pause();
    }

    asio::awaitable<void> pause()
    {
        timer_.expires_after(10ms);
        co_await timer_.async_wait(asio::use_awaitable);
    }

    void ended(shop const& which, paperboy::error_code result)
    {
        if (!result)
            return;
        failed_ = true;
        std::cerr << "stopped: " << which.engine.last_failure().text << '\n';
        context_.stop();
    }

    paperboy::mock_cluster cluster_;
    asio::io_context context_{1};
    asio::steady_timer timer_{context_};
    std::optional<shop> first_;
    std::optional<shop> second_;
    bool failed_ = false;
};

} // namespace

int main()
try
{
    return story{}.run();
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 1;
}
