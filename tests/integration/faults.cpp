#include "integration/faults.hpp"

namespace paperboy::test
{

own_broker const& victim()
{
    static auto const broker = own_broker{{"--sasl", "alice:secret"}};
    broker.start();
    return broker;
}

} // namespace paperboy::test
