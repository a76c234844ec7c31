#include <paperboy/schema_registry.hpp>

#include "serde/registry_client.hpp"
#include "serde/registry_counters.hpp"

namespace paperboy
{

class schema_registry::owner
{
public:
    owner(executor_type executor, schema_registry_settings const& settings)
        : client{std::make_shared<detail::registry_client>(std::move(executor), settings)}
    {
    }
    owner(owner const&) = delete;
    owner& operator=(owner const&) = delete;
    ~owner() { detail::registry_client::abort(client); }

    std::shared_ptr<detail::registry_client> client;
};

schema_registry::schema_registry(executor_type executor, schema_registry_settings const& settings)
    : owner_{std::make_shared<owner const>(std::move(executor), settings)}
{
}

schema_registry::schema_registry(executor_type executor, std::string url)
    : schema_registry{std::move(executor), schema_registry_settings{.urls = {std::move(url)}}}
{
}

schema_registry::executor_type schema_registry::get_executor() const
{
    return client()->executor();
}

schema_ptr schema_registry::find(std::int32_t id) const
{
    return client()->find(id);
}

registry_stats schema_registry::stats() const
{
    return client()->counters()->snapshot();
}

registry_monitor::registry_monitor(schema_registry const& watched) : counters_{watched.client()->counters()} {}

registry_stats registry_monitor::stats() const
{
    return counters_->snapshot();
}

detail::registry_handle schema_registry::client() const
{
    return owner_->client;
}

} // namespace paperboy
