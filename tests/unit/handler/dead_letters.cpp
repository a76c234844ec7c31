// What goes to the dead letters, and what a handler's options say of failures.

#include "support/manual_hooks.hpp"

#include <paperboy/schema_registry.hpp>
#include <paperboy/testing.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

namespace paperboy::dead_letters_test
{
namespace
{

using test::journal;
using testing::sent_record;
using testing::test_record;
using testing::test_result;
using modes = boost::mpl::list<test::plain_hooks, test::awaitable_hooks>;
using batch = std::span<record_view const>;

// Fails where it is told to on the value "bad"; on_error answers with `answer`.
template <class Mode>
struct failing_handler
{
    hook where = hook::on_message;
    error_action answer = error_action::dead_letter();
    error_action answer_at_end = error_action::skip;
    bool also_at_end = false;

    auto define_context(record_view const& record)
    {
        return Mode::run(
            [this, record]
            {
                fail(hook::define_context, record);
                return 0;
            });
    }
    auto did_receive_message(record_view& record)
    {
        return Mode::run([this, record] { fail(hook::did_receive_message, record); });
    }
    auto on_message(record_view const& record)
    {
        return Mode::run([this, record] { fail(hook::on_message, record); });
    }
    auto on_finished_handling(record_view const& record)
    {
        return Mode::run(
            [this, record]
            {
                at_end = also_at_end;
                fail(also_at_end ? where : hook::on_finished_handling, record);
            });
    }
    auto on_error(std::exception_ptr)
    {
        return Mode::run([this] { return std::exchange(at_end, false) ? answer_at_end : answer; });
    }

    void fail(hook here, record_view const& record) const
    {
        if (here == where && record.value() == "bad")
            throw std::runtime_error{at_end ? "again" : "no good"};
    }

    bool at_end = false;
};

std::map<std::string, std::string> headers_of(sent_record const& letter)
{
    auto all = std::map<std::string, std::string>{};
    for (auto const& [name, value] : letter.headers)
        all[name] = value.value_or("null");
    return all;
}

// Named only by its message's header.
std::string message_of(test_result const& result)
{
    return headers_of(result.dead_letters.at(0))["__paperboy.errors.exception.message"];
}

std::string stage_of(test_result const& result)
{
    return headers_of(result.dead_letters.at(0))["__paperboy.errors.stage"];
}

std::vector<std::int64_t> causes_of(test_result const& result)
{
    auto all = std::vector<std::int64_t>{};
    for (auto const& each : result.dead_letters)
        all.push_back(each.cause);
    return all;
}

std::vector<test_record> with_values(std::vector<std::string> const& values)
{
    auto all = std::vector<test_record>{};
    for (auto const& each : values)
        all.push_back({"k", each});
    return all;
}

backoff twice()
{
    auto how = backoff{};
    how.attempts = 2;
    return how;
}

handler_options on_undecodable(error_action const& action)
{
    auto options = handler_options{};
    options.on_undecodable = action;
    return options;
}

// Counts, in single and in bulk.
struct numbers
{
    std::vector<std::int32_t>& seen;
    int& asked;

    void on_message(record<std::int32_t> const& record) { seen.push_back(record.value()); }
    void on_bulk(std::span<record<std::int32_t> const> bulk)
    {
        for (auto const& each : bulk)
            seen.push_back(each.value());
    }
    error_action on_error(std::exception_ptr)
    {
        ++asked;
        return error_action::fail;
    }
};

std::vector<test_record> with_broken_value()
{
    return {{"k", std::string("\0\0\0\1", 4)}, {"k", "broken"}, {"k", std::string("\0\0\0\2", 4)}};
}

constexpr auto integers = integer<std::int32_t>{};

// Throws a bulk_error for every "bad"; on_error answers with `answer`.
struct picky
{
    error_action answer;

