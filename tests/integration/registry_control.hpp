#pragma once

#include "support/broker_process.hpp"

#include <paperboy/schema_registry.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>

// The real schema registry, for tests that kill it.
namespace paperboy::test
{

inline void registry_tool(std::string const& command)
{
    auto run =
        child_process{{environment("PAPERBOY_REGISTRY_TOOL"), command, "--dir", environment("PAPERBOY_REGISTRY_DIR")}};
    BOOST_TEST(run.wait(std::chrono::seconds{120}) == 0);
}

// kill -9.
inline void kill_registry()
{
    auto pid = 0;
    std::ifstream{environment("PAPERBOY_REGISTRY_DIR") + "/pid"} >> pid;
    BOOST_TEST_REQUIRE(pid > 0);
    BOOST_TEST(::kill(pid, SIGKILL) == 0);
}

inline schema_registry_settings patient_settings()
{
    auto out = schema_registry_settings{.urls = {environment("PAPERBOY_TEST_REGISTRY")}};
    out.retries = 100;
    out.max_backoff = std::chrono::milliseconds{500};
    out.log = logger{log_level::off};
    return out;
}

} // namespace paperboy::test
