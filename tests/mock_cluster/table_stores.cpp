// What tables do while their stores take long: restores go on in the background, and nobody waits for ever.

#include "mock_cluster/mock_fixture.hpp"
#include "support/kept_store.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <sys/eventfd.h>

#include <future>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace paperboy::table_stores_test
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::outcome_of_run;

using text_table = table<std::string, std::string, text, text>;

constexpr auto value_size = std::size_t{100'000};
// More than two of the pieces of 1 MiB that a restore writes, and less than a partition of the mock keeps.
constexpr auto large_values = 40;

// Keeps the last value of each record's partition.
struct keeping_handler
{
    text_table values;
    test::watched<int>& handled;

    void on_message(record_view const& record)
    {
        values.shard(record).set("last", record.value());
        handled.update([](int& count) { ++count; });
    }
};

struct store_fixture : test::mock_fixture
{
    store_fixture() { cluster.create_topic(changelog, partitions); }

    [[nodiscard]] table_options options() const
    {
        auto result = table_options{};
        result.changelog = changelog;
        result.checkpoint_interval = 20ms;
        result.cache_bytes = std::size_t{1} << 20U;
        return result;
    }

    [[nodiscard]] text_table add(engine& to)
    {
        auto values = to.make_table<std::string, std::string>("values", stores, options(), text{}, text{});
        to.handle(topic, keeping_handler{values, handled});
        return values;
    }

    // Handles what there is of a partition, and stops.
    void run_once(int records)
    {
        handled.update([](int& count) { count = 0; });
        auto which = engine{io.context(), settings()};
        static_cast<void>(add(which));
        auto outcome = outcome_of_run::start(which);
        BOOST_TEST(handled.wait_until([&](int count) { return count >= records; }), log);
        which.stop();
        BOOST_TEST(!outcome.get(), log);
    }

    // Into the changelog of partition 0, as if an engine had written it that has another store.
    void change_much()
    {
        auto const value = std::string(value_size, 'v');
        for (auto i = 0; i < large_values; ++i)
            cluster.produce(changelog, {.key = "key" + std::to_string(i), .value = value, .partition = 0});
        cluster.flush();
    }

    // Holds the writes to partition 0 until what it returns is fulfilled.
    [[nodiscard]] std::promise<void> hold()
    {
        auto gate = std::promise<void>{};
        stores->change("values", 0, [&](auto& kept) { kept.apply_gate = gate.get_future().share(); });
        return gate;
    }
    [[nodiscard]] bool held() const
    {
        return test::eventually([&] { return stores->of("values", 0).at_apply_gate > 0; });
    }

    // What a look into partition 0 says. The engine has begun to close it as soon as that is errc::not_local.
    [[nodiscard]] static error_code error_of_get(text_table const& of)
    {
        try
        {
            static_cast<void>(of.async_get_in(0, "key", asio::use_future).get());
            return {};
        }
        catch (boost::system::system_error const& error)
        {
            return error.code();
        }
    }

    [[nodiscard]] static shard_stats shard_0(engine const& of)
    {
        for (auto const& each : of.stats().shards)
            if (each.partition == 0)
                return each;
        return {};
    }
    [[nodiscard]] static std::uint64_t restored(engine const& of) { return shard_0(of).restored; }

    std::string const changelog = topic + "-changelog";
    std::shared_ptr<test::kept_stores> const stores = std::make_shared<test::kept_stores>();
    test::watched<int> handled;
};

// Texts that begin with the number of a schema, which has to be fetched before they are decoded: as Avro's.
class numbered_text
{
public:
    struct registry
    {
        std::set<char> known;
        // How often something was fetched, and how often that is to fail.
        int fetched = 0;
        int failures = 0;
        // Whether failures say that there is no such schema, instead of that nobody answers.
        bool gone = false;
    };

    using value_type = std::string;

    explicit numbered_text(std::shared_ptr<test::watched<registry>> from) : registry_{std::move(from)} {}

    [[nodiscard]] bool ready(bytes_view data) const noexcept { return registry_->get().known.contains(id_of(data)); }

    asio::awaitable<void> prepare(bytes_view data) const
    {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        auto away = false;
        auto gone = false;
        registry_->update(
            [&](auto& all)
            {
                ++all.fetched;
                away = all.failures-- > 0;
                gone = all.gone;
                if (!away)
                    all.known.insert(id_of(data));
            });
        if (away && gone)
            throw decode_error{"there is no such schema"};
        if (away)
            throw std::runtime_error{"the registry is away"};
    }

    void decode(bytes_view data, std::string& out) const
    {
        if (!ready(data))
            throw decode_error{"not fetched"};
        out.assign(reinterpret_cast<char const*>(data.data()), data.size());
    }
    void encode(std::string const& value, std::string& out) const { out.append(value); }

private:
    [[nodiscard]] static char id_of(bytes_view data) noexcept { return static_cast<char>(data.front()); }

    std::shared_ptr<test::watched<registry>> registry_;
};

using numbered_table = table<std::string, std::string, text, numbered_text>;

// Reads what the keys of records have.
struct reading_handler
{
    numbered_table values;
    test::watched<std::vector<std::string>>& read;

    void on_message(record_view const& record)
    {
        auto const shard = values.shard(record);
        read.update([&](auto& all) { all.push_back(shard.get(record.key()).value_or("nothing")); });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(table_stores, store_fixture)

// The schemas of what the store has, and of what the changelog has got since, are there before the first hook.
BOOST_AUTO_TEST_CASE(what_serdes_have_to_fetch_is_there_before_the_hooks)
{
    auto const numbered = [&](std::string const& key, std::string const& value)
    { cluster.produce(changelog, {.key = key, .value = value, .partition = 0}); };
    auto const ask = [&](std::string const& key)
    { cluster.produce(topic, {.key = key, .value = "?", .partition = 0}); };
    auto const read_all = [&](std::size_t count, int failures)
    {
        auto const from = std::make_shared<test::watched<numbered_text::registry>>();
        from->update([&](auto& all) { all.failures = failures; });
        auto read = test::watched<std::vector<std::string>>{};
        auto which = engine{io.context(), settings()};
        auto values =
            which.make_table<std::string, std::string>("values", stores, options(), text{}, numbered_text{from});
        which.handle(topic, reading_handler{values, read});
        auto outcome = outcome_of_run::start(which);
        BOOST_TEST(read.wait_until([&](auto const& all) { return all.size() >= count; }), log);
        BOOST_TEST(test::eventually([&] { return which.health().restoring == 0; }), log);
        BOOST_TEST(values.async_scan("", 10, asio::use_future).get().size() >= 2U);
        which.stop();
        BOOST_TEST(!outcome.get(), log);
        BOOST_TEST(from->get().fetched == static_cast<int>(from->get().known.size()) + failures);
        return read.get();
    };
    numbered("a", "1 of a");
    numbered("b", "2 of b");
    ask("a");
    ask("b");
    cluster.flush();
    BOOST_TEST((read_all(2, 1) == std::vector<std::string>{"1 of a", "2 of b"}), log);
    BOOST_TEST(log.wait_for("waits for what its changes are decoded with: the registry is away"), log);

    BOOST_TEST(stores->of("values", 0).entries.size() == 2U);
    numbered("c", "3 of c");
    for (auto const* const key : {"a", "b", "c"})
        ask(key);
    cluster.flush();
    BOOST_TEST((read_all(3, 0) == std::vector<std::string>{"1 of a", "2 of b", "3 of c"}), log);
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_what_serdes_have_to_fetch)
{
    auto const from = std::make_shared<test::watched<numbered_text::registry>>();
    from->update([](auto& all) { all.failures = 1'000'000; });
    cluster.produce(changelog, {.key = "a", .value = "1", .partition = 0});
    cluster.produce(topic, {.key = "a", .value = "?", .partition = 0});
    cluster.flush();
    auto read = test::watched<std::vector<std::string>>{};
    auto which = engine{io.context(), settings()};
    auto values = which.make_table<std::string, std::string>("values", stores, options(), text{}, numbered_text{from});
    which.handle(topic, reading_handler{values, read});
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(log.wait_for("waits for what its changes are decoded with"), log);
    BOOST_TEST(which.health().restoring >= 1U);
    which.stop();
    BOOST_TEST(!outcome.get(), log);
    BOOST_TEST(read.get().empty());
    BOOST_TEST(!stores->of("values", 0).open);
}

// As a schema that somebody has deleted: the rest of the table is there.
BOOST_AUTO_TEST_CASE(what_cannot_be_decoded_fails_where_it_is_read)
{
    auto const from = std::make_shared<test::watched<numbered_text::registry>>();
    from->update(
        [](auto& all)
        {
            all.failures = 1'000'000;
            all.gone = true;
        });
    for (auto const* const key : {"a", "b"})
        cluster.produce(changelog, {.key = key, .value = "1", .partition = 0});
    cluster.flush();
    auto read = test::watched<std::vector<std::string>>{};
    auto which = engine{io.context(), settings()};
    auto values = which.make_table<std::string, std::string>("values", stores, options(), text{}, numbered_text{from});
    which.handle(topic, reading_handler{values, read});
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(log.wait_for("has entries that cannot be decoded"), log);
    BOOST_TEST(test::eventually([&] { return which.health().restoring == 0; }), log);
    BOOST_CHECK_THROW(values.async_get_in(0, "a", asio::use_future).get(), boost::system::system_error);
    BOOST_TEST(!values.async_get_in(0, "c", asio::use_future).get());
    which.stop();
    BOOST_TEST(!outcome.get(), log);
}

BOOST_AUTO_TEST_CASE(a_restore_that_is_cut_off_leaves_the_store_as_old_as_it_was)
{
    produce(topic, 0, 1);
    run_once(1);
    auto const long_ago =
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(std::chrono::system_clock::now() - 1h);
    stores->change("values", 0, [&](auto& kept) { kept.as_of = long_ago; });
    auto const before = stores->of("values", 0).next_offset.value_or(-1);
    change_much();
    {
        auto gate = hold();
        auto which = engine{io.context(), settings()};
        auto const values = add(which);
        auto outcome = outcome_of_run::start(which);
        BOOST_TEST(held(), log);
        which.stop();
        BOOST_TEST(test::eventually([&] { return error_of_get(values) == errc::not_local; }), log);
        gate.set_value();
        BOOST_TEST(!outcome.get(), log);
    }
    auto const cut_off = stores->of("values", 0);
    BOOST_TEST(cut_off.next_offset.value_or(-1) > before);
    BOOST_TEST(cut_off.next_offset.value_or(-1) < before + large_values);
    BOOST_CHECK(cut_off.as_of == long_ago);
    BOOST_TEST(!cut_off.open);

    stores->change("values", 0, [](auto& kept) { kept.apply_gate = {}; });
    auto const restart = std::chrono::system_clock::now();
    produce(topic, 0, 1);
    run_once(1);
    auto const whole = stores->of("values", 0);
    BOOST_TEST(whole.entries.size() == large_values + 1U);
    BOOST_TEST(whole.cleared == 1);
    BOOST_CHECK(whole.as_of >= restart);
}

// One thread has all partitions, and nothing on it waits for the disk.
BOOST_AUTO_TEST_CASE(a_restore_is_written_beside_the_thread_that_reads_it)
{
    auto alone = test::io_threads{1};
    change_much();
    auto gate = hold();
    produce(topic, 0, 1);
    produce(topic, 1, 3);
    auto which = engine{alone.context(), settings()};
    auto const values = add(which);
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(held(), log);
    auto const passed = asio::post(alone.context(), asio::use_future).wait_for(30s);
    BOOST_TEST((passed == std::future_status::ready));
    BOOST_TEST(which.health().restoring >= 1U);
    // A piece is 1 MiB: another is collected meanwhile, and then the reading waits.
    BOOST_TEST(test::eventually([&] { return restored(which) * value_size >= (std::size_t{1} << 20U); }));
    BOOST_TEST(restored(which) < static_cast<std::uint64_t>(large_values));
    BOOST_TEST(stores->of("values", 0).next_offset.value_or(0) == 0);
    gate.set_value();
    BOOST_TEST(handled.wait_until([](int count) { return count >= 4; }), log);
    BOOST_TEST(restored(which) == static_cast<std::uint64_t>(large_values));
    BOOST_TEST(values.async_get_in(0, "last", asio::use_future).get().value_or("") == "0");
    BOOST_TEST(values.async_get_in(0, "key7", asio::use_future).get().value_or("").size() == value_size);
    which.stop();
    BOOST_TEST(!outcome.get(), log);
    alone.join();
    BOOST_TEST(stores->of("values", 0).entries.size() == large_values + 1U);
}

BOOST_AUTO_TEST_CASE(damage_that_a_write_of_a_restore_finds_makes_it_begin_again)
{
    change_much();
    stores->change("values", 0, [](auto& kept) { kept.fails = store_failure::damaged; });
    auto gate = hold();
    auto which = engine{io.context(), settings()};
    static_cast<void>(add(which));
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(held(), log);
    gate.set_value();
    BOOST_TEST(log.wait_for("it is rebuilt"), log);
    stores->change("values", 0, [](auto& kept) { kept.fails.reset(); });
    which.stop();
    static_cast<void>(outcome.get());
    produce(topic, 0, 1);
    run_once(1);
    BOOST_TEST(stores->of("values", 0).entries.size() == large_values + 1U);
}

// Later than the final commit may end: all is committed.
BOOST_AUTO_TEST_CASE(a_stop_waits_for_a_store_that_is_closed_late)
{
    produce(topic, 0, 1);
    auto chosen = settings();
    chosen.shutdown_timeout = 20s;
    auto which = engine{io.context(), chosen};
    static_cast<void>(add(which));
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(handled.wait_until([](int count) { return count >= 1; }), log);
    auto gate = hold();
    // There is something to write, though a checkpoint may have written the first one already.
    produce(topic, 0, 1);
    BOOST_TEST(handled.wait_until([](int count) { return count >= 2; }), log);
    which.stop();
    BOOST_TEST(held(), log);
    BOOST_TEST(log.wait_for("revoked "), log);
    gate.set_value();
    BOOST_TEST(!outcome.get(), log);
}

BOOST_AUTO_TEST_CASE(a_store_that_hangs_does_not_hold_the_end_and_is_named)
{
    produce(topic, 0, 1);
    auto gate = hold();
    auto chosen = settings();
    chosen.shutdown_timeout = 500ms;
    {
        auto which = engine{io.context(), chosen};
        static_cast<void>(add(which));
        auto outcome = outcome_of_run::start(which);
        BOOST_TEST(held(), log);
        which.stop();
        BOOST_TEST(outcome.get() == make_error_code(errc::shutdown_timeout), log);
        auto const text = which.last_failure().text;
        BOOST_TEST(text.find("partition 0 of table \"values\" in the test's memory") != std::string::npos, text);
    }
    BOOST_TEST(log.wait_for("\"paperboy-store\" is left behind"), log);
    BOOST_TEST(stores->of("values", 0).open);
    gate.set_value();
    BOOST_TEST(test::eventually([&] { return !stores->of("values", 0).open; }));
}

// No hook runs here that would end a batch.
BOOST_AUTO_TEST_CASE(looks_into_an_idle_table_take_no_more_memory_than_its_cache)
{
    constexpr auto keys = 3'000;
    auto const value = std::string(1'000, 'v');
    auto const key = [](int number) { return "key" + std::to_string(number); };
    for (auto i = 0; i < keys; ++i)
        cluster.produce(changelog, {.key = key(i), .value = value, .partition = 0});
    cluster.flush();
    auto which = engine{io.context(), settings()};
    auto const values = add(which);
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(test::eventually([&] { return restored(which) == static_cast<std::uint64_t>(keys); }), log);
    BOOST_TEST(test::eventually([&] { return which.health().ready(); }), log);
    for (auto i = 0; i < keys; ++i)
        BOOST_TEST(values.async_get_in(0, key(i), asio::use_future).get().value_or("") == value);
    auto const shard = shard_0(which);
    BOOST_TEST(shard.entries > 10U);
    BOOST_TEST(shard.bytes <= options().cache_bytes);
    which.stop();
    BOOST_TEST(!outcome.get(), log);
}

BOOST_AUTO_TEST_CASE(a_scan_outside_of_a_run_says_so)
{
    auto which = engine{io.context(), settings()};
    auto const values = add(which);
    auto const error_of_scan = [&]
    {
        auto got = std::promise<error_code>{};
        values.async_scan("", 10, [&](error_code error, auto const& /*found*/) { got.set_value(error); });
        return got.get_future().get();
    };
    BOOST_TEST(error_of_scan() == make_error_code(errc::not_running));
    auto outcome = outcome_of_run::start(which);
    BOOST_TEST(test::eventually([&] { return which.health().ready(); }), log);
    BOOST_TEST(error_of_scan() == error_code{});
    which.stop();
    BOOST_TEST(!outcome.get(), log);
    BOOST_TEST(error_of_scan() == make_error_code(errc::not_running));
}

// A hook that waits has changes that are not sent, on behalf of its record, whose accounts have the shard.
BOOST_AUTO_TEST_CASE(an_io_context_that_goes_away_while_a_coalescing_hook_waits_closes_the_stores)
{
    struct waiting_handler
    {
        text_table values;
        test::watched<int>* handled;
        asio::posix::stream_descriptor* waits_on;

        asio::awaitable<void> on_message(record_view const& record)
        {
            values.shard(record).set("last", record.value());
            handled->update([](int& count) { ++count; });
            co_await waits_on->async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
        }
    };
    produce(topic, 0, 1);
    {
        auto own = test::io_threads{};
        auto never = asio::posix::stream_descriptor{own.context(), ::eventfd(0, EFD_CLOEXEC)};
        auto having = options();
        having.coalesce = true;
        auto which = engine{own.context(), settings()};
        auto values = which.make_table<std::string, std::string>("values", stores, having, text{}, text{});
        which.handle(topic, waiting_handler{values, &handled, &never});
        which.async_run([](error_code) {});
        BOOST_TEST(handled.wait_until([](int count) { return count == 1; }), log);
        BOOST_TEST(stores->of("values", 0).open);
        own.halt();
    }
    for (auto partition = 0; partition < partitions; ++partition)
        BOOST_TEST(!stores->of("values", partition).open);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::table_stores_test
