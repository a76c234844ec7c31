#include "interruption.hpp"

#include <atomic>
#include <csignal>

namespace paperboy::cli
{
namespace
{

std::atomic<bool> was_asked{false};

void handle(void (*how)(int), int flags)
{
    struct sigaction what = {};
    what.sa_handler = how;
    what.sa_flags = flags;
    for (auto const number : {SIGINT, SIGTERM})
        ::sigaction(number, &what, nullptr);
}

} // namespace

interruption::interruption()
{
    handle([](int) { was_asked.store(true, std::memory_order_relaxed); }, static_cast<int>(SA_RESETHAND));
}

interruption::~interruption()
{
    handle(SIG_DFL, 0);
}

bool interruption::asked() noexcept
{
    return was_asked.load(std::memory_order_relaxed);
}

} // namespace paperboy::cli
