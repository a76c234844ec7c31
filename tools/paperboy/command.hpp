#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <stdexcept>
#include <string>

// The command `paperboy`: one file for each of its commands, which adds the command with its options to the
// application, and chooses what is done when the command is the one that was given.
namespace paperboy::cli
{

/// What the process ends with.
enum class exit_code : int
{
    done = 0,
    failed = 1,
    usage = 2,
    /// What was looked for was found: damage, or more lag than allowed or known.
    found = 3,
    /// A signal has ended what was not complete.
    interrupted = 130,
};

using action = std::function<exit_code()>;

/// An argument that cannot work: ends with exit_code::usage. The text names the argument, its value and the remedy.
class usage_error : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/// What could not be done: ends with exit_code::failed.
class command_failed : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

void add_consume(CLI::App& app, action& chosen);
void add_produce(CLI::App& app, action& chosen);
void add_topics(CLI::App& app, action& chosen);
void add_lag(CLI::App& app, action& chosen);
void add_offsets(CLI::App& app, action& chosen);
void add_dlq(CLI::App& app, action& chosen);
void add_table(CLI::App& app, action& chosen);
void add_dev(CLI::App& app, action& chosen);
void add_bench(CLI::App& app, action& chosen);

} // namespace paperboy::cli
