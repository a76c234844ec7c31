// `paperboy consume -G`: an engine whose handler prints, so that what is committed is what was printed.

#include "consume.hpp"
#include "interruption.hpp"
#include "output.hpp"
#include "places.hpp"

#include <paperboy/admin.hpp>
#include <paperboy/engine.hpp>
#include <paperboy/observer.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <iostream>
#include <memory>

namespace paperboy::cli
{
namespace
{

using namespace std::chrono_literals;

// Thrown out of the hook for what was fetched with the last record of -c: it is not finished, and so not committed.
class enough
{
};

start_at start_of(std::vector<std::string> const& places)
{
    auto start = start_at::stored();
    for (auto const& text : places)
        switch (auto const where = parse_place(text, "-o"); where.is)
        {
        case place::kind::stored:
            start = start_at::stored();
            break;
        case place::kind::beginning:
            start = start_at::beginning();
            break;
        case place::kind::end:
            start = start_at::end();
            break;
        case place::kind::time:
            start = start_at::time(where.time);
            break;
        default:
            throw usage_error{"-o is \"" + text + "\"; with -G it is stored, beginning, end or s@TIME: " +
                              "to begin elsewhere, move the group first (paperboy offsets seek)"};
        }
    return start;
}

std::vector<std::string> topics_of(consume_options const& options)
{
    auto topics = options.topics;
    if (!options.topic.empty())
        topics.push_back(options.topic);
    if (topics.empty())
        throw usage_error{"no topic is named; write them behind -G GROUP: names, or expressions that begin with ^"};
    return topics;
}

// Says on stderr which partitions come and go, as kcat does.
class assignment_notes : public observer
{
public:
    assignment_notes(consume_options const& options, std::function<void()> at_end)
        : options_{options}, at_end_{std::move(at_end)}
    {
    }
    void on_assigned(std::span<topic_partition const> partitions) noexcept override { say("assigned", partitions); }
    void on_revoked(std::span<topic_partition const> partitions) noexcept override { say("revoked", partitions); }
    void on_lost(std::span<topic_partition const> partitions) noexcept override { say("lost", partitions); }
    // With -e there is one step, from what was there when the partitions were assigned.
    void on_step(std::size_t step, std::size_t /*passed*/, std::size_t /*partitions*/) noexcept override
    {
        if (step > 0)
            at_end_();
    }

private:
    void say(char const* what, std::span<topic_partition const> partitions) const
    {
        if (options_.quiet)
            return;
        auto text = "paperboy: group \"" + options_.joined_group + "\": " + what;
        for (auto const& each : partitions)
            text += ' ' + to_string(each);
        std::cerr << text << (partitions.empty() ? " nothing\n" : "\n");
    }

    consume_options const& options_;
    std::function<void()> at_end_;
};

class membership
{
public:
    explicit membership(consume_options const& options)
        : options_{options}, topics_{topics_of(options)}, printer_{options}, engine_{context_, settings()}
    {
        for (auto const& each : topics_)
            engine_.handle(each, printing_handler{this});
        // An engine would wait for brokers that are away.
        auto cluster = admin{options.cluster.settings(), options.cluster.timeout()};
        for (auto const& each : topics_)
            if (each.starts_with('^'))
                static_cast<void>(cluster.topics());
            else
                static_cast<void>(cluster.topic(each));
    }

    exit_code run()
    {
        auto const guard = interruption{};
        await_signal();
        auto result = error_code{};
        engine_.async_run(
            [&](error_code error)
            {
                result = error;
                ended_ = true;
                next_look_.cancel();
            });
        context_.run();
        if (result)
            tell_failure();
        auto const has_end = options_.count != 0 || options_.until_end;
        return has_end && !complete_ ? exit_code::interrupted : exit_code::done;
    }

private:
    struct printing_handler
    {
        membership* owner;

        void on_message(record_view const& record) { owner->show(record); }
        void on_tombstone(record_view const& record) { owner->show(record); }
    };

    [[nodiscard]] config settings()
    {
        auto settings = options_.cluster.member_settings(options_.joined_group, options_.quiet);
        settings.start = start_of(options_.places);
        if (options_.until_end)
            settings.steps = {topics_};
        settings.watcher = std::make_shared<assignment_notes>(options_, [this] { complete(); });
        return settings;
    }

    // Looks, instead of waiting for the signal: while a reader that takes nothing holds the thread in a write, no
    // handler runs, and the second signal has to end the process all the same.
    void await_signal()
    {
        next_look_.expires_after(50ms);
        next_look_.async_wait(
            [this](error_code)
            {
                if (interruption::asked())
                    engine_.stop();
                else if (!ended_)
                    await_signal();
            });
    }

    void complete()
    {
        complete_ = true;
        engine_.stop();
    }

    // Written before the hook ends: a record that is committed has been seen.
    void show(record_view const& record)
    {
        if (options_.count != 0 && shown_ == options_.count)
            throw enough{};
        printer_.print(record);
        output::standard().flush();
        if (++shown_ == options_.count)
            complete();
        else if (interruption::asked())
            engine_.stop();
    }

    void tell_failure()
    {
        auto const why = engine_.last_failure();
        try
        {
            if (why.cause)
                std::rethrow_exception(why.cause);
            throw command_failed{why.text};
        }
        catch (enough const&)
        {
            return;
        }
    }

    consume_options const& options_;
    std::vector<std::string> topics_;
    record_printer printer_;
    std::uint64_t shown_ = 0;
    bool complete_ = false;
    bool ended_ = false;
    boost::asio::io_context context_{1};
    boost::asio::steady_timer next_look_{context_};
    engine engine_;
};

} // namespace

exit_code consume_as_member(consume_options const& options)
{
    return membership{options}.run();
}

} // namespace paperboy::cli
