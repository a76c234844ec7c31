#include "support/manual_hooks.hpp"

#include <paperboy/testing.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

namespace paperboy::decoding_test
{
namespace
{

using test::journal;
using testing::test_record;
using modes = boost::mpl::list<test::plain_hooks, test::awaitable_hooks>;

std::string const three{"\0\0\0\3", 4};
std::string const seven{"\0\0\0\7", 4};

using number = integer<std::int32_t>;

// Keys and values are numbers; notes what the hooks see.
template <class Mode>
struct number_handler
{
    journal& calls;

    static std::string name(std::optional<std::int32_t> const& key) { return key ? std::to_string(*key) : "none"; }

    auto on_message(record<std::int32_t, std::int32_t> const& record)
    {
        return Mode::run([this, &record]
                         { calls.push_back(name(record.key()) + "=" + std::to_string(record.value())); });
    }
    auto on_tombstone(keyed_record<std::int32_t> const& record)
    {
        return Mode::run([this, &record] { calls.push_back(name(record.key()) + " deleted"); });
    }
    auto on_error(std::exception_ptr const& error)
    {
        return Mode::run(
            [this, error]
            {
                calls.push_back(describe(error));
                return error_action::skip;
            });
    }
    auto on_finished_handling(outcome how)
    {
        return Mode::run(
            [this, how]
            {
                if (how == outcome::failed)
                    calls.emplace_back("failed");
            });
    }
};

// Fails on the value "bad" with something strange; else like text, counting.
struct counting_serde
{
    using value_type = std::string;

    int* decoded;

