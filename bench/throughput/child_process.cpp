#include "throughput/child_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace paperboy::bench
{
namespace
{

using clock = std::chrono::steady_clock;

void check(int error, char const* what)
{
    if (error != 0)
        throw std::system_error{error, std::system_category(), what};
}

struct descriptor
{
    int fd = -1;

    explicit descriptor(int number) : fd{number} {}
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;
    ~descriptor() { close(); }

    void close()
    {
        if (fd != -1)
            ::close(fd);
        fd = -1;
    }
};

pid_t spawn(std::vector<std::string>& arguments, int output)
{
    auto pointers = std::vector<char*>{};
    for (auto& each : arguments)
        pointers.push_back(each.data());
    pointers.push_back(nullptr);
    auto actions = posix_spawn_file_actions_t{};
    check(::posix_spawn_file_actions_init(&actions), "posix_spawn");
    check(::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO), "posix_spawn");
    auto child = pid_t{};
    auto const error = ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    check(error, "cannot start a run");
    return child;
}

// False when the deadline came first.
bool read_all(int fd, clock::time_point deadline, std::string& text)
{
    auto buffer = std::array<char, 4096>{};
    while (true)
    {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
        auto waiting = pollfd{fd, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) == 0)
            return false;
        auto const count = ::read(fd, buffer.data(), buffer.size());
        if (count == 0)
            return true;
        if (count > 0)
            text.append(buffer.data(), static_cast<std::size_t>(count));
        else if (errno != EINTR)
            check(errno, "cannot read the output of a run");
    }
}

} // namespace

std::string run_self(std::vector<std::string> arguments, std::chrono::seconds deadline)
{
    auto ends = std::array<int, 2>{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        check(errno, "pipe");
    auto input = descriptor{ends[0]};
    auto output = descriptor{ends[1]};
    arguments.insert(arguments.begin(), "paperboy_throughput");
    auto const child = spawn(arguments, output.fd);
    output.close();
    auto text = std::string{};
    auto const in_time = read_all(input.fd, clock::now() + deadline, text);
    if (!in_time)
        ::kill(child, SIGKILL);
    auto status = 0;
    while (::waitpid(child, &status, 0) == -1 && errno == EINTR)
    {
    }
    if (!in_time)
        throw std::runtime_error{"not done within " + std::to_string(deadline.count()) + " s; see --deadline"};
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error{WIFSIGNALED(status) ? "ended by signal " + std::to_string(WTERMSIG(status))
                                                     : "failed with exit code " + std::to_string(WEXITSTATUS(status))};
    return text;
}

void pin_to_one_core()
{
    auto cores = cpu_set_t{};
    CPU_ZERO(&cores);
    CPU_SET(0, &cores);
    if (::sched_setaffinity(0, sizeof cores, &cores) != 0)
        check(errno, "cannot pin to core 0 (try --no-pin)");
}

} // namespace paperboy::bench
