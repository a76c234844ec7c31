// Counts page views per page: a stream of JSON on a mock cluster in this process, or a topic of a real one.
//
// tools/quickstart builds and runs it; its --help says more. The handler is page_views::counter, and counts in a table:
// started again with the same group, it goes on where it was.

#include "support/display.hpp"
#include "support/options.hpp"
#include "support/page_views.hpp"
#include "support/traffic.hpp"

#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cmath>
#include <csignal>
#include <functional>
#include <iostream>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using quickstart::grouped;
using clock_type = std::chrono::steady_clock;

constexpr std::uint64_t default_records = 200'000;
constexpr std::uint64_t seconds_of_traffic = 5;
constexpr auto update_pace = 100ms;
constexpr auto patience = 20s;

// All of it happens on one io_context with one thread: signals, the engine, its handler and the status line. Only the
// traffic has a thread of its own.
class program
{
public:
    explicit program(quickstart::options options)
        : options_{std::move(options)},
          goal_{options_.mock() ? options_.records.value_or(default_records) : options_.records.value_or(0)}
    {
    }

    int run()
    {
        stop_on_signals();
        if (options_.mock())
            traffic_.emplace(options_.topic, std::vector{options_.changelog()});
        auto engine = paperboy::engine{context_, settings()};
        engine_ = &engine;
        pages_.emplace(engine.make_table<std::string, std::int64_t>("pages", paperboy::memory_store{}, table()));
        engine.handle(options_.topic, paperboy::json<page_views::page_view>{}, std::ref(counter_.emplace(*pages_)));
        engine.async_run([this](paperboy::error_code result) { ended(result); });
        if (traffic_)
            traffic_->start(context_.get_executor(), goal_, goal_ / seconds_of_traffic + 1,
                            [this](std::exception_ptr failure) { produced_all(std::move(failure)); });
        update();
        context_.run();
        return report();
    }

private:
    [[nodiscard]] paperboy::config settings()
    {
        auto result = paperboy::config{};
        result.bootstrap_servers = traffic_ ? traffic_->bootstrap_servers() : options_.bootstrap_servers;
        result.group_id = options_.group;
        result.client_id = "quickstart";
        result.shutdown_timeout = 4s;
        result.properties = options_.properties;
        // The mock cluster does not know the request that the engine's default needs, and librdkafka would warn of it.
        if (traffic_)
            result.properties.emplace("allow.auto.create.topics", "true");
        // Nor can it be asked whether the counts' topic is as it should be, which the engine would warn of.
        result.log = paperboy::logger{traffic_ ? paperboy::log_level::error : paperboy::log_level::warning,
                                      [this](auto level, std::string_view line) { warn(level, line); }};
        return result;
    }

    [[nodiscard]] paperboy::table_options table() const
    {
        auto result = paperboy::table_options{};
        result.changelog = options_.changelog();
        result.coalesce = true;
        return result;
    }

    // Errors are left to verdict(): they end the run.
    void warn(paperboy::log_level level, std::string_view line)
    {
        if (level != paperboy::log_level::warning)
            return;
        status_.clear();
        std::cerr << "warning: " << line << std::endl;
    }

    void stop_on_signals()
    {
        signals_.async_wait(
            [this](boost::system::error_code error, int)
            {
                if (error)
                    return;
                interrupted_ = true;
                finish();
            });
    }

    void produced_all(std::exception_ptr failure)
    {
        traffic_failure_ = std::move(failure);
        traffic_ended_ = true;
        if (traffic_failure_)
            engine_->stop();
    }

    // The table can be asked as long as the engine runs.
    void finish()
    {
        if (std::exchange(finishing_, true))
            return;
        pages_->async_scan("", std::numeric_limits<std::size_t>::max(),
                           [this](paperboy::error_code, page_views::count_table::entries const& found)
                           {
                               counts_ = page_views::sum(found);
                               engine_->stop();
                           });
    }

    // Ten times a second: shows how things stand, and stops the engine when everything is counted.
    void update()
    {
        auto const records = counter_->records();
        if (records != last_records_)
            last_progress_ = clock_type::now();
        if (records > 0 && last_records_ == 0)
            first_record_ = last_progress_;
        last_records_ = records;
        if (traffic_)
            traffic_->consumed(records);
        status_.update(status());
        if (goal_ > 0 && records >= goal_)
            return finish();
        if (traffic_ended_ && clock_type::now() - last_progress_ > patience)
            return finish();
        timer_.expires_after(update_pace);
        timer_.async_wait(
            [this](boost::system::error_code error)
            {
                if (!error)
                    update();
            });
    }

    [[nodiscard]] std::string status() const
    {
        auto const stats = engine_->stats();
        if (stats.partitions.empty())
            return "joining group " + options_.group + " …" +
                   (traffic_ ? " " + grouped(traffic_->produced()) + " records produced" : "");
        auto lag = std::int64_t{0};
        for (auto const& each : stats.partitions)
            lag += each.lag.value_or(0);
        return grouped(counter_->records()) + (goal_ > 0 ? " of " + grouped(goal_) : "") + " records counted, " +
               grouped(static_cast<std::uint64_t>(lag)) + " behind, " + std::to_string(stats.partitions.size()) +
               " partitions";
    }

