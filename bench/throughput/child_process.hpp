#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace paperboy::bench
{

// Runs this program again with these arguments and returns what it writes to its standard output. Throws
// std::runtime_error when it fails, or does not end within the deadline; then it is killed.
[[nodiscard]] std::string run_self(std::vector<std::string> arguments, std::chrono::seconds deadline);

// Lets this process, and the threads it will have, use the first core only.
void pin_to_one_core();

} // namespace paperboy::bench
