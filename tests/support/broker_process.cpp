#include "support/broker_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace paperboy::test
{
namespace
{

using namespace std::chrono_literals;

[[noreturn]] void fail(char const* what)
{
    throw std::system_error{errno, std::generic_category(), what};
}

// False when the deadline passes.
bool readable(int fd, std::chrono::milliseconds deadline)
{
    auto const end = std::chrono::steady_clock::now() + deadline;
    while (true)
    {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        auto request = pollfd{fd, POLLIN, 0};
        auto const count = ::poll(&request, 1, left > 0ms ? static_cast<int>(left.count()) : 0);
        if (count >= 0)
            return count > 0;
        if (errno != EINTR)
            fail("poll");
    }
}

pid_t spawn(std::vector<std::string> const& command, int output)
{
    auto arguments = std::vector<char*>{};
    for (auto const& each : command)
        arguments.push_back(const_cast<char*>(each.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    auto pid = pid_t{-1};
    auto const error = ::posix_spawn(&pid, arguments.front(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw std::system_error{error, std::generic_category(), "cannot start " + command.front()};
    return pid;
}

// Waits until the process has ended, without collecting it.
bool await_end(pid_t pid, std::chrono::milliseconds deadline)
{
    auto const fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd == -1)
    {
        if (errno == ESRCH)
            return true;
        fail("pidfd_open");
    }
    auto const ended = readable(fd, deadline);
    ::close(fd);
    return ended;
}

} // namespace

child_process::child_process(std::vector<std::string> const& command)
{
    auto ends = std::array<int, 2>{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        fail("pipe2");
    output_ = ends[0];
    pid_ = spawn(command, ends[1]);
    ::close(ends[1]);
}

child_process::~child_process()
{
    if (!status_)
    {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    ::close(output_);
}

std::optional<std::string> child_process::line(std::chrono::milliseconds deadline)
{
    auto const end = std::chrono::steady_clock::now() + deadline;
    while (true)
    {
        if (auto const length = pending_.find('\n'); length != std::string::npos)
        {
            auto text = pending_.substr(0, length);
            pending_.erase(0, length + 1);
            return text;
        }
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (!readable(output_, left))
            throw std::runtime_error{"the child process wrote no line in time"};
        auto bytes = std::array<char, 4096>{};
        auto const count = ::read(output_, bytes.data(), bytes.size());
        if (count < 0)
            fail("read");
        if (count == 0)
            return std::nullopt;
        pending_.append(bytes.data(), static_cast<std::size_t>(count));
    }
}

void child_process::signal(int number) const
{
    if (::kill(pid_, number) != 0)
        fail("kill");
}

int child_process::wait(std::chrono::milliseconds deadline)
{
    if (status_)
        return *status_;
    if (!await_end(pid_, deadline))
        throw std::runtime_error{"the child process did not end in time"};
    auto status = 0;
    if (::waitpid(pid_, &status, 0) != pid_)
        fail("waitpid");
    status_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    return *status_;
}

// ---- a broker

own_broker::own_broker(std::vector<std::string> options)
    : directory_{std::filesystem::temp_directory_path() / unique_name("paperboy-broker")}, options_{std::move(options)}
{
    start();
}

own_broker::~own_broker()
{
    try
    {
        tool({"stop"});
    }
    catch (std::exception const&)
    {
        // It is already gone, or the test has failed anyway.
    }
    auto ignored = std::error_code{};
    std::filesystem::remove_all(directory_, ignored);
}

std::string own_broker::file(std::string const& name) const
{
    auto in = std::ifstream{directory_ / name};
    auto text = std::string{};
    if (!std::getline(in, text))
        throw std::runtime_error{"the broker has no file " + name};
    return text;
}

void own_broker::signal(int number) const
{
    if (::kill(std::stoi(file("pid")), number) != 0)
        fail("kill");
}

void own_broker::kill() const
{
    auto const pid = std::stoi(file("pid"));
    signal(SIGKILL);
    if (!await_end(pid, 120s))
        throw std::runtime_error{"the broker does not die"};
}

void own_broker::start() const
{
    auto arguments = std::vector<std::string>{"start"};
    arguments.insert(arguments.end(), options_.begin(), options_.end());
    tool(arguments);
}

void own_broker::tool(std::vector<std::string> const& arguments) const
{
    auto command = std::vector<std::string>{broker_tool()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.insert(command.end(), {"--dir", directory_.string()});
    auto run = child_process{command};
    // With its jars to be fetched, and other JVMs starting.
    if (auto const status = run.wait(600s); status != 0)
        throw std::runtime_error{"the broker tool failed with status " + std::to_string(status)};
}

} // namespace paperboy::test
