#pragma once

#include <paperboy/mock_cluster.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace paperboy::bench
{

// Each path is counted for these numbers of records: in their difference, what a beginning and an end cost drops out.
// Whole blocks for each partition.
inline constexpr auto phase_sizes = std::array<std::uint64_t, 2>{4'000, 24'000};
inline constexpr auto path_partitions = 4;

// A cluster in this process with a topic for each path.
class records_source
{
public:
    [[nodiscard]] std::string servers() const { return cluster_.bootstrap_servers(); }

    void make_topic(std::string const& topic) { cluster_.create_topic(topic, path_partitions); }

    // So many records, spread evenly.
    void fill(std::string const& topic, std::uint64_t count);

private:
    mock_cluster cluster_;
};

// What a phase is called: "PATH-RECORDS".
[[nodiscard]] std::string phase_name(std::string_view path, std::uint64_t records);

// The loop that the others are compared with: librdkafka's batches, without an engine.
void count_raw(records_source& from);

// The engine, with each kind of handler.
void count_engine(records_source& from);

} // namespace paperboy::bench
