#include "support/engine_fixture.hpp"

#include <numeric>
#include <stdexcept>

namespace paperboy::test
{

io_threads::io_threads(int count) : work_{context_.get_executor()}
{
    for (auto i = 0; i < count; ++i)
        threads_.emplace_back([this] { context_.run(); });
}

io_threads::~io_threads()
{
    halt();
}

void io_threads::join()
{
    work_.reset();
    for (auto& each : threads_)
        each.join();
    threads_.clear();
}

void io_threads::halt()
{
    context_.stop();
    join();
}

logger log_lines::sink(log_level threshold) const
{
    return logger{threshold, [lines = lines_](log_level level, std::string_view line)
                  {
                      lines->update([&](auto& all)
                                    { all.push_back(std::string{to_string(level)} + ": " + std::string{line}); });
                  }};
}

bool log_lines::wait_for(std::string const& part, std::chrono::milliseconds deadline) const
{
    return lines_->wait_until(
        [&](auto const& all)
        { return std::ranges::any_of(all, [&](auto const& line) { return line.find(part) != std::string::npos; }); },
        deadline);
}

std::size_t log_lines::count(std::string const& part) const
{
    auto const all = lines_->get();
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](auto const& line) { return line.find(part) != std::string::npos; }));
}

std::ostream& operator<<(std::ostream& to, log_lines const& log)
{
    for (auto const& line : log.lines_->get())
        to << line << "\n";
    return to;
}

std::map<topic_partition, std::int64_t> observed::committed() const
{
    auto last = std::map<topic_partition, std::int64_t>{};
    for (auto const& each : commits)
        if (!each.result)
            for (auto const& offset : each.offsets)
                last[{offset.topic, offset.partition}] = offset.offset;
    return last;
}

void recording_observer::on_assigned(std::span<topic_partition const> partitions) noexcept
{
    seen.update([&](observed& all) { all.assigned.emplace_back(partitions.begin(), partitions.end()); });
}

void recording_observer::on_revoked(std::span<topic_partition const> partitions) noexcept
{
    seen.update([&](observed& all) { all.revoked.emplace_back(partitions.begin(), partitions.end()); });
}

void recording_observer::on_lost(std::span<topic_partition const> partitions) noexcept
{
    seen.update([&](observed& all) { all.lost.emplace_back(partitions.begin(), partitions.end()); });
}

void recording_observer::on_commit(error_code result, std::span<partition_offset const> offsets) noexcept
{
    seen.update([&](observed& all) { all.commits.push_back({result, {offsets.begin(), offsets.end()}}); });
}

void recording_observer::on_hook_error(hook where, std::exception_ptr const& error, record_view const& record) noexcept
{
    seen.update([&](observed& all) { all.hook_errors.push_back({where, describe(error), record.offset()}); });
}

void recording_observer::on_client_error(error_code error, std::string_view) noexcept
{
    seen.update([&](observed& all) { all.client_errors.push_back(error); });
}

void recording_observer::on_lag(topic_partition const& partition, std::int64_t records) noexcept
{
    seen.update([&](observed& all) { all.lag[partition] = records; });
}

void recording_observer::on_mode(topic_partition const& partition, handling_mode mode,
                                 std::int64_t /*waiting*/) noexcept
{
    seen.update([&](observed& all) { all.modes[partition].push_back(mode); });
}

outcome_of_run outcome_of_run::start(engine& which)
{
    auto outcome = outcome_of_run{};
    auto promise = std::make_shared<std::promise<error_code>>();
    outcome.result_ = promise->get_future();
    which.async_run([promise](error_code result) { promise->set_value(result); });
    return outcome;
}

error_code outcome_of_run::get(std::chrono::milliseconds deadline)
{
    if (result_.wait_for(deadline) != std::future_status::ready)
        throw std::runtime_error{"async_run did not complete within " + std::to_string(deadline.count()) + " ms"};
    return result_.get();
}

bool outcome_of_run::there() const
{
    return result_.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
}

std::vector<std::int64_t> offsets_of(seen_records const& seen, std::int32_t partition)
{
    auto offsets = std::vector<std::int64_t>{};
    for (auto const& each : seen.get())
        if (each.partition == partition)
            offsets.push_back(each.offset);
    return offsets;
}

std::vector<std::int64_t> offsets_from(std::int64_t first, std::int64_t last)
{
    auto offsets = std::vector<std::int64_t>(static_cast<std::size_t>(last - first));
    std::iota(offsets.begin(), offsets.end(), first);
    return offsets;
}

} // namespace paperboy::test
