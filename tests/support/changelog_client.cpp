#include "support/changelog_client.hpp"

#include <boost/asio/post.hpp>

#include <future>
#include <utility>

namespace paperboy::test
{
namespace
{

// Runs a function on an executor, and waits until it has ended.
template <class Executor, class F>
auto run_on(Executor const& where, F function)
{
    auto task = std::packaged_task<decltype(function())()>{std::move(function)};
    auto result = task.get_future();
    boost::asio::post(where, std::move(task));
    return result.get();
}

} // namespace

kafka::changelog_flow folding_sink::block(std::span<shard_change const> changes, std::int64_t next_offset)
{
    auto number = std::size_t{0};
    told.update(
        [&](auto& all)
        {
            all.told_too_much = all.told_too_much || over_;
            auto bytes = std::size_t{0};
            for (auto const& [key, value] : changes)
            {
                bytes += key.size() + value.value_or("").size();
                all.tombstones += value ? 0 : 1;
                if (value)
                    all.entries.insert_or_assign(std::string{key}, std::string{*value});
                else
                    all.entries.erase(std::string{key});
            }
            all.largest_block_bytes = std::max(all.largest_block_bytes, bytes);
            all.changes += changes.size();
            all.next_offset = next_offset;
            number = ++all.blocks;
        });
    return on_block ? on_block(number) : kafka::changelog_flow::next;
}

void folding_sink::progress(kafka::changelog_progress const& so_far)
{
    told.update(
        [&](auto& all)
        {
            all.told_too_much = all.told_too_much || over_;
            all.progress = so_far;
        });
}

void folding_sink::done(std::int64_t next_offset)
{
    told.update(
        [&](auto& all)
        {
            all.told_too_much = all.told_too_much || over_;
            all.done.push_back(next_offset);
            over_ = !tail_;
        });
}

void folding_sink::failed(kafka::changelog_failure const& why)
{
    told.update(
        [&](auto& all)
        {
            all.told_too_much = all.told_too_much || over_;
            all.failures.push_back(why);
            over_ = true;
        });
}

changelog_client::changelog_client(config const& settings, std::size_t partitions, std::size_t memory)
{
    for (auto i = 0; i < 2; ++i)
        threads_.emplace_back([this] { context_.run(); });
    run_on(strand_,
           [&]
           {
               reader_.emplace(strand_, kafka::make_changelog_conf(settings, partitions, memory),
                               [this](kafka::consumer_event const& event) { keep(event); });
           });
}

// 1. The readings go, each on its strand, then the reader; what is left of the client is destroyed here.
// 2. Whatever the threads still have to do ends by itself then.
changelog_client::~changelog_client()
{
    for (auto& [which, started] : readings_)
        run_on(started.on, [&handle = started.handle] { handle.cancel(); });
    auto remains = run_on(strand_,
                          [this]
                          {
                              auto left = reader_->close();
                              reader_.reset();
                              return left;
                          });
    remains.reset();
    work_.reset();
}

changelog_client::sink changelog_client::read(std::string const& topic, std::int32_t partition,
                                              std::optional<std::int64_t> from, bool tail,
                                              std::function<kafka::changelog_flow(std::size_t)> on_block)
{
    auto made = std::make_shared<folding_sink>(tail);
    made->on_block = std::move(on_block);
    auto const on = strand{context_.get_executor()};
    auto request = kafka::changelog_request{{topic, partition}, on, made};
    request.from = from;
    request.tail = tail;
    auto handle = run_on(strand_, [&] { return reader_->read(std::move(request)); });
    readings_.insert_or_assign(made, reading{on, std::move(handle)});
    return made;
}

void changelog_client::cancel(sink const& which)
{
    auto& started = readings_.at(which);
    run_on(started.on, [&] { started.handle.cancel(); });
}

void changelog_client::resume(sink const& which)
{
    auto& started = readings_.at(which);
    run_on(started.on, [&] { started.handle.resume(); });
}

void changelog_client::keep(kafka::consumer_event const& event)
{
    auto text = std::string{};
    if (auto const* const error = std::get_if<kafka::error_event>(&event))
        text = error->text;
    else if (auto const* const line = std::get_if<kafka::log_event>(&event))
        text = line->text;
    if (!text.empty())
        said.update([&](auto& all) { all.push_back(std::move(text)); });
}

} // namespace paperboy::test
