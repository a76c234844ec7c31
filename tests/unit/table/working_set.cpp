#include "table/working_set.hpp"

#include "unit/table/model_store.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace paperboy::tables::working_set_test
{
namespace
{

[[nodiscard]] std::string text(pinned_value const& value)
{
    return value ? std::string{*value} : "nothing";
}

void send_all(working_set& set)
{
    set.send_changes([](working_set::change_number, shard_change const&) {});
}

// As if each change that was not sent yet became a record of the changelog.
void send_and_acknowledge(working_set& set, std::int64_t offset)
{
    auto numbers = std::vector<working_set::change_number>{};
    set.send_changes([&](working_set::change_number number, shard_change const&) { numbers.push_back(number); });
    for (auto const number : numbers)
        set.acknowledged(number, offset++);
}

} // namespace

BOOST_AUTO_TEST_SUITE(working_set_suite)

BOOST_AUTO_TEST_CASE(a_change_is_seen_at_once)
{
    auto set = working_set{nullptr};
    BOOST_TEST(text(set.get("a")) == "nothing");
    set.set("a", "1");
    BOOST_TEST(text(set.get("a")) == "1");
    set.set("a", "2");
    BOOST_TEST(text(set.get("a")) == "2");
    set.erase("a");
    BOOST_TEST(text(set.get("a")) == "nothing");
}

// Until something was let go of, all that a new store has is in memory as well.
BOOST_AUTO_TEST_CASE(a_new_store_is_not_asked_for_what_is_not_in_memory)
{
    auto store = model_store{};
    auto set = working_set{&store, {.bytes = 400}};
    set.restore_finished();
    set.set("a", "1");
    send_and_acknowledge(set, 0);
    set.checkpoint();
    BOOST_TEST(text(set.get("b")) == "nothing");
    BOOST_TEST(store.reads == 0);
    for (auto const* const each : {"c", "d", "e", "f"})
        set.set(each, each);
    send_and_acknowledge(set, 1);
    set.checkpoint();
    set.trim();
    BOOST_TEST(set.resident() < 5U);
    for (auto const* const each : {"a", "c", "d", "e", "f"})
        BOOST_TEST(text(set.get(each)) != "nothing");
    BOOST_TEST(store.reads > 0);
}

// What a restore has written to it is not.
BOOST_AUTO_TEST_CASE(a_store_that_a_restore_has_filled_is_asked)
{
    auto store = model_store{};
    auto set = working_set{&store};
    set.restored(std::vector<shard_change>{{"a", "1"}}, 1);
    set.restore_finished();
    BOOST_TEST(text(set.get("a")) == "1");
    auto again = working_set{&store};
    again.restore_finished();
    BOOST_TEST(text(again.get("a")) == "1");
}

// Whatever is expected, what is found is the key's, also when its entry has gone since, or the key's memory has
// another.
BOOST_AUTO_TEST_CASE(what_is_expected_changes_nothing_that_is_found)
{
    auto set = working_set{nullptr};
    auto keys = std::vector<std::string>{"a", "b", "c", "d", "e"};
    for (auto const* const each : {"a", "b", "c"})
        set.set(each, std::string{"of "} + each);
    send_and_acknowledge(set, 0);
    set.expect(keys.size(), [&](std::size_t at) { return std::string_view{keys[at]}; });
    BOOST_TEST(text(set.get(keys[0])) == "of a");
    set.erase("b");
    send_and_acknowledge(set, 3);
    set.set("z", "of z");
    BOOST_TEST(text(set.get(keys[1])) == "nothing");
    keys[2][0] = 'a';
    BOOST_TEST(text(set.get(keys[2])) == "of a");
    BOOST_TEST(text(set.get(keys[4])) == "nothing");
    set.set(keys[4], "of e");
    BOOST_TEST(text(set.get(keys[3])) == "nothing");
    BOOST_TEST(text(set.get("e")) == "of e");
    BOOST_TEST(set.resident() == 4U);
}

BOOST_AUTO_TEST_CASE(an_empty_value_is_a_value)
{
    auto set = working_set{nullptr};
    set.set("a", "");
    BOOST_TEST(static_cast<bool>(set.get("a")));
}

BOOST_AUTO_TEST_CASE(the_store_sees_only_what_was_acknowledged)
{
    auto store = model_store{};
    auto set = working_set{&store};
    set.restore_finished();
    auto const first = set.set("a", "1");
    auto const second = set.set("b", "1");
    set.set("a", "2");
    send_all(set);
    set.acknowledged(first, 10);
    set.checkpoint();
    BOOST_TEST((store.entries == contents{{"a", "1"}}));
    BOOST_TEST(store.next_offset().value() == 11);
    BOOST_TEST(text(set.get("a")) == "2");
    set.acknowledged(second, 11);
    set.checkpoint();
    BOOST_TEST((store.entries == contents{{"a", "1"}, {"b", "1"}}));
    BOOST_TEST(store.next_offset().value() == 12);
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_counts_when_all_before_it_have_come)
{
    auto store = model_store{};
    auto set = working_set{&store};
    set.restore_finished();
    auto const first = set.set("a", "1");
    auto const second = set.set("b", "2");
    send_all(set);
    set.acknowledged(second, 6);
    set.checkpoint();
    BOOST_TEST(store.applied == 0);
    set.acknowledged(first, 5);
    set.checkpoint();
    BOOST_TEST((store.entries == contents{{"a", "1"}, {"b", "2"}}));
    BOOST_TEST(store.next_offset().value() == 7);
}

BOOST_AUTO_TEST_CASE(changes_are_acknowledged_several_at_a_time)
{
    auto store = model_store{};
    auto set = working_set{&store};
    set.restore_finished();
    auto const first = set.set("a", "1");
    set.set("b", "1");
    set.set("a", "2");
    auto const last = set.set("c", "1");
    send_all(set);
    set.acknowledged(last, 13);
    set.acknowledged(first, 12, 3);
    BOOST_TEST(set.pending() == 0U);
    set.checkpoint();
    BOOST_TEST((store.entries == contents{{"a", "2"}, {"b", "1"}, {"c", "1"}}));
    BOOST_TEST(store.next_offset().value() == 14);
}

BOOST_AUTO_TEST_CASE(a_key_in_memory_goes_when_its_tombstone_is_acknowledged_unless_it_came_back)
{
    auto set = working_set{nullptr};
    set.set("a", "1");
    set.erase("a");
    set.set("b", "1");
    set.erase("b");
    set.set("b", "2");
    send_all(set);
    BOOST_TEST(text(set.get("a")) == "nothing");
    BOOST_TEST(text(set.get("b")) == "2");
    BOOST_TEST(set.resident() == 2U);
    set.acknowledged(1, 4, 5);
    BOOST_TEST(set.resident() == 1U);
    BOOST_TEST(set.next_offset().value() == 5);
    set.set("a", "3");
    BOOST_TEST((all_of(set.walk("", "")) == contents{{"a", "3"}, {"b", "2"}}));
}

BOOST_AUTO_TEST_CASE(a_change_that_was_not_sent_cannot_be_acknowledged)
{
    auto store = model_store{};
    auto set = working_set{&store};
    set.restore_finished();
    set.acknowledged(set.set("a", "1"), 5);
    set.checkpoint();
    BOOST_TEST(store.applied == 0);
    BOOST_TEST(set.pending() == 1U);
}

BOOST_AUTO_TEST_CASE(erased_keys_leave_the_store)
{
    auto store = model_store{};
    store.apply(std::vector<shard_change>{{"a", "1"}, {"b", "2"}}, 5);
    auto set = working_set{&store};
    set.restore_finished();
    set.erase("a");
    send_and_acknowledge(set, 5);
    BOOST_TEST(text(set.get("a")) == "nothing");
    set.checkpoint();
    BOOST_TEST((store.entries == contents{{"b", "2"}}));
    BOOST_TEST(set.resident() == 0U);
}

BOOST_AUTO_TEST_CASE(what_changes_while_a_checkpoint_is_written_goes_with_the_next)
{
    auto store = model_store{};
    auto set = working_set{&store};
    set.restore_finished();
    set.set("a", "1");
    set.set("b", "1");
    set.set("c", "1");
    send_and_acknowledge(set, 0);
    auto first = set.begin_checkpoint().value();
    set.set("a", "2");
    set.erase("b");
    send_and_acknowledge(set, 3);
    BOOST_TEST(store.applied == 0);
    BOOST_TEST((all_of(set.walk("", "")) == contents{{"a", "2"}, {"c", "1"}}));
    first.write(store);
    BOOST_TEST((store.entries == contents{{"a", "1"}, {"b", "1"}, {"c", "1"}}));
    BOOST_TEST(set.stored_offset().has_value() == false);
    BOOST_TEST((all_of(set.walk("", "")) == contents{{"a", "2"}, {"c", "1"}}));
    set.end_checkpoint(first, true);
    BOOST_TEST(set.stored_offset().value() == 3);
    BOOST_TEST(set.next_offset().value() == 5);
    BOOST_TEST(text(set.get("b")) == "nothing");
    set.checkpoint();
    BOOST_TEST((store.entries == contents{{"a", "2"}, {"c", "1"}}));
    BOOST_TEST(store.next_offset().value() == 5);
    BOOST_TEST(set.dirty_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_on_its_way_to_the_store_stays_in_memory)
{
    auto store = model_store{};
    auto settings = working_set_settings{};
    settings.bytes = 0;
    auto set = working_set{&store, settings};
    set.restore_finished();
    set.set("a", "1");
    send_and_acknowledge(set, 0);
    auto update = set.begin_checkpoint().value();
    set.trim();
    BOOST_TEST(text(set.get("a")) == "1");
    update.write(store);
    set.end_checkpoint(update, true);
    BOOST_TEST(set.resident() == 0U);
    BOOST_TEST(text(set.get("a")) == "1");
}

// Or a list that grows in each change would take far more memory than checkpoint_bytes before it goes to the store.
BOOST_AUTO_TEST_CASE(what_waits_for_a_checkpoint_is_counted_as_large_as_it_is_now)
{
    auto store = model_store{};
    auto set = working_set{&store};
    set.restore_finished();
    set.set("a", "small");
    send_and_acknowledge(set, 0);
    auto const small = set.dirty_bytes();
    BOOST_TEST(small > 0U);
    set.set("a", std::string(1'000'000, 'x'));
    send_and_acknowledge(set, 1);
    BOOST_TEST(set.dirty_bytes() >= 1'000'000U);
    set.set("a", "small");
    send_and_acknowledge(set, 2);
    BOOST_TEST(set.dirty_bytes() < 2 * small);
    set.checkpoint();
    BOOST_TEST(set.dirty_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_whose_writing_failed_leaves_all_of_it_for_the_next)
{
    auto store = model_store{};
    auto set = working_set{&store};
    set.restore_finished();
    set.set("a", "1");
    set.set("b", "1");
    send_and_acknowledge(set, 0);
    auto update = set.begin_checkpoint().value();
    set.set("a", "2");
    send_and_acknowledge(set, 2);
    auto const dirty = set.dirty_bytes();
    set.end_checkpoint(update, false);
    BOOST_TEST(set.dirty_bytes() < dirty);
    set.checkpoint();
    BOOST_TEST((store.entries == contents{{"a", "2"}, {"b", "1"}}));
    BOOST_TEST(store.next_offset().value() == 3);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_fails_loses_nothing)
{
    auto store = model_store{};
    auto set = working_set{&store};
    set.restore_finished();
    set.set("a", "1");
    send_and_acknowledge(set, 5);
    store.fails = true;
    BOOST_CHECK_THROW(set.checkpoint(), store_error);
    BOOST_TEST(!set.stored_offset());
    store.fails = false;
    set.checkpoint();
    BOOST_TEST((store.entries == contents{{"a", "1"}}));
    BOOST_TEST(set.stored_offset().value() == 6);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_without_news_writes_nothing)
{
    auto store = model_store{};
    auto set = working_set{&store};
    set.restore_finished();
    set.set("a", "1");
    send_and_acknowledge(set, 5);
    set.checkpoint();
    set.checkpoint();
    BOOST_TEST(store.applied == 1);
}

BOOST_AUTO_TEST_CASE(what_was_read_is_remembered)
{
    auto store = model_store{};
    store.apply(std::vector<shard_change>{{"a", "1"}}, 5);
    auto set = working_set{&store};
    set.restore_finished();
    BOOST_TEST(text(set.get("a")) == "1");
    BOOST_TEST(text(set.get("a")) == "1");
    BOOST_TEST(store.reads == 1);
}

BOOST_AUTO_TEST_CASE(clean_entries_go_when_memory_is_short)
{
    auto store = model_store{};
    auto const limit = std::size_t{20'000};
    auto set = working_set{&store, {.bytes = limit}};
    set.restore_finished();
    for (auto i = 0; i < 10'000; ++i)
    {
        set.set("key" + std::to_string(i), "a value that is too long to be stored inside of a string");
        send_and_acknowledge(set, i);
        if (i % 10 == 0)
            set.checkpoint();
    }
    set.checkpoint();
    BOOST_TEST(set.bytes() < limit + 64 * 100);
    BOOST_TEST(store.entries.size() == 10'000U);
    for (auto const& [key, value] : store.entries)
        BOOST_TEST(text(set.get(key)) == value);
    set.trim();
    BOOST_TEST(set.bytes() < limit + 64 * 100);
}

BOOST_AUTO_TEST_CASE(looks_one_by_one_make_room_as_they_go)
{
    auto store = model_store{};
    auto const limit = std::size_t{20'000};
    for (auto i = 0; i < 10'000; ++i)
        store.entries["key" + std::to_string(i)] = "a value that is too long to be stored inside of a string";
    store.apply({}, {10'000, {}});
    auto set = working_set{&store, {.bytes = limit}};
    set.restore_finished();
    auto most = std::size_t{0};
    for (auto const& [key, value] : store.entries)
    {
        BOOST_TEST(text(set.get(key)) == value);
        set.look_ended();
        most = std::max(most, set.bytes());
    }
    BOOST_TEST(set.resident() > 10U);
    BOOST_TEST(most < limit + 64 * 100);
}

BOOST_AUTO_TEST_CASE(what_is_used_stays)
{
    auto store = model_store{};
    auto set = working_set{&store, {.bytes = 20'000}};
    set.restore_finished();
    set.set("hot", "1");
    send_and_acknowledge(set, 0);
    set.checkpoint();
    for (auto i = 1; i < 10'000; ++i)
    {
        BOOST_REQUIRE(text(set.get("hot")) == "1");
        set.set("key" + std::to_string(i), "1");
        send_and_acknowledge(set, i);
        set.checkpoint();
    }
    BOOST_TEST(store.reads == 0);
    BOOST_TEST(set.resident() < 1000U);
}

BOOST_AUTO_TEST_CASE(coalescing_replaces_what_was_not_sent)
{
    auto set = working_set{nullptr, {.coalesce = true}};
    auto const first = set.set("a", "1");
    auto const second = set.set("b", "1");
    BOOST_TEST(set.set("a", "2") == first);
    auto sent = std::vector<std::string>{};
    auto const send = [&](working_set::change_number number, shard_change const& change)
    { sent.push_back(std::to_string(number) + std::string{change.key} + std::string{change.value.value_or("gone")}); };
    set.send_changes(send);
    BOOST_TEST((sent == std::vector<std::string>{std::to_string(first) + "a2", std::to_string(second) + "b1"}));
    sent.clear();
    auto const third = set.erase("a");
    BOOST_TEST(third > second);
    set.send_changes(send);
    BOOST_TEST((sent == std::vector<std::string>{std::to_string(third) + "agone"}));
}

BOOST_AUTO_TEST_CASE(without_coalescing_each_change_is_sent)
{
    auto set = working_set{nullptr};
    set.set("a", "1");
    set.set("a", "2");
    auto sent = std::string{};
    set.send_changes([&](working_set::change_number, shard_change const& change) { sent += *change.value; });
    BOOST_TEST(sent == "12");
}

BOOST_AUTO_TEST_CASE(restored_records_reach_the_store_sorted_and_in_pieces)
{
    auto store = model_store{};
    auto set = working_set{&store, {.restore_bytes = 1000}};
    for (auto offset = 0; offset < 100; ++offset)
    {
        auto const key = "key" + std::to_string(offset * 7 % 50);
        auto const value = std::to_string(offset);
        set.restored(std::vector<shard_change>{{key, value}, {key, std::nullopt}, {key, value}}, offset + 1);
        if (set.has_collected())
            set.checkpoint();
    }
    BOOST_TEST(store.applied > 1);
    set.restore_finished();
    BOOST_TEST(store.entries.size() == 50U);
    for (auto offset = 50; offset < 100; ++offset)
        BOOST_TEST(store.entries.at("key" + std::to_string(offset * 7 % 50)) == std::to_string(offset));
    BOOST_TEST(store.next_offset().value() == 100);
    BOOST_TEST(set.resident() == 0U);
    BOOST_TEST(text(set.get("key0")) == "50");
}

BOOST_AUTO_TEST_CASE(a_restore_without_records_moves_the_offset)
{
    auto store = model_store{};
    auto set = working_set{&store};
    set.restored(std::vector<shard_change>{}, 17);
    set.restore_finished();
    BOOST_TEST(store.next_offset().value() == 17);
}

BOOST_AUTO_TEST_CASE(a_restore_into_memory_ends_as_the_fold)
{
    auto set = working_set{nullptr};
    set.restored(std::vector<shard_change>{{"a", "1"}, {"b", "1"}, {"a", std::nullopt}}, 3);
    set.restore_finished();
    BOOST_TEST(text(set.get("a")) == "nothing");
    BOOST_TEST(text(set.get("b")) == "1");
    BOOST_TEST(set.resident() == 1U);
    BOOST_TEST(set.next_offset().value() == 3);
}

// Two writers: the changelog has b's change of the key behind ours.
BOOST_AUTO_TEST_CASE(with_many_writers_the_changelogs_order_decides)
{
    auto set = working_set{nullptr, {.who = writers::many}};
    set.restore_finished();
    auto const number = set.set("a", "ours");
    send_all(set);
    set.acknowledged(number, 4);
    set.restored(std::vector<shard_change>{{"a", "before"}}, 4);
    BOOST_TEST(text(set.get("a")) == "ours");
    BOOST_TEST(set.pending() == 1U);
    set.restored(std::vector<shard_change>{{"a", "ours"}, {"a", "theirs"}}, 6);
    BOOST_TEST(text(set.get("a")) == "theirs");
    BOOST_TEST(set.pending() == 0U);
}

BOOST_AUTO_TEST_CASE(a_walk_lays_changes_over_the_store)
{
    auto store = model_store{};
    store.apply(std::vector<shard_change>{{"a", "1"}, {"b", "2"}, {"d", "4"}, {"e", "5"}}, 4);
    auto set = working_set{&store};
    set.restore_finished();
    static_cast<void>(set.get("a"));
    set.erase("b");
    set.set("c", "3");
    set.set("d", "44");
    BOOST_TEST((all_of(set.walk("", "")) == contents{{"a", "1"}, {"c", "3"}, {"d", "44"}, {"e", "5"}}));
    BOOST_TEST((all_of(set.walk("b", "d")) == contents{{"c", "3"}}));
    BOOST_TEST((all_of(set.walk("c", "")) == contents{{"c", "3"}, {"d", "44"}, {"e", "5"}}));
    BOOST_TEST((all_of(set.walk("x", "")) == contents{}));
}

BOOST_AUTO_TEST_CASE(a_snapshot_stays_as_it_was)
{
    auto store = model_store{};
    store.apply(std::vector<shard_change>{{"a", "1"}}, 1);
    auto set = working_set{&store};
    set.restore_finished();
    set.set("b", "2");
    auto const snapshot = set.snapshot("", "");
    set.set("b", "3");
    set.erase("a");
    set.set("c", "4");
    send_and_acknowledge(set, 1);
    set.checkpoint();
    BOOST_TEST((all_of(snapshot) == contents{{"a", "1"}, {"b", "2"}}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::tables::working_set_test