    void decode(bytes_view data, std::string& out) const
    {
        ++*decoded;
        auto const value = std::string_view{reinterpret_cast<char const*>(data.data()), data.size()};
        if (value == "bad")
            throw 42;
        out.append(value);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(decoding_suite)

BOOST_AUTO_TEST_CASE_TEMPLATE(keys_and_values_are_decoded, Mode, modes)
{
    auto calls = journal{};
    auto const result = testing::run(number{}, number{}, number_handler<Mode>{calls},
                                     {{three, seven}, {{}, three}, {seven, {}}, {{}, {}}, {three, three}});
    BOOST_TEST(calls == (journal{"3=7", "none=3", "7 deleted", "none deleted", "3=3"}),
               boost::test_tools::per_element());
    BOOST_TEST(result.finished == 5U);
    BOOST_TEST(result.failures.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_undecodable_value_reaches_on_error, Mode, modes)
{
    auto calls = journal{};
    auto const result = testing::run(number{}, number{}, number_handler<Mode>{calls}, {{three, "abc"}, {three, seven}});
    BOOST_TEST(calls == (journal{"expected an integer of 4 bytes, found 3 bytes", "failed", "3=7"}),
               boost::test_tools::per_element());
    BOOST_REQUIRE(result.failures.size() == 1U);
    BOOST_TEST((result.failures[0].where == hook::decode_value));
    BOOST_TEST(result.failures[0].offset == 0);
    BOOST_TEST(result.finished == 2U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_undecodable_key_reaches_on_error_for_tombstones_too, Mode, modes)
{
    auto calls = journal{};
    auto const result =
        testing::run(number{}, number{}, number_handler<Mode>{calls}, {{"", seven}, {"abcde", {}}, {three, seven}});
    BOOST_TEST(calls == (journal{"expected an integer of 4 bytes, found 0 bytes", "failed",
                                 "expected an integer of 4 bytes, found 5 bytes", "failed", "3=7"}),
               boost::test_tools::per_element());
    BOOST_REQUIRE(result.failures.size() == 2U);
    BOOST_TEST((result.failures[0].where == hook::decode_key));
    BOOST_TEST((result.failures[1].where == hook::decode_key));
}

BOOST_AUTO_TEST_CASE(without_on_error_an_undecodable_record_stops)
{
    struct handler
    {
        int handled = 0;
        void on_message(record<std::int32_t> const&) { ++handled; }
    };
    auto counting = handler{};
    auto const result = testing::run(number{}, std::ref(counting), {{{}, three}, {{}, "abc"}, {{}, seven}});
    BOOST_TEST(counting.handled == 1);
    BOOST_TEST(result.stopped);
    BOOST_TEST(result.committable == 1);
}

BOOST_AUTO_TEST_CASE(a_serde_may_throw_anything)
{
    struct handler
    {
        void on_message(record<std::string> const&) {}
        error_action on_error(std::exception_ptr) { return error_action::skip; }
    };
    auto decoded = 0;
    auto const result = testing::run(counting_serde{&decoded}, handler{}, {{{}, "bad"}, {{}, "good"}});
    BOOST_REQUIRE(result.failures.size() == 1U);
    BOOST_TEST((result.failures[0].where == hook::decode_value));
    BOOST_TEST(describe(result.failures[0].error) == "an exception that is not derived from std::exception");
    BOOST_TEST(result.finished == 2U);
    BOOST_TEST(decoded == 2);
}

BOOST_AUTO_TEST_CASE(a_serde_finds_the_previous_records_value_to_reuse)
{
    struct handler
    {
        journal& calls;
        void on_message(record<std::string> const& record) { calls.push_back(record.value()); }
    };
    auto calls = journal{};
    auto decoded = 0;
    static_cast<void>(testing::run(counting_serde{&decoded}, handler{calls}, {{{}, "a"}, {{}, "b"}, {{}, "c"}}));
    BOOST_TEST(calls == (journal{"a", "ab", "abc"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tombstones_and_null_keys_are_never_decoded)
{
    struct handler
    {
        int tombstones = 0;
        void on_message(record<std::string, std::string> const&) {}
        void on_tombstone(record_view const&) { ++tombstones; }
    };
    auto keys = 0;
    auto values = 0;
    auto counting = handler{};
    auto const result = testing::run(counting_serde{&keys}, counting_serde{&values}, std::ref(counting),
                                     {{"k", {}}, {{}, {}}, {{}, "v"}});
    BOOST_TEST(keys == 1);
    BOOST_TEST(values == 1);
    BOOST_TEST(counting.tombstones == 2);
    BOOST_TEST(result.finished == 3U);
}

BOOST_AUTO_TEST_CASE(without_on_tombstone_only_the_other_hooks_run)
{
    struct handler
    {
        journal& calls;

        int define_context()
        {
            calls.emplace_back("define_context");
            return 0;
        }
        void did_receive_message(record<std::string_view>&) { calls.emplace_back("did_receive_message"); }
        void on_message(record<std::string_view> const&) { calls.emplace_back("on_message"); }
        void on_finished_handling() { calls.emplace_back("on_finished_handling"); }
    };
    auto calls = journal{};
    auto const result = testing::run(text{}, handler{calls}, {{"k", {}}});
    // did_receive_message takes a decoded value, which a tombstone has not.
    BOOST_TEST(calls == (journal{"define_context", "on_finished_handling"}), boost::test_tools::per_element());
    BOOST_TEST(result.finished == 1U);
}

BOOST_AUTO_TEST_CASE(did_receive_message_sees_tombstones_when_it_accepts_them)
{
    struct for_views
    {
        journal& calls;
        void did_receive_message(record_view& record) { calls.emplace_back(record.is_tombstone() ? "none" : "some"); }
        void on_message(record<std::string_view> const&) {}
    };
    struct for_keys
    {
        journal& calls;
        void did_receive_message(keyed_record<std::string_view>& record)
        {
            calls.emplace_back(std::string{*record.key()} + (record.is_tombstone() ? " none" : " some"));
        }
        void on_message(record<std::string_view, std::string_view> const&) {}
    };
    struct for_both
    {
        journal& calls;
        void did_receive_message(record<std::string_view, std::string_view>& record)
        {
            calls.emplace_back(record.value());
        }
        void did_receive_message(keyed_record<std::string_view>& record) { calls.emplace_back(*record.key()); }
        void on_message(record<std::string_view, std::string_view> const&) {}
    };
    auto const records = std::vector<test_record>{{"k", "v"}, {"l", {}}};
    auto calls = journal{};
    static_cast<void>(testing::run(text{}, for_views{calls}, records));
    static_cast<void>(testing::run(text{}, text{}, for_keys{calls}, records));
    static_cast<void>(testing::run(text{}, text{}, for_both{calls}, records));
    BOOST_TEST(calls == (journal{"some", "none", "k some", "l none", "v", "l"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(did_receive_message_may_change_what_later_hooks_see)
{
    struct handler
    {
        journal& calls;

        void did_receive_message(record<std::string_view, std::string>& record)
        {
            record.value() += "!";
            record.key() = "changed";
        }
        void on_message(record<std::string_view, std::string> const& record)
        {
            calls.push_back(std::string{*record.key()} + " " + record.value() + " " + std::string{record.raw_value()} +
                            " " + std::string{record.record_view::key()});
        }
    };
    auto calls = journal{};
    auto decoded = 0;
    static_cast<void>(testing::run(text{}, counting_serde{&decoded}, handler{calls}, {{"k", "v"}}));
    BOOST_TEST(calls == journal{"changed v! v k"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_null_key_is_not_an_empty_key)
{
    struct handler
    {
        std::vector<bool> keys;
        void on_message(record<std::string_view, std::string_view> const& record)
        {
            keys.push_back(record.key().has_value());
            BOOST_TEST(record.has_key() == record.key().has_value());
        }
    };
    auto counting = handler{};
    static_cast<void>(testing::run(text{}, text{}, std::ref(counting), {{{}, "v"}, {"", "v"}, {{}, "v"}}));
    BOOST_TEST(counting.keys == (std::vector{false, true, false}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_value_alone_leaves_the_key_raw)
{
    struct handler
    {
        journal& calls;
        void on_message(record<std::int32_t> const& record)
        {
            calls.push_back(std::string{record.key()} + "=" + std::to_string(record.value()) + " of " +
                            std::to_string(record.raw_value().size()) + " bytes");
        }
    };
    auto calls = journal{};
    static_cast<void>(testing::run(number{}, handler{calls}, {{"k", seven}}));
    BOOST_TEST(calls == journal{"k=7 of 4 bytes"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::decoding_test
