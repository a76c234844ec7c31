#include <paperboy/rocksdb_store.hpp>

#include "rocksdb/settings.hpp"
#include "rocksdb/shard.hpp"
#include "rocksdb/table_directory.hpp"

#include <string>
#include <utility>

namespace paperboy
{
namespace
{

using rocksdb_detail::settings;
using rocksdb_detail::table_directory;

class provider : public shard_store_provider
{
public:
    provider(std::filesystem::path const& directory, rocksdb_options options)
        : place_{directory.string()}, how_{std::make_shared<settings const>(std::move(options))},
          directory_{std::make_shared<table_directory>(directory, how_)}
    {
    }

    [[nodiscard]] std::unique_ptr<shard_store> open(std::string_view table, std::int32_t partition) override
    {
        return std::make_unique<rocksdb_detail::shard>(directory_, rocksdb_detail::family_name(table, partition));
    }

    [[nodiscard]] std::string place() const override { return place_; }

    [[nodiscard]] std::size_t memory_bytes() const noexcept override { return how_->memory_bytes(); }
    [[nodiscard]] std::optional<store_memory> memory() const override { return how_->memory_now(); }

private:
    std::string place_;
    std::shared_ptr<settings const> how_;
    std::shared_ptr<table_directory> directory_;
};

} // namespace

std::shared_ptr<shard_store_provider> open_rocksdb(std::filesystem::path const& directory, rocksdb_options options)
{
    return std::make_shared<provider>(directory, std::move(options));
}

} // namespace paperboy