    void on_message(record_view const&) {}
    void on_bulk(batch bulk)
    {
        auto const bad = std::ranges::find(bulk, "bad", &record_view::value);
        if (bad != bulk.end())
            throw bulk_error{static_cast<std::size_t>(bad - bulk.begin()),
                             std::make_exception_ptr(std::domain_error{"picked"})};
    }
    error_action on_error(std::exception_ptr) { return answer; }
};

} // namespace

BOOST_AUTO_TEST_SUITE(dead_letters)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_record_goes_as_it_came_and_says_why, Mode, modes)
{
    auto const record = test_record{{}, "bad", 41, 1234, {{"mine", "1"}, {"null", std::nullopt}}};
    auto const result = testing::run(failing_handler<Mode>{}, {record, {"k", "good"}}, {"orders", 3});
    BOOST_TEST(!result.stopped);
    BOOST_TEST(result.finished == 2U);
    BOOST_TEST(result.committable == 43);
    BOOST_TEST_REQUIRE(result.dead_letters.size() == 1U);
    auto const& letter = result.dead_letters[0];
    BOOST_TEST(letter.topic == "orders.dlq");
    BOOST_TEST(!letter.key);
    BOOST_TEST(letter.value.value() == "bad");
    BOOST_TEST(letter.partition.value() == 3);
    BOOST_TEST(letter.timestamp_ms == 1234);
    BOOST_TEST(letter.cause == 41);
    using header = std::pair<std::string, std::optional<std::string>>;
    auto const expected = std::vector<header>{{"mine", "1"},
                                              {"null", std::nullopt},
                                              {"__paperboy.errors.topic", "orders"},
                                              {"__paperboy.errors.partition", "3"},
                                              {"__paperboy.errors.offset", "41"},
                                              {"__paperboy.errors.timestamp", "1234"},
                                              {"__paperboy.errors.group", "test"},
                                              {"__paperboy.errors.stage", "on_message"},
                                              {"__paperboy.errors.exception.class.name", "std::runtime_error"},
                                              {"__paperboy.errors.exception.message", "no good"},
                                              {"__paperboy.errors.attempts", "1"}};
    BOOST_TEST((letter.headers == expected));
}

// librdkafka would send 0 as "now".
BOOST_AUTO_TEST_CASE(a_record_of_the_first_moment_of_1970_says_so_and_goes_as_near_as_it_can)
{
    auto const record = test_record{{}, "bad", 41, 0, {}};
    auto const result = testing::run(failing_handler<test::plain_hooks>{}, {record}, {"orders", 3});
    BOOST_TEST_REQUIRE(result.dead_letters.size() == 1U);
    auto const& letter = result.dead_letters[0];
    BOOST_TEST(letter.timestamp_ms == 1);
    using header = std::pair<std::string, std::optional<std::string>>;
    BOOST_TEST((std::ranges::count(letter.headers, header{"__paperboy.errors.timestamp", "0"}) == 1));
}

BOOST_AUTO_TEST_CASE(empty_and_null_stay_apart)
{
    struct refusing
    {
        void on_message(record_view const&) { throw 42; }
        void on_tombstone(record_view const&) { throw 42; }
        error_action on_error(std::exception_ptr) { return error_action::dead_letter("elsewhere"); }
    };
    auto const result = testing::run(refusing{}, {{"", ""}, {"k", std::nullopt}, {std::nullopt, "v"}});
    BOOST_TEST_REQUIRE(result.dead_letters.size() == 3U);
    BOOST_TEST(result.dead_letters[0].topic == "elsewhere");
    BOOST_TEST((result.dead_letters[0].key == "" && result.dead_letters[0].value == ""));
    BOOST_TEST((result.dead_letters[1].key == "k" && !result.dead_letters[1].value));
    BOOST_TEST((!result.dead_letters[2].key && result.dead_letters[2].value == "v"));
    auto headers = headers_of(result.dead_letters[0]);
    BOOST_TEST(headers["__paperboy.errors.exception.class.name"] == "int");
    BOOST_TEST(!headers.contains("__paperboy.errors.timestamp"));
}

