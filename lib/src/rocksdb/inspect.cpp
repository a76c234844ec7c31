#include <paperboy/rocksdb_inspect.hpp>

#include "rocksdb/database.hpp"
#include "rocksdb/directory_lock.hpp"
#include "rocksdb/failures.hpp"
#include "rocksdb/settings.hpp"
#include "rocksdb/stored_keys.hpp"
#include "rocksdb/table_directory.hpp"

#include <rocksdb/db.h>
#include <rocksdb/metadata.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace paperboy
{
namespace
{

using namespace rocksdb_detail;

// Files are opened when they are read: one that is damaged keeps nobody from the others.
constexpr auto open_files = 64;

std::filesystem::path database_in(std::filesystem::path const& directory)
{
    auto found = latest_database(directory);
    if (!found)
        throw store_error{store_failure::unusable, "there are no tables in " + directory.string() +
                                                       "; name the directory that open_rocksdb got"};
    return *found;
}

// The other way of family_name.
stored_shard shard_of(std::string const& family)
{
    auto shard = stored_shard{};
    shard.table = table_of(family);
    auto const* const end = family.data() + family.size();
    std::from_chars(family.data() + shard.table.size() + 1, end, shard.partition);
    return shard;
}

} // namespace

class rocksdb_inspection::impl
{
public:
    explicit impl(std::filesystem::path const& directory)
        : path_{database_in(directory)}, lock_{std::make_unique<directory_lock>(directory)}, how_{quiet()}
    {
        auto options = how_.database();
        options.max_open_files = open_files;
        auto names = std::vector<std::string>{};
        require(rocksdb::DB::ListColumnFamilies(options, path_.string(), &names));
        auto wanted = std::vector<rocksdb::ColumnFamilyDescriptor>{};
        for (auto const& name : names)
            wanted.emplace_back(name, how_.shards(table_of(name)));
        auto* opened = static_cast<rocksdb::DB*>(nullptr);
        auto handles = std::vector<rocksdb::ColumnFamilyHandle*>{};
        require(rocksdb::DB::OpenForReadOnly(options, path_.string(), wanted, &handles, &opened));
        db_.reset(opened);
        for (auto* const each : handles)
            families_.emplace(each->GetName(), each);
    }
    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;
    ~impl() { families_.clear(); }

    [[nodiscard]] std::vector<stored_shard> shards() const
    {
        auto all = std::vector<stored_shard>{};
        for (auto const& [name, family] : families_)
            if (name != rocksdb::kDefaultColumnFamilyName)
                all.push_back(describe(name, *family));
        std::ranges::sort(all, {}, [](auto const& each) { return std::pair{each.table, each.partition}; });
        return all;
    }

    [[nodiscard]] std::vector<damaged_file> check_files() const
    {
        auto damaged = std::vector<damaged_file>{};
        for (auto const& [name, family] : families_)
            for (auto const& file : files_of(*family))
                if (auto const status = check(name, file); !status.ok())
                {
                    auto const shard = shard_of(name);
                    auto& found = damaged.emplace_back();
                    found.file = file;
                    found.text = status.ToString();
                    if (name != rocksdb::kDefaultColumnFamilyName)
                    {
                        found.table = shard.table;
                        found.partition = shard.partition;
                    }
                }
        return damaged;
    }

    [[nodiscard]] std::optional<std::string> get(stored_shard const& shard, std::string_view key) const
    {
        auto room = std::string{};
        auto value = std::string{};
        auto const status = db_->Get(rocksdb::ReadOptions{}, &family_of(shard), stored_key(key, room), &value);
        if (status.IsNotFound())
            return std::nullopt;
        require(status);
        return value;
    }

    void walk(stored_shard const& shard, std::string_view from,
              std::function<bool(std::string_view, std::string_view)> const& each) const
    {
        auto how = rocksdb::ReadOptions{};
        how.total_order_seek = true;
        how.fill_cache = false;
        auto const at = std::unique_ptr<rocksdb::Iterator>{db_->NewIterator(how, &family_of(shard))};
        auto room = std::string{};
        for (at->Seek(stored_key(from, room)); at->Valid(); at->Next())
            if (!each(users_key(at->key().ToStringView()), at->value().ToStringView()))
                return;
        require(at->status());
    }

private:
    static settings quiet()
    {
        auto options = rocksdb_options{};
        options.log = logger{log_level::off};
        return settings{std::move(options)};
    }

    void require(rocksdb::Status const& status) const
    {
        if (!status.ok())
            throw store_error{failure_of(status),
                              "cannot read the tables in " + path_.string() + ": " + status.ToString()};
    }

    [[nodiscard]] rocksdb::ColumnFamilyHandle& family_of(stored_shard const& shard) const
    {
        auto const found = families_.find(family_name(shard.table, shard.partition));
        if (found == families_.end())
            throw store_error{store_failure::unusable, "there is no shard " + std::to_string(shard.partition) +
                                                           " of table " + shard.table + " in " + path_.string()};
        return *found->second;
    }

    [[nodiscard]] stored_shard describe(std::string const& name, rocksdb::ColumnFamilyHandle& family) const
    {
        auto shard = shard_of(name);
        auto bytes = std::string{};
        if (db_->Get(rocksdb::ReadOptions{}, &family, rocksdb::Slice{state_key}, &bytes).ok())
            if (auto const state = read_state(bytes))
            {
                shard.next_offset = state->next_offset;
                shard.changelog_identity = state->identity;
            }
        auto meta = rocksdb::ColumnFamilyMetaData{};
        db_->GetColumnFamilyMetaData(&family, &meta);
        shard.bytes = meta.size;
        shard.files = meta.file_count;
        db_->GetIntProperty(&family, rocksdb::DB::Properties::kEstimateNumKeys, &shard.entries);
        // One of them is the shard's own.
        if (shard.entries > 0)
            --shard.entries;
        return shard;
    }

    [[nodiscard]] std::vector<std::filesystem::path> files_of(rocksdb::ColumnFamilyHandle& family) const
    {
        auto meta = rocksdb::ColumnFamilyMetaData{};
        db_->GetColumnFamilyMetaData(&family, &meta);
        auto all = std::vector<std::filesystem::path>{};
        for (auto const& level : meta.levels)
            for (auto const& file : level.files)
                all.push_back(path_ / std::filesystem::path{file.name}.relative_path());
        return all;
    }

    [[nodiscard]] rocksdb::Status check(std::string const& family, std::filesystem::path const& file) const
    {
        auto const options = rocksdb::Options{rocksdb::DBOptions{}, how_.shards(table_of(family))};
        auto reader = rocksdb::SstFileReader{options};
        if (auto const opened = reader.Open(file.string()); !opened.ok())
            return opened;
        return reader.VerifyChecksum();
    }

    std::filesystem::path path_;
    std::unique_ptr<directory_lock> lock_;
    settings how_;
    std::unique_ptr<rocksdb::DB> db_;
    std::map<std::string, std::unique_ptr<rocksdb::ColumnFamilyHandle>, std::less<>> families_;
};

rocksdb_inspection::rocksdb_inspection(std::filesystem::path const& directory)
    : impl_{std::make_unique<impl>(directory)}
{
}

rocksdb_inspection::rocksdb_inspection(rocksdb_inspection&&) noexcept = default;
rocksdb_inspection& rocksdb_inspection::operator=(rocksdb_inspection&&) noexcept = default;
rocksdb_inspection::~rocksdb_inspection() = default;

std::vector<stored_shard> rocksdb_inspection::shards() const
{
    return impl_->shards();
}

std::vector<damaged_file> rocksdb_inspection::check_files() const
{
    return impl_->check_files();
}

std::optional<std::string> rocksdb_inspection::get(stored_shard const& shard, std::string_view key) const
{
    return impl_->get(shard, key);
}

void rocksdb_inspection::walk(stored_shard const& shard, std::string_view from,
                              std::function<bool(std::string_view, std::string_view)> const& each) const
{
    impl_->walk(shard, from, each);
}

} // namespace paperboy
