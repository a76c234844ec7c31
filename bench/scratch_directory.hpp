#pragma once

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <stdlib.h>

namespace paperboy::bench
{

// A directory that goes with this object.
class scratch_directory
{
public:
    scratch_directory()
    {
        auto name = (std::filesystem::temp_directory_path() / "paperboy-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error{"cannot make " + name};
        path_ = name;
    }
    scratch_directory(scratch_directory const&) = delete;
    scratch_directory& operator=(scratch_directory const&) = delete;
    ~scratch_directory()
    {
        auto ignored = std::error_code{};
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace paperboy::bench
