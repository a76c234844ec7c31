#include <paperboy/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

namespace paperboy::error_test
{
namespace
{

constexpr auto every_errc = std::array{
    errc::invalid_config,  errc::no_handler,     errc::invalid_handler,
    errc::already_running, errc::missing_topic,  errc::authentication_failed,
    errc::connect_timeout, errc::handler_failed, errc::shutdown_timeout,
    errc::client_failed,
};

} // namespace

BOOST_AUTO_TEST_SUITE(error_suite)

BOOST_AUTO_TEST_CASE(every_code_has_a_message_of_its_own)
{
    auto messages = std::set<std::string>{};
    for (auto const value : every_errc)
    {
        error_code const code = value;
        BOOST_TEST((code.category() == paperboy_category()));
        BOOST_TEST((code == value));
        messages.insert(code.message());
    }
    BOOST_TEST(messages.size() == every_errc.size());
    BOOST_TEST(std::string{paperboy_category().name()} == "paperboy");
    BOOST_TEST(paperboy_category().message(99) == "unknown error 99");
}

BOOST_AUTO_TEST_CASE(time_outs_are_retriable_and_the_rest_is_fatal)
{
    for (auto const value : every_errc)
    {
        auto const retriable = value == errc::connect_timeout || value == errc::shutdown_timeout;
        error_code const code = value;
        BOOST_TEST_CONTEXT(code.message())
        {
            BOOST_TEST((code == condition::retriable) == retriable);
            BOOST_TEST((code == condition::fatal) == !retriable);
        }
    }
}

BOOST_AUTO_TEST_CASE(success_and_strangers_are_neither)
{
    for (error_code const code :
         {error_code{}, error_code{0, paperboy_category()}, error_code{boost::asio::error::operation_aborted}})
    {
        BOOST_TEST((code != condition::retriable));
        BOOST_TEST((code != condition::fatal));
    }
}

BOOST_AUTO_TEST_CASE(conditions_have_names)
{
    BOOST_TEST(std::string{condition_category().name()} == "paperboy.condition");
    BOOST_TEST(make_error_condition(condition::retriable).message() == "may succeed later");
    BOOST_TEST(make_error_condition(condition::fatal).message() == "needs a change to succeed");
}

BOOST_AUTO_TEST_CASE(setup_errors_carry_code_and_text)
{
    auto const error = setup_error{errc::invalid_config, "what and where"};
    BOOST_TEST(error.code() == make_error_code(errc::invalid_config));
    BOOST_TEST(std::string{error.what()} == "what and where");
}

BOOST_AUTO_TEST_CASE(hooks_are_named_as_handlers_spell_them)
{
    BOOST_TEST(to_string(hook::define_context) == "define_context");
    BOOST_TEST(to_string(hook::decode_key) == "decoding the key");
    BOOST_TEST(to_string(hook::decode_value) == "decoding the value");
    BOOST_TEST(to_string(hook::did_receive_message) == "did_receive_message");
    BOOST_TEST(to_string(hook::on_message) == "on_message");
    BOOST_TEST(to_string(hook::on_tombstone) == "on_tombstone");
    BOOST_TEST(to_string(hook::on_error) == "on_error");
    BOOST_TEST(to_string(hook::on_finished_handling) == "on_finished_handling");
}

BOOST_AUTO_TEST_CASE(any_exception_is_described_in_a_line)
{
    BOOST_TEST(describe(std::make_exception_ptr(std::runtime_error{"the database is away"})) == "the database is away");
    BOOST_TEST(describe(std::make_exception_ptr(42)) == "an exception that is not derived from std::exception");
    BOOST_TEST(describe(nullptr) == "no error");
}

BOOST_AUTO_TEST_CASE(no_failure_is_no_failure)
{
    auto const nothing = failure{};
    BOOST_TEST(!nothing.code);
    BOOST_TEST(nothing.text.empty());
    BOOST_TEST(!nothing.cause);
    BOOST_TEST(nothing.topic.empty());
    BOOST_TEST(nothing.partition == -1);
    BOOST_TEST(nothing.offset == -1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::error_test
