#include "throughput/scrape.hpp"

#include <paperboy/metrics.hpp>

namespace paperboy::bench
{

std::function<std::string()> scrape_of(engine const& watched)
{
    return [numbers = metrics{engine_monitor{watched}}] { return numbers.text(); };
}

bool can_scrape()
{
    return true;
}

} // namespace paperboy::bench
