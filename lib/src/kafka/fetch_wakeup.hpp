#pragma once

#include "kafka/handles.hpp"
#include "kafka/prefetch_watch.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace paperboy::kafka
{

// Wakes librdkafka's fetchers, where nothing else does: before 2.2 they see only once a second that full queues have
// room again.
//
// What wakes the thread of a broker in 2.0 and 2.1 is an entry in its queue of operations. Public calls that make one
// ask a broker something (metadata, watermarks, offsets), throw prefetched records away (seek, pause, resume), are a
// producer's (flush), or are rd_kafka_sasl_set_credentials, which only stores a user and a password for the next
// connection and wakes everybody. It is given those that are in use:
// 1. PLAIN and SCRAM copy them under a lock whenever a connection logs in, and find the same as ever. Nothing else
//    reads them: without SASL, and with OAUTHBEARER, they are stored for nobody.
// 2. That lock is held for copies of a string, and the client's for short looks at its lists, as when a watermark is
//    read; neither waits for a broker. Not so with GSSAPI: Kerberos is asked with the lock held. There nobody is woken.
// 3. A thread that is woken looks at what there is to do and sleeps again. It does not connect sooner: the time of the
//    next attempt is a point in time.
class fetch_wakeup
{
public:
    // Nothing where fetchers need no waking, or cannot be woken without waiting.
    [[nodiscard]] static std::optional<fetch_wakeup> for_client(rd_kafka_conf_t const* conf);

    // Whether they can be woken with these settings, if they need it.
    [[nodiscard]] static bool possible(rd_kafka_conf_t const* conf);

    // False, with nothing done, when they were woken just now and it is not urgent. Thread-safe.
    bool wake(rd_kafka_t* client, bool urgent) noexcept;

    [[nodiscard]] prefetch_limits const& limits() const noexcept { return limits_; }

    fetch_wakeup(fetch_wakeup&& other) noexcept
        : username_{std::move(other.username_)}, password_{std::move(other.password_)}, limits_{other.limits_}
    {
    }

private:
    explicit fetch_wakeup(rd_kafka_conf_t const* conf);

    std::string username_;
    std::string password_;
    prefetch_limits limits_;
    std::atomic<std::chrono::steady_clock::rep> last_{0};
};

} // namespace paperboy::kafka
