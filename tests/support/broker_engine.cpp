#include "support/broker_engine.hpp"

#include <algorithm>
#include <iostream>
#include <stdexcept>

namespace paperboy::test
{

using namespace std::chrono_literals;

config test_config(std::string group, std::string servers)
{
    auto settings = config{};
    settings.bootstrap_servers = std::move(servers);
    settings.group_id = std::move(group);
    settings.commit.interval = 100ms;
    settings.properties = {{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "200"}};
    return settings;
}

running_engine::running_engine(std::string const& name, config settings, set_up const& prepare, int threads)
    : engine_{context_, observed(name, std::move(settings))}
{
    prepare(engine_);
    engine_.async_run(
        [this](error_code result)
        {
            auto const lock = std::scoped_lock{mutex_};
            result_ = result;
            changed_.notify_all();
        });
    for (auto i = 0; i < threads; ++i)
        threads_.emplace_back([this] { context_.run(); });
}

running_engine::~running_engine()
{
    engine_.stop();
    threads_.clear();
}

config running_engine::observed(std::string const& name, config settings)
{
    settings.log = logger{settings.log.level(), [this, name](log_level level, std::string_view line)
                          {
                              auto const lock = std::scoped_lock{mutex_};
                              lines_.emplace_back(line);
                              std::clog << name << ' ' << to_string(level) << ": " << line << '\n';
                              changed_.notify_all();
                          }};
    return settings;
}

error_code running_engine::wait(std::chrono::milliseconds deadline)
{
    auto lock = std::unique_lock{mutex_};
    if (!changed_.wait_for(lock, deadline, [this] { return result_.has_value(); }))
        throw std::runtime_error{"async_run did not complete in time"};
    return *result_;
}

error_code running_engine::stop(std::chrono::milliseconds deadline)
{
    engine_.stop();
    return wait(deadline);
}

bool running_engine::logged(std::string_view text, std::chrono::milliseconds deadline) const
{
    auto const found = [&]
    { return std::ranges::any_of(lines_, [&](auto const& line) { return line.find(text) != line.npos; }); };
    auto lock = std::unique_lock{mutex_};
    return changed_.wait_for(lock, deadline, found);
}

} // namespace paperboy::test
