#pragma once

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <stdlib.h>

namespace paperboy::test
{

// A directory that goes with the object.
class table_folder
{
public:
    table_folder()
    {
        auto name = (std::filesystem::temp_directory_path() / "paperboy-tables-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error{"cannot make " + name};
        path_ = name;
    }
    table_folder(table_folder const&) = delete;
    table_folder& operator=(table_folder const&) = delete;
    ~table_folder()
    {
        auto ignored = std::error_code{};
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace paperboy::test
