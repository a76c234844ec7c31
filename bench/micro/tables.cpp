// Tables beside the same by hand: a key that is in memory, a key in RocksDB's cache, a restore of a million keys; and
// what checkpoints of various sizes cost as write batches and as files of their own.

#include "scratch_directory.hpp"

#include "table/working_set.hpp"

#include <paperboy/rocksdb_store.hpp>

#include <benchmark/benchmark.h>
#include <boost/unordered/unordered_flat_map.hpp>

#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace
{

namespace fs = std::filesystem;
using paperboy::shard_change;
using paperboy::bench::scratch_directory;
using paperboy::tables::working_set;

[[nodiscard]] std::string key_of(std::size_t number)
{
    auto text = std::string(24, '\0');
    text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "user-%08zu", number)));
    return text;
}

// In an order that has nothing to do with the keys'.
[[nodiscard]] std::vector<std::string> shuffled_keys(std::size_t count)
{
    auto keys = std::vector<std::string>{};
    keys.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        keys.push_back(key_of(i));
    std::ranges::shuffle(keys, std::mt19937_64{5});
    return keys;
}

constexpr auto value = std::string_view{"12345678"};

// Keys are asked for one by one where they lie, so that asking costs a memory access as well; by hand likewise.
void get_resident(benchmark::State& state)
{
    auto const keys = shuffled_keys(static_cast<std::size_t>(state.range(0)));
    auto set = working_set{nullptr};
    set.restore_finished();
    auto sorted = keys;
    std::ranges::sort(sorted);
    for (auto const& each : sorted)
        set.restored(std::vector<shard_change>{{each, value}}, 1);
    auto at = std::size_t{0};
    for (auto _ : state)
    {
        benchmark::DoNotOptimize(*set.get(keys[at]));
        at = at + 1 < keys.size() ? at + 1 : 0;
    }
}

void get_hash_map(benchmark::State& state)
{
    auto const keys = shuffled_keys(static_cast<std::size_t>(state.range(0)));
    auto map = boost::unordered_flat_map<std::string, std::string>{};
    for (auto const& each : keys)
        map.emplace(each, value);
    auto at = std::size_t{0};
    for (auto _ : state)
    {
        benchmark::DoNotOptimize(map.find(keys[at])->second.data());
        at = at + 1 < keys.size() ? at + 1 : 0;
    }
}

// A table of RocksDB in one file, and the options that it was made with.
class filled_table
{
public:
    explicit filled_table(std::size_t count)
    {
        auto options = paperboy::rocksdb_options{};
        options.ingest_bytes = 0;
        options.edit_shards = [this](std::string_view, rocksdb::ColumnFamilyOptions& shards) { options_ = shards; };
        provider_ = paperboy::open_rocksdb(folder_.path(), std::move(options));
        store_ = provider_->open("bench", 0);
        auto keys = shuffled_keys(count);
        std::ranges::sort(keys);
        auto changes = std::vector<shard_change>{};
        for (auto const& each : keys)
            changes.push_back({each, value});
        store_->apply(changes, 1);
    }

    [[nodiscard]] paperboy::shard_store& store() const { return *store_; }
    [[nodiscard]] rocksdb::ColumnFamilyOptions const& options() const { return options_; }
    // Closed, for whoever opens it by hand.
    [[nodiscard]] fs::path close()
    {
        store_.reset();
        provider_.reset();
        return folder_.path() / "db-1";
    }

private:
    scratch_directory folder_;
    rocksdb::ColumnFamilyOptions options_;
    std::shared_ptr<paperboy::shard_store_provider> provider_;
    std::unique_ptr<paperboy::shard_store> store_;
};

