#include <paperboy/logger.hpp>

#include <boost/test/unit_test.hpp>

#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace paperboy::logger_test
{
namespace
{

constexpr auto every_level = {log_level::error, log_level::warning, log_level::info, log_level::debug};

// What std::clog gets in this object's life.
class captured_clog
{
public:
    captured_clog() : before_{std::clog.rdbuf(text_.rdbuf())} {}
    captured_clog(captured_clog const&) = delete;
    captured_clog& operator=(captured_clog const&) = delete;
    ~captured_clog() { std::clog.rdbuf(before_); }

    [[nodiscard]] std::string text() const { return text_.str(); }

private:
    std::ostringstream text_;
    std::streambuf* before_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(logger_suite)

BOOST_AUTO_TEST_CASE(levels_have_names)
{
    BOOST_TEST(to_string(log_level::off) == "off");
    BOOST_TEST(to_string(log_level::error) == "error");
    BOOST_TEST(to_string(log_level::warning) == "warning");
    BOOST_TEST(to_string(log_level::info) == "info");
    BOOST_TEST(to_string(log_level::debug) == "debug");
}

BOOST_AUTO_TEST_CASE(lines_at_the_threshold_and_above_are_written)
{
    for (auto const threshold :
         {log_level::off, log_level::error, log_level::warning, log_level::info, log_level::debug})
    {
        auto written = std::vector<log_level>{};
        auto const log = logger{threshold, [&](log_level level, std::string_view) { written.push_back(level); }};
        auto expected = std::vector<log_level>{};
        for (auto const level : every_level)
        {
            log(level, "line");
            BOOST_TEST(log.enabled(level) == (level <= threshold));
            if (level <= threshold)
                expected.push_back(level);
        }
        BOOST_TEST((written == expected));
        BOOST_TEST((log.level() == threshold));
    }
}

BOOST_AUTO_TEST_CASE(nothing_can_be_logged_at_off)
{
    auto lines = 0;
    auto const log = logger{log_level::debug, [&](log_level, std::string_view) { ++lines; }};
    log(log_level::off, "line");
    BOOST_TEST(lines == 0);
    BOOST_TEST(!log.enabled(log_level::off));
}

BOOST_AUTO_TEST_CASE(the_default_writes_info_and_above_to_clog)
{
    auto const clog = captured_clog{};
    auto const log = logger{};
    log(log_level::info, "started");
    log(log_level::debug, "detail");
    BOOST_TEST(clog.text() == "paperboy info: started\n");
}

BOOST_AUTO_TEST_CASE(a_threshold_alone_writes_to_clog)
{
    auto const clog = captured_clog{};
    auto const log = logger{log_level::error};
    log(log_level::error, "broken");
    log(log_level::warning, "odd");
    BOOST_TEST(clog.text() == "paperboy error: broken\n");
}

BOOST_AUTO_TEST_CASE(a_function_that_throws_does_no_harm)
{
    auto const log = logger{log_level::debug, [](log_level, std::string_view) { throw std::runtime_error{"full"}; }};
    BOOST_CHECK_NO_THROW(log(log_level::info, "line"));
}

BOOST_AUTO_TEST_CASE(no_function_is_silence)
{
    auto const log = logger{log_level::debug, nullptr};
    BOOST_CHECK_NO_THROW(log(log_level::info, "line"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::logger_test
