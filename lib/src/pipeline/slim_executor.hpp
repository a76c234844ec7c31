#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <utility>

namespace paperboy::pipeline
{

// An any_io_executor in the size of a pointer, which answers questions about itself without asking it.
//
// A strand of this fits into an any_io_executor, which coroutines run on. A strand of any_io_executor does not: each
// time a coroutine is posted or resumed it would be copied to the heap, and each question whether it may block
// allocates too.
class slim_executor
{
public:
    // A template, so that nothing asks whether a slim_executor converts to any_io_executor before it is complete.
    template <std::same_as<boost::asio::any_io_executor> Target>
    explicit slim_executor(Target const& target) : way_{&(new owner{target})->as_given}
    {
    }
    slim_executor(slim_executor const& other) noexcept : way_{other.way_} { way_->owned_by.add(); }
    slim_executor(slim_executor&& other) noexcept : way_{other.way_} { way_->owned_by.add(); }
    slim_executor& operator=(slim_executor other) noexcept
    {
        std::swap(way_, other.way_);
        return *this;
    }
    ~slim_executor() { way_->owned_by.remove(); }

    template <class F>
    void execute(F&& f) const
    {
        way_->target.execute(std::forward<F>(f));
    }

    [[nodiscard]] boost::asio::execution_context& query(boost::asio::execution::context_t) const
    {
        return boost::asio::query(way_->target, boost::asio::execution::context);
    }
    [[nodiscard]] boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) const noexcept
    {
        return way_->blocking;
    }
    [[nodiscard]] slim_executor require(boost::asio::execution::blocking_t::never_t) const noexcept
    {
        return slim_executor{way_->owned_by.never_blocking};
    }
    [[nodiscard]] slim_executor require(boost::asio::execution::blocking_t::possibly_t) const noexcept
    {
        return slim_executor{way_->owned_by.as_given};
    }

    friend bool operator==(slim_executor const& a, slim_executor const& b) noexcept { return a.way_ == b.way_; }

private:
    struct owner;

    // The target with one of its blocking properties.
    struct way
    {
        owner& owned_by;
        boost::asio::any_io_executor target;
        boost::asio::execution::blocking_t blocking;
    };

    struct owner
    {
        explicit owner(boost::asio::any_io_executor const& target)
            : as_given{*this, target, boost::asio::query(target, boost::asio::execution::blocking)},
              never_blocking{*this, boost::asio::require(target, boost::asio::execution::blocking.never),
                             boost::asio::execution::blocking.never}
        {
        }

        void add() noexcept { holders.fetch_add(1, std::memory_order_relaxed); }
        void remove() noexcept
        {
            if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1)
                delete this;
        }

        way as_given;
        way never_blocking;
        std::atomic<std::uint32_t> holders{1};
    };

    explicit slim_executor(way const& other) noexcept : way_{&other} { way_->owned_by.add(); }

    way const* way_;
};

using slim_strand = boost::asio::strand<slim_executor>;

static_assert(sizeof(slim_strand) <= sizeof(std::shared_ptr<void>) + sizeof(void*),
              "fits into an any_io_executor without the heap");

} // namespace paperboy::pipeline
