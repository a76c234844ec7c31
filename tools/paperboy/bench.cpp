#include "command.hpp"
#include "connection.hpp"
#include "interruption.hpp"
#include "output.hpp"

#include <paperboy/admin.hpp>
#include <paperboy/engine.hpp>
#include <paperboy/topic_writer.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <iomanip>
#include <memory>
#include <optional>
#include <sstream>
#include <thread>

namespace paperboy::cli
{
namespace
{

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

struct bench_options
{
    connection cluster;
    std::uint64_t records = 1'000'000;
    std::size_t size = 100;
    std::int32_t partitions = 4;
    unsigned threads = 1;
    unsigned deadline_s = 120;
    bool as_json = false;
};

// A topic that goes with the object.
class own_topic
{
public:
    own_topic(admin& cluster, std::int32_t partitions)
        : cluster_{cluster},
          name_{"paperboy-bench-" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count())}
    {
        cluster_.create_topic(name_, partitions);
    }
    own_topic(own_topic const&) = delete;
    own_topic& operator=(own_topic const&) = delete;
    ~own_topic()
    {
        try
        {
            cluster_.delete_topic(name_);
        }
        catch (std::exception const&)
        {
            // Whatever it was that ended us is told instead.
            return;
        }
    }
    [[nodiscard]] std::string const& name() const noexcept { return name_; }

private:
    admin& cluster_;
    std::string name_;
};

// The first of all partitions notes when it came.
struct counting_handler
{
    std::atomic<clock::rep>* first;

    void on_message(record_view const&)
    {
        if (first->load(std::memory_order_relaxed) == 0) [[unlikely]]
        {
            auto none = clock::rep{0};
            first->compare_exchange_strong(none, clock::now().time_since_epoch().count());
        }
    }
};

using seconds = std::optional<double>;

double since(clock::time_point start)
{
    return std::chrono::duration<double>(clock::now() - start).count();
}

seconds produce(config const& settings, std::string const& topic, bench_options const& options)
{
    auto writer = topic_writer{settings};
    auto progress = progress_line{};
    auto value = std::string(options.size, 'x');
    auto const start = clock::now();
    for (auto number = std::uint64_t{0}; number < options.records; ++number)
    {
        if (interruption::asked())
            return std::nullopt;
        writer.send(topic, std::to_string(number), value);
        progress.update("produced", number, options.records);
    }
    writer.flush(std::chrono::seconds{options.deadline_s});
    return since(start);
}

seconds consume(config settings, std::string const& topic, bench_options const& options)
{
    auto context = boost::asio::io_context{static_cast<int>(options.threads)};
    settings.group_id = topic;
    auto first = std::atomic<clock::rep>{0};
    auto own_engine = engine{context, settings};
    own_engine.handle(topic, counting_handler{&first});
    auto const strand = boost::asio::make_strand(context);
    auto timer = boost::asio::steady_timer{strand};
    auto progress = progress_line{};
    auto took = seconds{};
    auto result = error_code{};
    auto const give_up = clock::now() + std::chrono::seconds{options.deadline_s};
    own_engine.async_run(boost::asio::bind_executor(strand,
                                                    [&](error_code error)
                                                    {
                                                        result = error;
                                                        timer.cancel();
                                                    }));
    std::function<void(error_code)> look = [&](error_code error)
    {
        if (error)
            return;
        auto const handled = own_engine.stats().records;
        progress.update("handled", handled, options.records);
        if (handled >= options.records)
            took = since(clock::time_point{clock::duration{first.load()}});
        if (took || interruption::asked() || clock::now() >= give_up)
            return own_engine.stop();
        timer.expires_after(5ms);
        timer.async_wait(look);
    };
    boost::asio::post(strand, [&] { look({}); });
    {
        auto others = std::vector<std::jthread>{};
        while (others.size() + 1 < options.threads)
            others.emplace_back([&] { context.run(); });
        context.run();
    }
    progress.clear();
    if (result)
        throw command_failed{"the engine stopped: " + own_engine.last_failure().text};
    if (!took && !interruption::asked())
        throw command_failed{"not all records were handled within " + std::to_string(options.deadline_s) +
                             " s; give more time with --deadline"};
    return took;
}

void report(std::string const& what, double took, bench_options const& options)
{
    auto const rate = static_cast<double>(options.records) / took;
    auto const bytes = rate * static_cast<double>(options.size);
    constexpr auto mega = 1e6;
    if (options.as_json)
        return output::standard().json_line({{"phase", what},
                                             {"records", options.records},
                                             {"record_bytes", options.size},
                                             {"seconds", took},
                                             {"records_per_second", rate},
                                             {"bytes_per_second", bytes}});
    auto text = std::ostringstream{};
    text << std::fixed << std::setprecision(1) << std::left << std::setw(9) << what << std::right << std::setw(12)
         << grouped(static_cast<unsigned long long>(rate)) << " records/s  " << std::setw(8) << bytes / mega << " MB/s";
    output::standard().line(text.str());
}

exit_code run(bench_options const& options)
{
    auto const settings = options.cluster.settings();
    auto cluster = admin{settings, options.cluster.timeout()};
    auto const topic = own_topic{cluster, options.partitions};
    auto const guard = interruption{};
    auto const produced = produce(settings, topic.name(), options);
    if (!produced)
        return exit_code::interrupted;
    report("produced", *produced, options);
    output::standard().flush();
    auto const handled = consume(settings, topic.name(), options);
    if (!handled)
        return exit_code::interrupted;
    report("handled", *handled, options);
    return exit_code::done;
}

} // namespace

void add_bench(CLI::App& app, action& chosen)
{
    auto const options = std::make_shared<bench_options>();
    auto& command =
        *app.add_subcommand("bench", "How fast this machine and cluster are: fills a topic of its own, lets "
                                     "an engine handle it, and deletes it");
    options->cluster.add_to(command);
    command.add_option("--records", options->records, "How many")->capture_default_str()->check(CLI::PositiveNumber);
    command.add_option("--size", options->size, "Bytes of each value")->capture_default_str();
    command.add_option("--partitions", options->partitions, "Of the topic")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    command.add_option("--threads", options->threads, "That run the engine")
        ->capture_default_str()
        ->check(CLI::Range(1, 64));
    command.add_option("--deadline", options->deadline_s, "Seconds until each phase has failed")->capture_default_str();
    command.add_flag("--json", options->as_json, "A JSON object for each phase");
    command.callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

} // namespace paperboy::cli
