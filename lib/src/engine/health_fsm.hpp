#pragma once

#include <paperboy/health.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

namespace paperboy::engine_detail
{

// What an engine says of itself, from what its runs go through. Told by one thread at a time.
class health_fsm
{
public:
    using time_point = std::chrono::system_clock::time_point;

    explicit health_fsm(time_point now) { turn(engine_status::stopped, "async_run has not been called", now); }

    void started(std::string why, time_point now)
    {
        now_ = {};
        turn(engine_status::starting, std::move(why), now);
    }

    // Something is in the way that the run copes with: it matters only while there is no assignment.
    void trouble(std::string const& what)
    {
        if (open() && !now_.assigned)
            explain(what);
    }

    // Hooks run too long; what is said of them is the reason until all have ended: empty.
    void stuck(std::string const& what)
    {
        stuck_ = what;
        if (open())
            explain(std::move(usual_));
    }

    // With so many shards of tables that are not restored yet: it is never ready in between.
    void assigned(std::size_t partitions, std::size_t shards, time_point now)
    {
        if (!open())
            return;
        now_.assigned = true;
        now_.ever_assigned = true;
        now_.partitions = partitions;
        now_.restoring = shards;
        turn(engine_status::running, reason_of(partitions), now);
    }

    // So many shards of tables are not restored yet; what is said of them is the reason meanwhile.
    void restoring(std::size_t shards, std::string const& progress)
    {
        if (now_.status != engine_status::running || !now_.assigned || (shards == 0 && now_.restoring == 0))
            return;
        now_.restoring = shards;
        explain(shards > 0 ? progress : reason_of(now_.partitions));
    }

    void released(bool lost)
    {
        now_.assigned = false;
        now_.restoring = 0;
        now_.partitions = 0;
        if (open())
            explain(lost ? "the group took all partitions away; waiting to be given some again"
                         : "the group is rebalancing; waiting to be given partitions");
    }

    void stopping(std::string why, time_point now)
    {
        if (open())
            turn(engine_status::stopping, std::move(why), now);
    }

    void ended(bool failed, std::string why, time_point now)
    {
        now_.assigned = false;
        now_.restoring = 0;
        now_.partitions = 0;
        turn(failed ? engine_status::failed : engine_status::stopped, std::move(why), now);
    }

    [[nodiscard]] engine_health const& now() const noexcept { return now_; }

private:
    [[nodiscard]] bool open() const noexcept
    {
        return now_.status == engine_status::starting || now_.status == engine_status::running;
    }

    [[nodiscard]] static std::string reason_of(std::size_t partitions)
    {
        if (partitions == 0)
            return "assigned no partitions: the group has more members than its topics have partitions";
        return "assigned " + std::to_string(partitions) + (partitions == 1 ? " partition" : " partitions");
    }

    void turn(engine_status to, std::string why, time_point now)
    {
        if (now_.status != to || now_.since == time_point{})
            now_.since = now;
        now_.status = to;
        explain(std::move(why));
    }

    void explain(std::string why)
    {
        usual_ = std::move(why);
        now_.reason = open() && !stuck_.empty() ? stuck_ : usual_;
    }

    engine_health now_;
    std::string usual_;
    std::string stuck_;
};

} // namespace paperboy::engine_detail
