#pragma once

#include <paperboy/engine_monitor.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

/// Component `http`: link paperboy::http.

namespace paperboy
{

/// Where `http_endpoints` listen, and what they bear with. Meant for designated initialisers.
struct http_options
{
    /// The IP address to listen on: loopback alone by default, because everything is served in the clear to whoever
    /// asks. "0.0.0.0" or "::" for all interfaces.
    std::string address = "127.0.0.1";

    /// The port; 0 takes any free one, which `http_endpoints::port()` tells.
    std::uint16_t port = 9464;

    /// Most connections at a time, 2 to 10,000. When there are more, the one that has sent no request for the longest
    /// makes room; where all are in the middle of something, the new one is closed.
    std::size_t max_connections = 64;

    /// Most connections with a live stream (`/events`: an open dashboard), 0 to `max_connections` - 1.
    std::size_t max_event_streams = 8;

    /// Largest request, in bytes, 256 to 65,536.
    std::size_t max_request = 8192;

    /// Longest time for a request to arrive, from the connection or the answer before, and for an answer to be taken.
    /// 10 ms to 10 min.
    std::chrono::milliseconds timeout{10'000};

    /// How often a live stream sends. 100 ms to 1 min.
    std::chrono::milliseconds event_interval{1000};

    /// `/livez` fails when a partition has had records in its hooks for this long without finishing one; 0: never, 24 h
    /// at most. A record that is tried again for longer counts as well; a paused partition does not, nor do records
    /// that wait for a bulk to fill (`partition_stats::collecting`). To the interval at which `/livez` is asked.
    ///
    /// It goes on failing while such a hook runs, also when the engine has given its partitions up for it, or the group
    /// has taken the partition meanwhile: as long as `config::hook_time_limit` is not 0, since that tells of it.
    std::chrono::milliseconds stalled_after{std::chrono::minutes{5}};
};

/// Tells over HTTP how an engine is, on your executor: no thread is added.
///
/// | path | |
/// |---|---|
/// | `/` | a page that shows all of it live |
/// | `/livez` | 503 once the run has failed, or hooks stand still (`stalled_after`), naming what; else 200 |
/// | `/readyz` | 200 while the group has given an assignment and its tables are restored; else 503 |
/// | `/startupz` | 200 once the group has given the first assignment of the run; else 503 |
/// | `/status` | what `health()` and `stats()` tell of run, partitions, steps and tables, as JSON |
/// | `/events` | the same every second, as server-sent events |
///
/// The answers of the probes say why in a line of text. `mount` adds others, such as `/metrics`. GET and HEAD are
/// answered, HTTP/1.0 and 1.1, without TLS and without authentication: it tells names of topics and error texts.
///
/// Threads: everything runs on a strand of the executor; the functions may be called from any thread.
/// Lifetime: from the constructor on it keeps the io_context busy, until `stop()`. The engine may go first.
class http_endpoints
{
public:
    /// Makes the body of an answer; an exception becomes a 500 that says what it says.
    using content = std::function<std::string()>;

    /// Listens. Throws `setup_error` (`errc::invalid_config`) naming the option, its value and the remedy: an address
    /// that is none of this machine's, a port that is in use, a limit outside its range.
    http_endpoints(boost::asio::any_io_executor const& executor, engine_monitor watched,
                   http_options const& options = {});

    /// The same with an execution context, such as an io_context, in place of its executor.
    template <class Context>
        requires std::convertible_to<Context&, boost::asio::execution_context&>
    http_endpoints(Context& context, engine_monitor watched, http_options const& options = {})
        : http_endpoints{boost::asio::any_io_executor{context.get_executor()}, std::move(watched), options}
    {
    }

    /// Takes the other's server; the other may only be destroyed or assigned to.
    http_endpoints(http_endpoints&&) noexcept;
    /// The same; the server that was here stops.
    http_endpoints& operator=(http_endpoints&&) noexcept;

    /// Stops.
    ~http_endpoints();

    /// Answers `path`, which begins with '/', with what `make` returns, as `content_type`; replaces what was there.
    /// `make` is called on the executor, one call at a time, and must be quick.
    void mount(std::string path, std::string content_type, content make);

    /// The port it listens on.
    [[nodiscard]] std::uint16_t port() const noexcept;

    /// Closes the port and idle connections; an answer that is being sent gets its `timeout`. Returns at once; no
    /// mounted function is called any more once it has returned.
    void stop();

private:
    class implementation;
    std::shared_ptr<implementation> implementation_;
};

} // namespace paperboy
