// Where log lines go: the adapters that there are libraries for.

#include <paperboy/log_fields.hpp>

#include <boost/test/unit_test.hpp>

#if __has_include(<spdlog/spdlog.h>)
#include <paperboy/spdlog_logger.hpp>

#include <spdlog/sinks/ostream_sink.h>
#endif

#if defined(BOOST_LOG_DYN_LINK)
#include <paperboy/boost_log_logger.hpp>

#include <boost/log/attributes/value_extraction.hpp>
#include <boost/log/core.hpp>
#include <boost/log/expressions/message.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#endif

#include <sstream>

namespace paperboy::log_adapters_test
{

BOOST_AUTO_TEST_SUITE(log_adapters)

BOOST_AUTO_TEST_CASE(lines_are_taken_apart)
{
    auto const record = fields_of("billing.orders-2[12]@345: on_message failed: no");
    BOOST_TEST(record.source == "paperboy");
    BOOST_TEST(record.topic == "billing.orders-2");
    BOOST_TEST(record.partition.value() == 12);
    BOOST_TEST(record.offset.value() == 345);
    BOOST_TEST(record.text == "on_message failed: no");

    auto const partition = fields_of("orders[3]: now bulk: 20 records wait");
    BOOST_TEST(partition.topic == "orders");
    BOOST_TEST(!partition.offset);
    BOOST_TEST(partition.text == "now bulk: 20 records wait");

    auto const client = fields_of("librdkafka: orders[3]: FAIL");
    BOOST_TEST(client.source == "librdkafka");
    BOOST_TEST(client.topic == "");
    BOOST_TEST(client.text == "orders[3]: FAIL");
}

BOOST_AUTO_TEST_CASE(other_lines_stay_whole)
{
    for (auto const* const line : {"", "assigned orders[0], orders[1]", "orders[x]: odd", "orders[1", "orders[-1]: odd",
                                   "[1]: odd", "orders[99999999999]: odd", "orders[1]@x: odd", "orders[1]@1"})
    {
        auto const fields = fields_of(line);
        BOOST_TEST(fields.text == line);
        BOOST_TEST(fields.topic == "");
        BOOST_TEST(!fields.partition);
    }
}

BOOST_AUTO_TEST_CASE(a_line_can_be_a_json_object)
{
    BOOST_TEST(json_line(log_level::warning, "orders[12]@345: no \"lamp\"") ==
               R"({"level":"warning","source":"paperboy","topic":"orders","partition":12,"offset":345,)"
               R"("text":"no \"lamp\""})");
    BOOST_TEST(json_line(log_level::info, "stopped: success") ==
               R"({"level":"info","source":"paperboy","text":"stopped: success"})");
    BOOST_TEST(json_line(log_level::error, "bytes \xff\xfe") ==
               R"({"level":"error","source":"paperboy","text":"bytes ??"})");
}

#if __has_include(<spdlog/spdlog.h>)
BOOST_AUTO_TEST_CASE(spdlog_gets_lines_and_levels)
{
    auto text = std::ostringstream{};
    auto const target =
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(text));
    target->set_pattern("%l %v");
    target->set_level(spdlog::level::trace);
    auto const log = spdlog_logger(target, log_level::info);
    log(log_level::warning, "{} is no format");
    log(log_level::debug, "below the threshold");
    target->flush();
    BOOST_TEST(text.str() == "warning {} is no format\n");
}
#endif

#if defined(BOOST_LOG_DYN_LINK)
BOOST_AUTO_TEST_CASE(boost_log_gets_fields)
{
    struct collector : boost::log::sinks::basic_sink_backend<boost::log::sinks::synchronized_feeding>
    {
        std::string seen;

        void consume(boost::log::record_view const& record)
        {
            auto const topic = boost::log::extract<std::string>("Topic", record);
            auto const partition = boost::log::extract<std::int32_t>("Partition", record);
            auto const offset = boost::log::extract<std::int64_t>("Offset", record);
            auto text = std::ostringstream{};
            text << boost::log::extract<std::string>("Channel", record) << '|'
                 << boost::log::extract<boost::log::trivial::severity_level>("Severity", record) << '|'
                 << (topic ? topic.get() : "-") << '|' << (partition ? partition.get() : -1) << '|'
                 << (offset ? offset.get() : -1) << '|' << boost::log::extract<std::string>("Message", record) << '\n';
            seen += text.str();
        }
    };
    auto const backend = boost::make_shared<collector>();
    auto const sink = boost::make_shared<boost::log::sinks::synchronous_sink<collector>>(backend);
    boost::log::core::get()->add_sink(sink);
    auto const log = boost_log_logger(log_level::info);
    log(log_level::error, "orders[3]@17: on_message failed");
    log(log_level::info, "librdkafka: broker is back");
    log(log_level::debug, "below the threshold");
    boost::log::core::get()->remove_sink(sink);
    BOOST_TEST(backend->seen == "paperboy|error|orders|3|17|on_message failed\n"
                                "librdkafka|info|-|-1|-1|broker is back\n");
}
#endif

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::log_adapters_test
