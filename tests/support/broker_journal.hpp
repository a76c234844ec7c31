#pragma once

#include <paperboy/observer.hpp>
#include <paperboy/record.hpp>
#include <paperboy/topic_partition.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace paperboy::test
{

// What the engines of one group did with a topic's records, and a judge of it: every broken promise becomes a line of
// violations(). Engines are told apart by the names that a test gives them. All of it is safe from any thread.
//
// The promises: hooks of a partition never overlap, over all engines; an engine handles a partition's records in
// order, and only while it owns the partition; nobody is given a partition that another still owns; what is committed
// is at most the lowest unfinished offset, and never falls.
class journal
{
public:
    // What handlers tell.
    void started(std::string const& engine, record_view const& record);
    void finished(std::string const& engine, record_view const& record);
    void abandoned(std::string const& engine, record_view const& record);

    // What observers tell.
    void assigned(std::string const& engine, std::span<topic_partition const> partitions);
    void released(std::string const& engine, std::span<topic_partition const> partitions, bool lost);
    void committed(std::string const& engine, error_code result, std::span<partition_offset const> offsets);

    // What an outsider saw committed, at a time before this call.
    void seen_committed(std::string const& topic, std::map<std::int32_t, std::int64_t> const& offsets);

    // Waits for a condition over what follows; it is asked again after each change. False when the deadline passes.
    [[nodiscard]] bool await(std::function<bool()> const& condition,
                             std::chrono::milliseconds deadline = std::chrono::seconds{120}) const;

    // Different records finished, by any engine, or by one.
    [[nodiscard]] std::size_t finished_count() const;
    [[nodiscard]] std::size_t finished_by(std::string const& engine) const;
    // Records finished again.
    [[nodiscard]] std::size_t repeated() const;
    // The first offset of the partition that is not finished.
    [[nodiscard]] std::int64_t unfinished(topic_partition const& where) const;
    // Which engine finished the record first; empty when none has.
    [[nodiscard]] std::string finisher(topic_partition const& where, std::int64_t offset) const;
    [[nodiscard]] std::size_t starts_of(topic_partition const& where, std::int64_t offset) const;
    [[nodiscard]] std::size_t owned_by(std::string const& engine) const;
    [[nodiscard]] std::size_t lost_by(std::string const& engine) const;
    [[nodiscard]] std::size_t commits() const;
    // The highest committed offset that an engine reported; -1 when none did.
    [[nodiscard]] std::int64_t committed_offset(topic_partition const& where) const;

    [[nodiscard]] std::string violations() const;

private:
    struct partition
    {
        std::string owner;
        bool in_hook = false;
        std::int64_t last_started = -1;
        std::int64_t unfinished = 0;
        std::int64_t committed = -1;
        std::int64_t seen_committed = -1;
        std::map<std::int64_t, std::string> finishers;
        std::map<std::int64_t, std::size_t> starts;
    };

    // Every call of another function holds this; conditions of await() call the same functions, hence recursive.
    using guard = std::scoped_lock<std::recursive_mutex>;

    void violated(std::string line);
    [[nodiscard]] partition const* find(topic_partition const& where) const;

    mutable std::recursive_mutex mutex_;
    mutable std::condition_variable_any changed_;
    std::map<topic_partition, partition> partitions_;
    std::map<std::string, std::size_t> finished_by_;
    std::map<std::string, std::size_t> lost_by_;
    std::size_t repeated_ = 0;
    std::size_t commits_ = 0;
    std::vector<std::string> violations_;
};

// Tells a journal that a hook runs; without done(), that the record was abandoned.
class hook_span
{
public:
    hook_span(journal& log, std::string const& engine, record_view const& record)
        : log_{log}, engine_{engine}, record_{record}
    {
        log_.started(engine_, record_);
    }
    hook_span(hook_span const&) = delete;
    hook_span& operator=(hook_span const&) = delete;
    ~hook_span()
    {
        if (!done_)
            log_.abandoned(engine_, record_);
    }

    void done()
    {
        done_ = true;
        log_.finished(engine_, record_);
    }

private:
    journal& log_;
    std::string const& engine_;
    record_view record_;
    bool done_ = false;
};

// Takes each record at once.
struct journaling_handler
{
    journal& log;
    std::string engine;

    void on_message(record_view const& record)
    {
        auto span = hook_span{log, engine, record};
        span.done();
    }
};

// Tells a journal what an engine does about its group.
class journaling_observer final : public observer
{
public:
    journaling_observer(journal& log, std::string engine) : log_{log}, engine_{std::move(engine)} {}

    void on_assigned(std::span<topic_partition const> partitions) noexcept override
    {
        log_.assigned(engine_, partitions);
    }
    void on_revoked(std::span<topic_partition const> partitions) noexcept override
    {
        log_.released(engine_, partitions, false);
    }
    void on_lost(std::span<topic_partition const> partitions) noexcept override
    {
        log_.released(engine_, partitions, true);
    }
    void on_commit(error_code result, std::span<partition_offset const> offsets) noexcept override
    {
        log_.committed(engine_, result, offsets);
    }

private:
    journal& log_;
    std::string engine_;
};

} // namespace paperboy::test
