#pragma once

#include "support/broker.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace paperboy::test
{

// A program that a test runs, and what it writes to its standard output, line by line. What a process has written into
// a pipe outlives its death, so the lines are complete evidence whatever ends it.
class child_process
{
public:
    explicit child_process(std::vector<std::string> const& command);
    child_process(child_process const&) = delete;
    child_process& operator=(child_process const&) = delete;
    // Kills it when it still runs.
    ~child_process();

    // The next line; nothing when the output has ended. Throws std::runtime_error when neither comes in time.
    [[nodiscard]] std::optional<std::string> line(std::chrono::milliseconds deadline = std::chrono::seconds{120});

    void signal(int number) const;

    // The exit status, or minus the signal that ended it. Throws std::runtime_error when it does not end in time.
    int wait(std::chrono::milliseconds deadline = std::chrono::seconds{120});

private:
    pid_t pid_ = -1;
    int output_ = -1;
    std::optional<int> status_;
    std::string pending_;
};

// A broker of the test's own, for tests that mistreat it. It is started by the broker tool, in a directory that goes
// with the object.
class own_broker
{
public:
    explicit own_broker(std::vector<std::string> options = {});
    own_broker(own_broker const&) = delete;
    own_broker& operator=(own_broker const&) = delete;
    ~own_broker();

    [[nodiscard]] std::string servers() const { return file("bootstrap"); }

    // The first line of a file that the tool keeps in the broker's directory.
    [[nodiscard]] std::string file(std::string const& name) const;

    void signal(int number) const;

    // kill -9, and until the process is gone.
    void kill() const;

    // Starts it after a kill, with the data and the address it had.
    void start() const;

private:
    void tool(std::vector<std::string> const& arguments) const;

    std::filesystem::path directory_;
    std::vector<std::string> options_;
};

} // namespace paperboy::test
