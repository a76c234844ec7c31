#include "http/dashboard.hpp"
#include "http/probes.hpp"
#include "http/server.hpp"
#include "http/status_json.hpp"

#include <paperboy/error.hpp>
#include <paperboy/http.hpp>

#include <mutex>
#include <utility>

namespace paperboy
{
namespace
{

using namespace std::chrono_literals;

template <class T>
std::string text_of(T value)
{
    return std::to_string(value);
}

std::string text_of(std::chrono::milliseconds value)
{
    return std::to_string(value.count()) + " ms";
}

template <class T>
void require(std::string const& field, T value, T least, T most)
{
    if (value < least || value > most)
        throw setup_error{errc::invalid_config, "paperboy: http_options::" + field + " cannot be " + text_of(value) +
                                                    "; give from " + text_of(least) + " to " + text_of(most)};
}

http_options checked(http_options const& options)
{
    require<std::size_t>("max_connections", options.max_connections, 2, 10'000);
    require<std::size_t>("max_event_streams", options.max_event_streams, 0, options.max_connections - 1);
    require<std::size_t>("max_request", options.max_request, 256, 65'536);
    require<std::chrono::milliseconds>("timeout", options.timeout, 10ms, 10min);
    require<std::chrono::milliseconds>("event_interval", options.event_interval, 100ms, 1min);
    require<std::chrono::milliseconds>("stalled_after", options.stalled_after, 0ms, 24h);
    return options;
}

} // namespace

// What the endpoints tell, and the server that tells it. The server goes on after this until its clients are served.
class http_endpoints::implementation
{
public:
    implementation(boost::asio::any_io_executor const& executor, engine_monitor watched, http_options const& options)
        : told_{std::make_shared<teller>(std::move(watched), checked(options).stalled_after)},
          server_{std::make_shared<http::server>(executor, options, [told = told_] { return told->status(); })}
    {
        constexpr auto text = "text/plain; charset=utf-8";
        auto const told = told_;
        server_->mount("/",
                       {"text/html; charset=utf-8", [] { return http::reply{ok, std::string{http::dashboard()}}; }});
        server_->mount("/livez", {text, [told] { return told->live(); }});
        server_->mount("/readyz", {text, [told] { return http::readiness(told->watched.health()); }});
        server_->mount("/startupz", {text, [told] { return http::startup(told->watched.health()); }});
        server_->mount("/status", {"application/json", [told] { return http::reply{ok, told->status() + "\n"}; }});
        server_->start();
    }

    [[nodiscard]] http::server& serving() const noexcept { return *server_; }

private:
    static constexpr auto ok = boost::beast::http::status::ok;

    // Called by the server alone, one call at a time.
    struct teller
    {
        teller(engine_monitor whom, std::chrono::milliseconds stalled_after)
            : watched{std::move(whom)}, stalls{stalled_after}
        {
        }

        http::reply live()
        {
            auto const stalled = stalls.look(watched.stats(), std::chrono::steady_clock::now());
            return http::liveness(watched.health(), stalled);
        }

        std::string status()
        {
            auto const stats = watched.stats();
            auto const stalled = stalls.look(stats, std::chrono::steady_clock::now());
            return http::status_json(watched.health(), stats, stalled, std::chrono::system_clock::now());
        }

        engine_monitor watched;
        http::stall_fsm stalls;
    };

    std::shared_ptr<teller> told_;
    std::shared_ptr<http::server> server_;
};

http_endpoints::http_endpoints(boost::asio::any_io_executor const& executor, engine_monitor watched,
                               http_options const& options)
    : implementation_{std::make_shared<implementation>(executor, std::move(watched), options)}
{
}

http_endpoints::http_endpoints(http_endpoints&&) noexcept = default;

http_endpoints& http_endpoints::operator=(http_endpoints&& other) noexcept
{
    if (implementation_)
        stop();
    implementation_ = std::move(other.implementation_);
    return *this;
}

http_endpoints::~http_endpoints()
{
    if (implementation_)
        stop();
}

void http_endpoints::mount(std::string path, std::string content_type, content make)
{
    auto made = [make = std::move(make)] { return http::reply{boost::beast::http::status::ok, make()}; };
    implementation_->serving().mount(std::move(path), {std::move(content_type), std::move(made)});
}

std::uint16_t http_endpoints::port() const noexcept
{
    return implementation_->serving().port();
}

void http_endpoints::stop()
{
    implementation_->serving().stop();
}

} // namespace paperboy
