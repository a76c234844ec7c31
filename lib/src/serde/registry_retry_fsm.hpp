#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

namespace paperboy::serde
{

// What a request to the registry does next.
enum class retry_action
{
    // Send it to url().
    send,
    // Wait for delay(), then send it to url().
    wait,
    // The answer is final, for better or worse.
    done,
    // Every retry is used up, or the registry asks for a longer wait than is allowed.
    give_up,
};

// How one attempt ended.
enum class attempt_end
{
    // An answer that another attempt would not change.
    answered,
    // No answer: the network, or time.
    no_answer,
    // 5xx.
    server_error,
    // 429.
    too_many_requests,
    // An answer that no registry gives, or a certificate that is not trusted: at this URL, time changes nothing.
    misbehaved,
};

struct retry_policy
{
    std::size_t urls = 1;
    std::size_t retries = 0;
    std::chrono::milliseconds backoff{100};
    std::chrono::milliseconds max_backoff{30'000};
};

// Decides where a request is sent, and when again:
//
//   an attempt fails → the next URL at once; all URLs have failed → a wait, then all over, `retries` times
//   all URLs have misbehaved → it is given up at once
//   429, or Retry-After → a wait at once: every URL is the same registry, and it has asked for it
class registry_retry_fsm
{
public:
    // `url` is the one that answered last.
    registry_retry_fsm(retry_policy const& policy, std::size_t url) noexcept
        : policy_{policy}, url_{url % policy.urls}, round_began_at_{url_}
    {
    }

    [[nodiscard]] retry_action begin() const noexcept { return retry_action::send; }

    // `retry_after`: as the registry asks; `chance`: in [0, 1), for the length of a wait.
    [[nodiscard]] retry_action ended(attempt_end how, std::optional<std::chrono::milliseconds> retry_after,
                                     double chance) noexcept
    {
        ++attempts_;
        if (how == attempt_end::answered)
            return retry_action::done;
        url_ = (url_ + 1) % policy_.urls;
        if (how == attempt_end::misbehaved)
        {
            retry_after.reset();
            ++misbehaved_;
            if (all_misbehaved())
                return retry_action::give_up;
        }
        auto const asked_to_wait = how == attempt_end::too_many_requests || retry_after;
        if (url_ != round_began_at_ && !asked_to_wait)
            return retry_action::send;
        if (rounds_ == policy_.retries || (retry_after && *retry_after > policy_.max_backoff))
            return retry_action::give_up;
        delay_ = std::max(backoff(chance), retry_after.value_or(std::chrono::milliseconds{0}));
        ++rounds_;
        round_began_at_ = url_;
        misbehaved_ = 0;
        return retry_action::wait;
    }

    [[nodiscard]] retry_action waited() const noexcept { return retry_action::send; }

    // Whether no URL of this round may do better later.
    [[nodiscard]] bool all_misbehaved() const noexcept { return misbehaved_ == policy_.urls; }
    [[nodiscard]] std::size_t url() const noexcept { return url_; }
    [[nodiscard]] std::chrono::milliseconds delay() const noexcept { return delay_; }
    [[nodiscard]] std::size_t attempts() const noexcept { return attempts_; }

private:
    // Between a half and the whole of backoff · 2^rounds, or of max_backoff where that is less.
    [[nodiscard]] std::chrono::milliseconds backoff(double chance) const noexcept
    {
        auto whole = policy_.backoff;
        for (std::size_t i = 0; i < rounds_ && whole < policy_.max_backoff; ++i)
            whole *= 2;
        whole = std::min(whole, policy_.max_backoff);
        auto const less = static_cast<double>(whole.count()) * chance / 2;
        return whole - std::chrono::milliseconds{static_cast<std::chrono::milliseconds::rep>(less)};
    }

    retry_policy policy_;
    std::size_t url_;
    std::size_t round_began_at_;
    std::size_t rounds_ = 0;
    std::size_t attempts_ = 0;
    // Of this round.
    std::size_t misbehaved_ = 0;
    std::chrono::milliseconds delay_{0};
};

} // namespace paperboy::serde
