#include "faults/dying_store.hpp"

#include <stdexcept>

namespace faults
{

std::shared_ptr<paperboy::shard_store_provider> open_dying_store(std::string const& /*directory*/, int /*die_at*/)
{
    throw std::invalid_argument{"consumer_child was built without RocksDB"};
}

} // namespace faults
