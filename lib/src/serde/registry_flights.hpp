#pragma once

#include "serde/registry_counters.hpp"
#include "serde/registry_http.hpp"
#include "serde/registry_retry_fsm.hpp"
#include "serde/registry_transport.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>

namespace paperboy::serde
{

// Requests on their way, with retries; whoever asks the same joins. Used on one strand.
class registry_flights : public std::enable_shared_from_this<registry_flights>
{
public:
    registry_flights(boost::asio::any_io_executor strand, schema_registry_settings const& settings);

    // The final answer, whatever its status. Throws registry_error when there is none, system_error with
    // operation_aborted when the caller is cancelled or abort() is called.
    boost::asio::awaitable<http_answer> ask(http_question question);

    // Whoever asks from now on does not join what is on its way: its answer may be of what was there before.
    void part() noexcept { ++era_; }

    // Ends all; later requests end at once.
    void abort();

    [[nodiscard]] std::shared_ptr<detail::registry_counters const> counters() const noexcept { return counters_; }

private:
    struct flight;
    class passenger;
    using flight_ptr = std::shared_ptr<flight>;

    flight_ptr join(http_question question);
    void remove(flight const& ended);
    boost::asio::awaitable<void> fly(flight_ptr request);

    // One attempt: the answer, if there is one, goes into the flight.
    boost::asio::awaitable<attempt_end> attempt(std::size_t url, flight& request);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds delay, flight& request);
    void give_up(registry_retry_fsm const& fsm, flight const& request) const;

    boost::asio::any_io_executor strand_;
    registry_transport transport_;
    retry_policy policy_;
    logger log_;
    std::minstd_rand random_;
    std::map<std::string, flight_ptr> flights_;
    std::uint64_t era_ = 0;
    // The one that answered last.
    std::size_t url_ = 0;
    bool aborted_ = false;
    std::shared_ptr<detail::registry_counters> const counters_ = std::make_shared<detail::registry_counters>();
};

} // namespace paperboy::serde
