// One of two members of a group that catches topics up in steps, as a process of its own; it waits until it has half of
// the partitions. In front of its first record of each
// topic but the first it asks the cluster, with a client of its own, whether the group has committed all that the
// topics before had at the beginning, and tells on its standard output:
//
//     first TOPIC in-order|too-early     with the topic's number in the order of the steps, from 0
//     handled TOPIC COUNT                records that came
//
//     steps_child BOOTSTRAP_SERVERS GROUP PARTITIONS END TOPIC...     END: of every partition of all but the last topic

#include "support/broker.hpp"
#include "support/child_output.hpp"

#include <paperboy/paperboy.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <functional>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <sys/prctl.h>

namespace asio = boost::asio;
using paperboy::test::tell;

namespace
{

struct plan
{
    std::string servers;
    std::string group;
    int partitions = 0;
    std::int64_t end = 0;
    std::vector<std::string> topics;
};

class checking_handler
{
public:
    checking_handler(plan const& steps, std::size_t topic) : steps_{steps}, topic_{topic} {}

    void on_message(paperboy::record_view const&) { took(1); }
    void on_bulk(std::span<paperboy::record_view const> bulk) { took(bulk.size()); }

private:
    void took(std::size_t count)
    {
        if (!checked_ && topic_ > 0)
            tell("first " + std::to_string(topic_) + (earlier_topics_are_committed() ? " in-order" : " too-early"));
        checked_ = true;
        tell("handled " + std::to_string(topic_) + " " + std::to_string(count));
    }

    [[nodiscard]] bool earlier_topics_are_committed() const
    {
        auto group = paperboy::test::group_view{steps_.group, steps_.servers};
        auto const all_committed = [&](std::string const& topic)
        {
            auto const offsets = group.committed(topic, steps_.partitions);
            return offsets.size() == static_cast<std::size_t>(steps_.partitions) &&
                   std::ranges::all_of(offsets, [&](auto const& each) { return each.second >= steps_.end; });
        };
        return std::ranges::all_of(std::span{steps_.topics}.first(topic_), all_committed);
    }

    plan const& steps_;
    std::size_t topic_;
    bool checked_ = false;
};

class sharing_observer final : public paperboy::observer
{
public:
    sharing_observer(std::size_t share, std::function<void()> shared) : share_{share}, shared_{std::move(shared)} {}

    void on_assigned(std::span<paperboy::topic_partition const> partitions) noexcept override
    {
        if (partitions.size() == share_)
            shared_();
    }

private:
    std::size_t share_;
    std::function<void()> shared_;
};

} // namespace

int main(int argc, char** argv)
try
{
    if (argc < 6)
    {
        std::cerr << "usage: steps_child BOOTSTRAP_SERVERS GROUP PARTITIONS END TOPIC...\n";
        return 2;
    }
    // A test that is killed leaves nothing behind.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto const steps = plan{argv[1], argv[2], std::stoi(argv[3]), std::stoll(argv[4]), {argv + 5, argv + argc}};
    auto handlers = std::vector<checking_handler>{};
    for (std::size_t i = 0; i < steps.topics.size(); ++i)
        handlers.emplace_back(steps, i);

    asio::io_context context;
    auto settings = paperboy::config{};
    settings.bootstrap_servers = steps.servers;
    settings.group_id = steps.group;
    settings.commit.interval = std::chrono::milliseconds{100};
    settings.steps_scope = paperboy::steps_scope::group;
    for (auto const& topic : std::span{steps.topics}.first(steps.topics.size() - 1))
        settings.steps.push_back({topic});
    auto resume = std::function<void()>{};
    settings.watcher = std::make_shared<sharing_observer>(
        steps.topics.size() * static_cast<std::size_t>(steps.partitions) / 2, [&] { resume(); });
    paperboy::engine engine{context, settings};
    resume = [&] { engine.resume(); };
    engine.pause();
    for (std::size_t i = 0; i < steps.topics.size(); ++i)
        engine.handle(steps.topics[i], std::ref(handlers[i]));

    asio::signal_set signals{context, SIGTERM};
    signals.async_wait(
        [&](auto error, int)
        {
            if (!error)
                engine.stop();
        });
    auto result = paperboy::error_code{};
    engine.async_run(
        [&](paperboy::error_code error)
        {
            result = error;
            signals.cancel();
        });
    context.run();
    return result ? 1 : 0;
}
catch (std::exception const& error)
{
    std::cerr << error.what() << '\n';
    return 2;
}
