#include "support/broker_process.hpp"
#include "unit/rocksdb/crash_story.hpp"
#include "unit/rocksdb/table_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <random>
#include <string>

namespace paperboy::test::crash_test
{
namespace
{

// A shard as it has to be, at some checkpoint.
class expected_shard
{
public:
    void check(shard_store& store)
    {
        auto const end = store.next_offset().value_or(0);
        // What was found once, or closed, cannot be gone.
        BOOST_REQUIRE(end >= offset_);
        for (; offset_ < end; ++offset_)
            for (auto const& [key, value] : checkpoint_of(offset_))
                if (value)
                    entries_[key] = *value;
                else
                    entries_.erase(key);
        BOOST_REQUIRE((all_of(store.scan("", "")) == entries_));
    }

    [[nodiscard]] std::int64_t offset() const noexcept { return offset_; }

private:
    std::int64_t offset_ = 0;
    contents entries_;
};

void run_and_kill(table_folder const& folder, std::size_t lines)
{
    auto child = child_process{{PAPERBOY_CRASH_CHILD, folder.path()}};
    for (; lines > 0; --lines)
        BOOST_REQUIRE(child.line());
    child.signal(SIGKILL);
    BOOST_REQUIRE(child.wait() == -SIGKILL);
}

} // namespace

BOOST_AUTO_TEST_SUITE(rocksdb_crash)

// The child is some way ahead of the lines that are read of it, so it is killed anywhere: while it opens, applies,
// writes memory to files, merges files.
BOOST_AUTO_TEST_CASE(killed_anywhere_a_shard_is_at_a_checkpoint)
{
    auto const folder = table_folder{};
    auto random = std::mt19937{7};
    auto shards = std::vector<expected_shard>(crash_shards);
    for (auto round = 0; round < 40; ++round)
    {
        run_and_kill(folder, random() % 25);
        // Sometimes the next process finds what the killed one has left.
        if (random() % 3 == 0)
            continue;
        auto lines = log_lines{};
        auto const provider = open_rocksdb(folder.path(), {.log = lines.sink()});
        for (auto partition = 0; partition < crash_shards; ++partition)
            shards[static_cast<std::size_t>(partition)].check(*provider->open("crash", partition));
        BOOST_TEST(lines.text() == "");
    }
    for (auto const& each : shards)
        BOOST_TEST(each.offset() > 0);
}

BOOST_AUTO_TEST_CASE(a_directory_of_another_process_is_in_use)
{
    auto const folder = table_folder{};
    auto child = child_process{{PAPERBOY_CRASH_CHILD, folder.path(), "hold"}};
    BOOST_REQUIRE(child.line() == "open");
    BOOST_CHECK_EXCEPTION(static_cast<void>(open_rocksdb(folder.path())), store_error,
                          [&](store_error const& error)
                          {
                              auto const text = std::string{error.what()};
                              BOOST_TEST_INFO(text);
                              return error.why() == store_failure::in_use &&
                                     text.find(folder.path()) != std::string::npos &&
                                     text.find("process ") != std::string::npos;
                          });
    child.signal(SIGKILL);
    BOOST_TEST(child.wait() == -SIGKILL);
    BOOST_TEST(open_rocksdb(folder.path()) != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::crash_test
