#pragma once

#include "throughput/options.hpp"
#include "throughput/statistics.hpp"
#include "throughput/topic_filler.hpp"

#include <ostream>
#include <string>
#include <vector>

namespace paperboy::bench
{

// As JSON: by the name of its kind, each topic's own name and what its partitions hold.
void print_topics(std::ostream& out, std::vector<std::string> const& kinds, std::vector<filled_topic> const& topics);

void print_table(std::ostream& out, options const& from, std::vector<mode_result> const& results);

// Throw std::runtime_error when the file cannot be written.
void write_json(std::string const& file, options const& from, std::vector<mode_result> const& results);
void write_csv(std::string const& file, std::vector<mode_result> const& results);

} // namespace paperboy::bench
