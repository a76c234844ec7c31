#include "integration/child_log.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace paperboy::test
{
namespace
{

std::vector<std::string> named_command(std::string const& group, std::string const& topic,
                                       std::vector<std::string> const& options = {})
{
    auto command = std::vector<std::string>{PAPERBOY_CONSUMER_CHILD, bootstrap_servers(), group, topic, "--set",
                                            "group.instance.id=one"};
    command.insert(command.end(), options.begin(), options.end());
    return command;
}

} // namespace

consumer_child::consumer_child(std::string const& group, std::string const& topic, std::string const& servers)
    : process_{{PAPERBOY_CONSUMER_CHILD, servers, group, topic}}
{
}

consumer_child::consumer_child(std::vector<std::string> const& command) : process_{command} {}

consumer_child consumer_child::named(std::string const& group, std::string const& topic)
{
    return consumer_child{named_command(group, topic)};
}

consumer_child consumer_child::transform(std::string const& group, std::string const& topic, std::string const& output)
{
    return consumer_child{named_command(group, topic, {"--output", output})};
}

consumer_child consumer_child::burying(std::string const& group, std::string const& topic, std::string const& letters)
{
    return consumer_child{named_command(group, topic, {"--dead-letters", letters})};
}

bool consumer_child::read()
{
    auto const line = process_.line();
    if (!line)
        return false;
    auto event = child_event{.text = *line};
    auto words = std::istringstream{*line};
    words >> event.what;
    for (auto number = std::int64_t{}; words >> number;)
        event.numbers.push_back(number);
    events_.push_back(std::move(event));
    return true;
}

void consumer_child::await(std::string const& what, std::size_t wanted)
{
    for (auto seen = count(what); seen < wanted; seen += events_.back().what == what ? 1 : 0)
        if (!read())
            throw std::runtime_error{"the child process ended early"};
}

void consumer_child::read_to_end()
{
    while (read())
    {
    }
}

std::size_t consumer_child::count(std::string const& what) const
{
    return static_cast<std::size_t>(std::ranges::count(events_, what, &child_event::what));
}

std::int64_t sum(committed_offsets const& committed)
{
    auto all = std::int64_t{0};
    for (auto const& [partition, offset] : committed)
        all += offset;
    return all;
}

void await_committed(consumer_child& child, committed_offsets committed, std::int64_t wanted)
{
    do
    {
        child.await("committed", child.count("committed") + 1);
        auto const& numbers = child.events().back().numbers;
        committed[static_cast<std::int32_t>(numbers.at(0))] = numbers.at(1);
    } while (sum(committed) < wanted);
}

void await_last(consumer_child& child, group_view& view, std::string const& topic, int partitions, std::int64_t last)
{
    child.await("assigned", 1);
    auto ended = std::set<std::int64_t>{};
    for (auto const& [partition, offset] : view.committed(topic, partitions))
        if (offset == last + 1)
            ended.insert(partition);
    while (ended.size() < static_cast<std::size_t>(partitions))
    {
        child.await("done", child.count("done") + 1);
        if (auto const& numbers = child.events().back().numbers; numbers.at(1) == last)
            ended.insert(numbers.at(0));
    }
}

std::map<std::int64_t, std::int64_t> check_order(std::vector<child_event> const& events,
                                                 std::map<std::int64_t, std::set<std::int64_t>>& done)
{
    auto first = std::map<std::int64_t, std::int64_t>{};
    auto in_hook = std::map<std::int64_t, std::int64_t>{};
    auto last_done = std::map<std::int64_t, std::int64_t>{};
    for (auto const& each : events)
    {
        if (each.what != "start" && each.what != "done")
            continue;
        BOOST_TEST_REQUIRE(each.numbers.size() == 2U, each.text);
        auto const [partition, offset] = std::pair{each.numbers[0], each.numbers[1]};
        if (each.what == "start")
        {
            BOOST_TEST(!in_hook.contains(partition), each.text);
            if (auto const last = last_done.find(partition); last != last_done.end())
                BOOST_TEST(offset == last->second + 1, each.text);
            in_hook[partition] = offset;
            first.emplace(partition, offset);
            continue;
        }
        BOOST_TEST((in_hook.contains(partition) && in_hook[partition] == offset), each.text);
        in_hook.erase(partition);
        last_done[partition] = offset;
        done[partition].insert(offset);
    }
    return first;
}

} // namespace paperboy::test
