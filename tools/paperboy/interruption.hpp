#pragma once

namespace paperboy::cli
{

/// While an object lives, the first SIGINT or SIGTERM asks for a clean end; the second ends the process as usual.
class interruption
{
public:
    interruption();
    interruption(interruption const&) = delete;
    interruption& operator=(interruption const&) = delete;
    ~interruption();

    [[nodiscard]] static bool asked() noexcept;
};

} // namespace paperboy::cli
