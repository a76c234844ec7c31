#pragma once

#include "support/engine_fixture.hpp"

#include <paperboy/mock_cluster.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace paperboy::test
{

// Whether it comes true before the deadline; for what nothing announces. Asked once more behind the deadline: this
// thread may not have run for long.
template <class Condition>
[[nodiscard]] bool eventually(Condition const& condition)
{
    auto const deadline = std::chrono::steady_clock::now() + patience;
    for (;;)
    {
        auto const late = std::chrono::steady_clock::now() >= deadline;
        if (condition())
            return true;
        if (late)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

// One cluster for all tests of a program that do not break it.
[[nodiscard]] mock_cluster& shared_cluster();

// A topic and a group of its own on a cluster, and an engine's surroundings.
class mock_fixture
{
public:
    mock_fixture() : mock_fixture{shared_cluster()} {}
    explicit mock_fixture(mock_cluster& on);

    // Settings that point to the cluster, this test's group, log and observer.
    [[nodiscard]] config settings() const;

    // A further topic of this test.
    [[nodiscard]] std::string make_topic(int partitions) const;

    // `count` records with the values "0", "1", … into one partition.
    void produce(std::string const& topic, std::int32_t partition, int count) const;

    // What produce() produces: "0", "1", …
    [[nodiscard]] static std::vector<std::string> numbers(int count);

    mock_cluster& cluster;
    std::string const name;
    std::string const topic;
    log_lines log;
    std::shared_ptr<recording_observer> const watcher = std::make_shared<recording_observer>();
    io_threads io;

    static constexpr int partitions = 4;
};

// A base in front of mock_fixture: a cluster of its own, to be broken.
struct own_cluster
{
    mock_cluster own;
};

} // namespace paperboy::test
