#include "engine/watchdog.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <pthread.h>

namespace paperboy::engine_detail
{
namespace
{

using namespace std::chrono_literals;

// Looks are cheap; a tenth of the limit is how much too late a report may come.
std::chrono::milliseconds pace_for(std::chrono::milliseconds limit)
{
    return std::clamp<std::chrono::milliseconds>(limit / 10, 5ms, 1s);
}

} // namespace

bool watchdog::finding::still_runs() const
{
    return std::ranges::any_of(what->look(),
                               [this](auto const& each) { return each.passes % 2 == 1 && each.offset == offset; });
}

watchdog::watchdog(std::chrono::milliseconds limit, std::chrono::milliseconds longest, sink tell, summary_sink sum_up)
    : limit_{limit}, longest_{longest}, tell_{std::move(tell)}, sum_up_{std::move(sum_up)}, thread_{[this] { run(); }}
{
}

watchdog::~watchdog()
{
    {
        auto const lock = std::scoped_lock{guard_};
        ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void watchdog::add(std::shared_ptr<pipeline::partition_watch> what)
{
    auto const lock = std::scoped_lock{guard_};
    all_.push_back({std::move(what), {}});
}

std::vector<watchdog::finding> watchdog::take_given_up()
{
    auto const lock = std::scoped_lock{guard_};
    return std::exchange(given_up_, {});
}

void watchdog::run()
{
    pthread_setname_np(pthread_self(), "paperboy-watch");
    auto const pace = pace_for(std::min(limit_, longest_));
    auto lock = std::unique_lock{guard_};
    while (!changed_.wait_for(lock, pace, [this] { return ending_; }))
    {
        auto const findings = look();
        std::ranges::copy_if(findings, std::back_inserter(given_up_),
                             [](auto const& each) { return each.action == watch_action::give_up; });
        auto const sum = this->sum(watch_fsm::clock::now());
        lock.unlock();
        sum_up_(sum);
        for (auto const& each : findings)
            tell_(each);
        lock.lock();
    }
}

std::vector<watchdog::finding> watchdog::look()
{
    auto findings = std::vector<finding>{};
    auto const now = watch_fsm::clock::now();
    for (auto& each : all_)
        look(each, now, findings);
    std::erase_if(all_, [](watched const& each) { return each.stands.empty(); });
    return findings;
}

watchdog::finding watchdog::found(watched const& at, std::size_t stand, watch_fsm::clock::time_point now)
{
    auto const& of = at.stands[stand];
    return {of.given_up() ? watch_action::give_up : watch_action::report,
            at.what->where(),
            at.what->handler(),
            of.offset(),
            std::chrono::duration_cast<std::chrono::milliseconds>(of.age(now)),
            at.what};
}

watchdog::summary watchdog::sum(watch_fsm::clock::time_point now) const
{
    auto all = summary{};
    for (auto const& each : all_)
    {
        for (std::size_t i = 0; i < each.stands.size(); ++i)
        {
            if (!each.stands[i].over_limit())
                continue;
            ++all.over;
            if (auto stuck = found(each, i, now); !all.oldest || stuck.age > all.oldest->age)
                all.oldest = std::move(stuck);
        }
        if (each.what->outlives())
            all.outliving = std::max(all.outliving, each.what->running_for());
    }
    return all;
}

void watchdog::look(watched& at, watch_fsm::clock::time_point now, std::vector<finding>& findings)
{
    auto const seen = at.what->look();
    at.stands.resize(seen.size());
    auto oldest = std::optional<std::chrono::milliseconds>{};
    auto over = false;
    for (std::size_t i = 0; i < seen.size(); ++i)
    {
        auto& stand = at.stands[i];
        auto const action = stand.look(seen[i], now, limit_, longest_);
        auto const age = std::chrono::duration_cast<std::chrono::milliseconds>(stand.age(now));
        if (seen[i].passes % 2 == 1)
            oldest = std::max(oldest.value_or(age), age);
        over = over || stand.over_limit();
        if (action == watch_action::none)
            continue;
        findings.push_back(found(at, i, now));
    }
    at.what->show(oldest, over);
}

} // namespace paperboy::engine_detail
