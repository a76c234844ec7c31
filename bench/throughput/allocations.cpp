#include "throughput/allocations.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace
{

std::atomic<std::uint64_t> count{0};

void* counted(std::size_t size) noexcept
{
    count.fetch_add(1, std::memory_order_relaxed);
    return std::malloc(size == 0 ? 1 : size);
}

void* counted(std::size_t size, std::size_t alignment) noexcept
{
    void* memory = nullptr;
    count.fetch_add(1, std::memory_order_relaxed);
    return ::posix_memalign(&memory, alignment < sizeof(void*) ? sizeof(void*) : alignment, size) == 0 ? memory
                                                                                                       : nullptr;
}

void* or_throw(void* memory)
{
    if (memory == nullptr)
        throw std::bad_alloc{};
    return memory;
}

} // namespace

std::uint64_t paperboy::bench::allocation_count() noexcept
{
    return count.load(std::memory_order_relaxed);
}

// All forms are replaced: an allocator library that is linked in replaces all of them too, and forwards none.
// NOLINTBEGIN
void* operator new(std::size_t size)
{
    return or_throw(counted(size));
}
void* operator new[](std::size_t size)
{
    return or_throw(counted(size));
}
void* operator new(std::size_t size, std::nothrow_t const&) noexcept
{
    return counted(size);
}
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept
{
    return counted(size);
}
void* operator new(std::size_t size, std::align_val_t alignment)
{
    return or_throw(counted(size, static_cast<std::size_t>(alignment)));
}
void* operator new[](std::size_t size, std::align_val_t alignment)
{
    return or_throw(counted(size, static_cast<std::size_t>(alignment)));
}
void* operator new(std::size_t size, std::align_val_t alignment, std::nothrow_t const&) noexcept
{
    return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, std::nothrow_t const&) noexcept
{
    return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete[](void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::nothrow_t const&) noexcept
{
    std::free(memory);
}
void operator delete[](void* memory, std::nothrow_t const&) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept
{
    std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept
{
    std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t, std::nothrow_t const&) noexcept
{
    std::free(memory);
}
void operator delete[](void* memory, std::align_val_t, std::nothrow_t const&) noexcept
{
    std::free(memory);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    auto* const memory = counted(size, alignment);
    if (memory == nullptr)
        errno = ENOMEM;
    return memory;
}
// NOLINTEND
