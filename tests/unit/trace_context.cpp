#include <paperboy/testing.hpp>
#include <paperboy/trace_context.hpp>
#include <paperboy/traced_hooks.hpp>

#include <boost/test/unit_test.hpp>

namespace paperboy::trace_context_test
{
namespace
{

constexpr std::string_view example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct tracing_handler
{
    std::optional<trace_context>& seen;

    void on_message(record_view const& record) { seen = trace_of(record); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(trace_contexts)

BOOST_AUTO_TEST_CASE(the_text_comes_back)
{
    auto const parsed = trace_context::parse(example);
    BOOST_REQUIRE(parsed);
    BOOST_TEST(parsed->to_text() == example);
    BOOST_TEST(parsed->sampled());
    BOOST_TEST(parsed->trace()[0] == 0x4b);
    BOOST_TEST(parsed->span()[7] == 0xb7);
}

BOOST_AUTO_TEST_CASE(what_is_no_traceparent_is_nothing)
{
    for (auto const* const text : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                                   "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", // capital letters
                                   "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", // no such version
                                   "00-00000000000000000000000000000000-00f067aa0ba902b7-01", // no trace
                                   "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", // no span
                                   "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                                   "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
                                   "00 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                   "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more"})
        BOOST_TEST(!trace_context::parse(text), text);
}

BOOST_AUTO_TEST_CASE(later_versions_may_have_more_and_are_written_as_ours)
{
    auto const parsed = trace_context::parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-09-what-comes");
    BOOST_REQUIRE(parsed);
    BOOST_TEST(parsed->to_text() == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-09");
}

BOOST_AUTO_TEST_CASE(children_share_the_trace_alone)
{
    auto const parent = trace_context::start(false);
    auto const child = parent.child();
    BOOST_TEST((child.trace() == parent.trace()));
    BOOST_TEST((child.span() != parent.span()));
    BOOST_TEST(!child.sampled());
    BOOST_TEST(trace_context::start().sampled());
    BOOST_TEST((trace_context::start().trace() != parent.trace()));
    BOOST_TEST(!trace_context{});
}

BOOST_AUTO_TEST_CASE(hooks_read_it_from_their_record)
{
    auto seen = std::optional<trace_context>{};
    testing::run(tracing_handler{seen},
                 {{.value = "a", .headers = {{"traceparent", "rubbish"}, {"traceparent", std::string{example}}}}});
    BOOST_REQUIRE(seen);
    BOOST_TEST(seen->to_text() == example);
    testing::run(tracing_handler{seen}, {{.value = "a"}});
    BOOST_TEST(!seen);
}

BOOST_AUTO_TEST_CASE(what_is_sent_gets_the_chosen_trace)
{
    auto log = testing::sent_log{};
    auto const out = log.make_producer("out");
    struct handler
    {
        topic_producer<> out;

        void on_message(record_view const& record)
        {
            auto const own = std::array{header_view{"kind", "copy"}};
            auto options = send_options{};
            options.headers = own;
            options.trace = trace_of(record);
            out.send(record, std::nullopt, "chosen", options);
            auto const already = std::array{header_view{"traceparent", "own"}};
            options.headers = already;
            out.send(record, std::nullopt, "has one", options);
            out.send(record, std::nullopt, "none");
        }
    };
    testing::run(handler{out},
                 {{.value = "a", .headers = {{"traceparent", std::string{example}}, {"tracestate", "vendor=1"}}}});
    auto const sent = log.records();
    using headers = std::vector<std::pair<std::string, std::optional<std::string>>>;
    BOOST_TEST_REQUIRE(sent.size() == 3U);
    BOOST_TEST((sent[0].headers ==
                headers{{"kind", "copy"}, {"traceparent", std::string{example}}, {"tracestate", "vendor=1"}}));
    BOOST_TEST((sent[1].headers == headers{{"traceparent", "own"}}));
    BOOST_TEST(sent[2].headers.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::trace_context_test