BOOST_AUTO_TEST_CASE(a_long_message_is_cut_between_characters)
{
    struct talkative
    {
        void on_message(record_view const&)
        {
            auto text = std::string(999, 'x');
            for (auto i = 0; i < 1000; ++i)
                text += "ü";
            throw std::runtime_error{text};
        }
        error_action on_error(std::exception_ptr) { return error_action::dead_letter(); }
    };
    auto const result = testing::run(talkative{}, {{"k", "v"}});
    BOOST_TEST(message_of(result) == std::string(999, 'x'));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_hook_may_be_the_reason, Mode, modes)
{
    for (auto const where :
         {hook::define_context, hook::did_receive_message, hook::on_message, hook::on_finished_handling})
    {
        auto const result = testing::run(failing_handler<Mode>{where}, {{"k", "bad"}, {"k", "good"}});
        BOOST_TEST(result.finished == 2U);
        BOOST_TEST_REQUIRE(result.dead_letters.size() == 1U);
        BOOST_TEST(stage_of(result) == to_string(where));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(retries_come_first_and_are_counted, Mode, modes)
{
    auto const answer = error_action::retry(twice(), error_action::dead_letter("late"));
    auto const result = testing::run(failing_handler<Mode>{hook::on_message, answer}, {{"k", "bad"}, {"k", "good"}});
    BOOST_TEST(result.failures.size() == 3U);
    BOOST_TEST(result.finished == 2U);
    BOOST_TEST_REQUIRE(result.dead_letters.size() == 1U);
    BOOST_TEST(result.dead_letters[0].topic == "late");
    BOOST_TEST(headers_of(result.dead_letters[0])["__paperboy.errors.attempts"] == "3");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_record_whose_last_hook_says_otherwise_is_not_sent, Mode, modes)
{
    auto handler = failing_handler<Mode>{};
    handler.also_at_end = true;
    handler.answer_at_end = error_action::fail;
    auto const failed = testing::run(handler, {{"k", "bad"}});
    BOOST_TEST(failed.stopped);
    BOOST_TEST(failed.dead_letters.empty());
    handler.answer_at_end = error_action::skip;
    auto const sent = testing::run(handler, {{"k", "bad"}});
    BOOST_TEST(sent.dead_letters.size() == 1U);
    BOOST_TEST(message_of(sent) == "no good");
}

BOOST_AUTO_TEST_CASE(an_impossible_topic_is_refused)
{
    BOOST_CHECK_THROW(static_cast<void>(error_action::dead_letter("no topic")), setup_error);
    BOOST_CHECK_THROW(static_cast<void>(error_action::dead_letter(std::string(250, 'x'))), setup_error);
    BOOST_TEST(to_string(error_action::dead_letter().what()) == "dead_letter");
    BOOST_TEST((error_action::dead_letter("a") != error_action::dead_letter("b")));
}

// ---- what the options say

BOOST_AUTO_TEST_CASE(without_on_error_the_options_decide)
{
    struct silent
    {
        void on_message(record_view const& record)
        {
            if (record.value() == "bad")
                throw std::runtime_error{"no good"};
        }
    };
    auto options = handler_options{};
    auto const run = [&]
    { return testing::run(silent{}, with_values({"bad", "good"}), {"t", 0}, std::chrono::seconds{10}, options); };
    BOOST_TEST(run().stopped);
    options.on_failure = error_action::skip;
    BOOST_TEST(run().finished == 2U);
    BOOST_TEST(run().dead_letters.empty());
    options.on_failure = error_action::dead_letter();
    BOOST_TEST(run().dead_letters.size() == 1U);
    options.on_failure = error_action::retry(twice(), error_action::dead_letter());
    BOOST_TEST(run().failures.size() == 3U);
    BOOST_TEST(run().dead_letters.size() == 1U);
}

BOOST_AUTO_TEST_CASE(undecodable_records_go_through_on_error_unless_the_options_decide)
{
    auto seen = std::vector<std::int32_t>{};
    auto asked = 0;
    auto const run = [&](handler_options const& options)
    {
        seen.clear();
        asked = 0;
        return testing::run(integers, numbers{seen, asked}, with_broken_value(), {"t", 0}, std::chrono::seconds{10},
                            options);
    };
    BOOST_TEST(run({}).stopped);
    BOOST_TEST(asked == 1);
    BOOST_TEST(run(on_undecodable(error_action::fail)).stopped);
    BOOST_TEST(asked == 0);
    auto const skipped = run(on_undecodable(error_action::skip));
    BOOST_TEST(skipped.finished == 3U);
    BOOST_TEST(skipped.dead_letters.empty());
    auto const buried = run(on_undecodable(error_action::dead_letter()));
    BOOST_TEST(asked == 0);
    BOOST_TEST(seen == (std::vector<std::int32_t>{1, 2}), boost::test_tools::per_element());
    BOOST_TEST(causes_of(buried) == (std::vector<std::int64_t>{1}), boost::test_tools::per_element());
    BOOST_TEST(buried.dead_letters[0].value.value() == "broken");
    BOOST_TEST(stage_of(buried) == "decoding the value");
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_decoded_is_kept_as_it_is)
{
    struct keyed
    {
        void on_message(record<std::int32_t, std::string_view> const&) {}
    };
    auto const result = testing::run(integers, text{}, keyed{}, {{"odd", "v"}}, {"t", 0}, std::chrono::seconds{10},
                                     on_undecodable(error_action::dead_letter()));
    BOOST_TEST_REQUIRE(result.dead_letters.size() == 1U);
    BOOST_TEST(result.dead_letters[0].key.value() == "odd");
    BOOST_TEST(stage_of(result) == "decoding the key");
}

BOOST_AUTO_TEST_CASE(a_registry_that_is_away_does_not_make_records_undecodable)
{
    struct unlucky
    {
        using value_type = int;
        errc why = errc::registry_unreachable;
        void decode(bytes_view, int&) { throw registry_error{why, "the registry"}; }
    };
    struct silent
    {
        void on_message(record<int> const&) {}
    };
    auto const run = [](errc why)
    {
        return testing::run(unlucky{why}, silent{}, {{"k", "v"}}, {"t", 0}, std::chrono::seconds{10},
                            on_undecodable(error_action::dead_letter()));
    };
    for (auto const away : {errc::registry_unreachable, errc::registry_refused, errc::registry_bad_answer})
    {
        BOOST_TEST(run(away).stopped);
        BOOST_TEST(run(away).dead_letters.empty());
    }
    BOOST_TEST(run(errc::unknown_schema).dead_letters.size() == 1U);
}

// ---- bulks

BOOST_AUTO_TEST_CASE(poison_by_index_goes_through_each_policy)
{
    auto const values = with_values({"a", "bad", "b", "bad"});
    auto const failed = testing::run_bulk(picky{error_action::fail}, values);
    BOOST_TEST(failed.stopped);
    BOOST_TEST(failed.committable == 1);
    auto const skipped = testing::run_bulk(picky{error_action::skip}, values);
    BOOST_TEST(skipped.finished == 4U);
    BOOST_TEST(skipped.dead_letters.empty());
    auto const answer = error_action::retry(twice(), error_action::dead_letter());
    for (auto const& action : {error_action::dead_letter(), answer})
    {
        auto const buried = testing::run_bulk(picky{action}, values);
        BOOST_TEST(buried.finished == 4U);
        BOOST_TEST(causes_of(buried) == (std::vector<std::int64_t>{1, 3}), boost::test_tools::per_element());
        auto headers = headers_of(buried.dead_letters[0]);
        BOOST_TEST(headers["__paperboy.errors.stage"] == "on_bulk");
        BOOST_TEST(headers["__paperboy.errors.exception.class.name"] == "std::domain_error");
        BOOST_TEST(headers["__paperboy.errors.attempts"] == (action == answer ? "3" : "1"));
    }
}

BOOST_AUTO_TEST_CASE(undecodable_records_of_a_bulk_go_through_each_policy)
{
    auto seen = std::vector<std::int32_t>{};
    auto asked = 0;
    auto const run = [&](error_action const& action)
    {
        seen.clear();
        return testing::run_bulk(integers, numbers{seen, asked}, with_broken_value(), {"t", 0},
                                 std::chrono::seconds{10}, on_undecodable(action));
    };
    auto const failed = run(error_action::fail);
    BOOST_TEST(failed.stopped);
    BOOST_TEST(failed.committable == 1);
    BOOST_TEST(run(error_action::skip).finished == 3U);
    auto const late = error_action::retry(twice(), error_action::dead_letter());
    for (auto const& action : {error_action::dead_letter(), late})
    {
        auto const buried = run(action);
        BOOST_TEST(buried.finished == 3U);
        BOOST_TEST(seen == (std::vector<std::int32_t>{1, 2}), boost::test_tools::per_element());
        BOOST_TEST(causes_of(buried) == (std::vector<std::int64_t>{1}), boost::test_tools::per_element());
    }
    BOOST_TEST(asked == 0);
}

// What was left out before is sent once, and what did_receive_bulk_messages removed before it failed is not lost.
BOOST_AUTO_TEST_CASE(a_bulk_that_fails_as_a_whole_is_sent_as_a_whole)
{
    struct clumsy
    {
        error_action answer;
        void on_message(record<std::int32_t> const&) {}
        void did_receive_bulk_messages(std::vector<record<std::int32_t>>& bulk)
        {
            bulk.clear();
            throw std::runtime_error{"dropped them"};
        }
        void on_bulk(std::span<record<std::int32_t> const>) {}
        error_action on_bulk_error(std::exception_ptr) { return answer; }
    };
    auto const late = error_action::retry(twice(), error_action::dead_letter());
    for (auto const& action : {error_action::dead_letter(), late})
    {
        auto const result =
            testing::run_bulk(integers, clumsy{action}, with_broken_value(), {"t", 0}, std::chrono::seconds{10},
                              on_undecodable(error_action::dead_letter("broken")));
        BOOST_TEST(result.finished == 3U);
        BOOST_TEST(causes_of(result) == (std::vector<std::int64_t>{1, 0, 2}), boost::test_tools::per_element());
        BOOST_TEST(result.dead_letters[0].topic == "broken");
        BOOST_TEST(result.dead_letters[1].topic == "t.dlq");
    }
}

BOOST_AUTO_TEST_CASE(without_on_bulk_error_the_options_decide_about_bulks)
{
    struct silent
    {
        void on_message(record_view const&) {}
        void on_bulk(batch) { throw std::runtime_error{"no good"}; }
    };
    auto options = handler_options{};
    options.on_failure = error_action::dead_letter();
    auto const result =
        testing::run_bulk(silent{}, with_values({"a", "b"}), {"t", 0}, std::chrono::seconds{10}, options);
    BOOST_TEST(causes_of(result) == (std::vector<std::int64_t>{0, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::dead_letters_test
