// An observer is told what happens, stats() says how things stand.
//
//     ./12_observer

#include "support/run_until.hpp"

#include <paperboy/mock_cluster.hpp>
#include <paperboy/observer.hpp>
#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <iostream>
#include <memory>
#include <string>

namespace
{

// Called from the executor's threads: those calls that may overlap only touch atomics.
class counting_observer final : public paperboy::observer
{
public:
    std::atomic<int> assigned{0};
    std::atomic<int> revoked{0};
    std::atomic<int> commits{0};
    std::atomic<int> hook_errors{0};
    std::atomic<std::int64_t> last_lag{-1};

    void on_assigned(std::span<paperboy::topic_partition const> partitions) noexcept override
    {
        assigned += static_cast<int>(partitions.size());
    }
    void on_revoked(std::span<paperboy::topic_partition const> partitions) noexcept override
    {
        revoked += static_cast<int>(partitions.size());
    }
    void on_commit(paperboy::error_code result, std::span<paperboy::partition_offset const>) noexcept override
    {
        commits += result ? 0 : 1;
    }
    void on_hook_error(paperboy::hook, std::exception_ptr const&, paperboy::record_view const&) noexcept override
    {
        ++hook_errors;
    }
    void on_lag(paperboy::topic_partition const&, std::int64_t records) noexcept override { last_lag = records; }
};

struct picky_handler
{
    void on_message(paperboy::record_view const& record)
    {
        if (record.value() == "7")
            throw std::runtime_error{"not this one"};
    }
    [[nodiscard]] paperboy::error_action on_error(std::exception_ptr const&) const
    {
        return paperboy::error_action::skip;
    }
};

} // namespace

int main()
{
    auto cluster = paperboy::mock_cluster{};
    cluster.create_topic("numbers", 2);
    for (auto i = 0; i < 100; ++i)
        cluster.produce("numbers", {.value = std::to_string(i), .partition = i % 2});
    cluster.flush();

    boost::asio::io_context context;
    auto const seen = std::make_shared<counting_observer>();
    auto settings = examples::mock_config(cluster.bootstrap_servers());
    settings.watcher = seen;
    settings.log = paperboy::logger{paperboy::log_level::error};
    paperboy::engine engine{context, std::move(settings)};
    engine.handle("numbers", picky_handler{});
    auto const result = examples::run_until(context, engine, 100);

    auto const stats = engine.stats();
    std::cout << "records " << stats.records << "\nbytes " << stats.bytes << "\nskipped " << stats.skipped
              << "\nhook errors " << seen->hook_errors << "\nassigned " << seen->assigned << "\nrevoked "
              << seen->revoked << "\nlag " << seen->last_lag << "\ncommitted " << (seen->commits > 0 ? "yes" : "no")
              << '\n';
    return result;
}
