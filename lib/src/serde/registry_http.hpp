#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace paperboy::serde
{

// A request to the registry, whichever of its URLs it goes to. With a body it is a POST, else a GET.
struct http_question
{
    http_question(std::string where, std::string json = {}) : target{std::move(where)}, body{std::move(json)} {}

    // Below the base URL; begins with '/'.
    std::string target;
    std::string body;

    [[nodiscard]] char const* method() const noexcept { return body.empty() ? "GET" : "POST"; }
};

struct http_answer
{
    http_answer() = default;

    unsigned status = 0;
    std::string content_type;
    std::string location;
    std::optional<std::chrono::milliseconds> retry_after;
    std::string body;
    // Of the request, without secrets.
    std::string url;
};

// Why there was no answer to one attempt.
class exchange_error : public std::runtime_error
{
public:
    exchange_error(bool again, std::string const& why) : std::runtime_error{why}, worth_retrying{again} {}

    // False when it is no matter of time: a certificate that is not trusted, an answer that is not HTTP.
    bool worth_retrying;
};

// Lets an exchange be ended from outside, on its strand, whatever it waits for.
class exchange_control
{
public:
    void abort()
    {
        aborted_ = true;
        if (stop_)
            stop_();
    }
    [[nodiscard]] bool aborted() const noexcept { return aborted_; }

    // While it lives, an abort calls `stop`.
    class stage
    {
    public:
        stage(exchange_control& control, std::function<void()> stop) : control_{control}
        {
            control_.stop_ = std::move(stop);
        }
        stage(stage const&) = delete;
        stage& operator=(stage const&) = delete;
        ~stage() { control_.stop_ = nullptr; }

    private:
        exchange_control& control_;
    };

private:
    std::function<void()> stop_;
    bool aborted_ = false;
};

} // namespace paperboy::serde
