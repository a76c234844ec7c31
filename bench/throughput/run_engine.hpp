#pragma once

#include <paperboy/engine.hpp>

#include <boost/asio/io_context.hpp>

#include <stdexcept>

namespace paperboy::bench
{

// Until the engine is stopped; throws what ended it otherwise.
inline void run_engine(boost::asio::io_context& context, engine& which)
{
    auto result = error_code{};
    which.async_run([&](error_code error) { result = error; });
    context.run();
    if (result)
        throw std::runtime_error{result.message() + ": " + which.last_failure().text};
}

} // namespace paperboy::bench
