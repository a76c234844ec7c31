#include "table/store_queue.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <utility>

#include <pthread.h>

namespace paperboy::tables
{
namespace
{

using clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::milliseconds{5000};

// What has been told already ends at once, unless the thread does not get its turn.
constexpr auto least_patience = std::chrono::milliseconds{100};

} // namespace

// What the thread and the queue share, so that either may go first.
struct store_queue::state
{
    struct job
    {
        std::string what;
        std::function<void()> work;
    };

    void loop()
    {
        auto lock = std::unique_lock{guard};
        while (true)
        {
            changed.wait(lock, [this] { return ended || !jobs.empty(); });
            if (jobs.empty())
                break;
            auto next = std::move(jobs.front());
            jobs.pop_front();
            at_hand = std::move(next.what);
            since = clock::now();
            lock.unlock();
            next.work();
            next.work = nullptr;
            lock.lock();
            at_hand.clear();
        }
        over = true;
        changed.notify_all();
    }

    [[nodiscard]] std::string late(std::chrono::seconds longest)
    {
        auto const lock = std::scoped_lock{guard};
        auto const taken = std::chrono::duration_cast<std::chrono::seconds>(clock::now() - since);
        if (at_hand.empty() || taken < longest)
            return {};
        return at_hand + " has been going on for " + std::to_string(taken.count()) + " s";
    }

    std::mutex guard;
    std::condition_variable changed;
    std::deque<job> jobs;
    std::string at_hand;
    clock::time_point since;
    bool forgotten = false;
    bool ended = false;
    bool over = false;
};

store_queue::store_queue(logger log) : log_{std::move(log)}, state_{std::make_shared<state>()} {}

store_queue::~store_queue()
{
    if (!thread_.joinable())
        return;
    auto over = false;
    {
        auto lock = std::unique_lock{state_->guard};
        state_->ended = true;
        state_->changed.notify_all();
        // An idle thread has nothing to wait for, but to end.
        auto const idle = state_->jobs.empty() && state_->at_hand.empty();
        over = state_->changed.wait_for(lock, state_->forgotten && !idle ? least_patience : patience,
                                        [this] { return state_->over; });
    }
    if (over)
    {
        thread_.join();
        return;
    }
    thread_.detach();
    auto const doing = state_->late(std::chrono::seconds{0});
    log_(log_level::error,
         (doing.empty() ? "a store has work left" : doing) +
             "; the thread \"paperboy-store\" is left behind with it. See to the disk: the store is "
             "held until that ends, or the process. What is missing there is read from the changelog");
}

void store_queue::run(std::string what, std::function<void()> work)
{
    {
        auto const lock = std::scoped_lock{state_->guard};
        if (start())
        {
            state_->jobs.push_back({std::move(what), std::exchange(work, nullptr)});
            state_->changed.notify_all();
        }
    }
    if (work)
        work();
}

// False: the system gives no thread.
bool store_queue::start()
try
{
    if (!thread_.joinable())
        thread_ = std::thread{[shared = state_]
                              {
                                  pthread_setname_np(pthread_self(), "paperboy-store");
                                  shared->loop();
                              }};
    return true;
}
catch (std::system_error const&)
{
    return false;
}

std::string store_queue::late(std::chrono::seconds longest) const
{
    return state_->late(longest);
}

void store_queue::forget() noexcept
{
    auto const lock = std::scoped_lock{state_->guard};
    state_->forgotten = true;
}

} // namespace paperboy::tables
