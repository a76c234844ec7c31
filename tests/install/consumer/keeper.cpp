// A program of somebody who has installed paperboy with its component rocksdb: a shard that is there again when it is
// opened for the second time.

#include <paperboy/rocksdb_store.hpp>

#include <rocksdb/options.h>

#include <array>
#include <iostream>

int main(int argc, char** argv)
{
    if (argc != 2)
        return 2;
    auto const options =
        paperboy::rocksdb_options{.edit_database = [](rocksdb::DBOptions& all) { all.max_background_jobs = 1; }};
    auto const changes = std::array{paperboy::shard_change{"page", "17"}};
    paperboy::open_rocksdb(argv[1], options)->open("counts", 0)->apply(changes, 1);
    auto const store = paperboy::open_rocksdb(argv[1], options)->open("counts", 0);
    auto const value = store->get("page");
    std::cout << (value ? *value : "nothing") << " page views\n";
    return value && *value == "17" && store->next_offset() == 1 ? 0 : 1;
}
