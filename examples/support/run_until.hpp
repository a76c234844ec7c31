#pragma once

#include <paperboy/engine.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>

// How examples run an engine to its end.
namespace examples
{

/// Runs the engine on its io_context, with `threads` threads, until it has handled `records` records or failed; 0 and
/// 1, for main to return.
[[nodiscard]] int run_until(boost::asio::io_context& context, paperboy::engine& engine, std::uint64_t records,
                            unsigned threads = 1);

/// Runs the engine on its io_context until SIGINT or SIGTERM asks for the end, or it fails: then it says why on stderr.
/// 0 and 1, for main to return.
[[nodiscard]] int run_until_signal(boost::asio::io_context& context, paperboy::engine& engine);

/// A configuration for the mock cluster at `bootstrap_servers` that logs warnings and errors only.
[[nodiscard]] paperboy::config mock_config(std::string const& bootstrap_servers);

} // namespace examples
