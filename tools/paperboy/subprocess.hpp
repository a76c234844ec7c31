#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace paperboy::cli
{

struct finished_process
{
    int status = 0;
    /// What it wrote to its standard output; its stderr is ours.
    std::string output;
};

/// Runs a program to its end. Throws command_failed when it cannot be started.
[[nodiscard]] finished_process run_program(std::vector<std::string> const& command);

/// Where our own executable is.
[[nodiscard]] std::filesystem::path own_program();

} // namespace paperboy::cli
