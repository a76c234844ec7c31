// How a table's changelog topic comes to be, and what is said of one that cannot be used.

#include "support/broker_engine.hpp"
#include "support/broker_process.hpp"

#include "kafka/changelog_reader.hpp"
#include "kafka/changelog_topic.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <set>

namespace paperboy::test::changelog_topic_test
{
namespace
{

using namespace std::chrono_literals;
using kafka::changelog_finding;
using kafka::changelog_spec;

struct fixture
{
    cluster admin;
    std::string topic = unique_name("changelog");
    kafka::client client{kafka::make_changelog_conf(test_config(topic), 1, 0)};

    [[nodiscard]] changelog_finding ensure(changelog_spec const& spec, std::chrono::milliseconds within = 30s) const
    {
        return kafka::ensure_changelog(client, spec, std::chrono::steady_clock::now() + within);
    }
    static void expect_in(std::string const& text, std::vector<std::string> const& parts)
    {
        for (auto const& each : parts)
            BOOST_TEST(text.find(each) != std::string::npos, each << " is not in: " << text);
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_missing_topic_is_made_compacted_with_its_settings, fixture)
{
    auto const made = ensure({topic, 3, -1, {{"segment.ms", "60000"}, {"min.cleanable.dirty.ratio", "0.2"}}});
    BOOST_TEST(!made.error, made.text);
    BOOST_TEST(made.text == "");
    BOOST_TEST(made.created);
    BOOST_TEST(made.partitions == 3);
    auto const found = ensure({topic, 3, -1, {}});
    BOOST_TEST(!found.error, found.text);
    BOOST_TEST(!found.created);
    BOOST_TEST(found.identity == made.identity);
    auto const strict = ensure({topic, 3, -1, {{"cleanup.policy", "compact"}}});
    BOOST_TEST(!strict.error, strict.text);
}

BOOST_FIXTURE_TEST_CASE(a_topic_that_is_made_anew_has_another_identity, fixture)
{
    auto const first = ensure({topic, 1, -1, {}});
    BOOST_TEST(!first.error, first.text);
    admin.delete_topic(topic);
    auto const second = ensure({topic, 1, -1, {}});
    BOOST_TEST(!second.error, second.text);
    BOOST_TEST(second.created);
    BOOST_TEST(first.identity != second.identity);
    BOOST_TEST(kafka::certainly_another(first.identity, second.identity));
    // One that was not made here has none of its own, but that of no other topic either.
    admin.create_topic(topic + "-by-hand", 1, {{"cleanup.policy", "compact"}});
    auto const by_hand = ensure({topic + "-by-hand", 1, -1, {}});
    BOOST_TEST(!by_hand.error, by_hand.text);
    BOOST_TEST(by_hand.identity.ends_with("/" + topic + "-by-hand"));
    BOOST_TEST(ensure({topic + "-by-hand", 1, -1, {}}).identity == by_hand.identity);
}

BOOST_FIXTURE_TEST_CASE(topics_that_cannot_be_changelogs_are_named_with_what_was_found, fixture)
{
    admin.create_topic(topic, 2, {{"cleanup.policy", "delete"}});
    auto const fewer = ensure({topic, 3, -1, {}});
    BOOST_CHECK(fewer.error == errc::wrong_changelog);
    BOOST_TEST(fewer.partitions == 2);
    expect_in(fewer.text, {topic, "has 2 partitions", "has 3", "table_options::changelog"});
    auto const more = ensure({topic, 1, -1, {}});
    BOOST_CHECK(more.error == errc::wrong_changelog);
    auto const policy = ensure({topic, 2, -1, {}});
    BOOST_CHECK(policy.error == errc::wrong_changelog);
    expect_in(policy.text, {topic, "cleanup.policy \"delete\"", "wants \"compact\"", "kafka-configs --alter"});
}

BOOST_FIXTURE_TEST_CASE(settings_that_no_topic_can_have_are_named, fixture)
{
    auto const unknown = ensure({topic, 1, -1, {{"segment.millis", "1"}}});
    BOOST_TEST(!!unknown.error);
    BOOST_TEST(!unknown.created);
    expect_in(unknown.text, {topic, "do not take its settings", "segment.millis"});
    auto const replicas = ensure({topic, 1, 3, {}});
    BOOST_TEST(!!replicas.error);
    expect_in(replicas.text, {topic, "cannot be created", "eplication"});
    auto const name = ensure({"not a topic", 1, -1, {}});
    BOOST_TEST(!!name.error);
    expect_in(name.text, {"\"not a topic\""});
}

BOOST_FIXTURE_TEST_CASE(engines_that_make_it_at_the_same_time_agree, fixture)
{
    auto all = std::vector<std::future<changelog_finding>>{};
    for (auto i = 0; i < 4; ++i)
        all.push_back(std::async(std::launch::async, [&] { return ensure({topic, 5, -1, {}}); }));
    auto created = 0;
    auto identities = std::set<std::string>{};
    for (auto& each : all)
    {
        auto const found = each.get();
        BOOST_TEST(!found.error, found.text);
        created += found.created ? 1 : 0;
        identities.insert(found.identity);
    }
    BOOST_TEST(created == 1);
    BOOST_TEST(identities.size() == 1U);
}

BOOST_AUTO_TEST_CASE(brokers_that_do_not_answer_are_an_error_that_may_pass)
{
    auto const client = kafka::client{kafka::make_changelog_conf(test_config("group", "127.0.0.1:1"), 1, 0)};
    auto const found = kafka::ensure_changelog(client, {"counts", 1, -1, {}}, std::chrono::steady_clock::now() + 1s);
    BOOST_CHECK(found.error == condition::retriable);
    BOOST_TEST(found.text.find("\"counts\" could not be looked at in time") != std::string::npos, found.text);
}

} // namespace paperboy::test::changelog_topic_test