constexpr auto cached_keys = std::size_t{100'000};

void get_rocksdb(benchmark::State& state)
{
    auto const table = filled_table{cached_keys};
    auto const keys = shuffled_keys(cached_keys);
    auto at = std::size_t{0};
    for (auto _ : state)
    {
        benchmark::DoNotOptimize(*table.store().get(keys[at]));
        at = at + 1 < keys.size() ? at + 1 : 0;
    }
}

void get_rocksdb_by_hand(benchmark::State& state)
{
    auto table = filled_table{cached_keys};
    auto families = std::vector<rocksdb::ColumnFamilyDescriptor>{
        {rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions{}}, {"bench#0", table.options()}};
    auto handles = std::vector<rocksdb::ColumnFamilyHandle*>{};
    auto* opened = static_cast<rocksdb::DB*>(nullptr);
    if (!rocksdb::DB::Open(rocksdb::DBOptions{}, table.close().string(), families, &handles, &opened).ok())
        throw std::runtime_error{"cannot open the table by hand"};
    auto const db = std::unique_ptr<rocksdb::DB>{opened};
    auto const keys = shuffled_keys(cached_keys);
    auto const reading = rocksdb::ReadOptions{};
    auto at = std::size_t{0};
    for (auto _ : state)
    {
        auto found = rocksdb::PinnableSlice{};
        if (!db->Get(reading, handles[1], keys[at], &found).ok())
            throw std::runtime_error{"a key is gone"};
        benchmark::DoNotOptimize(found.data());
        at = at + 1 < keys.size() ? at + 1 : 0;
    }
    for (auto* const each : handles)
        delete each;
}

constexpr auto restored_keys = std::size_t{1'000'000};
constexpr auto block_size = std::size_t{1000};

void restore(benchmark::State& state)
{
    auto const keys = shuffled_keys(restored_keys);
    auto where = std::unique_ptr<scratch_directory>{};
    for (auto _ : state)
    {
        state.PauseTiming();
        where = std::make_unique<scratch_directory>();
        state.ResumeTiming();
        {
            auto const store = paperboy::open_rocksdb(where->path())->open("bench", 0);
            store->clear("topic");
            auto set = working_set{store.get()};
            auto block = std::vector<shard_change>{};
            for (std::size_t at = 0; at < keys.size(); ++at)
            {
                block.push_back({keys[at], value});
                if (block.size() < block_size)
                    continue;
                set.restored(block, static_cast<std::int64_t>(at + 1));
                if (set.has_collected())
                    set.checkpoint();
                block.clear();
            }
            set.restore_finished();
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(restored_keys));
}

// The same by hand: all records in one text, sorted by index, into one file, into one column family.
class hand_written_restore
{
public:
    explicit hand_written_restore(fs::path where) : where_{std::move(where)} {}

    void add(std::string_view key, std::string_view bytes)
    {
        items_.push_back(
            {text_.size(), static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(bytes.size())});
        text_.append(key).append(bytes);
    }

    void finish(rocksdb::ColumnFamilyOptions const& family)
    {
        std::ranges::stable_sort(items_, std::ranges::less{}, [this](item const& each) { return key(each); });
        auto options = rocksdb::Options{rocksdb::DBOptions{}, family};
        options.create_if_missing = true;
        auto* opened = static_cast<rocksdb::DB*>(nullptr);
        require(rocksdb::DB::Open(options, where_.string(), &opened));
        auto const db = std::unique_ptr<rocksdb::DB>{opened};
        auto const file = (where_ / "restored.sst").string();
        auto writer = rocksdb::SstFileWriter{rocksdb::EnvOptions{}, options};
        require(writer.Open(file));
        for (std::size_t i = 0; i < items_.size(); ++i)
            if (i + 1 == items_.size() || key(items_[i]) != key(items_[i + 1]))
                require(writer.Put(key(items_[i]), bytes(items_[i])));
        require(writer.Finish());
        auto how = rocksdb::IngestExternalFileOptions{};
        how.move_files = true;
        require(db->IngestExternalFile({file}, how));
        require(db->Close());
    }

private:
    struct item
    {
        std::size_t at;
        std::uint32_t key_size;
        std::uint32_t value_size;
    };

    static void require(rocksdb::Status const& status)
    {
        if (!status.ok())
            throw std::runtime_error{status.ToString()};
    }

    [[nodiscard]] std::string_view key(item const& each) const { return {text_.data() + each.at, each.key_size}; }
    [[nodiscard]] std::string_view bytes(item const& each) const
    {
        return {text_.data() + each.at + each.key_size, each.value_size};
    }

    fs::path where_;
    std::string text_;
    std::vector<item> items_;
};

void restore_by_hand(benchmark::State& state)
{
    auto const options = filled_table{1}.options();
    auto const keys = shuffled_keys(restored_keys);
    auto where = std::unique_ptr<scratch_directory>{};
    for (auto _ : state)
    {
        state.PauseTiming();
        where = std::make_unique<scratch_directory>();
        state.ResumeTiming();
        {
            auto restored = hand_written_restore{where->path()};
            for (auto const& each : keys)
                restored.add(each, value);
            restored.finish(options);
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(restored_keys));
}

// Changes of random keys of 100,000, in checkpoints of so many, until there were 200,000; with all that RocksDB does in
// the background.
void checkpoints(benchmark::State& state, std::size_t ingest_bytes)
{
    constexpr auto keys = std::size_t{100'000};
    constexpr auto changes = std::size_t{200'000};
    auto const size = static_cast<std::size_t>(state.range(0));
    auto random = std::mt19937_64{3};
    auto all = std::vector<std::vector<std::string>>(changes / size);
    for (auto& checkpoint : all)
    {
        for (std::size_t i = 0; i < size; ++i)
            checkpoint.push_back(key_of(random() % keys));
        std::ranges::sort(checkpoint);
        checkpoint.erase(std::ranges::unique(checkpoint).begin(), checkpoint.end());
    }
    auto where = std::unique_ptr<scratch_directory>{};
    for (auto _ : state)
    {
        state.PauseTiming();
        where = std::make_unique<scratch_directory>();
        state.ResumeTiming();
        {
            auto options = paperboy::rocksdb_options{};
            options.ingest_bytes = ingest_bytes;
            auto const store = paperboy::open_rocksdb(where->path(), std::move(options))->open("bench", 0);
            auto offset = std::int64_t{0};
            auto batch = std::vector<shard_change>{};
            for (auto const& checkpoint : all)
            {
                batch.clear();
                for (auto const& each : checkpoint)
                    batch.push_back({each, value});
                store->apply(batch, ++offset);
            }
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(changes));
}

void checkpoints_written(benchmark::State& state)
{
    checkpoints(state, std::size_t{1} << 40U);
}

void checkpoints_ingested(benchmark::State& state)
{
    checkpoints(state, 0);
}

} // namespace

BENCHMARK(get_resident)->Name("table_get_resident")->Arg(1'000)->Arg(100'000);
BENCHMARK(get_hash_map)->Name("table_get_hash_map")->Arg(1'000)->Arg(100'000);
BENCHMARK(get_rocksdb)->Name("table_get_rocksdb");
BENCHMARK(get_rocksdb_by_hand)->Name("table_get_rocksdb_by_hand");
BENCHMARK(restore)->Name("table_restore")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK(restore_by_hand)->Name("table_restore_by_hand")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK(checkpoints_written)
    ->Name("table_checkpoints_written")
    ->RangeMultiplier(10)
    ->Range(100, 100'000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK(checkpoints_ingested)
    ->Name("table_checkpoints_ingested")
    ->RangeMultiplier(10)
    ->Range(100, 100'000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
