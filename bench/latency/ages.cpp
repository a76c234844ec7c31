#include "latency/ages.hpp"

#include <algorithm>
#include <cstring>
#include <iomanip>
#include <iostream>
#include <stdexcept>

namespace paperboy::bench
{

bool ages::add(std::string_view value)
{
    if (missing_ == 0)
        return false;
    auto sent = std::int64_t{0};
    if (value.size() < sizeof sent)
        throw std::runtime_error{"a record of " + std::to_string(value.size()) + " bytes does not tick"};
    std::memcpy(&sent, value.data(), sizeof sent);
    if (missing_ <= records_)
        all_.push_back(static_cast<double>(system_nanoseconds() - sent) * 1e-3);
    return --missing_ == 0;
}

void ages::print()
{
    std::ranges::sort(all_);
    auto const at = [this](double part)
    { return all_.at(static_cast<std::size_t>(part * static_cast<double>(all_.size() - 1))); };
    std::cout << std::fixed << std::setprecision(1) << R"({"records":)" << all_.size() << R"(,"p50":)" << at(0.5)
              << R"(,"p99":)" << at(0.99) << R"(,"p999":)" << at(0.999) << R"(,"most":)" << at(1) << "}" << std::endl;
}

} // namespace paperboy::bench
