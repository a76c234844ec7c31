#include "pipeline/option_check.hpp"

#include <paperboy/error.hpp>

#include <string>

namespace paperboy::pipeline
{
namespace
{

using namespace std::chrono_literals;

template <class T>
void check_range(std::string const& place, char const* field, T value, T least, T most)
{
    if (value < least || value > most)
        throw setup_error{errc::invalid_config, "paperboy: " + std::string{field} + " in " + place + " is " +
                                                    std::to_string(value) + "; set it to " + std::to_string(least) +
                                                    " to " + std::to_string(most)};
}

} // namespace

void check(mode_policy const& policy, std::string const& place)
{
    constexpr auto hour = std::chrono::milliseconds{1h}.count();
    check_range<std::int64_t>(place, "mode.enter_above_lag", policy.enter_above_lag, 0, INT64_MAX);
    check_range<std::int64_t>(place, "mode.leave_below_lag", policy.leave_below_lag, 1,
                              policy.enter_above_lag > 0 ? policy.enter_above_lag : 1);
    check_range<std::int64_t>(place, "mode.min_dwell", policy.min_dwell.count(), 0, hour);
    check_range<std::size_t>(place, "mode.max_records", policy.max_records, 1, 1'000'000);
    check_range<std::size_t>(place, "mode.max_bytes", policy.max_bytes, 1, SIZE_MAX);
    check_range<std::int64_t>(place, "mode.max_wait", policy.max_wait.count(), 0, hour);
}

void check(handler_options const& options, bool asynchronous, std::string const& place)
{
    check(*options.mode, place);
    check_range<std::size_t>(place, "max_concurrency", options.max_concurrency, 1, 10'000);
    check_range<std::size_t>(place, "max_unfinished", options.max_unfinished, options.max_concurrency, 10'000'000);
    if (options.ordering != ordering::partition && !asynchronous)
        throw setup_error{errc::invalid_config,
                          "paperboy: ordering in " + place + " is " + std::string{to_string(options.ordering)} +
                              ", but no hook of the handler is awaitable, so nothing could overlap; leave it at "
                              "partition, or let a hook return boost::asio::awaitable<void>"};
}

void check(start_at const& start, std::string const& topic, std::string const& place)
{
    auto const refuse = [&](std::string const& why)
    { throw setup_error{errc::invalid_config, "paperboy: start in " + place + " " + why}; };
    if (start.what() == start_at::kind::time && start.when().time_since_epoch().count() < 0)
        refuse("is a time before 1970; use start_at::beginning()");
    if (start.what() != start_at::kind::offsets)
        return;
    if (topic.empty() || topic.starts_with('^'))
        refuse("gives offsets, but these are of one topic only: put them into the options of a handler whose topic is "
               "given by its name");
    for (auto const& [partition, offset] : start.by_partition())
        if (partition < 0 || offset < 0)
            refuse("gives offset " + std::to_string(offset) + " for partition " + std::to_string(partition) +
                   "; neither may be negative");
}

} // namespace paperboy::pipeline
