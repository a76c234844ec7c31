#pragma once

#include <exception>
#include <string>

namespace paperboy::detail
{

// The demangled type of what is in there. Exceptions need not be of a class.
[[nodiscard]] std::string exception_type(std::exception_ptr const& error);

} // namespace paperboy::detail
