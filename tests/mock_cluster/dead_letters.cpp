// Dead letters of a running engine.

#include "mock_cluster/mock_fixture.hpp"
#include "support/topic_reader.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <set>

namespace paperboy::dead_letters_test
{
namespace
{

using namespace std::chrono_literals;
using test::outcome_of_run;

// Kafka's API keys and error codes.
constexpr std::int16_t produce_request = 0;
constexpr int topic_authorization_failed = 29;
constexpr int not_enough_replicas = 19;

bool is_bad(record_view const& record)
{
    return record.offset() % 10 == 3;
}

struct plain_handler
{
    std::string letters;

    void on_message(record_view const& record) const
    {
        if (is_bad(record))
            throw std::runtime_error{"bad"};
    }
    [[nodiscard]] error_action on_error(std::exception_ptr) const { return error_action::dead_letter(letters); }
};

struct awaitable_handler : plain_handler
{
    boost::asio::awaitable<void> on_message(record_view const& record) const
    {
        plain_handler::on_message(record);
        co_return;
    }
};

struct bulk_handler : plain_handler
{
    void on_bulk(std::span<record_view const> bulk) const
    {
        auto const bad = std::ranges::find_if(bulk, is_bad);
        if (bad != bulk.end())
            throw bulk_error{static_cast<std::size_t>(bad - bulk.begin()), "bad"};
    }
};

struct letters_fixture : test::mock_fixture
{
    letters_fixture() : letters{make_topic(2)} {}

    // Both of two partitions are consumed, each bad record is among the letters once, and in its partition's place.
    template <class Handler>
    void check(handler_options const& options)
    {
        constexpr auto count = 200;
        produce(topic, 0, count);
        produce(topic, 3, count);
        auto settings = this->settings();
        settings.commit.interval = 10ms;
        auto consuming = engine{io.context(), settings};
        consuming.handle(topic, Handler{letters}, options);
        auto run = outcome_of_run::start(consuming);
        BOOST_TEST(commits(0, count), log);
        BOOST_TEST(commits(3, count), log);
        consuming.stop();
        BOOST_TEST(run.get() == error_code{}, log);
        BOOST_TEST(consuming.stats().dead_letters == 40U);
        BOOST_TEST(consuming.stats().producer.acknowledged == 40U);
        auto found = std::set<std::pair<std::int32_t, std::string>>{};
        for (auto const& each : test::read_topic(cluster.bootstrap_servers(), letters, 40, 2))
            BOOST_TEST(found.emplace(each.partition, each.value.value()).second);
        for (auto i = 3; i < count; i += 10)
            BOOST_TEST((found.contains({0, std::to_string(i)}) && found.contains({1, std::to_string(i)})));
    }

    [[nodiscard]] bool commits(std::int32_t partition, std::int64_t offset) const
    {
        return watcher->seen.wait_until([&](auto const& all) { return all.committed()[{topic, partition}] == offset; });
    }

    [[nodiscard]] std::int64_t committed(std::int32_t partition) const
    {
        return watcher->seen.get().committed()[{topic, partition}];
    }

    std::string const letters;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(dead_letters_suite, letters_fixture)

BOOST_AUTO_TEST_CASE(of_plain_hooks)
{
    check<plain_handler>({});
}

BOOST_AUTO_TEST_CASE(of_overlapping_hooks)
{
    auto options = handler_options{};
    options.ordering = ordering::key;
    check<awaitable_handler>(options);
}

BOOST_AUTO_TEST_CASE(of_bulks_by_index)
{
    auto options = handler_options{};
    options.mode = mode_policy{.mode = handling_mode::bulk, .max_records = 50, .max_wait = 10ms};
    check<bulk_handler>(options);
}

BOOST_AUTO_TEST_CASE(a_letter_is_tried_again_and_its_offset_waits)
{
    produce(topic, 0, 4);
    cluster.fail_requests(produce_request, std::vector<int>(3, not_enough_replicas));
    auto settings = this->settings();
    settings.commit.interval = 10ms;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, plain_handler{letters});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(commits(0, 4), log);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
    BOOST_TEST(consuming.stats().producer.acknowledged == 1U);
}

BOOST_AUTO_TEST_CASE(a_letter_that_is_refused_for_good_ends_the_run_and_is_not_skipped)
{
    produce(topic, 0, 20);
    cluster.fail_requests(produce_request, {topic_authorization_failed});
    auto settings = this->settings();
    settings.commit.interval = 10ms;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, plain_handler{letters});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST((run.get() == errc::produce_failed), log);
    BOOST_TEST(consuming.last_failure().text.find(letters) != std::string::npos);
    BOOST_TEST(committed(0) == 3);
}

BOOST_AUTO_TEST_CASE(a_topic_that_is_its_own_is_refused)
{
    produce(topic, 0, 20);
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, plain_handler{topic});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST((run.get() == errc::handler_failed), log);
    BOOST_TEST(log.wait_for("its dead letters cannot go to \"" + topic + "\", name another topic"));
    BOOST_TEST(committed(0) == 3);
}

