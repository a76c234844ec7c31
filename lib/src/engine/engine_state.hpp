#pragma once

#include "engine/health_fsm.hpp"
#include "engine/memory_division.hpp"
#include "engine/pause_list.hpp"
#include "kafka/outbox.hpp"
#include "pipeline/assignment.hpp"
#include "pipeline/counters.hpp"
#include "pipeline/hook_watch.hpp"
#include "pipeline/topic_counters.hpp"
#include "pipeline/topic_router.hpp"
#include "table/table_state.hpp"

#include <paperboy/config.hpp>
#include <paperboy/error.hpp>
#include <paperboy/stats.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paperboy::engine_detail
{

// The step that a topic is in; the number of steps when in none.
[[nodiscard]] std::size_t step_of(std::string_view topic, step_list const& steps,
                                  pipeline::topic_matcher const& handled);

// What an engine keeps over its runs, shared with the run at hand.
struct engine_state
{
    engine_state(boost::asio::any_io_executor on, config given) : executor{std::move(on)}, settings{std::move(given)} {}

    boost::asio::any_io_executor const executor;
    config const settings;
    pipeline::topic_router router;
    pipeline::counters totals;

    // Its client exists while a run is at hand: from the start when a producer was made, else from the first dead
    // letter on.
    std::shared_ptr<kafka::outbox> const outbox = std::make_shared<kafka::outbox>(executor);
    bool produces = false;

    // By number.
    std::vector<std::shared_ptr<tables::table_state>> tables;

    // For questions from other threads: the assignment at hand and why the last run failed.
    mutable std::mutex guard;
    std::shared_ptr<pipeline::assignment const> visible;
    failure last_failure;
    health_fsm health{std::chrono::system_clock::now()};
    // Each stays where it is: pipelines refer to their topic's.
    std::map<std::string, pipeline::topic_counters, std::less<>> topics;
    std::size_t step = 0;
    std::size_t step_passed = 0;
    std::size_t step_partitions = 0;

    // Of pipelines that a run has left behind, past config::shutdown_timeout, with hooks that may still run. For the
    // strand of the run at hand: of the next, when one has completed. Their watches and not they themselves, or they
    // might outlive their executor.
    std::vector<std::shared_ptr<pipeline::partition_watch>> left_behind;

    pause_list paused;

    [[nodiscard]] std::size_t step_of(std::string_view topic) const
    {
        return engine_detail::step_of(topic, settings.steps, router.matcher());
    }

    // Throws setup_error for steps that do not fit the handlers.
    void check_steps() const;

    // The topics that feed the table; none feed a global one, which all may change.
    [[nodiscard]] std::vector<std::string> sources_of(tables::table_state const& table) const;
    // Throws setup_error for tables without topics that feed them.
    void check_tables() const;
    // How config::memory_limit is divided; throws setup_error when it is too little.
    [[nodiscard]] memory_division divide_memory() const;

    void show_step(std::size_t step, std::size_t passed, std::size_t partitions);
    void show(std::shared_ptr<pipeline::assignment const> current);
    void record(failure why);
    [[nodiscard]] failure why_failed() const;

    // Tells the machine what happened; the time is added.
    template <class... Arguments, class... Given>
    void tell_health(void (health_fsm::*event)(Arguments...), Given&&... given)
    {
        auto const lock = std::scoped_lock{guard};
        if constexpr (sizeof...(Arguments) > sizeof...(Given))
            (health.*event)(std::forward<Given>(given)..., std::chrono::system_clock::now());
        else
            (health.*event)(std::forward<Given>(given)...);
    }
    [[nodiscard]] engine_health health_now() const;

    [[nodiscard]] pipeline::topic_counters& counters_of(std::string const& topic);
    [[nodiscard]] std::optional<store_memory> memory_of_stores() const;
    [[nodiscard]] engine_stats stats() const;
};

} // namespace paperboy::engine_detail
