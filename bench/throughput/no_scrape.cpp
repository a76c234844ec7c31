#include "throughput/scrape.hpp"

namespace paperboy::bench
{

std::function<std::string()> scrape_of(engine const& /*watched*/)
{
    return {};
}

bool can_scrape()
{
    return false;
}

} // namespace paperboy::bench
