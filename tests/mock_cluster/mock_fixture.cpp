#include "mock_cluster/mock_fixture.hpp"

#include <atomic>

namespace paperboy::test
{
namespace
{

std::string unused_name()
{
    static auto number = std::atomic<int>{0};
    return "t" + std::to_string(number++);
}

} // namespace

mock_cluster& shared_cluster()
{
    static auto cluster = mock_cluster{};
    return cluster;
}

mock_fixture::mock_fixture(mock_cluster& on) : cluster{on}, name{unused_name()}, topic{make_topic(partitions)} {}

config mock_fixture::settings() const
{
    auto settings = config{};
    settings.bootstrap_servers = cluster.bootstrap_servers();
    settings.group_id = "group-" + name;
    settings.log = log.sink();
    settings.watcher = watcher;
    // The mock lets a group whose last member has left wait for a second less than the session's time-out.
    settings.properties = {{"session.timeout.ms", "4000"}, {"heartbeat.interval.ms", "500"}};
    return settings;
}

std::string mock_fixture::make_topic(int count) const
{
    auto made = name + "-" + unused_name();
    cluster.create_topic(made, count);
    return made;
}

void mock_fixture::produce(std::string const& to, std::int32_t partition, int count) const
{
    for (auto i = 0; i < count; ++i)
    {
        auto const value = std::to_string(i);
        cluster.produce(to, {.key = {}, .value = value, .partition = partition, .headers = {}});
    }
    cluster.flush();
}

std::vector<std::string> mock_fixture::numbers(int count)
{
    auto all = std::vector<std::string>{};
    for (auto i = 0; i < count; ++i)
        all.push_back(std::to_string(i));
    return all;
}

} // namespace paperboy::test