    void ended(paperboy::error_code result)
    {
        result_ = result;
        stats_ = engine_->stats();
        timer_.cancel();
        signals_.cancel();
        if (traffic_)
            produced_ = &traffic_->finish();
    }

    int report()
    {
        status_.clear();
        if (!failed())
            print_counts();
        return verdict();
    }

    void print_counts() const
    {
        auto const* const expected = produced_ == nullptr ? nullptr : &produced_->per_page();
        quickstart::print_table(std::cout, counts_, expected);
        if (counter_->tombstones() > 0 || (produced_ != nullptr && produced_->tombstones() > 0))
            quickstart::print_row(std::cout, "tombstones", counter_->tombstones(),
                                  produced_ == nullptr ? std::nullopt : std::optional{produced_->tombstones()});
        if (counter_->unreadable() > 0)
            quickstart::print_row(std::cout, "without a page", counter_->unreadable(), std::nullopt);
        print_summary();
    }

    void print_summary() const
    {
        auto const seconds = std::chrono::duration<double>{last_progress_ - first_record_}.count();
        std::cout << '\n' << grouped(counter_->records()) << " records";
        if (seconds > 0)
            std::cout << " in " << std::round(seconds * 10) / 10 << " s";
        std::cout << ", " << grouped(stats_.commits) << (stats_.commits == 1 ? " commit\n" : " commits\n");
    }

    // After a Ctrl-C, the brokers' missing answer to the last commit is no failure.
    [[nodiscard]] bool late() const { return interrupted_ && result_ == paperboy::errc::shutdown_timeout; }
    [[nodiscard]] bool failed() const { return traffic_failure_ || (result_ && !late()); }

    // Says in a sentence how it went; the exit status.
    int verdict()
    {
        if (traffic_failure_)
            std::rethrow_exception(traffic_failure_);
        if (failed())
        {
            auto const why = engine_->last_failure().text;
            return complain(why.empty() ? result_.message() : why);
        }
        if (late())
            std::cout << "Stopped, without an answer to the last commit: the next run may count some again.\n";
        else if (interrupted_)
            std::cout << (counter_->records() == 0 ? "Stopped before the first record.\n"
                                                   : "Stopped early; what was counted is committed.\n");
        else if (produced_ != nullptr && !equal())
            return complain("the counts are not what was produced");
        else if (produced_ != nullptr)
            std::cout << "Every page was counted as often as it was produced.\n";
        return 0;
    }

    static int complain(std::string_view text)
    {
        std::cout << std::flush;
        std::cerr << "quickstart: " << text << '\n';
        return 1;
    }

    [[nodiscard]] bool equal() const
    {
        return counts_ == produced_->per_page() && counter_->tombstones() == produced_->tombstones() &&
               counter_->unreadable() == 0;
    }

    quickstart::options options_;
    std::uint64_t goal_;
    asio::io_context context_{1};
    asio::signal_set signals_{context_, SIGINT, SIGTERM};
    asio::steady_timer timer_{context_};
    quickstart::status_line status_;
    std::optional<page_views::traffic> traffic_;
    std::optional<page_views::count_table> pages_;
    std::optional<page_views::counter> counter_;
    page_views::counts counts_;
    paperboy::engine* engine_ = nullptr;

    std::uint64_t last_records_ = 0;
    clock_type::time_point first_record_ = clock_type::now();
    clock_type::time_point last_progress_ = first_record_;
    bool interrupted_ = false;
    bool finishing_ = false;
    bool traffic_ended_ = false;
    std::exception_ptr traffic_failure_;
    paperboy::error_code result_;
    paperboy::engine_stats stats_;
    page_views::generator const* produced_ = nullptr;
};

// One view a line, as `kcat -P -K '\t' -Z` takes it.
int print(std::uint64_t records)
{
    auto generator = page_views::generator{};
    for (std::uint64_t i = 0; i < records && std::cout; ++i)
    {
        auto const view = generator.next();
        std::cout << view.key << '\t' << view.value.value_or("") << '\n';
    }
    return std::cout.flush() ? 0 : 1;
}

int run(quickstart::options const& options)
{
    switch (options.mode)
    {
    case quickstart::mode::help:
        std::cout << quickstart::help();
        return 0;
    case quickstart::mode::print:
        return print(*options.records);
    case quickstart::mode::run:
        break;
    }
    return program{options}.run();
}

} // namespace

int main(int argc, char** argv)
try
{
    return run(quickstart::parse(argc, argv));
}
catch (quickstart::usage_error const& error)
{
    std::cerr << "quickstart: " << error.what() << '\n';
    return 2;
}
catch (paperboy::setup_error const& error)
{
    std::cerr << "quickstart: " << error.what() << '\n';
    return error.code() == paperboy::errc::client_failed ? 1 : 2;
}
catch (std::exception const& error)
{
    std::cerr << "quickstart: " << error.what() << '\n';
    return 1;
}
