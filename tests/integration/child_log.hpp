#pragma once

#include "support/broker_process.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace paperboy::test
{

// One line of a consumer_child.
struct child_event
{
    std::string what = {};
    std::vector<std::int64_t> numbers = {};
    std::string text = {};
};

// A consumer_child, and what it has told so far.
class consumer_child
{
public:
    consumer_child(std::string const& group, std::string const& topic,
                   std::string const& servers = bootstrap_servers());

    // One with a name, as those have that are made below: its heir takes over at once, and not when its session has
    // ended.
    static consumer_child named(std::string const& group, std::string const& topic);

    // One that sends what it consumes on.
    static consumer_child transform(std::string const& group, std::string const& topic, std::string const& output);

    // One that fails on every hundredth record, from offset 7 on.
    static consumer_child burying(std::string const& group, std::string const& topic, std::string const& letters);

    [[nodiscard]] child_process& process() noexcept { return process_; }
    [[nodiscard]] std::vector<child_event> const& events() const noexcept { return events_; }

    // Reads on until `count` events of this kind have been told in all; throws when that takes too long.
    void await(std::string const& what, std::size_t count);

    // Reads on to the end of the output.
    void read_to_end();

    [[nodiscard]] std::size_t count(std::string const& what) const;

private:
    explicit consumer_child(std::vector<std::string> const& command);
    bool read();

    child_process process_;
    std::vector<child_event> events_;
};

// What a group has committed, by partition.
using committed_offsets = std::map<std::int32_t, std::int64_t>;

[[nodiscard]] std::int64_t sum(committed_offsets const& committed);

// Reads on until the child has made a commit, be it of where it starts, and the group so many records in all.
void await_committed(consumer_child& child, committed_offsets committed, std::int64_t wanted);

// Reads on until the record at `last` is done in each of so many partitions. Those are left out that have it committed
// already, as the group says when the child has got its partitions: a commit that was on its predecessor's way when
// that was killed has been taken or refused by then, and of what it covers the child tells nothing.
void await_last(consumer_child& child, group_view& view, std::string const& topic, int partitions, std::int64_t last);

// Checks that a child handled each partition's records one after the other; returns by partition the first offset that
// it started with and adds to `done` what it finished.
std::map<std::int64_t, std::int64_t> check_order(std::vector<child_event> const& events,
                                                 std::map<std::int64_t, std::set<std::int64_t>>& done);

} // namespace paperboy::test
