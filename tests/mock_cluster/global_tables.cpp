// Global tables against a cluster: every engine has all of it, and all come to hold what the changelog says.

#include "mock_cluster/mock_fixture.hpp"
#include "support/kept_store.hpp"
#include "support/topic_reader.hpp"

#include <boost/asio/use_future.hpp>

#include <future>
#include <map>
#include <thread>

namespace paperboy::global_tables_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::outcome_of_run;

using text_table = table<std::string, std::string>;
using texts = std::map<std::string, std::string>;

std::string packed(std::string const& value)
{
    auto out = std::string{};
    write_msgpack(value, out);
    return out;
}

// Records are orders: "=NAME VALUE" sets, "-NAME" erases, "?NAME" gets. Keeps what it got.
struct ordered_handler
{
    text_table values;
    test::watched<std::vector<std::string>>& got;

    void on_message(record_view const& record) const
    {
        auto const shard = values.shard(record);
        auto const order = std::string{record.value()};
        auto const space = std::min(order.find(' '), order.size());
        auto const name = order.substr(1, space - 1);
        if (order.front() == '=')
            shard.set(name, order.substr(space + 1));
        if (order.front() == '-')
            shard.erase(name);
        got.update([&](auto& all) { all.push_back(shard.get(name).value_or("nothing")); });
    }
};

struct global_fixture : test::mock_fixture
{
    global_fixture() { cluster.create_topic(changelog, parts); }

    [[nodiscard]] table_options options() const
    {
        auto result = table_options{};
        result.changelog = changelog;
        result.checkpoint_interval = 20ms;
        result.scope = table_scope::global;
        return result;
    }

    [[nodiscard]] config settings_of(std::string const& group) const
    {
        auto result = settings();
        result.group_id = name + group;
        return result;
    }

    [[nodiscard]] text_table make(engine& which, std::string const& of = {})
    {
        auto const values = stores ? which.make_table<std::string, std::string>("values", stores, options())
                                   : which.make_table<std::string, std::string>("values", memory_store{}, options());
        which.handle(of.empty() ? topic : of, ordered_handler{values, got});
        return values;
    }

    void order(std::string const& what, std::int32_t partition = 0, std::string const& of = {})
    {
        cluster.produce(of.empty() ? topic : of, {.value = what, .partition = partition});
        cluster.flush();
    }

    // As another program does.
    void write(std::string const& key, std::optional<std::string> const& value, std::int32_t partition)
    {
        auto const bytes = packed(key);
        auto const content = value ? packed(*value) : std::string{};
        cluster.produce(changelog, {.key = bytes,
                                    .value = value ? std::optional<std::string_view>{content} : std::nullopt,
                                    .partition = partition});
        cluster.flush();
    }

    [[nodiscard]] static std::string ask(text_table const& values, std::string const& key)
    {
        return values.async_get(key, asio::use_future).get().value_or("nothing");
    }

    [[nodiscard]] static error_code error_of(text_table const& values, std::string const& key)
    {
        auto got = std::promise<error_code>{};
        values.async_get(key, [&](error_code result, std::optional<std::string>) { got.set_value(result); });
        return got.get_future().get();
    }

    [[nodiscard]] static texts all_of(text_table const& values)
    {
        auto const found = values.async_scan("", 1000, asio::use_future).get();
        return {found.begin(), found.end()};
    }

    // What the changelog says, as another client reads it.
    [[nodiscard]] texts fold(std::size_t records) const
    {
        auto result = texts{};
        auto serde = msgpack<std::string>{};
        auto const read = [&](std::string const& bytes)
        { return detail::decode_for_table<std::string>(serde, std::string_view{bytes}); };
        for (auto const& each : test::read_topic(cluster.bootstrap_servers(), changelog, records, parts))
        {
            if (each.value)
                result[read(*each.key)] = read(*each.value);
            else
                result.erase(read(*each.key));
        }
        return result;
    }

    [[nodiscard]] bool got_so_many(std::size_t count) { return got.wait_until(test::at_least(count)); }

