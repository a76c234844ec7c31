#pragma once

#include "engine/watch_fsm.hpp"
#include "pipeline/hook_watch.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace paperboy::engine_detail
{

// Looks after hooks that run too long, from a thread of its own, "paperboy-watch": hooks that block may block all
// threads of the executor. It knows nothing of Asio and holds nothing but what it looks at.
class watchdog
{
public:
    struct finding
    {
        watch_action action = watch_action::none;
        topic_partition where;
        std::string handler;
        std::int64_t offset = -1;
        std::chrono::milliseconds age{0};
        std::shared_ptr<pipeline::partition_watch const> what;

        // Whether the same hooks are running now.
        [[nodiscard]] bool still_runs() const;
    };
    // Of all hooks that run.
    struct summary
    {
        // How many exceed the limit, and the oldest of them.
        std::size_t over = 0;
        std::optional<finding> oldest = {};
        // How long the oldest one has been running whose partition is not ours any more.
        std::optional<std::chrono::milliseconds> outliving = {};
    };
    // Called on the thread.
    using sink = std::function<void(finding const&)>;
    using summary_sink = std::function<void(summary const&)>;

    // `longest`: what the group allows. `sum_up` is called after each look.
    watchdog(std::chrono::milliseconds limit, std::chrono::milliseconds longest, sink tell, summary_sink sum_up);
    watchdog(watchdog const&) = delete;
    watchdog& operator=(watchdog const&) = delete;

    // Ends the thread and waits for it: at once, unless it is just telling something.
    ~watchdog();

    // What is to be given up and has not been taken yet. From any thread.
    [[nodiscard]] std::vector<finding> take_given_up();

    // Looks at these as well, until they are taken down. From any thread.
    void add(std::shared_ptr<pipeline::partition_watch> what);

private:
    struct watched
    {
        std::shared_ptr<pipeline::partition_watch> what;
        std::vector<watch_fsm> stands = {};
    };

    void run();
    [[nodiscard]] std::vector<finding> look();
    [[nodiscard]] summary sum(watch_fsm::clock::time_point now) const;
    [[nodiscard]] static finding found(watched const& at, std::size_t stand, watch_fsm::clock::time_point now);
    void look(watched& at, watch_fsm::clock::time_point now, std::vector<finding>& findings);

    std::chrono::milliseconds const limit_;
    std::chrono::milliseconds const longest_;
    sink const tell_;
    summary_sink const sum_up_;
    std::mutex guard_;
    std::condition_variable changed_;
    std::vector<watched> all_;
    std::vector<finding> given_up_;
    bool ending_ = false;
    std::thread thread_;
};

} // namespace paperboy::engine_detail
