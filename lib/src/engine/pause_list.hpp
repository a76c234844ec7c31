#pragma once

#include <paperboy/topic_partition.hpp>

#include <mutex>
#include <set>
#include <string>

namespace paperboy::engine_detail
{

// What the user has paused: everything, topics, or single partitions; it outlives assignments. Safe from any thread.
class pause_list
{
public:
    void pause_all()
    {
        change([this] { all_ = true; });
    }
    void resume_all()
    {
        change([this] { all_ = false; });
    }
    void pause(std::string const& topic)
    {
        change([&] { topics_.insert(topic); });
    }
    void resume(std::string const& topic)
    {
        change([&] { topics_.erase(topic); });
    }
    void pause(topic_partition const& where)
    {
        change([&] { partitions_.insert(where); });
    }
    void resume(topic_partition const& where)
    {
        change([&] { partitions_.erase(where); });
    }

    [[nodiscard]] bool covers(topic_partition const& where) const
    {
        auto const lock = std::scoped_lock{guard_};
        return all_ || topics_.contains(where.topic) || partitions_.contains(where);
    }

private:
    template <class F>
    void change(F apply)
    {
        auto const lock = std::scoped_lock{guard_};
        apply();
    }

    mutable std::mutex guard_;
    bool all_ = false;
    std::set<std::string> topics_;
    std::set<topic_partition> partitions_;
};

} // namespace paperboy::engine_detail
