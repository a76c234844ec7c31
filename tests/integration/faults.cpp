#include "integration/faults.hpp"

#include <filesystem>

namespace paperboy::test
{

test_authority const& authority()
{
    static auto const made = test_authority{};
    return made;
}

own_broker const& victim()
{
    static auto const certificates = std::filesystem::path{authority().file("ca.crt")}.parent_path().string();
    static auto const broker = own_broker{{"--sasl", "alice:secret", "--tls", certificates}};
    broker.start();
    return broker;
}

} // namespace paperboy::test
