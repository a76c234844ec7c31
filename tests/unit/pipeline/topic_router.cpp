#include "pipeline/topic_router.hpp"

#include <paperboy/error.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace paperboy::pipeline::topic_router_test
{
namespace
{

struct no_factory final : detail::batch_handler_factory
{
    [[nodiscard]] bool asynchronous() const noexcept override { return false; }
    std::unique_ptr<detail::batch_handler> make(topic_partition const&) override { return nullptr; }
};

// A router that knows which of its routes a topic takes.
class routes
{
public:
    explicit routes(std::initializer_list<char const*> topics)
    {
        for (auto const* const topic : topics)
            add(topic);
    }

    void add(std::string topic)
    {
        auto factory = std::make_unique<no_factory>();
        auto const* const address = factory.get();
        router.add(topic, std::move(factory));
        owners_.emplace_back(address, std::move(topic));
    }

    [[nodiscard]] std::string taken_by(std::string_view topic) const
    {
        auto const target = router.find(topic);
        auto const* const found = target ? &target->factory : nullptr;
        for (auto const& [address, name] : owners_)
            if (address == found)
                return name;
        return "nobody";
    }

    [[nodiscard]] std::string refusal_of(std::string const& topic)
    {
        try
        {
            add(topic);
        }
        catch (setup_error const& error)
        {
            BOOST_TEST(error.code() == make_error_code(errc::invalid_handler));
            return error.what();
        }
        return "accepted";
    }

    topic_router router;

private:
    std::vector<std::pair<detail::batch_handler_factory const*, std::string>> owners_;
};

bool contains(std::string const& text, std::string const& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(topic_router_suite)

BOOST_AUTO_TEST_CASE(an_empty_router_finds_nothing)
{
    auto const empty = routes{};
    BOOST_TEST(empty.router.empty());
    BOOST_TEST(empty.taken_by("orders") == "nobody");
    BOOST_TEST(empty.router.topics().empty());
}

BOOST_AUTO_TEST_CASE(a_name_wins_over_a_pattern_added_before)
{
    auto const mixed = routes{"^orders.*", "orders"};
    BOOST_TEST(mixed.taken_by("orders") == "orders");
    BOOST_TEST(mixed.taken_by("orders-eu") == "^orders.*");
    BOOST_TEST(!mixed.router.empty());
}

BOOST_AUTO_TEST_CASE(the_first_matching_pattern_wins)
{
    auto const patterns = routes{"^a", "^ab", "^abc$"};
    BOOST_TEST(patterns.taken_by("abc") == "^a");
    BOOST_TEST(patterns.taken_by("b") == "nobody");
}

BOOST_AUTO_TEST_CASE(a_name_is_not_a_prefix_and_not_a_pattern)
{
    auto const names = routes{"a.b"};
    BOOST_TEST(names.taken_by("a.b") == "a.b");
    BOOST_TEST(names.taken_by("axb") == "nobody");
    BOOST_TEST(names.taken_by("a.bc") == "nobody");
}

BOOST_AUTO_TEST_CASE(patterns_are_posix_extended_and_match_anywhere_unless_anchored)
{
    auto const patterns = routes{"^(orders|payments)-[a-z]{2}$", "^audit"};
    BOOST_TEST(patterns.taken_by("payments-eu") == "^(orders|payments)-[a-z]{2}$");
    BOOST_TEST(patterns.taken_by("payments-eur") == "nobody");
    BOOST_TEST(patterns.taken_by("audit.log") == "^audit");
}

BOOST_AUTO_TEST_CASE(names_tells_names_from_patterns)
{
    auto const mixed = routes{"orders", "^pay.*"};
    BOOST_TEST(mixed.router.names("orders"));
    BOOST_TEST(!mixed.router.names("payments"));
    BOOST_TEST(!mixed.router.names("^pay.*"));
}

BOOST_AUTO_TEST_CASE(the_subscription_has_all_topics_in_order)
{
    auto const mixed = routes{"b", "^a.*", "a"};
    BOOST_TEST(mixed.router.topics() == (std::vector<std::string>{"b", "^a.*", "a"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_empty_topic_is_refused)
{
    auto const text = routes{}.refusal_of("");
    BOOST_TEST(contains(text, "topic is empty"));
    BOOST_TEST(contains(text, "give a topic's name, or a regular expression that begins with '^'"));
}

BOOST_DATA_TEST_CASE(impossible_names_are_refused,
                     boost::unit_test::data::make({".", "..", "a b", "a/b", "ä", "a*", "a,b"}), name)
{
    auto const text = routes{}.refusal_of(name);
    BOOST_TEST(contains(text, "\"" + std::string{name} + "\" cannot be a topic's name"));
    BOOST_TEST(contains(text, "at most 249 letters, digits, '.', '_' and '-'"));
}

BOOST_AUTO_TEST_CASE(a_name_has_at_most_249_characters)
{
    auto longest = routes{};
    BOOST_TEST(longest.refusal_of(std::string(249, 'a')) == "accepted");
    BOOST_TEST(contains(longest.refusal_of(std::string(250, 'a')), "at most 249"));
}

BOOST_AUTO_TEST_CASE(a_name_with_a_zero_byte_is_refused)
{
    // The text shows the name up to that byte.
    BOOST_TEST(routes{}.refusal_of(std::string{"a\0b", 3}) == "paperboy: \"a");
}

BOOST_DATA_TEST_CASE(malformed_patterns_are_refused, boost::unit_test::data::make({"^(", "^[a-", "^a{2,1}", "^*["}),
                     pattern)
{
    auto const text = routes{}.refusal_of(pattern);
    BOOST_TEST(
        contains(text, "topic pattern \"" + std::string{pattern} + "\" is not a POSIX extended regular expression"));
}

BOOST_AUTO_TEST_CASE(a_topic_has_one_handler)
{
    auto once = routes{"orders", "^pay.*"};
    for (auto const* const topic : {"orders", "^pay.*"})
    {
        auto const text = once.refusal_of(topic);
        BOOST_TEST(contains(text, "topic \"" + std::string{topic} + "\" has a handler already"));
        BOOST_TEST(contains(text, "one handler per topic"));
    }
    BOOST_TEST(once.router.topics().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_refused_topic_leaves_the_router_as_it_was)
{
    auto router = routes{"orders"};
    static_cast<void>(router.refusal_of("no good"));
    static_cast<void>(router.refusal_of("^("));
    BOOST_TEST(router.router.topics() == std::vector<std::string>{"orders"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::topic_router_test
