#include "serde/registry_transport.hpp"

#include "serde/registry_connection.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <openssl/evp.h>

#include <optional>

namespace paperboy::serde
{
namespace
{

namespace asio = boost::asio;
namespace http = boost::beast::http;

// More are closed after use.
constexpr std::size_t most_idle = 4;

constexpr char const* registry_json = "application/vnd.schemaregistry.v1+json";

std::string base64(std::string const& text)
{
    auto out = std::string((text.size() + 2) / 3 * 4, '\0');
    // One byte more is written: the 0 that ends a string has one.
    ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<unsigned char const*>(text.data()),
                      static_cast<int>(text.size()));
    return out;
}

std::string credentials_for(registry_url const& url, schema_registry_settings const& settings)
{
    if (!url.user.empty())
        return "Basic " + base64(url.user + ":" + url.password);
    if (!settings.user.empty())
        return "Basic " + base64(settings.user + ":" + settings.password);
    return settings.bearer_token.empty() ? "" : "Bearer " + settings.bearer_token;
}

[[noreturn]] void refuse_file(char const* field, std::string const& path, std::string const& why)
{
    throw setup_error{errc::invalid_config, std::string{"paperboy: schema_registry_settings::"} + field + " is \"" +
                                                path + "\", which cannot be used as a PEM file: " + why};
}

http::request<http::string_body> to_request(registry_url const& url, http_question const& question,
                                            std::string const& credentials)
{
    auto const verb = question.body.empty() ? http::verb::get : http::verb::post;
    auto out = http::request<http::string_body>{verb, url.prefix + question.target, 11};
    auto const ipv6 = url.host.find(':') != url.host.npos;
    out.set(http::field::host, (ipv6 ? "[" + url.host + "]" : url.host) + ":" + url.port);
    out.set(http::field::user_agent, "paperboy");
    out.set(http::field::accept, std::string{registry_json} + ", application/json");
    if (!credentials.empty())
        out.set(http::field::authorization, credentials);
    if (!question.body.empty())
    {
        out.set(http::field::content_type, registry_json);
        out.body() = question.body;
        out.prepare_payload();
    }
    return out;
}

} // namespace

registry_transport::tls_context::tls_context(schema_registry_settings const& settings)
{
    auto error = boost::system::error_code{};
    if (settings.ca_file.empty())
        context.set_default_verify_paths(error);
    else if (context.load_verify_file(settings.ca_file, error))
        refuse_file("ca_file", settings.ca_file, error.message());
    if (settings.certificate_file.empty())
        return;
    if (context.use_certificate_chain_file(settings.certificate_file, error))
        refuse_file("certificate_file", settings.certificate_file, error.message());
    if (context.use_private_key_file(settings.key_file, asio::ssl::context::pem, error))
        refuse_file("key_file", settings.key_file, error.message());
}

registry_transport::registry_transport(asio::any_io_executor strand, schema_registry_settings const& settings)
    : strand_{std::move(strand)}, timeout_{settings.request_timeout}, max_response_{settings.max_response},
      max_connections_{settings.max_connections}, turns_{strand_, max_connections_},
      tls_{std::make_unique<tls_context>(settings)}
{
    for (auto const& text : settings.urls)
    {
        urls_.push_back(parse_registry_url(text));
        credentials_.push_back(credentials_for(urls_.back(), settings));
    }
    idle_.resize(urls_.size());
}

registry_transport::~registry_transport() = default;

void registry_transport::close()
{
    for (auto& connections : idle_)
        connections.clear();
}

// A kept connection may have been closed by the other side meanwhile, which shows only at its next use: that is no
// failed attempt, and the request goes over another one at once.
asio::awaitable<http_answer> registry_transport::exchange(std::size_t url, http_question const& question,
                                                          exchange_control& control)
{
    auto const turn = co_await turns_.take(control, std::chrono::steady_clock::now() + timeout_);
    auto const deadline = std::chrono::steady_clock::now() + timeout_;
    auto const request = to_request(urls_[url], question, credentials_[url]);
    while (true)
    {
        auto open_now = take_idle(url);
        if (!open_now)
            open_now = co_await open(url, control, deadline);
        auto answer = http_answer{};
        auto failed = std::exception_ptr{};
        {
            auto const abortable = exchange_control::stage{control, [&open_now] { open_now->close(); }};
            try
            {
                answer = co_await open_now->converse(request, max_response_, deadline);
            }
            catch (exchange_error const&)
            {
                failed = std::current_exception();
            }
        }
        if (control.aborted())
            throw boost::system::system_error{asio::error::operation_aborted};
        if (failed && open_now->may_be_stale())
            continue;
        if (failed)
            std::rethrow_exception(failed);
        keep(url, std::move(open_now));
        answer.url = urls_[url].shown() + question.target;
        co_return answer;
    }
}

asio::awaitable<registry_transport::connection_ptr> registry_transport::open(std::size_t url, exchange_control& control,
                                                                             time_point deadline)
{
    make_room();
    auto fresh = std::make_unique<connection>(strand_, urls_[url], *tls_);
    try
    {
        co_await fresh->connect(control, deadline);
    }
    catch (exchange_error const&)
    {
        if (!control.aborted())
            throw;
    }
    if (control.aborted())
        throw boost::system::system_error{asio::error::operation_aborted};
    co_return fresh;
}

registry_transport::connection_ptr registry_transport::take_idle(std::size_t url)
{
    if (idle_[url].empty())
        return nullptr;
    auto kept = std::move(idle_[url].back());
    idle_[url].pop_back();
    kept->reuse();
    return kept;
}

// Every turn has a connection, or is about to open one; kept ones of other URLs make room for it.
void registry_transport::make_room()
{
    auto kept = std::size_t{0};
    for (auto const& connections : idle_)
        kept += connections.size();
    for (auto& connections : idle_)
        for (; !connections.empty() && turns_.taken() + kept > max_connections_; --kept)
            connections.pop_back();
}

void registry_transport::keep(std::size_t url, connection_ptr open)
{
    if (open->reusable() && idle_[url].size() < most_idle)
        idle_[url].push_back(std::move(open));
}

} // namespace paperboy::serde
