#pragma once

#include "support/http_script.hpp"

#include <paperboy/schema_registry.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::test
{

// What an operation completed with.
template <class T>
struct registry_outcome
{
    int completions = 0;
    std::exception_ptr error;
    T value{};

    [[nodiscard]] bool succeeded() const { return completions == 1 && !error; }
    [[nodiscard]] std::string text() const { return error ? paperboy::describe(error) : ""; }
    [[nodiscard]] error_code code() const
    {
        try
        {
            if (error)
                std::rethrow_exception(error);
        }
        catch (registry_error const& failed)
        {
            return failed.code();
        }
        catch (boost::system::system_error const& failed)
        {
            return failed.code();
        }
        return {};
    }
    [[nodiscard]] bool says(std::string const& part) const { return text().find(part) != std::string::npos; }

    [[nodiscard]] auto handler()
    {
        return [this](std::exception_ptr const& failed, T found)
        {
            ++completions;
            error = failed;
            value = std::move(found);
        };
    }
};

// A client on an io_context that runs only while the test waits.
struct registry_fixture
{
    boost::asio::io_context io;
    std::vector<std::string> log;

    // Short waits, no retries.
    [[nodiscard]] schema_registry_settings settings(std::vector<std::string> urls)
    {
        auto out = schema_registry_settings{.urls = std::move(urls)};
        out.retries = 0;
        out.backoff = std::chrono::milliseconds{1};
        out.log = logger{log_level::debug, [this](log_level, std::string_view line) { log.emplace_back(line); }};
        return out;
    }

    // Until nothing is outstanding any more.
    void run()
    {
        io.restart();
        io.run_for(std::chrono::seconds{30});
        BOOST_TEST(io.stopped());
    }

    [[nodiscard]] registry_outcome<schema_ptr> get(schema_registry const& registry, std::int32_t id)
    {
        auto out = registry_outcome<schema_ptr>{};
        registry.async_schema(id, out.handler());
        BOOST_TEST(out.completions == 0);
        run();
        BOOST_TEST(out.completions == 1);
        return out;
    }
    [[nodiscard]] registry_outcome<subject_version> get(schema_registry const& registry, std::string subject,
                                                        std::int32_t version)
    {
        auto out = registry_outcome<subject_version>{};
        registry.async_version(std::move(subject), version, out.handler());
        run();
        BOOST_TEST(out.completions == 1);
        return out;
    }
};

inline scripted_answer a_schema(std::string const& text = R"(\"string\")")
{
    return {200, R"({"schema":")" + text + "\"}"};
}

inline scripted_answer unknown_id()
{
    return {404, R"({"error_code":40403,"message":"Schema 7 not found"})"};
}

} // namespace paperboy::test
