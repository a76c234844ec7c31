// What hooks send, and the offsets that wait for it.

#include "mock_cluster/mock_fixture.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>
#include <set>

namespace paperboy
{
namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::at_least;
using test::collecting_handler;
using test::outcome_of_run;
using test::seen_records;

using output = topic_producer<>;

// Sends each record on as it is, `times` times.
struct forwarding_handler
{
    output out;
    test::watched<int>& handled;
    int times = 1;

    void on_message(record_view const& record)
    {
        for (auto i = 0; i < times; ++i)
            out.send(record, record.key(), record.value());
        handled.update([](int& count) { ++count; });
    }
};

struct transform_fixture : test::mock_fixture
{
    transform_fixture() : target{make_topic(1)} {}
    explicit transform_fixture(mock_cluster& on) : mock_fixture{on}, target{make_topic(1)} {}

    // What is in the output topic, as an engine of another group sees it.
    [[nodiscard]] std::vector<std::string> values(std::size_t count) const
    {
        auto seen = seen_records{};
        auto threads = test::io_threads{};
        auto reading = this->settings();
        reading.group_id += "-reader";
        reading.watcher = nullptr;
        auto reader = engine{threads.context(), reading};
        reader.handle(target, collecting_handler{seen});
        auto run = outcome_of_run::start(reader);
        BOOST_TEST(seen.wait_until(at_least(count)));
        reader.stop();
        BOOST_TEST(run.get() == error_code{});
        auto all = std::vector<std::string>{};
        for (auto const& each : seen.get())
            all.push_back(each.value);
        return all;
    }

    [[nodiscard]] bool wait_for_handled(int count) const
    {
        return handled.wait_until([count](int all) { return all >= count; });
    }
    [[nodiscard]] std::int64_t committed() const { return watcher->seen.get().committed()[{topic, 0}]; }
    [[nodiscard]] bool wait_for_commit(std::int64_t offset) const
    {
        return watcher->seen.wait_until([&](auto const& all) { return all.committed()[{topic, 0}] == offset; });
    }

    [[nodiscard]] static std::vector<std::string> numbers(int count)
    {
        auto all = std::vector<std::string>{};
        for (auto i = 0; i < count; ++i)
            all.push_back(std::to_string(i));
        return all;
    }

    std::string const target;
    test::watched<int> handled;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transform_suite, transform_fixture)

BOOST_AUTO_TEST_CASE(what_hooks_send_arrives_in_order_and_is_committed_at_the_end)
{
    produce(topic, 0, 1000);
    auto settings = this->settings();
    settings.commit.interval = 1h;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, forwarding_handler{consuming.make_producer(target), handled});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(wait_for_handled(1000));
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST(committed() == 1000);
    auto const stats = consuming.stats().producer;
    BOOST_TEST(stats.records == 1000U);
    BOOST_TEST(stats.acknowledged == 1000U);
    BOOST_TEST(stats.failed == 0U);
    BOOST_TEST(stats.in_flight == 0U);
    BOOST_TEST(values(1000) == numbers(1000), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy
