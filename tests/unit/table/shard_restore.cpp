// A shard whose changelog is read by the test.

#include "table/shard.hpp"

#include "support/kept_store.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paperboy::tables::shard_restore_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct remembering_owner final : shard_owner
{
    void shard_wants_changelog(shard& /*which*/, std::optional<std::int64_t> from) override
    {
        wanted.push_back(from.value_or(-1));
    }
    void shard_ready(shard& /*which*/) override { ++ready; }
    void shard_failed(shard& /*which*/, error_code error, std::string const& text) override
    {
        failed = error;
        failure = text;
    }
    void shard_closed(shard& /*which*/) override {}

    std::vector<std::int64_t> wanted;
    int ready = 0;
    error_code failed;
    std::string failure;
};

// Keeps who is to be told of what was sent last.
struct silent_target final : detail::change_target
{
    void send(detail::change_run run) override
    {
        sink = run.sink;
        number = run.number;
        changes = run.changes.size();
    }
    void forget(detail::change_sink& /*sink*/) override {}

    detail::change_sink* sink = nullptr;
    std::uint64_t number = 0;
    std::size_t changes = 0;
};

struct shard_fixture
{
    // A store whose run ended at offset 5.
    void keep_five(std::chrono::system_clock::time_point as_of)
    {
        stores = std::make_shared<test::kept_stores>();
        stores->change("values", 0,
                       [as_of](auto& kept)
                       {
                           kept.entries = {{"a", "1"}, {"b", "2"}};
                           kept.next_offset = 5;
                           kept.identity = "identity";
                           kept.as_of = as_of;
                       });
    }
    void open(std::optional<std::chrono::milliseconds> tombstones_stay, bool global = false)
    {
        auto setup = detail::table_setup{};
        setup.name = "values";
        setup.options.changelog = "values-changelog";
        setup.options.scope = global ? table_scope::global : table_scope::partition;
        setup.options.on_changelog_loss = on_loss;
        setup.stores = stores;
        setup.make_serdes = [] { return std::make_shared<int>(); };
        state = std::make_shared<table_state>(0, std::move(setup), io.get_executor());
        state->changelog_is(1, identity, tombstones_stay);
        auto context = shard_context{state, target, 0, owner, log, std::size_t{1} << 20U};
        opened = std::make_shared<shard>(std::move(context), 0, asio::make_strand(io));
        opened->open();
        settle();
    }
    ~shard_fixture()
    {
        opened->close(false);
        settle();
    }
    shard_fixture() = default;
    shard_fixture(shard_fixture const&) = delete;
    shard_fixture& operator=(shard_fixture const&) = delete;

    void settle()
    {
        io.restart();
        io.run();
    }
    template <class Work>
    void on_strand(Work work)
    {
        asio::post(opened->executor(), std::move(work));
        settle();
    }

    void progress(std::int64_t position, std::int64_t end)
    {
        on_strand(
            [this, position, end]
            {
                auto so_far = kafka::changelog_progress{};
                so_far.end = end;
                so_far.position = position;
                so_far.high_watermark = end;
                opened->show_progress(so_far);
            });
    }
    void read(std::string_view key, std::int64_t next)
    {
        on_strand(
            [this, key, next]
            {
                auto const change = shard_change{key, std::string_view{"1"}};
                static_cast<void>(opened->restored(std::span{&change, 1}, next));
            });
    }
    void know(std::string_view key, std::optional<std::string_view> value)
    {
        on_strand(
            [this, key, value]
            {
                auto const change = shard_change{key, value};
                opened->known(std::span{&change, 1});
            });
    }
    void finish(std::int64_t next)
    {
        on_strand([this, next] { opened->restore_finished(next); });
    }
    void set(std::vector<std::string> const& keys)
    {
        on_strand(
            [this, &keys]
            {
                for (auto const& each : keys)
                    opened->change(each, "1", nullptr);
            });
        BOOST_TEST(target.changes == keys.size());
    }
    // The last of what was sent is there, and the rest in front of it.
    void acknowledge(std::int64_t offset)
    {
        target.sink->acknowledged(target.number, target.changes, offset);
        target.sink->told();
        settle();
    }
    void give_up(kafka::changelog_trouble trouble, std::string const& text)
    {
        on_strand([&] { opened->restore_failed({trouble, make_error_code(errc::restore_failed), text}); });
    }
    [[nodiscard]] bool failed_for_slowness() const
    {
        return owner->failed == make_error_code(errc::restore_failed) &&
               owner->failure.find("raise the delete.retention.ms of \"values-changelog\"") != std::string::npos;
    }
    [[nodiscard]] bool told_last(std::string_view text) const { return logged.find(text) != std::string::npos; }

