#pragma once

#include <cstdint>

namespace paperboy::bench
{

// How often this process has allocated through operator new or aligned_alloc (which Asio uses): our code and what it
// is built on. librdkafka calls malloc and is not counted.
[[nodiscard]] std::uint64_t allocation_count() noexcept;

} // namespace paperboy::bench
