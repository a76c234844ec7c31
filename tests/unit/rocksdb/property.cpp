// A working set over RocksDB against a std::map: random changes, acknowledgements, checkpoints, restarts.

#include "table/working_set.hpp"

#include "unit/rocksdb/table_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <future>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::test::property_test
{
namespace
{

// A changelog partition with its one writer, as an engine would drive it.
class world
{
public:
    explicit world(unsigned seed) : random_{seed} { start(); }

    void step()
    {
        auto const dice = below(100);
        if (dice < 50)
            change();
        else if (dice < 75)
            read();
        else if (dice < 88)
            acknowledge(below(30));
        else if (dice < 95)
            checkpoint();
        else if (dice < 99)
            walk();
        else
            restart();
    }

    void end()
    {
        acknowledge(in_flight_.size());
        end_checkpoint();
        set_->checkpoint();
        BOOST_TEST((all_of(store_->scan("", "")) == fold(changelog_.size())));
        BOOST_TEST(store_->next_offset().value_or(0) == static_cast<std::int64_t>(changelog_.size()));
    }

private:
    using record = std::pair<std::string, std::optional<std::string>>;

    [[nodiscard]] std::size_t below(std::size_t limit)
    {
        return std::uniform_int_distribution<std::size_t>{0, limit - 1}(random_);
    }

    [[nodiscard]] std::string any_key()
    {
        auto key = std::to_string(below(300));
        if (key.size() == 1)
            key.insert(0, below(3), '\0');
        return key;
    }

    void start()
    {
        if (!provider_)
            provider_ = open_rocksdb(folder_.path(), {.write_buffer_bytes = std::size_t{1} << 20U,
                                                      .ingest_bytes = 600,
                                                      .flush_interval = std::chrono::milliseconds{below(20)}});
        store_ = provider_->open("counts", 0);
        set_.emplace(store_.get(), tables::working_set_settings{.bytes = 8'000, .restore_bytes = 500});
        auto const from = static_cast<std::size_t>(store_->next_offset().value_or(0));
        BOOST_REQUIRE(from <= changelog_.size());
        BOOST_REQUIRE((all_of(store_->scan("", "")) == fold(from)));
        for (auto at = from; at < changelog_.size(); ++at)
            set_->restored(std::vector<shard_change>{{changelog_[at].first, changelog_[at].second}},
                           static_cast<std::int64_t>(at + 1));
        set_->restore_finished();
        now_ = fold(changelog_.size());
    }

    // What was not acknowledged is lost, as when a partition is.
    void restart()
    {
        in_flight_.clear();
        end_checkpoint();
        set_.reset();
        store_.reset();
        if (below(2) == 0)
            provider_.reset();
        start();
    }

    // Begins one, which a thread writes while all else goes on, or ends it.
    void checkpoint()
    {
        if (writing_.valid())
            return end_checkpoint();
        update_ = set_->begin_checkpoint();
        if (update_)
            writing_ = std::async(std::launch::async, [this] { update_->write(*store_); });
    }

    void end_checkpoint()
    {
        if (!writing_.valid())
            return;
        writing_.get();
        set_->end_checkpoint(*update_, true);
    }

    void change()
    {
        auto const key = any_key();
        auto value = std::optional<std::string>{};
        if (below(4) != 0)
            value = std::string(below(60), static_cast<char>('a' + below(26)));
        auto const number = value ? set_->set(key, *value) : set_->erase(key);
        in_flight_.emplace_back(number, record{key, value});
        if (value)
            now_[key] = *value;
        else
            now_.erase(key);
    }

    void acknowledge(std::size_t count)
    {
        set_->send_changes([](tables::working_set::change_number, shard_change const&) {});
        for (count = std::min(count, in_flight_.size()); count > 0; --count)
        {
            auto [number, what] = std::move(in_flight_.front());
            in_flight_.pop_front();
            changelog_.push_back(std::move(what));
            set_->acknowledged(number, static_cast<std::int64_t>(changelog_.size() - 1));
        }
    }

    void read()
    {
        auto const key = any_key();
        auto const value = set_->get(key);
        auto const wanted = now_.find(key);
        BOOST_REQUIRE(static_cast<bool>(value) == (wanted != now_.end()));
        if (value)
            BOOST_REQUIRE(*value == wanted->second);
    }

    void walk()
    {
        auto const from = any_key();
        auto const to = below(3) == 0 ? std::string{} : any_key();
        BOOST_REQUIRE((all_of(set_->walk(from, to)) == tables::range_of(now_, from, to)));
    }

    [[nodiscard]] contents fold(std::size_t end) const
    {
        auto all = contents{};
        for (std::size_t at = 0; at < end; ++at)
            if (auto const& [key, value] = changelog_[at]; value)
                all[key] = *value;
            else
                all.erase(key);
        return all;
    }

    std::mt19937 random_;
    table_folder folder_;
    std::shared_ptr<shard_store_provider> provider_;
    std::unique_ptr<shard_store> store_;
    std::optional<tables::working_set> set_;
    std::vector<record> changelog_;
    std::deque<std::pair<tables::working_set::change_number, record>> in_flight_;
    contents now_;
    std::optional<tables::working_set::store_update> update_;
    std::future<void> writing_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(rocksdb_property)

BOOST_AUTO_TEST_CASE(a_table_is_the_map_that_it_should_be)
{
    for (auto seed = 1U; seed <= 8; ++seed)
    {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            auto tried = world{seed};
            for (auto i = 0; i < 3'000; ++i)
                tried.step();
            tried.end();
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::test::property_test
