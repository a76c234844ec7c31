#pragma once

#include <paperboy/cluster_error.hpp>
#include <paperboy/config.hpp>
#include <paperboy/record.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace paperboy
{

/// Reads partitions of a topic from given offsets on, in no group: nothing is committed, nobody is disturbed. For tools
/// and for programs that look something up; an `engine` is what handles a topic.
///
/// Its functions block: not for an executor's thread. Each partition's records come in the order of their offsets,
/// which rise, not always by one.
/// Thread-safety: distinct objects are safe, shared objects are not.
class topic_reader
{
public:
    /// The next offset of each partition.
    using offsets = std::map<std::int32_t, std::int64_t>;

    /// Starts to fetch. `from` are the partitions, each with the offset to begin at; `admin` finds those of the
    /// beginning, the end or a time. One that is not there (any more) is replaced as `config::auto_offset_reset` says.
    /// Otherwise `settings` are used as by `admin`.
    ///
    /// Throws `setup_error` (`errc::invalid_config`) for settings that cannot work.
    topic_reader(config const& settings, std::string topic, offsets const& from);
    /// Takes the other's client; the other may only be destroyed or assigned to.
    topic_reader(topic_reader&&) noexcept;
    /// The same; the client that was here ends.
    topic_reader& operator=(topic_reader&&) noexcept;
    ~topic_reader();

    /// Waits for a record for up to `wait`, and hands it and what else is there, up to `most` records (1 to 10,000), to
    /// `each`. Returns how many; 0 also when a partition has come to its end, so look at `at_end()`.
    ///
    /// Throws `cluster_error` when a partition cannot be read; what `each` throws leaves it as it is, and the rest of
    /// the records is lost: the reader is of no use then. Brokers that are away are waited for.
    std::size_t read(std::chrono::milliseconds wait, std::function<void(record_view const&)> const& each,
                     std::size_t most = 1000);

    /// Whether all partitions have been read to where their ends were when they were last asked.
    [[nodiscard]] bool at_end() const;

    /// The next offset of each partition; at an end it is behind what no record shows: transaction markers, and what
    /// was compacted.
    [[nodiscard]] offsets const& positions() const;

    /// What brokers or librdkafka complained of last, with the remedy where one is known; empty: nothing. For those who
    /// wait for records in vain.
    [[nodiscard]] std::string trouble() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace paperboy
