#include "kafka/changelog_topic_fsm.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <vector>

namespace paperboy::kafka::changelog_topic_fsm_test
{
namespace
{

using namespace std::chrono_literals;
using step = topic_step;
using news = topic_news;

constexpr auto start = changelog_topic_fsm::time_point{};

topic_reply reply(news what, std::string text = {})
{
    auto made = topic_reply{};
    made.news = what;
    made.text = std::move(text);
    if (what != news::yes)
        made.error = {1, kafka_category()};
    return made;
}

topic_reply there(std::int32_t partitions)
{
    auto made = reply(news::yes);
    made.partitions = partitions;
    return made;
}

topic_reply policy(std::string const& text)
{
    auto made = reply(news::yes);
    made.settings = {{"cleanup.policy", text}};
    return made;
}

struct fsm_fixture
{
    changelog_topic_fsm fsm{{"counts_changelog", 4, "compact"}};

    void expect_in_text(std::vector<std::string> const& all) const
    {
        for (auto const& each : all)
            BOOST_TEST(fsm.text().find(each) != std::string::npos, each << " is not in: " << fsm.text());
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(changelog_topic_suite, fsm_fixture)

BOOST_AUTO_TEST_CASE(a_topic_as_it_should_be_is_looked_at_and_described)
{
    BOOST_CHECK(fsm.looked(there(4)) == step::describe);
    BOOST_CHECK(fsm.described(policy("compact"), start) == step::end);
    BOOST_TEST(!fsm.error());
    BOOST_TEST(fsm.text() == "");
    BOOST_TEST(fsm.partitions() == 4);
    BOOST_TEST(!fsm.was_created());
}

BOOST_AUTO_TEST_CASE(a_global_tables_topic_may_have_any_number_of_partitions)
{
    auto any = changelog_topic_fsm{{"prices", 1, "compact", true}};
    BOOST_CHECK(any.looked(there(7)) == step::describe);
    BOOST_CHECK(any.described(policy("compact"), start) == step::end);
    BOOST_TEST(!any.error());
    BOOST_TEST(any.partitions() == 7);
}

BOOST_AUTO_TEST_CASE(a_missing_topic_is_created_and_waited_for)
{
    BOOST_CHECK(fsm.looked(reply(news::missing)) == step::create);
    BOOST_TEST(fsm.marked());
    BOOST_CHECK(fsm.created(reply(news::yes)) == step::look);
    // A broker that has not heard of it, and one that knows half of it.
    BOOST_CHECK(fsm.looked(reply(news::missing)) == step::look);
    BOOST_CHECK(fsm.looked(reply(news::almost)) == step::look);
    BOOST_CHECK(fsm.looked(there(4)) == step::describe);
    BOOST_CHECK(fsm.described(policy("compact"), start) == step::end);
    BOOST_TEST(!fsm.error());
    BOOST_TEST(fsm.was_created());
}

BOOST_AUTO_TEST_CASE(an_engine_that_is_second_goes_on_with_the_firsts_topic)
{
    BOOST_CHECK(fsm.looked(reply(news::missing)) == step::create);
    BOOST_CHECK(fsm.created(reply(news::almost)) == step::look);
    BOOST_CHECK(fsm.looked(reply(news::missing)) == step::look);
    BOOST_CHECK(fsm.looked(there(4)) == step::describe);
    BOOST_TEST(!fsm.was_created());
}

BOOST_AUTO_TEST_CASE(a_creation_without_an_answer_is_repeated_only_if_it_has_not_happened)
{
    BOOST_CHECK(fsm.looked(reply(news::missing)) == step::create);
    BOOST_CHECK(fsm.created(reply(news::unanswered)) == step::look);
    BOOST_CHECK(fsm.looked(reply(news::missing)) == step::create);
    BOOST_CHECK(fsm.created(reply(news::unanswered)) == step::look);
    BOOST_CHECK(fsm.looked(there(4)) == step::describe);
}

BOOST_AUTO_TEST_CASE(a_cluster_that_refuses_the_mark_gets_the_topic_without_it)
{
    BOOST_CHECK(fsm.looked(reply(news::missing)) == step::create);
    BOOST_CHECK(fsm.created(reply(news::bad_settings)) == step::create);
    BOOST_TEST(!fsm.marked());
    BOOST_CHECK(fsm.created(reply(news::bad_settings, "unknown setting xyz")) == step::end);
    BOOST_TEST(!!fsm.error());
    expect_in_text({"counts_changelog", "do not take its settings", "unknown setting xyz", "table_options",
                    "kafka-topics --create --topic counts_changelog --partitions 4 --config cleanup.policy=compact"});
}

BOOST_AUTO_TEST_CASE(other_numbers_of_partitions_are_named_with_the_remedy)
{
    BOOST_CHECK(fsm.looked(there(3)) == step::end);
    BOOST_CHECK(fsm.error() == errc::wrong_changelog);
    expect_in_text({"\"counts_changelog\" has 3 partitions", "source has 4", "table_options::changelog", "give it 4"});
    auto more = changelog_topic_fsm{{"counts_changelog", 4, "compact"}};
    BOOST_CHECK(more.looked(there(1)) == step::end);
    BOOST_TEST(more.text().find("has 1 partition,") != std::string::npos, more.text());
    auto less = changelog_topic_fsm{{"counts_changelog", 4, "compact"}};
    BOOST_CHECK(less.looked(there(5)) == step::end);
    BOOST_TEST(less.text().find("give it") == std::string::npos, less.text());
}

BOOST_AUTO_TEST_CASE(a_policy_that_deletes_is_refused)
{
    for (auto const* const found : {"delete", "compact,delete", "delete, compact", ""})
    {
        auto each = changelog_topic_fsm{{"counts_changelog", 4, "compact"}};
        BOOST_CHECK(each.looked(there(4)) == step::describe);
        BOOST_CHECK(each.described(policy(found), start) == step::end);
        BOOST_CHECK(each.error() == errc::wrong_changelog);
        BOOST_TEST(each.text().find("cleanup.policy \"" + std::string{found} + "\"") != std::string::npos, each.text());
    }
}

BOOST_AUTO_TEST_CASE(a_policy_that_deletes_can_be_wanted)
{
    auto both = changelog_topic_fsm{{"counts_changelog", 4, "compact,delete"}};
    BOOST_CHECK(both.looked(there(4)) == step::describe);
    BOOST_CHECK(both.described(policy("delete,compact"), start) == step::end);
    BOOST_TEST(!both.error());
    auto other = changelog_topic_fsm{{"counts_changelog", 4, "compact,delete"}};
    BOOST_CHECK(other.looked(there(4)) == step::describe);
    BOOST_CHECK(other.described(policy("compact"), start) == step::end);
    BOOST_CHECK(other.error() == errc::wrong_changelog);
}

BOOST_AUTO_TEST_CASE(missing_rights_say_which)
{
    BOOST_CHECK(fsm.looked(reply(news::missing)) == step::create);
    BOOST_CHECK(fsm.created(reply(news::refused, "Authorization failed.")) == step::end);
    BOOST_TEST(!!fsm.error());
    expect_in_text({"do not let us create it", "Authorization failed.", "allow Create", "--partitions 4"});
    auto look = changelog_topic_fsm{{"counts_changelog", 4, "compact"}};
    BOOST_CHECK(look.looked(reply(news::refused)) == step::end);
    BOOST_TEST(look.text().find("allow Describe on the topic") != std::string::npos, look.text());
}

// Nothing says that it is wrong.
BOOST_AUTO_TEST_CASE(a_policy_that_cannot_be_looked_at_is_told_and_believed)
{
    BOOST_CHECK(fsm.looked(there(4)) == step::describe);
    BOOST_CHECK(fsm.described(reply(news::refused, "Authorization failed."), start) == step::end);
    BOOST_TEST(!fsm.error());
    expect_in_text({"could not be checked", "Authorization failed.", "allow DescribeConfigs",
                    "delete.retention.ms is taken to be Kafka's default of 24 h"});
}

// Or its mark would be missing from its identity.
BOOST_AUTO_TEST_CASE(a_controller_is_waited_for)
{
    BOOST_CHECK(fsm.looked(there(4)) == step::describe);
    BOOST_CHECK(fsm.described(reply(news::no_controller), start) == step::describe);
    BOOST_CHECK(fsm.described(reply(news::no_controller), start + 9'999ms) == step::describe);
    auto marked = policy("compact");
    marked.settings.emplace("retention.ms", "4611686018427387905");
    BOOST_CHECK(fsm.described(marked, start + 9'999ms) == step::end);
    BOOST_TEST(!fsm.error());
    BOOST_TEST(fsm.text() == "");
    BOOST_TEST(fsm.setting("retention.ms") == "4611686018427387905");
}

BOOST_AUTO_TEST_CASE(a_cluster_that_names_no_controller_is_believed_in_the_end)
{
    BOOST_CHECK(fsm.looked(there(4)) == step::describe);
    BOOST_CHECK(fsm.described(reply(news::no_controller), start) == step::describe);
    // There was one meanwhile.
    BOOST_CHECK(fsm.described(reply(news::unanswered), start + 5s) == step::describe);
    BOOST_CHECK(fsm.described(reply(news::no_controller), start + 6s) == step::describe);
    BOOST_CHECK(fsm.described(reply(news::no_controller), start + 15s) == step::describe);
    BOOST_CHECK(fsm.described(reply(news::no_controller, "the cluster has no controller"), start + 16s) == step::end);
    BOOST_TEST(!fsm.error());
    expect_in_text({"could not be checked", "the cluster has no controller"});
    BOOST_TEST(fsm.without_controller());
}

BOOST_AUTO_TEST_CASE(a_cluster_that_is_known_to_have_no_controller_is_not_waited_for)
{
    fsm = changelog_topic_fsm{{"counts_changelog", 4, "compact", false, false}};
    BOOST_CHECK(fsm.looked(there(4)) == step::describe);
    BOOST_CHECK(fsm.described(reply(news::no_controller), start) == step::end);
    BOOST_TEST(!fsm.error());
    BOOST_TEST(fsm.without_controller());
}

BOOST_AUTO_TEST_CASE(a_cluster_that_cannot_be_asked_is_not_waited_for)
{
    BOOST_CHECK(fsm.looked(there(4)) == step::describe);
    BOOST_CHECK(fsm.described(reply(news::impossible), start) == step::end);
    BOOST_TEST(!fsm.error());
}

BOOST_AUTO_TEST_CASE(time_that_runs_out_without_a_controller_is_an_error)
{
    BOOST_CHECK(fsm.looked(there(4)) == step::describe);
    BOOST_CHECK(fsm.described(reply(news::no_controller, "the cluster has no controller"), start) == step::describe);
    fsm.expired(errc::connect_timeout);
    BOOST_TEST(!!fsm.error());
    expect_in_text({"the cluster has no controller"});
}

BOOST_AUTO_TEST_CASE(a_topic_that_is_deleted_in_the_middle_is_created)
{
    BOOST_CHECK(fsm.looked(there(4)) == step::describe);
    BOOST_CHECK(fsm.described(reply(news::missing), start) == step::look);
    BOOST_CHECK(fsm.looked(reply(news::missing)) == step::create);
}

BOOST_AUTO_TEST_CASE(time_that_runs_out_says_what_was_last_heard)
{
    fsm.expired(errc::connect_timeout);
    BOOST_CHECK(fsm.error() == errc::connect_timeout);
    expect_in_text({"counts_changelog", "the brokers do not answer"});
    auto half = reply(news::almost, "partition 2 has no leader");
    half.partitions = 4;
    BOOST_CHECK(fsm.looked(half) == step::look);
    fsm.expired(errc::connect_timeout);
    expect_in_text({"is not ready yet", "partition 2 has no leader"});
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::kafka::changelog_topic_fsm_test
