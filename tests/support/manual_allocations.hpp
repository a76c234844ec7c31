#pragma once

#include <cstdint>

namespace paperboy::test
{

// How often operator new was called, in a program that has manual_allocations.cpp among its sources.
[[nodiscard]] std::uint64_t allocations() noexcept;

} // namespace paperboy::test
