#include "patient_reader.hpp"

#include "command.hpp"

#include <iostream>

namespace paperboy::cli
{

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

patient_reader::patient_reader(config const& settings, std::string const& topic, topic_reader::offsets const& from,
                               std::chrono::milliseconds limit, progress_line& progress)
    : topic_{topic}, reader_{settings, topic, from}, limit_{limit}, progress_{progress}
{
}

// Only the time of reads counts: between them the caller may wait for others, as for whoever reads its output.
void patient_reader::read(std::function<void(record_view const&)> const& each)
{
    auto const before = reader_.positions();
    auto const began = clock::now();
    reader_.read(100ms, each);
    tell();
    if (reader_.positions() != before)
        waited_ = {};
    else if (waited_ += clock::now() - began; waited_ >= limit_)
        throw command_failed{"nothing more has come of topic \"" + topic_ + "\" for " + std::to_string(limit_.count()) +
                             " ms" + (told_.empty() ? "" : ": " + told_) +
                             "; check whether the leaders of its partitions run, or give a longer --timeout"};
}

void patient_reader::tell()
{
    auto const trouble = reader_.trouble();
    if (trouble.empty() || trouble == told_)
        return;
    progress_.clear();
    std::cerr << "paperboy: " << trouble << '\n';
    told_ = trouble;
}

} // namespace paperboy::cli
