#include "kafka/memory_plan.hpp"

#include "kafka/client_config.hpp"
#include "kafka/property_check.hpp"

#include <boost/test/unit_test.hpp>

namespace paperboy::kafka::memory_plan_test
{
namespace
{

constexpr std::size_t mb = 1'000'000;

config usable()
{
    auto settings = config{};
    settings.bootstrap_servers = "localhost:9092";
    settings.group_id = "unit";
    return settings;
}

// The most memory that one partition's queue takes with records of this size.
std::size_t most_queued(memory_plan const& plan, std::size_t record)
{
    auto const records = std::min(plan.queue_records, plan.queue_bytes / record + 1);
    return records * (record + message_overhead);
}

bool has_backoff()
{
    return choose(loaded_version(), group_protocol::eager).has_fetch_backoff;
}

} // namespace

BOOST_AUTO_TEST_SUITE(memory_plan_suite)

BOOST_AUTO_TEST_CASE(queues_fetches_and_hooks_stay_within_the_limit_whatever_the_records_size)
{
    for (auto const limit : {16 * mb, 64 * mb, 256 * mb, 4000 * mb})
        for (std::size_t partitions = 1; partitions <= 20; ++partitions)
            for (std::size_t record = 10; record < 100'000; record *= 3)
            {
                auto const plan = plan_memory(limit, partitions);
                auto const each = most_queued(plan, record) + plan.fetch_bytes + plan.hook_bytes;
                BOOST_TEST(each * partitions <= limit,
                           limit << " over " << partitions << " partitions, records of " << record);
            }
}

BOOST_AUTO_TEST_CASE(more_partitions_get_less_each)
{
    auto const few = plan_memory(256 * mb, 8);
    auto const many = plan_memory(256 * mb, 80);
    BOOST_TEST(few.queue_records / 10 == many.queue_records);
    BOOST_TEST(few.queue_bytes / 10 == many.queue_bytes);
    BOOST_TEST(few.hook_bytes / 10 == many.hook_bytes);
    BOOST_TEST(few.fetch_bytes > many.fetch_bytes);
}

BOOST_AUTO_TEST_CASE(a_share_is_usable_however_small_and_no_larger_than_needed)
{
    auto const tiny = plan_memory(16 * mb, 1'000'000);
    BOOST_TEST(tiny.queue_records >= 1U);
    BOOST_TEST(tiny.queue_bytes >= 1000U);
    BOOST_TEST(tiny.hook_records >= 1U);
    auto const huge = plan_memory(std::size_t{1} << 40, 1);
    BOOST_TEST(huge.queue_records == 100'000U);
    BOOST_TEST(huge.queue_bytes == 65'536'000U);
    BOOST_TEST(huge.fetch_bytes == 1'048'576U);
}

BOOST_AUTO_TEST_CASE(the_plan_becomes_librdkafkas_limits)
{
    auto settings = usable();
    settings.memory_limit = 128 * mb;
    auto const plan = plan_memory(128 * mb, 16);
    auto const conf = make_consumer_conf(settings, 16);
    BOOST_TEST(get(conf.get(), "queued.min.messages") == std::to_string(plan.queue_records));
    BOOST_TEST(get(conf.get(), "queued.max.messages.kbytes") == std::to_string(plan.queue_bytes / 1000));
    BOOST_TEST(get(conf.get(), "fetch.message.max.bytes") == std::to_string(plan.fetch_bytes));
    BOOST_TEST(get(conf.get(), "fetch.queue.backoff.ms") == (has_backoff() ? "2" : ""));
}

BOOST_AUTO_TEST_CASE(what_the_user_sets_goes_first)
{
    auto settings = usable();
    settings.properties = {{"queued.min.messages", "77"},
                           {"queued.max.messages.kbytes", "78"},
                           {"max.partition.fetch.bytes", "79000"},
                           {"fetch.wait.max.ms", "80"},
                           {"message.max.bytes", "5000000"}};
    auto const conf = make_consumer_conf(settings);
    BOOST_TEST(get(conf.get(), "queued.min.messages") == "77");
    BOOST_TEST(get(conf.get(), "queued.max.messages.kbytes") == "78");
    BOOST_TEST(get(conf.get(), "fetch.message.max.bytes") == "79000");
    BOOST_TEST(get(conf.get(), "fetch.wait.max.ms") == "80");
    BOOST_TEST(get(conf.get(), "message.max.bytes") == "5000000");
}

// Nobody can be woken while Kerberos is asked, so before librdkafka 2.2 the queues must not fill by count.
BOOST_AUTO_TEST_CASE(kerberos_gets_queues_that_bytes_alone_limit)
{
    auto settings = usable();
    settings.properties = {{"security.protocol", "SASL_PLAINTEXT"}};
    auto const kerberos = get(make_consumer_conf(settings).get(), "queued.min.messages");
    BOOST_TEST((kerberos == "1000000") == !has_backoff());
    settings.properties["sasl.mechanism"] = "SCRAM-SHA-256";
    BOOST_TEST(get(make_consumer_conf(settings).get(), "queued.min.messages") != "1000000");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace paperboy::kafka::memory_plan_test
