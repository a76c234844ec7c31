#include "unit/rocksdb/table_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <rocksdb/options.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::test::damage_test
{
namespace
{

namespace fs = std::filesystem;

// Two shards, with several files, and entries that differ from checkpoint to checkpoint.
constexpr auto checkpoints = 3;

[[nodiscard]] contents entries_at(std::int64_t offset)
{
    auto entries = contents{};
    for (auto checkpoint = std::int64_t{1}; checkpoint <= offset; ++checkpoint)
        for (auto i = checkpoint; i < 500; i += checkpoint)
            entries["key " + std::to_string(i)] = std::to_string(checkpoint) + " value " + std::to_string(i);
    return entries;
}

void fill(fs::path const& folder)
{
    auto const provider = open_rocksdb(folder, {.ingest_bytes = 10'000});
    for (auto partition = 0; partition < 2; ++partition)
    {
        auto const store = provider->open("counts", partition);
        store->clear("topic");
        for (auto checkpoint = 1; checkpoint <= checkpoints; ++checkpoint)
            store->apply(changes_of(entries_at(checkpoint)), checkpoint);
    }
}

[[nodiscard]] std::vector<fs::path> files_of(fs::path const& folder, std::string_view named)
{
    auto files = std::vector<fs::path>{};
    for (auto const& each : fs::recursive_directory_iterator{folder})
        if (each.is_regular_file() && each.path().filename().string().find(named) != std::string::npos)
            files.push_back(each.path());
    return files;
}

void flip(fs::path const& file, std::uintmax_t at)
{
    auto stream = std::fstream{file, std::ios::in | std::ios::out | std::ios::binary};
    stream.seekg(static_cast<std::streamoff>(at));
    auto const byte = static_cast<char>(stream.get() ^ 0x55);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
    BOOST_REQUIRE(stream.good());
}

enum class finding
{
    whole,
    empty,
    damaged,
};

// A shard is as it was at a checkpoint, or empty and does not pretend to be anything else, or says that it is damaged.
[[nodiscard]] finding look_at(shard_store& store)
{
    try
    {
        auto const found = all_of(store.scan("", ""));
        auto const offset = store.next_offset();
        BOOST_REQUIRE((found == entries_at(offset.value_or(0))));
        for (auto const& [key, value] : found)
            BOOST_REQUIRE(*store.get(key) == value);
        return offset ? finding::whole : finding::empty;
    }
    catch (store_error const& error)
    {
        BOOST_REQUIRE(error.why() == store_failure::damaged);
        return finding::damaged;
    }
}

// Whatever was found, the shard can be used again in the end, now and later; and damage is told of. What a shard says
// is new needs no line: it is filled like any other that is.
void look_at_shards(fs::path const& folder)
{
    auto lines = log_lines{};
    auto damaged = false;
    {
        auto const provider = open_rocksdb(folder, {.log = lines.sink()});
        for (auto partition = 0; partition < 2; ++partition)
        {
            auto store = provider->open("counts", partition);
            if (look_at(*store) != finding::damaged)
                continue;
            damaged = true;
            BOOST_CHECK_THROW(static_cast<void>(store->get("key 1")), store_error);
            BOOST_CHECK_THROW(static_cast<void>(store->scan("", "")), store_error);
            BOOST_CHECK_THROW(store->apply({}, 9), store_error);
            if (partition == 0)
            {
                store.reset();
                store = provider->open("counts", partition);
                BOOST_REQUIRE((look_at(*store) == finding::empty));
            }
            store->clear("topic");
            store->apply(changes_of(entries_at(checkpoints)), checkpoints);
            BOOST_REQUIRE((look_at(*store) == finding::whole));
        }
    }
    BOOST_REQUIRE((!damaged || !lines.text().empty()));
    auto const provider = open_rocksdb(folder);
    for (auto partition = 0; partition < 2; ++partition)
        BOOST_REQUIRE((look_at(*provider->open("counts", partition)) != finding::damaged));
}

void expect_empty(fs::path const& folder, std::string_view words)
{
    auto lines = log_lines{};
    {
        auto const provider = open_rocksdb(folder, {.log = lines.sink()});
        for (auto partition = 0; partition < 2; ++partition)
        {
            auto const store = provider->open("counts", partition);
            BOOST_TEST(!store->next_offset());
            BOOST_TEST((look_at(*store) == finding::empty));
            store->apply(changes_of(entries_at(1)), 1);
        }
    }
    BOOST_TEST_INFO(lines.text());
    BOOST_TEST(lines.text().find(words) != std::string::npos);
    auto const provider = open_rocksdb(folder);
    for (auto partition = 0; partition < 2; ++partition)
        BOOST_TEST((look_at(*provider->open("counts", partition)) == finding::whole));
}

} // namespace

BOOST_AUTO_TEST_SUITE(rocksdb_damage)

BOOST_AUTO_TEST_CASE(without_damage_all_is_there)
{
    auto const folder = table_folder{};
    fill(folder.path());
    look_at_shards(folder.path());
}

BOOST_AUTO_TEST_CASE(a_current_that_is_gone_empties_the_tables)
{
    auto const folder = table_folder{};
    fill(folder.path());
    fs::remove(files_of(folder.path(), "CURRENT").at(0));
    expect_empty(folder.path(), "CURRENT");
}

BOOST_AUTO_TEST_CASE(a_current_that_is_garbage_empties_the_tables)
{
    for (auto const* const garbage : {"", "\n", "garbage", "MANIFEST-999999\n", "MANIFEST-00\n"})
    {
        auto const folder = table_folder{};
        fill(folder.path());
        std::ofstream{files_of(folder.path(), "CURRENT").at(0)} << garbage;
        expect_empty(folder.path(), "start empty");
    }
}

BOOST_AUTO_TEST_CASE(a_manifest_that_is_gone_empties_the_tables)
{
    auto const folder = table_folder{};
    fill(folder.path());
    fs::remove(files_of(folder.path(), "MANIFEST").at(0));
    expect_empty(folder.path(), "MANIFEST");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_gone_or_short_empties_the_tables)
{
    for (auto const gone : {true, false})
    {
        auto const folder = table_folder{};
        fill(folder.path());
        auto const file = files_of(folder.path(), ".sst").at(0);
        if (gone)
            fs::remove(file);
        else
            fs::resize_file(file, fs::file_size(file) / 2);
        expect_empty(folder.path(), file.stem().string());
    }
}

// There should be none, and none can bring back anything.
BOOST_AUTO_TEST_CASE(a_log_that_is_garbage_changes_nothing_silently)
{
    auto const folder = table_folder{};
    fill(folder.path());
    auto const beside = files_of(folder.path(), "CURRENT").at(0).parent_path();
    for (auto const& each : files_of(folder.path(), ".log"))
        std::ofstream{each, std::ios::app} << std::string(1000, 'x');
    std::ofstream{beside / "009999.log"} << std::string(1000, 'x');
    look_at_shards(folder.path());
}

BOOST_AUTO_TEST_CASE(a_truncated_manifest_is_no_other_table)
{
    auto const pristine = table_folder{};
    fill(pristine.path());
    auto const size = fs::file_size(files_of(pristine.path(), "MANIFEST").at(0));
    for (auto end = std::uintmax_t{0}; end < size; end += size / 25)
    {
        auto const folder = table_folder{};
        fs::copy(pristine.path(), folder.path() / "tables", fs::copy_options::recursive);
        fs::resize_file(files_of(folder.path(), "MANIFEST").at(0), end);
        BOOST_TEST_CONTEXT("truncated at " << end << " of " << size)
        look_at_shards(folder.path() / "tables");
    }
}

// A byte of any file of the database, at random.
BOOST_AUTO_TEST_CASE(a_byte_anywhere_is_no_other_table)
{
    auto const pristine = table_folder{};
    fill(pristine.path());
    auto random = std::mt19937_64{11};
    for (auto const* const kind : {"CURRENT", "MANIFEST", ".sst", ".sst", ".sst", "OPTIONS", "IDENTITY"})
        for (auto const& each : files_of(pristine.path(), kind))
            for (auto attempt = 0; attempt < 4; ++attempt)
            {
                auto const folder = table_folder{};
                auto const copy = folder.path() / "tables";
                fs::copy(pristine.path(), copy, fs::copy_options::recursive);
                auto const at = random() % fs::file_size(each);
                flip(copy / fs::relative(each, pristine.path()), at);
                BOOST_TEST_CONTEXT("byte " << at << " of " << each.filename())
                look_at_shards(copy);
            }
}

// Found by a merge of files, it stops all writes of the database: all shards move to another.
BOOST_AUTO_TEST_CASE(damage_that_is_found_by_a_merge_empties_the_tables)
{
    auto const folder = table_folder{};
    fill(folder.path());
    auto lines = log_lines{};
    {
        auto const provider =
            open_rocksdb(folder.path(), {.ingest_bytes = always_ingest,
                                         .log = lines.sink(),
                                         .edit_shards = [](std::string_view, rocksdb::ColumnFamilyOptions& options)
                                         {
                                             options.compaction_style = rocksdb::kCompactionStyleUniversal;
                                             options.compaction_options_universal.size_ratio = 1'000'000;
                                             options.level0_file_num_compaction_trigger = 2;
                                         }});
        auto const first = provider->open("counts", 0);
        auto const second = provider->open("counts", 1);
        // Only data that nobody reads before the merge: the first block, with the state, is in the cache already.
        for (auto const& each : files_of(folder.path(), ".sst"))
            flip(each, fs::file_size(each) * 2 / 5);
        auto offset = std::int64_t{checkpoints};
        auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        auto const merge = [&]
        {
            while (std::chrono::steady_clock::now() < deadline)
                first->apply(changes_of(entries_at(2)), ++offset);
        };
        BOOST_CHECK_EXCEPTION(merge(), store_error,
                              [](store_error const& error) { return error.why() == store_failure::damaged; });
        BOOST_CHECK_THROW(static_cast<void>(second->get("key 1")), store_error);
        for (auto const& each : {first.get(), second.get()})
        {
            each->clear("topic");
            each->apply(changes_of(entries_at(2)), 2);
            BOOST_TEST((look_at(*each) == finding::whole));
        }
    }
    BOOST_TEST(lines.text().find("damaged") == std::string::npos);
    BOOST_TEST(lines.text().find("thrown away") != std::string::npos);
    auto const provider = open_rocksdb(folder.path());
    for (auto partition = 0; partition < 2; ++partition)
        BOOST_TEST(provider->open("counts", partition)->next_offset().value() == 2);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::damage_test
