#pragma once

#include <paperboy/config.hpp>
#include <paperboy/engine.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/test/tree/test_unit.hpp>
#include <boost/test/unit_test.hpp>

namespace paperboy::test
{

// Whether an engine accepts this property; the incremental protocols depend on the librdkafka at hand.
inline boost::test_tools::assertion_result accepts(char const* name, char const* value)
{
    auto settings = config{};
    settings.bootstrap_servers = "localhost:1";
    settings.group_id = "asked";
    settings.properties[name] = value;
    auto result = boost::test_tools::assertion_result{true};
    try
    {
        auto context = boost::asio::io_context{};
        auto const asked = engine{context, settings};
    }
    catch (setup_error const& error)
    {
        result = boost::test_tools::assertion_result{false};
        result.message() << error.what();
    }
    return result;
}

inline boost::test_tools::assertion_result fit_to_cooperate(boost::unit_test::test_unit_id /*which*/)
{
    return accepts("partition.assignment.strategy", "cooperative-sticky");
}

inline boost::test_tools::assertion_result fit_for_consumer_protocol(boost::unit_test::test_unit_id /*which*/)
{
    return accepts("group.protocol", "consumer");
}

} // namespace paperboy::test
