#include "instructions/callgrind.hpp"
#include "instructions/paths.hpp"

#include <paperboy/engine.hpp>
#include <paperboy/json.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe/class.hpp>

#include <algorithm>
#include <chrono>
#include <span>
#include <stdexcept>

namespace paperboy::bench
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Ends io_context::run() with the last record of a phase.
struct countdown
{
    asio::io_context& context;
    std::uint64_t left = 0;
    std::uint64_t bytes = 0;

    void took(record_view const& record)
    {
        bytes += record.value_bytes().size();
        if (--left == 0)
            context.stop();
    }
};

struct void_handler
{
    countdown& count;
    void on_message(record_view const& record) { count.took(record); }
};

struct awaitable_handler
{
    countdown& count;
    asio::awaitable<void> on_message(record_view const& record)
    {
        count.took(record);
        co_return;
    }
};

struct bulk_handler : void_handler
{
    void on_bulk(std::span<record_view const> records)
    {
        for (auto const& each : records)
            count.took(each);
    }
};

// Three of the fields of json400.
struct page_view
{
    std::string_view user;
    std::uint32_t duration_ms = 0;
    double price = 0;
};
BOOST_DESCRIBE_STRUCT(page_view, (), (user, duration_ms, price))

struct json_handler
{
    countdown& count;
    void on_message(record<page_view> const& record) { count.took(record); }
};

handler_options always(handling_mode mode)
{
    auto options = handler_options{};
    options.mode = mode_policy{};
    options.mode->mode = mode;
    return options;
}

class paths
{
public:
    explicit paths(records_source& from) : from_{from}
    {
        for (auto const& each : names)
        {
            from_.make_topic(each);
            engine_.pause(each);
        }
        engine_.handle("void", void_handler{count_})
            .handle("awaitable", awaitable_handler{count_})
            .handle("bulk", bulk_handler{{count_}}, always(handling_mode::bulk))
            .handle("json", json<page_view>{}, json_handler{count_});
        engine_.async_run([this](error_code error) { result_ = error; });
    }

    void count()
    {
        for (auto const records : phase_sizes)
            for (auto const& each : names)
                count(each, records);
        engine_.stop();
        context_.restart();
        context_.run();
        if (result_)
            throw std::runtime_error{result_.message() + ": " + engine_.last_failure().text};
    }

private:
    // All records wait in front of the held partitions before the first of them is handled: what the phase does is the
    // same each time.
    void count(std::string const& topic, std::uint64_t records)
    {
        from_.fill(topic, records);
        run_until([&](partition_stats const& each)
                  { return each.held && each.prefetched >= records / path_partitions; }, topic);
        count_.left = records;
        context_.restart();
        {
            auto const phase = counted_phase{phase_name(topic, records)};
            engine_.resume(topic);
            context_.run();
        }
        if (count_.left != 0)
            throw std::runtime_error{topic + ": the engine has ended: " + engine_.last_failure().text};
        engine_.pause(topic);
        run_until([](partition_stats const& each) { return each.held && each.in_flight == 0; }, topic);
    }

    template <class Condition>
    void run_until(Condition condition, std::string const& topic)
    {
        auto const deadline = std::chrono::steady_clock::now() + 60s;
        auto const fulfilled = [&]
        {
            auto const all = engine_.stats().partitions;
            return std::ranges::count_if(all, [&](auto const& each)
                                         { return each.topic == topic && condition(each); }) == path_partitions;
        };
        while (!fulfilled())
        {
            if (std::chrono::steady_clock::now() > deadline)
                throw std::runtime_error{topic + ": the engine does not get so far: " + state_of(topic)};
            context_.restart();
            context_.run_for(5ms);
        }
    }

    [[nodiscard]] std::string state_of(std::string const& topic) const
    {
        auto text = engine_.last_failure().text;
        for (auto const& each : engine_.stats().partitions)
            if (each.topic == topic)
                text += (text.empty() ? "" : "; ") + std::to_string(each.prefetched) + " records wait, " +
                        std::to_string(each.in_flight) + " in flight" + (each.held ? ", held" : "");
        return text;
    }

    [[nodiscard]] config settings() const
    {
        auto chosen = config{};
        chosen.bootstrap_servers = from_.servers();
        chosen.group_id = "instructions";
        return chosen;
    }

    static inline auto const names = std::array<std::string, 4>{"void", "awaitable", "bulk", "json"};
    records_source& from_;
    asio::io_context context_{1};
    countdown count_{context_};
    engine engine_{context_, settings()};
    error_code result_;
};

} // namespace

void count_engine(records_source& from)
{
    paths{from}.count();
}

} // namespace paperboy::bench
