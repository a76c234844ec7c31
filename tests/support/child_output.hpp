#pragma once

#include <cstdlib>
#include <string>

#include <unistd.h>

namespace paperboy::test
{

// Writes a line to the standard output at once and as a whole: for processes that a test reads, and may kill.
inline void tell(std::string line)
{
    line += '\n';
    if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        std::abort();
}

} // namespace paperboy::test
