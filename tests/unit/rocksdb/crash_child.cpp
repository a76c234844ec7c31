// Makes the checkpoints of crash_story.hpp in shards of a table until it is killed, and says of each that it is done.
// With `hold` it only opens the directory.
//
//     rocksdb_crash_child DIRECTORY [hold]

#include "unit/rocksdb/crash_story.hpp"

#include <paperboy/rocksdb_store.hpp>

#include <rocksdb/options.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string_view>
#include <vector>

#include <sys/prctl.h>
#include <unistd.h>

namespace
{

void tell(std::string_view line)
{
    if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        std::abort();
}

void make_checkpoint(paperboy::shard_store& store)
{
    auto const number = store.next_offset().value_or(0);
    auto const story = paperboy::test::checkpoint_of(number);
    auto changes = std::vector<paperboy::shard_change>{};
    for (auto const& [key, value] : story)
        changes.push_back({key, value ? std::optional<std::string_view>{*value} : std::nullopt});
    store.apply(changes, number + 1);
}

// Memory is written to files all the time, and files are merged.
paperboy::rocksdb_options busy_options()
{
    auto options = paperboy::rocksdb_options{};
    options.write_buffer_bytes = std::size_t{1} << 20U;
    options.ingest_bytes = paperboy::test::crash_ingest_bytes;
    options.flush_interval = std::chrono::milliseconds{5};
    options.edit_shards = [](std::string_view, rocksdb::ColumnFamilyOptions& shards)
    { shards.level0_file_num_compaction_trigger = 2; };
    return options;
}

} // namespace

int main(int argc, char** argv)
try
{
    if (argc < 2)
        return 2;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto const provider = paperboy::open_rocksdb(argv[1], busy_options());
    tell("open\n");
    if (argc > 2)
        return ::pause();
    auto shards = std::vector<std::unique_ptr<paperboy::shard_store>>{};
    for (auto partition = 0; partition < paperboy::test::crash_shards; ++partition)
        shards.push_back(provider->open("crash", partition));
    while (true)
    {
        for (auto const& each : shards)
            make_checkpoint(*each);
        tell("checkpoint\n");
    }
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 1;
}
