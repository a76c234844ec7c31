#include "pipeline/slim_executor.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <utility>

namespace paperboy::pipeline::slim_executor_test
{
namespace
{

namespace asio = boost::asio;

struct fixture
{
    asio::io_context context{1};
    asio::any_io_executor target{context.get_executor()};
    slim_executor slim{target};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(slim_executor_suite, fixture)

BOOST_AUTO_TEST_CASE(work_runs_on_the_context_that_it_stands_for)
{
    BOOST_TEST((&asio::query(slim, asio::execution::context) == &context));
    auto ran = 0;
    asio::post(slim, [&] { ++ran; });
    BOOST_TEST(ran == 0);
    context.run();
    BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_CASE(dispatched_work_runs_at_once_inside_the_context_and_posted_work_later)
{
    auto order = std::string{};
    asio::post(slim,
               [&]
               {
                   asio::post(slim, [&] { order += "posted "; });
                   asio::dispatch(slim, [&] { order += "dispatched "; });
               });
    context.run();
    BOOST_TEST(order == "dispatched posted ");
}

BOOST_AUTO_TEST_CASE(copies_are_equal_and_others_are_not)
{
    auto const copy = slim;
    BOOST_TEST((copy == slim));
    auto moved = slim_executor{target};
    BOOST_TEST((moved != slim));
    moved = slim;
    BOOST_TEST((moved == copy));
    auto const taken = std::move(moved);
    BOOST_TEST((taken == copy));
}

BOOST_AUTO_TEST_CASE(it_has_the_blocking_property_that_it_is_asked_for)
{
    auto const never = asio::require(slim, asio::execution::blocking.never);
    BOOST_TEST((asio::query(slim, asio::execution::blocking) == asio::execution::blocking.possibly));
    BOOST_TEST((asio::query(never, asio::execution::blocking) == asio::execution::blocking.never));
    BOOST_TEST((never != slim));
    BOOST_TEST((asio::require(never, asio::execution::blocking.possibly) == slim));
}

BOOST_AUTO_TEST_CASE(what_was_made_of_it_outlives_it)
{
    auto first = std::optional<slim_executor>{target};
    auto const never = asio::require(*first, asio::execution::blocking.never);
    first.reset();
    auto ran = false;
    never.execute([&] { ran = true; });
    context.run();
    BOOST_TEST(ran);
}

BOOST_AUTO_TEST_CASE(an_any_io_executor_holds_a_strand_of_it)
{
    auto const strand = slim_strand{slim};
    auto const erased = asio::any_io_executor{strand};
    BOOST_REQUIRE(erased.target<slim_strand>() != nullptr);
    BOOST_TEST((*erased.target<slim_strand>() == strand));
    auto inside = false;
    asio::post(erased, [&] { inside = strand.running_in_this_thread(); });
    context.run();
    BOOST_TEST(inside);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::pipeline::slim_executor_test
