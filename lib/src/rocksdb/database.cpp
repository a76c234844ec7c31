#include "rocksdb/database.hpp"

#include "rocksdb/failures.hpp"

#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

namespace paperboy::rocksdb_detail
{
namespace
{

constexpr auto damage_mark = "DAMAGED";
constexpr auto incoming = "incoming";

// RocksDB would make a database anew without saying so.
void require_whole(std::filesystem::path const& directory)
{
    auto const damaged = std::filesystem::exists(directory / damage_mark);
    if (damaged || !std::filesystem::exists(directory / "CURRENT"))
        throw store_error{store_failure::damaged,
                          directory.string() + (damaged ? " was found damaged before" : " lacks its file CURRENT")};
}

} // namespace

std::string family_name(std::string_view table, std::int32_t partition)
{
    return std::string{table} + '#' + std::to_string(partition);
}

std::string_view table_of(std::string_view family) noexcept
{
    return family.substr(0, family.rfind('#'));
}

database::database(std::filesystem::path directory, std::shared_ptr<directory_lock> lock,
                   std::shared_ptr<settings const> how)
    : directory_{std::move(directory)}, lock_{std::move(lock)}, how_{std::move(how)}
{
    auto const make = !std::filesystem::exists(directory_);
    if (!make)
        require_whole(directory_);
    open(make);
    // What a process has left that died.
    std::filesystem::remove_all(directory_ / incoming);
    std::filesystem::create_directory(directory_ / incoming);
}

rocksdb::ColumnFamilyOptions database::options_of(std::string const& name) const
{
    return name == rocksdb::kDefaultColumnFamilyName ? settings::unused() : how_->shards(table_of(name));
}

void database::open(bool make)
{
    auto options = how_->database();
    options.create_if_missing = make;
    options.listeners.push_back(stops_);
    // A shard that was not closed yet would lose its latest checkpoints for the time being.
    options.avoid_flush_during_shutdown = false;
    auto const doing = "cannot open the tables in " + directory_.string();
    auto names = std::vector<std::string>{rocksdb::kDefaultColumnFamilyName};
    if (!make)
        if (auto const status = rocksdb::DB::ListColumnFamilies(options, directory_.string(), &names); !status.ok())
            throw make_error(status, doing);

    auto families = std::vector<rocksdb::ColumnFamilyDescriptor>{};
    for (auto const& name : names)
        families.emplace_back(name, options_of(name));
    auto handles = std::vector<rocksdb::ColumnFamilyHandle*>{};
    auto* opened = static_cast<rocksdb::DB*>(nullptr);
    auto const status = rocksdb::DB::Open(options, directory_.string(), families, &handles, &opened);
    if (!status.ok())
        throw make_error(status, doing);
    db_.reset(opened);
    for (auto* const each : handles)
        if (auto owned = handle{each}; owned->GetName() == rocksdb::kDefaultColumnFamilyName)
            unused_ = std::move(owned);
        else
            families_.emplace(each->GetName(), std::move(owned));
}

database::~database()
{
    families_.clear();
    unused_.reset();
    // What is in memory is written by Close, which does not wait for it when RocksDB was stopped once; Resume does.
    auto const resumed = db_->Resume();
    auto const closed = db_->Close();
    if (auto const& status = resumed.ok() ? closed : resumed; !status.ok() && !broken())
        how_->given().log(log_level::warning, "the tables in " + directory_.string() +
                                                  " were not closed well: " + status.ToString() +
                                                  "; what is missing is read from their changelogs at the next start");
    db_.reset();
    auto ignored = std::error_code{};
    if (broken())
        std::filesystem::remove_all(directory_, ignored);
}

database::handle database::take(std::string const& name)
{
    auto const guard = std::lock_guard{mutex_};
    auto const [at, is_new] = families_.try_emplace(name);
    if (at->second)
        return std::move(at->second);
    if (!is_new)
        throw store_error{store_failure::in_use, "shard " + name + " in " + directory_.string() +
                                                     " is open already; give each table of an engine another name"};
    auto* made = static_cast<rocksdb::ColumnFamilyHandle*>(nullptr);
    auto const status = db_->CreateColumnFamily(options_of(name), name, &made);
    if (status.ok())
        return handle{made};
    families_.erase(at);
    throw make_error(status, "cannot make shard " + name + " in " + directory_.string());
}

void database::give_back(std::string const& name, handle family)
{
    auto const guard = std::lock_guard{mutex_};
    families_[name] = std::move(family);
}

rocksdb::Status database::drop(std::string const& name, rocksdb::ColumnFamilyHandle& family)
{
    auto const guard = std::lock_guard{mutex_};
    auto status = db_->DropColumnFamily(&family);
    if (status.ok())
        families_.erase(name);
    return status;
}

void database::broke() noexcept
{
    if (!broken_.exchange(true))
        std::ofstream{directory_ / damage_mark} << "To be thrown away.\n";
}

std::filesystem::path database::incoming_file()
{
    return directory_ / incoming / (std::to_string(files_.fetch_add(1)) + ".sst");
}

} // namespace paperboy::rocksdb_detail