    asio::io_context io;
    std::string logged;
    logger log{log_level::warning, [this](log_level, std::string_view line) { logged = line; }};
    std::shared_ptr<test::kept_stores> stores;
    std::shared_ptr<table_state> state;
    std::shared_ptr<remembering_owner> owner = std::make_shared<remembering_owner>();
    silent_target target;
    std::shared_ptr<shard> opened;
    std::string identity = "identity";
    changelog_loss on_loss = changelog_loss::fail;
};

using wishes = std::vector<std::int64_t>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(shard_restore, shard_fixture)

BOOST_AUTO_TEST_CASE(a_restore_in_time_is_complete)
{
    open(1h);
    progress(0, 2);
    read("a", 2);
    progress(2, 2);
    finish(2);
    BOOST_TEST(owner->ready == 1);
    BOOST_TEST((owner->wanted == wishes{-1}));
    BOOST_TEST(!owner->failed);
}

// Its first key may be one whose tombstone was there only meanwhile. It begins again once, or it would be for ever.
BOOST_AUTO_TEST_CASE(a_restore_in_memory_that_takes_longer_than_tombstones_stay_begins_again_and_fails)
{
    open(1h);
    progress(0, 3);
    read("a", 1);
    state->changelog_is(1, "identity", 0ms);
    read("b", 2);
    BOOST_TEST((owner->wanted == wishes{-1, -1}));
    BOOST_TEST(!owner->failed);
    read("a", 1);
    BOOST_TEST((owner->wanted == wishes{-1, -1}));
    BOOST_TEST(failed_for_slowness(), owner->failure);
    BOOST_TEST(owner->ready == 0);
}

BOOST_AUTO_TEST_CASE(a_restore_that_begins_again_forgets_what_it_had)
{
    open(1h);
    read("a", 1);
    state->changelog_is(1, "identity", 0ms);
    progress(1, 3);
    BOOST_TEST((owner->wanted == wishes{-1, -1}));
    state->changelog_is(1, "identity", 1h);
    read("b", 3);
    progress(3, 3);
    finish(3);
    BOOST_TEST(owner->ready == 1);
    on_strand(
        [&]
        {
            BOOST_TEST(!opened->get("a"));
            BOOST_TEST(static_cast<bool>(opened->get("b")));
        });
}

BOOST_AUTO_TEST_CASE(a_new_store_that_is_filled_too_slowly_is_cleared)
{
    stores = std::make_shared<test::kept_stores>();
    open(0ms);
    BOOST_TEST(stores->of("values", 0).cleared == 1);
    progress(0, 3);
    BOOST_TEST(stores->of("values", 0).cleared == 2);
    BOOST_TEST((owner->wanted == wishes{-1, -1}));
    progress(0, 3);
    BOOST_TEST(failed_for_slowness(), owner->failure);
}

BOOST_AUTO_TEST_CASE(an_empty_changelog_lacks_nothing)
{
    open(0ms);
    progress(0, 0);
    finish(0);
    BOOST_TEST(owner->ready == 1);
    BOOST_TEST(!owner->failed);
}

// Or its keys would be believed that were erased two days ago.
BOOST_AUTO_TEST_CASE(tombstones_stay_as_long_as_by_default_where_that_is_not_known)
{
    keep_five(std::chrono::system_clock::now() - 48h);
    open(std::nullopt);
    BOOST_TEST((owner->wanted == wishes{5}));
    progress(5, 6);
    BOOST_TEST((owner->wanted == wishes{5, -1}));
    BOOST_TEST(stores->of("values", 0).cleared == 1);
    BOOST_TEST(stores->of("values", 0).entries.empty());
    BOOST_TEST(
        told_last("its store cannot be used, it is rebuilt: it is older than the changelog keeps tombstones (24 h, "
                  "Kafka's default: its delete.retention.ms is not known)"),
        logged);
    read("a", 6);
    finish(6);
    BOOST_TEST(owner->ready == 1);
}