BOOST_AUTO_TEST_CASE(poison_of_a_bulk_that_fails_the_engine_is_the_cause)
{
    struct failing
    {
        void on_message(record_view const&) {}
        void on_bulk(std::span<record_view const> bulk)
        {
            auto const bad = std::ranges::find_if(bulk, is_bad);
            if (bad != bulk.end())
                throw bulk_error{static_cast<std::size_t>(bad - bulk.begin()),
                                 std::make_exception_ptr(std::domain_error{"poison"})};
        }
    };
    produce(topic, 0, 20);
    auto options = handler_options{};
    options.mode = mode_policy{.mode = handling_mode::bulk, .max_records = 50, .max_wait = 10ms};
    auto consuming = engine{io.context(), settings()};
    consuming.handle(topic, failing{}, options);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST((run.get() == errc::handler_failed), log);
    auto const why = consuming.last_failure();
    BOOST_CHECK_THROW(std::rethrow_exception(why.cause), std::domain_error);
    BOOST_TEST(why.offset == 3);
    BOOST_TEST(why.text.find(topic + "[0]@3: on_bulk failed: poison") != std::string::npos, why.text);
    BOOST_TEST(committed(0) == 3);
}

// The first of a bulk cannot be decoded, and the others' on_finished_handling fails: two failures with two topics.
BOOST_AUTO_TEST_CASE(each_letter_of_a_bulk_has_the_topic_of_its_own_failure)
{
    struct picky_serde
    {
        using value_type = std::string;
        void decode(bytes_view data, std::string& out) const
        {
            out.assign(reinterpret_cast<char const*>(data.data()), data.size());
            if (out == "0")
                throw std::domain_error{"zero"};
        }
    };
    struct failing
    {
        std::string unreadable;
        std::string late;

        void on_message(record<std::string> const&) const {}
        void on_bulk(std::span<record<std::string> const>) const {}
        void on_finished_handling(std::span<record<std::string> const>) const { throw std::runtime_error{"late"}; }
        [[nodiscard]] error_action on_error(std::exception_ptr) const { return error_action::dead_letter(unreadable); }
        [[nodiscard]] error_action on_bulk_error(std::exception_ptr) const { return error_action::dead_letter(late); }
    };
    produce(topic, 0, 3);
    auto const unreadable = make_topic(1);
    auto options = handler_options{};
    options.mode = mode_policy{.mode = handling_mode::bulk, .max_records = 50, .max_wait = 1s};
    auto settings = this->settings();
    settings.commit.interval = 10ms;
    auto consuming = engine{io.context(), settings};
    consuming.handle(topic, picky_serde{}, failing{unreadable, letters}, options);
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(commits(0, 3), log);
    consuming.stop();
    BOOST_TEST(run.get() == error_code{}, log);
    auto const expect =
        [&](std::string const& of, int count, std::string_view stage, std::vector<std::string> const& values)
    {
        auto found = std::vector<std::string>{};
        for (auto const& each : test::read_topic(cluster.bootstrap_servers(), of, values.size(), count))
        {
            found.push_back(each.value.value());
            auto const header =
                std::ranges::find(each.headers, "__paperboy.errors.stage", &test::read_headers::value_type::first);
            BOOST_TEST_REQUIRE((header != each.headers.end()));
            BOOST_TEST(header->second.value() == stage);
        }
        BOOST_TEST(found == values, boost::test_tools::per_element());
    };
    expect(unreadable, 1, "decoding the value", {"0"});
    expect(letters, 2, "on_finished_handling", {"1", "2"});
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::dead_letters_test
