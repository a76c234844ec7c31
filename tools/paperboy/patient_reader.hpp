#pragma once

#include "output.hpp"

#include <paperboy/config.hpp>
#include <paperboy/topic_reader.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace paperboy::cli
{

/// A `topic_reader` for those who read to an end that is there: says on stderr what is in the way, and does not wait
/// for ever.
class patient_reader
{
public:
    /// `limit`: how long nothing may come. `progress` is cleared for what is said; it has to live as long.
    patient_reader(config const& settings, std::string const& topic, topic_reader::offsets const& from,
                   std::chrono::milliseconds limit, progress_line& progress);

    /// Waits a moment for records. Throws command_failed when reading has come no further for `limit`, and as
    /// `topic_reader::read`.
    void read(std::function<void(record_view const&)> const& each);

    [[nodiscard]] topic_reader::offsets const& positions() const { return reader_.positions(); }

private:
    void tell();

    std::string topic_;
    topic_reader reader_;
    std::chrono::milliseconds limit_;
    progress_line& progress_;
    std::chrono::steady_clock::duration waited_{};
    std::string told_;
};

} // namespace paperboy::cli
