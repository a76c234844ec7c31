#pragma once

#include "throughput/options.hpp"
#include "throughput/statistics.hpp"

#include <ostream>
#include <string>
#include <vector>

namespace paperboy::bench
{

void print_table(std::ostream& out, options const& from, std::vector<mode_result> const& results);

// Throw std::runtime_error when the file cannot be written.
void write_json(std::string const& file, options const& from, std::vector<mode_result> const& results);
void write_csv(std::string const& file, std::vector<mode_result> const& results);

} // namespace paperboy::bench
