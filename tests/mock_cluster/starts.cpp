// Partitions whose start the brokers do not tell.

#include "mock_cluster/mock_fixture.hpp"

namespace paperboy::starts_test
{
namespace
{

using namespace std::chrono_literals;
using test::outcome_of_run;

constexpr std::int16_t list_offsets_request = 2;
constexpr int leader_not_available = 5;

struct starts_fixture : test::own_cluster, test::mock_fixture
{
    starts_fixture() : mock_fixture{own} {}

    test::seen_records seen;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(starts_suite, starts_fixture)

BOOST_AUTO_TEST_CASE(which_partition_cannot_be_asked_about_is_told_and_the_run_ends)
{
    auto chosen = settings();
    chosen.start = start_at::end();
    chosen.connect_timeout = 15s; // the mock's groups take three seconds to begin
    cluster.fail_requests(list_offsets_request, std::vector<int>(10'000, leader_not_available));
    auto consuming = engine{io.context(), chosen};
    consuming.handle(topic, test::collecting_handler{seen});
    auto run = outcome_of_run::start(consuming);
    BOOST_TEST(log.wait_for("where partitions start is not known yet: " + topic + "["), log);
    BOOST_TEST(run.get() == make_error_code(errc::connect_timeout));
    auto const why = consuming.last_failure().text;
    BOOST_TEST(why.find("last trouble: where partitions start is not known yet: " + topic) != std::string::npos, why);
    // Once in five seconds, and at the end.
    BOOST_TEST(log.count("where partitions start is not known yet") <= 4U, log);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::starts_test