BOOST_AUTO_TEST_CASE(a_store_that_is_younger_than_the_default_is_gone_on_from)
{
    keep_five(std::chrono::system_clock::now() - 23h);
    open(std::nullopt);
    progress(5, 6);
    read("c", 6);
    finish(6);
    BOOST_TEST(owner->ready == 1);
    BOOST_TEST((owner->wanted == wishes{5}));
    BOOST_TEST(stores->of("values", 0).entries.size() == 3U);
}

// Ready long ago, and read on ever since.
BOOST_AUTO_TEST_CASE(a_global_table_that_falls_behind_for_so_long_fails)
{
    open(1h, true);
    progress(0, 1);
    read("a", 1);
    progress(1, 1);
    finish(1);
    BOOST_TEST(owner->ready == 1);
    read("b", 2);
    progress(2, 10);
    BOOST_TEST(!owner->failed);
    state->changelog_is(1, "identity", 0ms);
    read("c", 3);
    BOOST_TEST(failed_for_slowness(), owner->failure);
}

// The topic was deleted and made anew under the run, however little is in it yet.
BOOST_AUTO_TEST_CASE(an_acknowledgement_in_front_of_what_was_read_ends_the_run)
{
    stores = std::make_shared<test::kept_stores>();
    open(1h);
    read("a", 5);
    finish(5);
    set({"b", "c"});
    acknowledge(6);
    BOOST_TEST(!owner->failed);
    set({"d"});
    acknowledge(2);
    BOOST_TEST(owner->failed == make_error_code(errc::wrong_changelog));
    BOOST_TEST(
        owner->failure.find("partition 0 of table \"values\": a change was written to offset 2 of partition 0 of its "
                            "changelog \"values-changelog\", where offset 7 has to be the next") == 0U,
        owner->failure);
    // What it has may be anything.
    opened->close(true);
    settle();
    BOOST_TEST(stores->of("values", 0).cleared == 2);
    BOOST_TEST(stores->of("values", 0).entries.empty());
}

// More than there was, so that the last of them lies behind it.
BOOST_AUTO_TEST_CASE(a_long_run_of_changes_in_a_topic_that_was_made_anew_ends_the_run)
{
    open(1h);
    read("a", 2);
    finish(2);
    set({"b", "c", "d"});
    acknowledge(2);
    BOOST_TEST(owner->failed == make_error_code(errc::wrong_changelog));
}

// The broker says so when it has a record already that is sent again.
BOOST_AUTO_TEST_CASE(an_acknowledgement_without_a_place_is_no_trouble)
{
    stores = std::make_shared<test::kept_stores>();
    open(1h);
    read("a", 5);
    finish(5);
    set({"b"});
    acknowledge(-1);
    set({"c"});
    acknowledge(6);
    BOOST_TEST(!owner->failed);
    opened->close(true);
    settle();
    BOOST_TEST(stores->of("values", 0).entries.size() == 3U);
    BOOST_TEST(stores->of("values", 0).next_offset.value_or(-1) == 7);
}

BOOST_AUTO_TEST_CASE(damage_that_a_look_finds_ends_the_run)
{
    stores = std::make_shared<test::kept_stores>();
    open(1h);
    read("a", 1);
    finish(1);
    BOOST_TEST(!opened->usable());
    auto look = [this] { on_strand([this] { BOOST_CHECK_THROW(static_cast<void>(opened->get("a")), store_error); }); };
    stores->change("values", 0, [](auto& kept) { kept.get_fails = store_failure::unusable; });
    look();
    BOOST_TEST(!opened->usable());
    BOOST_TEST(!owner->failed);
    stores->change("values", 0, [](auto& kept) { kept.get_fails = store_failure::damaged; });
    look();
    BOOST_TEST(opened->usable() == make_error_code(errc::store_failed));
    BOOST_TEST(owner->failed == make_error_code(errc::store_failed));
    BOOST_TEST(owner->failure.find("start again, and it is rebuilt from the changelog") != std::string::npos,
               owner->failure);
    set({"b"});
    acknowledge(1);
    auto const applied = stores->of("values", 0).applied;
    opened->close(true);
    settle();
    BOOST_TEST(stores->of("values", 0).applied == applied);
    BOOST_TEST(!stores->of("values", 0).next_offset);
}

