#include "subprocess.hpp"

#include "command.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace paperboy::cli
{
namespace
{

[[noreturn]] void fail(std::string const& program, int number)
{
    throw command_failed{"cannot run " + program + ": " + std::generic_category().message(number)};
}

std::string read_all(int descriptor)
{
    auto text = std::string{};
    auto block = std::array<char, 4096>{};
    while (true)
    {
        auto const got = ::read(descriptor, block.data(), block.size());
        if (got > 0)
            text.append(block.data(), static_cast<std::size_t>(got));
        else if (got == 0 || errno != EINTR)
            return text;
    }
}

} // namespace

finished_process run_program(std::vector<std::string> const& command)
{
    auto arguments = std::vector<char*>{};
    for (auto const& each : command)
        arguments.push_back(const_cast<char*>(each.c_str()));
    arguments.push_back(nullptr);
    auto ends = std::array<int, 2>{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        fail(command.front(), errno);
    auto actions = posix_spawn_file_actions_t{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    auto child = pid_t{};
    auto const error = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    auto done = finished_process{};
    if (error == 0)
        done.output = read_all(ends[0]);
    ::close(ends[0]);
    if (error != 0)
        fail(command.front(), error);
    auto status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    done.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return done;
}

std::filesystem::path own_program()
{
    return std::filesystem::read_symlink("/proc/self/exe");
}

} // namespace paperboy::cli
