#include "kafka/groupless_config.hpp"

#include "kafka/changelog_calls.hpp"
#include "kafka/client_config.hpp"
#include "kafka/property_check.hpp"

namespace paperboy::kafka
{

// Nobody waits for a wakeup of the fetchers here, so they are not to stop while less than the memory limit is fetched.
conf_handle make_groupless_conf(config settings)
{
    if (settings.group_id.empty())
        settings.group_id = "none";
    auto conf = make_consumer_conf(settings, 1);
    set(conf, "group.id", "");
    set(conf, "enable.partition.eof", "true");
    if (!settings.properties.contains("queued.min.messages"))
        set(conf, "queued.min.messages", "1000000");
    caught_error::enable(conf);
    return conf;
}

} // namespace paperboy::kafka
