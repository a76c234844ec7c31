#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace paperboy::bench
{

// What a ticking record begins with, so that peers in other languages and processes can tell its age: nanoseconds since
// 1970, little-endian.
[[nodiscard]] inline std::int64_t system_nanoseconds()
{
    return std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count();
}

// The ages of a run's records, in microseconds.
class ages
{
public:
    ages(std::size_t records, std::size_t warm_up) : missing_{records + warm_up}, records_{records}
    {
        all_.reserve(records);
    }

    // A record has arrived; true when it was the last.
    bool add(std::string_view value);

    // One line of JSON.
    void print();

private:
    std::size_t missing_;
    std::size_t records_;
    std::vector<double> all_;
};

} // namespace paperboy::bench
