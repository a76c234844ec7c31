// The part of a shard that closes it, when nothing uses it any more.

#include "table/shard.hpp"

#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace paperboy::tables
{

namespace asio = boost::asio;

// 1. The group has given the partition to another member, for it has not heard of this one for long.
// 2. A hook still runs, and may for as long as revoke_timeout allows; what it changes next would be written behind what
//    the new owner has written meanwhile, and the next restore would find the older value.
// 3. So nothing is sent from now on, nor left on its way, while the hook comes to its end; nor does an acknowledgement
//    count that comes now: foreign changes may stand in front of it, which the store has not.
void shard::lose()
{
    if (global_ || phase_ != phase::ready || std::exchange(lost_, true))
        return;
    send_nothing();
    unsent_.forget();
}

// Of any thread: a hook that blocks the strand must not put it off. A global table is nobody's in particular.
void shard::send_nothing()
{
    if (!global_)
        context_.target.forget(*this);
}

void shard::close(bool checkpoint)
{
    send_nothing();
    asio::post(strand_, [self = shared_from_this(), checkpoint] { self->finish(checkpoint); });
}

// Changes that are not sent yet are of hooks that have not ended in time: their offsets stay held.
void shard::finish(bool checkpoint)
{
    auto const lock = lock_if_global();
    auto const before = phase_.load();
    if (before == phase::closing || before == phase::closed)
        return;
    phase_ = phase::closing;
    unsent_.forget();
    last_one_wanted_ = before == phase::ready && checkpoint && store_ && !worthless();
    reading_.cancel();
    stop_preparing();
    counters_.ready.store(false);
    if (!writing_ && preparing_ == 0)
        close_store();
}

// A store may have much to do when it is destroyed: that is the worker's as well.
void shard::close_store()
{
    if (std::exchange(last_one_wanted_, false))
    {
        this->checkpoint();
        if (writing_ || phase_ == phase::closed)
            return;
    }
    phase_ = phase::closed;
    set_.reset();
    if ((begin_again_ || worthless()) && store_)
        clear_store();
    auto const worker = context_.worker.lock();
    if (!store_ || !worker || !store_->concurrent())
    {
        store_.reset();
        return gone();
    }
    worker->run(
        "closing the store of " + describe_store(), [store = std::exchange(store_, nullptr)]() mutable
        { store.reset(); }, [self = shared_from_this()] { self->gone(); });
}

// What it has may not show to be wrong the next time.
void shard::clear_store()
try
{
    store_->clear(table().identity());
}
catch (std::exception const& error)
{
    context_.log(log_level::warning, describe() + ": its store cannot be used, nor emptied: " + error.what());
}

void shard::gone()
{
    if (auto const owner = context_.owner.lock())
        owner->shard_closed(*this);
}

} // namespace paperboy::tables
