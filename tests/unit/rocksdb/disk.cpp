// Disks that are full or read-only. A file system of the test's own where this process may mount one, else a limit for
// the size of files, and rights.

#include "unit/rocksdb/table_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <rocksdb/listener.h>
#include <rocksdb/options.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

namespace paperboy::test::disk_test
{
namespace
{

// Of so many MiB.
class small_disk
{
public:
    explicit small_disk(std::size_t size = 8)
        : size_{"size=" + std::to_string(size) + "m"},
          mounted_{::mount("paperboy", folder_.path().c_str(), "tmpfs", 0, size_.c_str()) == 0}
    {
    }
    small_disk(small_disk const&) = delete;
    small_disk& operator=(small_disk const&) = delete;
    ~small_disk()
    {
        if (mounted_)
            ::umount2(folder_.path().c_str(), MNT_DETACH);
    }

    [[nodiscard]] bool mounted() const noexcept { return mounted_; }
    [[nodiscard]] std::filesystem::path const& path() const noexcept { return folder_.path(); }
    [[nodiscard]] bool make(bool read_only) const
    {
        auto flags = static_cast<unsigned long>(MS_REMOUNT);
        if (read_only)
            flags |= MS_RDONLY;
        return ::mount("paperboy", path().c_str(), "tmpfs", flags, size_.c_str()) == 0;
    }

private:
    table_folder folder_;
    std::string size_;
    bool mounted_;
};

// Whether a test has to do without this disk.
[[nodiscard]] bool left_out(small_disk const& disk)
{
    if (!disk.mounted())
        BOOST_TEST_MESSAGE("this process may not mount a file system: left out");
    return !disk.mounted();
}

// Files of this process do not grow beyond it.
class file_size_limit
{
public:
    explicit file_size_limit(rlim_t bytes) : handler_{std::signal(SIGXFSZ, SIG_IGN)}
    {
        BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        auto limit = before_;
        limit.rlim_cur = bytes;
        BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    file_size_limit(file_size_limit const&) = delete;
    file_size_limit& operator=(file_size_limit const&) = delete;
    ~file_size_limit()
    {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    void (*handler_)(int);
    rlimit before_{};
};

[[nodiscard]] bool unusable(store_error const& error)
{
    BOOST_TEST_INFO(error.what());
    return error.why() == store_failure::unusable;
}

[[nodiscard]] contents incompressible(int seed, int count)
{
    auto entries = contents{};
    auto state = static_cast<std::uint64_t>(seed) * 977 + 1;
    for (auto i = 0; i < count; ++i)
    {
        auto value = std::string{};
        while (value.size() < 1000)
        {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            value += static_cast<char>(state >> 56U);
        }
        entries["key " + std::to_string(i)] = value;
    }
    return entries;
}

[[nodiscard]] rocksdb_options small_options(std::size_t ingest)
{
    return {.block_cache_bytes = std::size_t{1} << 20U,
            .write_buffer_bytes = std::size_t{1} << 20U,
            .ingest_bytes = ingest};
}

// Applies until the disk is full; then the store is as it was after the last checkpoint that succeeded, or after an
// earlier one when it is opened anew.
void fill_up(std::filesystem::path const& folder, std::size_t ingest)
{
    auto applied = std::vector<contents>{{}};
    {
        auto const store = open_rocksdb(folder, small_options(ingest))->open("counts", 0);
        auto const until_full = [&]
        {
            for (auto i = 1; i < 100; ++i)
            {
                auto const entries = incompressible(i, 1'000);
                store->apply(changes_of(entries), i);
                applied.push_back(entries);
            }
        };
        BOOST_CHECK_EXCEPTION(until_full(), store_error, unusable);
        BOOST_TEST(store->next_offset().value_or(0) == static_cast<std::int64_t>(applied.size()) - 1);
        BOOST_TEST((all_of(store->scan("", "")) == applied.back()));
    }
    auto const store = open_rocksdb(folder, small_options(ingest))->open("counts", 0);
    auto const offset = static_cast<std::size_t>(store->next_offset().value_or(0));
    BOOST_REQUIRE(offset < applied.size());
    BOOST_TEST((all_of(store->scan("", "")) == applied[offset]));
}

// RocksDB, when it writes again after an error.
class recoveries : public rocksdb::EventListener
{
public:
    void OnErrorRecoveryEnd(rocksdb::BackgroundErrorRecoveryInfo const&) override { ended_.release(); }
    [[nodiscard]] bool wait_for_one() { return ended_.try_acquire_for(std::chrono::seconds{60}); }

private:
    std::counting_semaphore<> ended_{0};
};

// Whether it is taken, sooner or later.
[[nodiscard]] bool apply_at_last(shard_store& store, contents const& entries, std::int64_t offset, recoveries& seen)
{
    do
    {
        try
        {
            store.apply(changes_of(entries), offset);
            return true;
        }
        catch (store_error const& error)
        {
            BOOST_REQUIRE(unusable(error));
        }
    } while (seen.wait_for_one());
    return false;
}

[[nodiscard]] rocksdb_options options_with(std::shared_ptr<recoveries> seen, std::size_t ingest)
{
    auto options = small_options(ingest);
    options.edit_database = [seen = std::move(seen)](rocksdb::DBOptions& each) { each.listeners.push_back(seen); };
    return options;
}

// Applies checkpoints of 1 MB until the disk is full, so many MiB of it being taken by others, who go then.
void run_full_and_make_room(shard_store& store, std::filesystem::path const& folder, std::size_t others)
{
    auto const ballast = folder / "ballast";
    std::ofstream{ballast} << std::string(others << 20U, 'x');
    auto const until_full = [&]
    {
        for (auto i = 1; i < 100; ++i)
            store.apply(changes_of(incompressible(i, 1'000)), i);
    };
    BOOST_CHECK_EXCEPTION(until_full(), store_error, unusable);
    std::filesystem::remove(ballast);
}

void check_has(shard_store const& store, contents const& entries, std::int64_t offset)
{
    BOOST_TEST(store.next_offset().value_or(0) == offset);
    BOOST_TEST((all_of(store.scan("", "")) == entries));
}

} // namespace

BOOST_AUTO_TEST_SUITE(rocksdb_disk)

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_a_checkpoint)
{
    for (auto const ingest : {always_ingest, never_ingest})
    {
        auto const disk = small_disk{};
        if (left_out(disk))
            return;
        BOOST_TEST_CONTEXT((ingest == always_ingest ? "ingested" : "written"))
        fill_up(disk.path(), ingest);
    }
}

BOOST_AUTO_TEST_CASE(files_that_cannot_grow_are_unusable)
{
    for (auto const ingest : {always_ingest, never_ingest})
    {
        auto const folder = table_folder{};
        {
            auto const store = open_rocksdb(folder.path(), small_options(ingest))->open("counts", 0);
            auto offset = std::int64_t{0};
            auto const until_full = [&]
            {
                for (auto i = 0; i < 100; ++i)
                    store->apply(changes_of(incompressible(i, 1'000)), ++offset);
            };
            auto const limit = file_size_limit{300'000};
            BOOST_CHECK_EXCEPTION(until_full(), store_error, unusable);
        }
        auto const last = incompressible(1000, 1'000);
        auto const store = open_rocksdb(folder.path(), small_options(ingest))->open("counts", 0);
        store->apply(changes_of(last), 1000);
        BOOST_TEST((all_of(store->scan("", "")) == last));
    }
}

BOOST_AUTO_TEST_CASE(with_room_again_a_store_goes_on)
{
    for (auto const ingest : {always_ingest, never_ingest})
    {
        auto const disk = small_disk{};
        if (left_out(disk))
            return;
        BOOST_TEST_CONTEXT((ingest == always_ingest ? "ingested" : "written"))
        {
            auto const seen = std::make_shared<recoveries>();
            auto const last = incompressible(1000, 1'000);
            {
                auto const store = open_rocksdb(disk.path(), options_with(seen, ingest))->open("counts", 0);
                run_full_and_make_room(*store, disk.path(), 4);
                BOOST_REQUIRE(apply_at_last(*store, last, 1000, *seen));
                check_has(*store, last, 1000);
            }
            check_has(*open_rocksdb(disk.path(), small_options(ingest))->open("counts", 0), last, 1000);
        }
    }
}

// Some that were collected in memory before, and some that would be files, on top of each other.
BOOST_AUTO_TEST_CASE(after_a_full_disk_checkpoints_of_all_sizes_stay_in_order)
{
    auto const disk = small_disk{32};
    if (left_out(disk))
        return;
    constexpr auto ingest = std::size_t{1'200'000};
    auto const seen = std::make_shared<recoveries>();
    auto last = contents{};
    {
        auto const store = open_rocksdb(disk.path(), options_with(seen, ingest))->open("counts", 0);
        run_full_and_make_room(*store, disk.path(), 28);
        BOOST_REQUIRE(apply_at_last(*store, incompressible(1000, 1'000), 1000, *seen));
        for (auto const offset : {1001, 1002, 1003, 1004})
        {
            last = incompressible(offset, 1'300);
            BOOST_REQUIRE(apply_at_last(*store, last, offset, *seen));
            check_has(*store, last, offset);
        }
    }
    check_has(*open_rocksdb(disk.path(), small_options(ingest))->open("counts", 0), last, 1004);
}

BOOST_AUTO_TEST_CASE(a_disk_that_turns_read_only_is_unusable)
{
    auto const disk = small_disk{};
    if (left_out(disk))
        return;
    auto const before = many_entries(100);
    open_rocksdb(disk.path())->open("counts", 0)->apply(changes_of(before), 5);
    // No file is open for writing then.
    BOOST_REQUIRE(disk.make(true));
    BOOST_CHECK_EXCEPTION(static_cast<void>(open_rocksdb(disk.path())), store_error, unusable);
    BOOST_REQUIRE(disk.make(false));
    auto const store = open_rocksdb(disk.path())->open("counts", 0);
    BOOST_TEST(store->next_offset().value() == 5);
    BOOST_TEST((all_of(store->scan("", "")) == before));
}

BOOST_AUTO_TEST_CASE(a_directory_without_rights_is_unusable)
{
    if (::geteuid() == 0)
    {
        BOOST_TEST_MESSAGE("root has all rights: left out");
        return;
    }
    auto const folder = table_folder{};
    std::filesystem::permissions(folder.path(),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    BOOST_CHECK_EXCEPTION(static_cast<void>(open_rocksdb(folder.path())), store_error, unusable);
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::disk_test