template <changelog_loss OnLoss>
struct store_of_five_and : shard_fixture
{
    store_of_five_and()
    {
        on_loss = OnLoss;
        keep_five(std::chrono::system_clock::now());
        open(1h);
        BOOST_TEST((owner->wanted == wishes{5}));
    }
};

using store_of_five = store_of_five_and<changelog_loss::fail>;
using store_of_five_to_rebuild = store_of_five_and<changelog_loss::rebuild>;

struct store_of_nothing : shard_fixture
{
    store_of_nothing()
    {
        stores = std::make_shared<test::kept_stores>();
        open(1h);
        BOOST_TEST((owner->wanted == wishes{-1}));
    }
};

BOOST_FIXTURE_TEST_CASE(a_store_that_has_what_is_in_front_of_its_offset_is_gone_on_from, store_of_five)
{
    know("a", "0");
    know("c", std::nullopt);
    know("a", "1");
    read("d", 6);
    finish(6);
    BOOST_TEST(owner->ready == 1);
    BOOST_TEST((owner->wanted == wishes{5}));
    BOOST_TEST(stores->of("values", 0).cleared == 0);
    BOOST_TEST(stores->of("values", 0).entries.size() == 3U);
}

// The topic was deleted, made anew without a mark, and has grown past the store's offset.
BOOST_FIXTURE_TEST_CASE(a_store_that_has_another_value_than_is_in_front_of_its_offset_is_rebuilt, store_of_five)
{
    know("a", "7");
    read("d", 6);
    BOOST_TEST((owner->wanted == wishes{5, -1}));
    BOOST_TEST(stores->of("values", 0).entries.empty());
    read("a", 5);
    finish(6);
    BOOST_TEST(owner->ready == 1);
    BOOST_TEST(stores->of("values", 0).entries.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_store_that_lacks_what_is_in_front_of_its_offset_is_rebuilt, store_of_five)
{
    know("d", "1");
    finish(5);
    BOOST_TEST((owner->wanted == wishes{5, -1}));
    BOOST_TEST(owner->ready == 0);
}

BOOST_FIXTURE_TEST_CASE(a_store_that_has_what_was_erased_in_front_of_its_offset_is_rebuilt, store_of_five)
{
    know("b", std::nullopt);
    finish(5);
    BOOST_TEST((owner->wanted == wishes{5, -1}));
}

// Of a key that was read, a later change may lie in what could not be.
BOOST_FIXTURE_TEST_CASE(what_is_in_front_of_an_unreadable_part_proves_nothing, store_of_five)
{
    know("a", "0");
    on_strand([this] { opened->forget_known("a checksum is wrong"); });
    read("d", 6);
    finish(6);
    BOOST_TEST(owner->ready == 1);
    BOOST_TEST((owner->wanted == wishes{5}));
}

// The changelog was cut off, or made anew and is shorter: what the store has of it is nowhere else.
BOOST_FIXTURE_TEST_CASE(a_store_that_is_ahead_of_the_changelog_is_left_as_it_is, store_of_five)
{
    auto const before = stores->of("values", 0);
    give_up(kafka::changelog_trouble::beyond_end, "offset 5 is not there");
    BOOST_TEST((owner->wanted == wishes{5}));
    BOOST_TEST(owner->failed == make_error_code(errc::wrong_changelog));
    BOOST_TEST(
        owner->failure.find("partition 0 of table \"values\": its changelog \"values-changelog\" has lost what its "
                            "store has: offset 5 is not there") == 0,
        owner->failure);
    BOOST_TEST(owner->failure.find("set table_options::on_changelog_loss to rebuild, or remove the directory") !=
                   std::string::npos,
               owner->failure);
    opened->close(true);
    settle();
    auto const after = stores->of("values", 0);
    BOOST_TEST((after.entries == before.entries));
    BOOST_TEST((after.next_offset == before.next_offset));
    BOOST_TEST(after.cleared == 0);
    BOOST_TEST(after.applied == before.applied);
}

BOOST_FIXTURE_TEST_CASE(a_store_that_is_ahead_of_the_changelog_is_rebuilt_where_that_is_wanted,
                        store_of_five_to_rebuild)
{
    give_up(kafka::changelog_trouble::beyond_end, "offset 5 lies behind the end, 2");
    BOOST_TEST((owner->wanted == wishes{5, -1}));
    BOOST_TEST(stores->of("values", 0).entries.empty());
    BOOST_TEST(!owner->failed);
}

// Half of a restore is worth nothing: all of it was to be read from there.
BOOST_FIXTURE_TEST_CASE(a_store_that_was_being_filled_when_its_changelog_was_cut_off_is_filled_anew, store_of_nothing)
{
    read("a", 1);
    read("b", 5);
    give_up(kafka::changelog_trouble::beyond_end, "offset 5 lies behind the end, 2");
    BOOST_TEST((owner->wanted == wishes{-1, -1}));
    BOOST_TEST(!owner->failed);
    read("c", 2);
    finish(2);
    BOOST_TEST(owner->ready == 1);
    BOOST_TEST(stores->of("values", 0).entries.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_table_in_memory_is_restored_anew_when_its_changelog_is_cut_off, shard_fixture)
{
    open(1h);
    read("b", 5);
    give_up(kafka::changelog_trouble::beyond_end, "offset 5 lies behind the end, 2");
    BOOST_TEST((owner->wanted == wishes{-1, -1}));
    BOOST_TEST(!owner->failed);
    read("c", 2);
    finish(2);
    BOOST_TEST(owner->ready == 1);
    BOOST_TEST(opened->stats().entries == 1U);
}

// The changelog deletes what is old, and has moved on meanwhile.
BOOST_FIXTURE_TEST_CASE(a_store_whose_offset_the_changelog_has_deleted_is_rebuilt_once, store_of_five)
{
    give_up(kafka::changelog_trouble::below_begin, "offset 5 lies in front of the oldest, 9");
    BOOST_TEST((owner->wanted == wishes{5, -1}));
    BOOST_TEST(stores->of("values", 0).cleared == 1);
    BOOST_TEST(stores->of("values", 0).entries.empty());
    BOOST_TEST(!stores->of("values", 0).next_offset);
    BOOST_TEST(
        told_last("partition 0 of table \"values\": its store cannot be used, it is rebuilt: offset 5 lies in front "
                  "of the oldest, 9"),
        logged);
    BOOST_TEST(!owner->failed);
    read("c", 10);
    finish(10);
    BOOST_TEST(owner->ready == 1);
    BOOST_TEST(stores->of("values", 0).entries.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_rebuilt_store_whose_changelog_is_cut_off_again_fails, store_of_five_to_rebuild)
{
    give_up(kafka::changelog_trouble::beyond_end, "offset 5 lies behind the end, 2");
    BOOST_TEST((owner->wanted == wishes{5, -1}));
    give_up(kafka::changelog_trouble::below_begin, "offset 0 lies in front of the oldest, 9");
    BOOST_TEST((owner->wanted == wishes{5, -1}));
    BOOST_TEST(owner->failed == make_error_code(errc::restore_failed));
    BOOST_TEST(owner->failure == "partition 0 of table \"values\": offset 0 lies in front of the oldest, 9");
    BOOST_TEST(owner->ready == 0);
}

// The mark is another: it was deleted and made anew.
BOOST_AUTO_TEST_CASE(a_store_of_another_topic_is_left_as_it_is)
{
    keep_five(std::chrono::system_clock::now());
    stores->change("values", 0, [](auto& kept) { kept.identity = "cluster/values-changelog#1"; });
    identity = "cluster/values-changelog#2";
    open(1h);
    BOOST_TEST(owner->wanted.empty());
    BOOST_TEST(owner->failed == make_error_code(errc::wrong_changelog));
    BOOST_TEST(owner->failure.find("it is of the topic cluster/values-changelog#1, and not of "
                                   "cluster/values-changelog#2, which has other records") != std::string::npos,
               owner->failure);
    opened->close(true);
    settle();
    BOOST_TEST(stores->of("values", 0).cleared == 0);
    BOOST_TEST(stores->of("values", 0).entries.size() == 2U);
    BOOST_TEST(stores->of("values", 0).next_offset.value_or(0) == 5);
}

BOOST_AUTO_TEST_CASE(a_store_of_another_topic_is_rebuilt_where_that_is_wanted)
{
    keep_five(std::chrono::system_clock::now());
    stores->change("values", 0, [](auto& kept) { kept.identity = "cluster/values-changelog#1"; });
    identity = "cluster/values-changelog#2";
    on_loss = changelog_loss::rebuild;
    open(1h);
    BOOST_TEST((owner->wanted == wishes{-1}));
    BOOST_TEST(!owner->failed);
    BOOST_TEST(told_last("its store is rebuilt: it is of the topic cluster/values-changelog#1"), logged);
    BOOST_TEST(stores->of("values", 0).entries.empty());
    BOOST_TEST(stores->of("values", 0).identity == "cluster/values-changelog#2");
}

// Nothing of it can be lost.
BOOST_AUTO_TEST_CASE(a_store_of_nothing_goes_over_to_another_topic)
{
    keep_five(std::chrono::system_clock::now());
    stores->change("values", 0,
                   [](auto& kept)
                   {
                       kept.entries.clear();
                       kept.next_offset = 0;
                       kept.identity = "cluster/values-changelog#1";
                   });
    identity = "cluster/values-changelog#2";
    open(1h);
    BOOST_TEST((owner->wanted == wishes{-1}));
    BOOST_TEST(!owner->failed);
}

// As when the topic's settings, or the cluster's id, cannot be had at this start.
BOOST_DATA_TEST_CASE(a_store_whose_topic_is_not_told_for_certain_is_gone_on_from,
                     (std::vector<std::string>{"cluster/values-changelog", "/values-changelog#1", "/values-changelog"}),
                     found)
{
    keep_five(std::chrono::system_clock::now());
    stores->change("values", 0, [](auto& kept) { kept.identity = "cluster/values-changelog#1"; });
    identity = found;
    open(1h);
    BOOST_TEST((owner->wanted == wishes{5}));
    BOOST_TEST(!owner->failed);
    BOOST_TEST(told_last("is decided by the records in front of its offset"), logged);
    finish(5);
    BOOST_TEST(owner->ready == 1);
    BOOST_TEST(stores->of("values", 0).identity == "cluster/values-changelog#1");
}

// Changes of the next owner may stand in front of those that are acknowledged now.
BOOST_FIXTURE_TEST_CASE(what_is_acknowledged_after_the_partition_is_lost_does_not_count, store_of_five)
{
    finish(5);
    BOOST_TEST(owner->ready == 1);
    auto const before = stores->of("values", 0);
    set({"late"});
    on_strand([this] { opened->lose(); });
    acknowledge(7);
    opened->close(true);
    settle();
    auto const after = stores->of("values", 0);
    BOOST_TEST((after.entries == before.entries));
    BOOST_TEST((after.next_offset == before.next_offset));
}

// Or the one that is made anew after it could not be told from it.
BOOST_AUTO_TEST_CASE(a_store_learns_the_mark_of_its_topic_when_that_is_told)
{
    keep_five(std::chrono::system_clock::now());
    stores->change("values", 0, [](auto& kept) { kept.identity = "cluster/values-changelog"; });
    identity = "cluster/values-changelog#1";
    open(1h);
    BOOST_TEST((owner->wanted == wishes{5}));
    BOOST_TEST(stores->of("values", 0).identity == "cluster/values-changelog");
    finish(5);
    BOOST_TEST(owner->ready == 1);
    BOOST_TEST(stores->of("values", 0).identity == "cluster/values-changelog#1");
}

BOOST_FIXTURE_TEST_CASE(damage_that_a_look_at_the_end_of_a_store_finds_makes_it_begin_again, store_of_five)
{
    stores->change("values", 0, [](auto& kept) { kept.get_fails = store_failure::damaged; });
    know("a", "1");
    finish(5);
    BOOST_TEST((owner->wanted == wishes{5, -1}));
    BOOST_TEST(!owner->failed);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables::shard_restore_test
