// An engine that goes from one state to the next when it is told to, so that whatever tells of it can be looked at in
// each. It has a table, steps and traffic, on a mock cluster, and serves all of http.hpp and /metrics.
//
//     staged_engine    then a command a line on its standard input, in this order:
//
//     begin     starting: async_run, while no broker answers
//     brokers   they answer: the group is joined, half of the table's shards are restored, the others wait
//     restore   the others are restored as well; the first step waits
//     step      it is caught up: orders are handled
//     stick     a hook of the next record of orders 2 does not end
//     stop      stopping: the run waits for that hook
//     release   the hook ends, and with it the run
//     quit

#include <paperboy/http.hpp>
#include <paperboy/metrics.hpp>
#include <paperboy/mock_cluster.hpp>
#include <paperboy/paperboy.hpp>
#include <paperboy/table.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "support/kept_store.hpp"

#include <condition_variable>
#include <cstdint>
#include <future>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto orders = "orders";
constexpr auto customers = "customers";
constexpr auto totals = "totals";
constexpr auto partitions = 4;

// Where hooks wait that are to be stuck.
class trap
{
public:
    void set(bool on)
    {
        {
            auto const lock = std::scoped_lock{guard_};
            on_ = on;
        }
        changed_.notify_all();
    }

    void pass()
    {
        auto lock = std::unique_lock{guard_};
        changed_.wait(lock, [this] { return !on_; });
    }

private:
    std::mutex guard_;
    std::condition_variable changed_;
    bool on_ = false;
};

using count_table = paperboy::table<std::string, std::int64_t, paperboy::text, paperboy::integer<std::int64_t>>;

struct order_handler
{
    count_table counts;
    trap& held;

    void on_message(paperboy::record_view const& order)
    {
        if (order.partition() == 2)
            held.pass();
        counts.shard(order).update(order.key(), [](auto seen) { return seen.value_or(0) + 1; });
    }
};

struct customer_handler
{
    void on_message(paperboy::record_view const& /*customer*/) {}
};

class staged
{
public:
    staged()
    {
        cluster_.create_topic(orders, partitions);
        cluster_.create_topic(customers, 1);
        cluster_.create_topic(totals, partitions);
        for (auto i = 0; i < 400; ++i)
            cluster_.produce(totals, {.key = "past " + std::to_string(i), .value = zero, .partition = i % partitions});
        for (auto i = 0; i < 100; ++i)
            cluster_.produce(customers, {.value = "a customer", .partition = 0});
        cluster_.flush();
        cluster_.set_broker_up(1, false);
        for (auto partition = 2; partition < partitions; ++partition)
            stores_->change("totals", partition, [this](auto& kept) { kept.gate = opened_; });
        auto options = paperboy::table_options{};
        options.changelog = totals;
        options.sources = {orders};
        auto const counts = engine_.make_table<std::string, std::int64_t>("totals", stores_, options, paperboy::text{},
                                                                          paperboy::integer<std::int64_t>{});
        engine_.handle(orders, order_handler{counts, held_}).handle(customers, customer_handler{});
        engine_.pause(customers);
        server_.mount("/metrics", std::string{paperboy::metrics::content_type}, [this] { return numbers_.text(); });
        for (auto i = 0; i < partitions; ++i)
            threads_.emplace_back([this] { context_.run(); });
        threads_.emplace_back([this] { serving_.run(); });
        std::cout << "listening on http://127.0.0.1:" << server_.port() << std::endl;
    }
    staged(staged const&) = delete;
    staged& operator=(staged const&) = delete;
    ~staged()
    {
        held_.set(false);
        open_all();
        engine_.stop();
        asio::post(serving_,
                   [this]
                   {
                       ending_ = true;
                       timer_.cancel();
                   });
        server_.stop();
        context_work_.reset();
        for (auto& each : threads_)
            each.join();
    }

    void obey(std::string const& command)
    {
        if (command == "begin")
            engine_.async_run([](paperboy::error_code error)
                              { std::cout << "stopped: " << error.message() << std::endl; });
        else if (command == "brokers")
            cluster_.set_broker_up(1, true);
        else if (command == "restore")
            open_all();
        else if (command == "step")
        {
            engine_.resume(customers);
            asio::post(serving_, [this] { produce_some(); });
        }
        else if (command == "stick")
            held_.set(true);
        else if (command == "stop")
            engine_.stop();
        else if (command == "release")
            held_.set(false);
        else
            throw std::invalid_argument{"no command: " + command};
    }

private:
    void open_all()
    {
        if (!std::exchange(opening_, true))
            open_.set_value();
    }

    // Some hundred records a second, more of them at times.
    void produce_some()
    {
        if (ending_) // the timer had expired when it was cancelled
            return;
        auto const count = ++ticks_ % 200 < 60 ? 16 : 6;
        for (auto i = 0; i < count; ++i, ++next_)
            cluster_.produce(orders, {.key = "order " + std::to_string(next_ % 50),
                                      .value = "two lamps",
                                      .partition = static_cast<std::int32_t>(next_ % partitions)});
        timer_.expires_after(20ms);
        timer_.async_wait(
            [this](paperboy::error_code error)
            {
                if (!error)
                    produce_some();
            });
    }

    [[nodiscard]] paperboy::config settings() const
    {
        auto made = paperboy::config{};
        made.bootstrap_servers = cluster_.bootstrap_servers();
        made.group_id = "billing";
        made.steps = {{customers}, {orders}};
        made.hook_time_limit = 1s;
        made.shutdown_timeout = 2min;
        made.properties = {{"reconnect.backoff.max.ms", "100"}};
        made.log = paperboy::logger{paperboy::log_level::error};
        return made;
    }

    std::string const zero = std::string(8, '\0');
    paperboy::mock_cluster cluster_;
    trap held_;
    std::promise<void> open_;
    std::shared_future<void> opened_ = open_.get_future().share();
    bool opening_ = false;
    std::shared_ptr<paperboy::test::kept_stores> stores_ = std::make_shared<paperboy::test::kept_stores>();
    asio::io_context context_;
    asio::io_context serving_;
    asio::executor_work_guard<asio::io_context::executor_type> context_work_{context_.get_executor()};
    paperboy::engine engine_{context_, settings()};
    paperboy::metrics numbers_{paperboy::engine_monitor{engine_}};
    paperboy::http_endpoints server_{
        serving_, paperboy::engine_monitor{engine_}, {.port = 0, .event_interval = 250ms, .stalled_after = 1s}};
    asio::steady_timer timer_{serving_};
    bool ending_ = false;
    int ticks_ = 0;
    std::int64_t next_ = 0;
    std::vector<std::thread> threads_;
};

} // namespace

int main()
try
{
    auto all = staged{};
    for (auto line = std::string{}; std::getline(std::cin, line) && line != "quit";)
        all.obey(line);
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 1;
}
