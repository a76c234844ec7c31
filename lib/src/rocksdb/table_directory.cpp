#include "rocksdb/table_directory.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace paperboy::rocksdb_detail
{
namespace
{

constexpr auto prefix = std::string_view{"db-"};

[[nodiscard]] std::filesystem::path numbered(std::filesystem::path const& directory, std::uint64_t number)
{
    return directory / (std::string{prefix} + std::to_string(number));
}

// 0 for what is no database of ours.
[[nodiscard]] std::uint64_t number_of(std::filesystem::path const& path)
{
    auto const name = path.filename().string();
    auto number = std::uint64_t{0};
    if (name.starts_with(prefix))
        std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    return number;
}

[[nodiscard]] std::shared_ptr<directory_lock> lock(std::filesystem::path const& directory)
{
    auto error = std::error_code{};
    std::filesystem::create_directories(directory, error);
    if (error)
        throw store_error{store_failure::unusable, "cannot make the tables' directory " + directory.string() + ": " +
                                                       error.message() +
                                                       "; give a directory that this process may make or write to"};
    return std::make_shared<directory_lock>(directory);
}

// What the file system says, as an error of a store.
template <class Act>
auto translated(std::filesystem::path const& directory, Act act)
try
{
    return act();
}
catch (std::filesystem::filesystem_error const& error)
{
    throw store_error{store_failure::unusable,
                      "cannot use the tables' directory " + directory.string() + ": " + error.code().message() +
                          "; see to it that there is room, and that this process may write there"};
}

} // namespace

table_directory::table_directory(std::filesystem::path directory, std::shared_ptr<settings const> how)
    : directory_{std::move(directory)}, how_{std::move(how)}, lock_{lock(directory_)}
{
    translated(directory_, [&] { open_latest(); });
}

void table_directory::open_latest()
{
    auto found = std::vector<std::filesystem::path>{};
    for (auto const& each : std::filesystem::directory_iterator{directory_})
    {
        number_ = std::max(number_, number_of(each.path()));
        if (number_of(each.path()) != 0)
            found.push_back(each.path());
    }
    auto const latest = numbered(directory_, number_);
    try
    {
        if (number_ != 0)
            database_ = std::make_shared<database>(latest, lock_, how_);
    }
    catch (store_error const& error)
    {
        if (error.why() != store_failure::damaged)
            throw;
        how_->given().log(log_level::warning, std::string{error.what()} + "; all tables in " + directory_.string() +
                                                  " start empty, and are filled from their changelogs");
    }
    if (!database_)
        make_next();
    for (auto const& each : found)
        if (each != database_->directory())
            std::filesystem::remove_all(each);
}

std::optional<std::filesystem::path> latest_database(std::filesystem::path const& directory)
{
    auto number = std::uint64_t{0};
    auto error = std::error_code{};
    for (auto const& each : std::filesystem::directory_iterator{directory, error})
        number = std::max(number, number_of(each.path()));
    if (number == 0)
        return std::nullopt;
    return numbered(directory, number);
}

void table_directory::make_next()
{
    auto const next = numbered(directory_, number_ + 1);
    try
    {
        database_ = std::make_shared<database>(next, lock_, how_);
        ++number_;
    }
    catch (...)
    {
        auto ignored = std::error_code{};
        std::filesystem::remove_all(next, ignored);
        throw;
    }
}

std::shared_ptr<column_family> table_directory::open(std::string const& name)
{
    auto const guard = std::lock_guard{mutex_};
    if (database_->broken())
        translated(directory_, [&] { make_next(); });
    return std::make_shared<column_family>(database_, name);
}

} // namespace paperboy::rocksdb_detail