    static constexpr int parts = 3;

    std::string const changelog = topic + "-changelog";
    std::shared_ptr<test::kept_stores> stores;
    test::watched<std::vector<std::string>> got;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(global_tables, global_fixture)

// Whoever wrote them, and into whichever partition.
BOOST_AUTO_TEST_CASE(hooks_find_every_key_that_was_there_when_the_run_began)
{
    for (auto partition = 0; partition < parts; ++partition)
        for (auto i = 0; i < 3; ++i)
            write("key" + std::to_string(partition) + std::to_string(i), "found", partition);
    write("key00", std::nullopt, 0);
    for (auto partition = 0; partition < partitions; ++partition)
        for (auto i = 0; i < parts; ++i)
            order("?key" + std::to_string(i) + "0", partition);
    auto which = engine{io.context(), settings()};
    auto const values = make(which);
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(got_so_many(parts * partitions), log);
    auto const seen = got.get();
    BOOST_TEST(std::ranges::count(seen, "found") == 2 * partitions);
    BOOST_TEST(std::ranges::count(seen, "nothing") == partitions);
    BOOST_TEST(ask(values, "key00") == "nothing");
    BOOST_TEST(ask(values, "key22") == "found");
    BOOST_TEST(all_of(values).size() == 8U);
    BOOST_TEST(values.async_scan("key1", 2, asio::use_future).get().size() == 2U);
    which.stop();
    BOOST_TEST(!outcome.get(), log);
    BOOST_TEST(error_of(values, "key00") == make_error_code(errc::not_running));
}

BOOST_AUTO_TEST_CASE(every_partition_waits_for_the_changelog)
{
    stores = std::make_shared<test::kept_stores>();
    auto gate = std::promise<void>{};
    stores->change("values", 1, [&](auto& kept) { kept.gate = gate.get_future().share(); });
    write("a", "there", 0);
    order("?a", 0);
    order("?a", 3);
    auto which = engine{io.context(), settings()};
    auto const values = make(which);
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(test::eventually([&] { return which.health().restoring == 1U; }), log);
    BOOST_TEST(error_of(values, "a") == make_error_code(errc::restoring));
    BOOST_TEST(!which.health().ready());
    BOOST_TEST(which.health().reason.find("restoring table \"values\"") != std::string::npos, which.health().reason);
    BOOST_TEST(got.get().empty());
    gate.set_value();
    BOOST_TEST(got_so_many(2), log);
    BOOST_TEST(got.get() == (std::vector<std::string>{"there", "there"}), boost::test_tools::per_element());
    BOOST_TEST(test::eventually([&] { return which.health().ready(); }));
    which.stop();
    BOOST_TEST(!outcome.get(), log);
}

BOOST_AUTO_TEST_CASE(a_stop_while_it_is_restored_commits_nothing)
{
    stores = std::make_shared<test::kept_stores>();
    auto gate = std::promise<void>{};
    stores->change("values", 1, [&](auto& kept) { kept.gate = gate.get_future().share(); });
    order("=a b");
    auto which = engine{io.context(), settings()};
    auto const values = make(which);
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(test::eventually([&] { return which.health().restoring > 0; }), log);
    which.stop();
    gate.set_value();
    BOOST_TEST(!outcome.get(), log);
    BOOST_TEST(got.get().empty());
    BOOST_TEST(watcher->seen.get().committed().empty());
    for (auto part = 0; part < parts; ++part)
        BOOST_TEST(!stores->of("values", part).open);
}

BOOST_AUTO_TEST_CASE(a_change_is_seen_at_once_and_gives_way_to_a_later_record)
{
    order("=a mine");
    auto which = engine{io.context(), settings()};
    auto const values = make(which);
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(got_so_many(1), log);
    BOOST_TEST(got.get().front() == "mine");
    BOOST_TEST(ask(values, "a") == "mine");
    auto const written = test::read_topic(cluster.bootstrap_servers(), changelog, 1, parts);
    BOOST_TEST(values.partition_of("a").value_or(-1) == written.front().partition);
    write("a", "theirs", written.front().partition);
    BOOST_TEST(test::eventually([&] { return ask(values, "a") == "theirs"; }), log);
    write("a", std::nullopt, written.front().partition);
    BOOST_TEST(test::eventually([&] { return ask(values, "a") == "nothing"; }), log);
    which.stop();
    BOOST_TEST(!outcome.get(), log);
}

// What was written to another partition than Java's partitioner would choose is changed there.
BOOST_AUTO_TEST_CASE(a_key_is_changed_where_it_is)
{
    for (auto partition = 0; partition < parts; ++partition)
    {
        write("set" + std::to_string(partition), "old", partition);
        write("erased" + std::to_string(partition), "old", partition);
        order("=set" + std::to_string(partition) + " new");
        order("-erased" + std::to_string(partition));
    }
    auto which = engine{io.context(), settings()};
    auto const values = make(which);
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(got_so_many(2 * parts), log);
    BOOST_TEST(std::ranges::count(got.get(), "new") == parts);
    BOOST_TEST(std::ranges::count(got.get(), "nothing") == parts);
    auto const expected = texts{{"set0", "new"}, {"set1", "new"}, {"set2", "new"}};
    BOOST_TEST((fold(4 * parts) == expected));
    BOOST_TEST((all_of(values) == expected));
    which.stop();
    BOOST_TEST(!outcome.get(), log);
}

BOOST_AUTO_TEST_CASE(engines_that_write_the_same_keys_come_to_hold_the_same)
{
    constexpr auto keys = 5;
    constexpr auto rounds = 200;
    auto const other = make_topic(partitions);
    for (auto round = 0; round < rounds; ++round)
        for (auto const& [input, who] : {std::pair{topic, "first"}, std::pair{other, "second"}})
            cluster.produce(input, {.value = (round % 7 == 3 ? "-" : "=") + std::string{"k"} +
                                             std::to_string(round % keys) + " " + who + std::to_string(round),
                                    .partition = round % partitions});
    cluster.flush();
    auto first = engine{io.context(), settings_of("first")};
    auto second = engine{io.context(), settings_of("second")};
    auto const firsts = make(first);
    auto const seconds = make(second, other);
    auto outcome = outcome_of_run::start(first);
    auto other_outcome = outcome_of_run::start(second);
    BOOST_TEST(got_so_many(2 * rounds), log);
    auto const truth = fold(2 * rounds);
    BOOST_TEST(test::eventually([&] { return all_of(firsts) == truth; }), log);
    BOOST_TEST(test::eventually([&] { return all_of(seconds) == truth; }), log);
    first.stop();
    second.stop();
    BOOST_TEST(!outcome.get(), log);
    BOOST_TEST(!other_outcome.get(), log);
}

// The other one gets the only partition.
BOOST_AUTO_TEST_CASE(an_engine_without_partitions_has_the_table_as_well)
{
    auto const single = make_topic(1);
    auto first = engine{io.context(), settings()};
    auto second = engine{io.context(), settings()};
    auto const firsts = make(first, single);
    auto const seconds = make(second, single);
    auto outcome = outcome_of_run::start(first);
    auto other_outcome = outcome_of_run::start(second);
    BOOST_TEST(test::eventually([&] { return first.health().ready() && second.health().ready(); }), log);
    order("=a b", 0, single);
    BOOST_TEST(got_so_many(1), log);
    auto const usable = [](text_table const& values) { return !error_of(values, "a"); };
    BOOST_TEST(test::eventually([&] { return usable(firsts) && ask(firsts, "a") == "b"; }), log);
    BOOST_TEST(test::eventually([&] { return usable(seconds) && ask(seconds, "a") == "b"; }), log);
    // The mock takes no commit while its group is changing, which it is when the first of them has gone. So that is the
    // one that has something to commit.
    auto first_owns = false;
    auto const one_owns = [&]
    {
        first_owns = !first.stats().partitions.empty();
        return first_owns == second.stats().partitions.empty();
    };
    BOOST_TEST_REQUIRE(test::eventually(one_owns), log);
    auto& owner = first_owns ? first : second;
    auto& other = first_owns ? second : first;
    owner.stop();
    BOOST_TEST(!(first_owns ? outcome : other_outcome).get(), log);
    BOOST_TEST(test::eventually([&] { return other.stats().partitions.size() == 1; }), log);
    other.stop();
    BOOST_TEST(!(first_owns ? other_outcome : outcome).get(), log);
}

BOOST_AUTO_TEST_CASE(a_store_goes_on_where_it_was)
{
    stores = std::make_shared<test::kept_stores>();
    write("theirs", "1", 1);
    order("=mine 1");
    for (auto run = 1; run <= 2; ++run)
    {
        auto which = engine{io.context(), settings()};
        auto const values = make(which);
        auto outcome = outcome_of_run::start(which);
        BOOST_TEST(got_so_many(static_cast<std::size_t>(run)), log);
        auto const now = std::to_string(run);
        BOOST_TEST((all_of(values) == texts{{"mine", now}, {"theirs", now}}));
        auto restored = std::uint64_t{0};
        for (auto const& each : which.stats().shards)
            restored += each.restored;
        BOOST_TEST(restored == 1U, log);
        // Read back, and then in the stores.
        BOOST_TEST(test::eventually(
                       [&]
                       {
                           auto total = std::int64_t{0};
                           for (auto part = 0; part < parts; ++part)
                               total += stores->of("values", part).next_offset.value_or(0);
                           return total == 2 * run;
                       }),
                   log);
        which.stop();
        BOOST_TEST(!outcome.get(), log);
        for (auto part = 0; part < parts; ++part)
            BOOST_TEST(!stores->of("values", part).open);
        // The store of a run that has ended does not see these.
        write("theirs", "2", 1);
        order("=mine 2");
    }
}

// No hook runs here that would end a batch.
BOOST_AUTO_TEST_CASE(looks_into_an_idle_global_table_take_no_more_memory_than_its_cache)
{
    stores = std::make_shared<test::kept_stores>();
    constexpr auto keys = 3'000;
    auto const value = std::string(1'000, 'v');
    auto const key = [](int number) { return "key" + std::to_string(number); };
    for (auto i = 0; i < keys; ++i)
        cluster.produce(changelog, {.key = packed(key(i)), .value = packed(value), .partition = 0});
    cluster.flush();
    auto having = options();
    having.cache_bytes = std::size_t{1} << 20U;
    auto which = engine{io.context(), settings()};
    auto const values = which.make_table<std::string, std::string>("values", stores, having);
    which.handle(topic, ordered_handler{values, got});
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(test::eventually([&] { return which.health().ready(); }), log);
    for (auto i = 0; i < keys; ++i)
        BOOST_TEST(ask(values, key(i)) == value);
    auto bytes = std::uint64_t{0};
    auto entries = std::uint64_t{0};
    for (auto const& each : which.stats().shards)
    {
        bytes += each.bytes;
        entries += each.entries;
    }
    BOOST_TEST(entries > 10U);
    BOOST_TEST(bytes <= having.cache_bytes);
    which.stop();
    BOOST_TEST(!outcome.get(), log);
}

BOOST_AUTO_TEST_CASE(options_that_do_not_go_together_are_refused)
{
    auto which = engine{io.context(), settings()};
    auto const refused = [&](table_options const& having, std::string const& part)
    {
        auto const names = [&](setup_error const& error)
        { return std::string_view{error.what()}.find(part) != std::string_view::npos; };
        BOOST_CHECK_EXCEPTION((void)(which.make_table<std::string, std::string>("values", memory_store{}, having)),
                              setup_error, names);
    };
    auto having = options();
    having.sources = {topic};
    refused(having, "table_options::sources");
    having = options();
    having.partitions = 0;
    refused(having, "table_options::partitions");
    having.partitions = 2;
    having.scope = table_scope::partition;
    refused(having, "scope global");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::global_tables_test
