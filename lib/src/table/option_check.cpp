#include "table/option_check.hpp"

#include <paperboy/detail/topic_name.hpp>
#include <paperboy/error.hpp>

#include <algorithm>
#include <chrono>
#include <string>

namespace paperboy::tables
{

namespace
{

using namespace std::chrono_literals;

constexpr std::size_t longest_name = 200;
constexpr std::size_t least_cache = std::size_t{1} << 20U;

[[noreturn]] void refuse(std::string const& table, std::string const& why)
{
    throw setup_error{errc::invalid_config, "paperboy: the table \"" + table + "\": " + why};
}

void check_topic_properties(detail::table_setup const& setup)
{
    for (auto const& [name, value] : setup.options.topic_properties)
        if (name == "cleanup.policy" && value != "compact")
            refuse(setup.name, "topic_properties has cleanup.policy=" + value +
                                   "; a changelog keeps the last change of every key: compact, or leave it out");
}

void check_scope(detail::table_setup const& setup)
{
    auto const& options = setup.options;
    if (options.partitions < 1)
        refuse(setup.name, "table_options::partitions is " + std::to_string(options.partitions) + "; it is 1 or more");
    if (options.scope == table_scope::global && !options.sources.empty())
        refuse(setup.name, "table_options::sources are for a table whose partitions are those of topics; with scope "
                           "global the hooks of all topics may change it: leave them empty");
    if (options.scope == table_scope::partition && options.partitions != 1)
        refuse(setup.name, "table_options::partitions is for scope global; with scope partition the changelog gets "
                           "those of the sources: leave it at 1");
}

} // namespace

void check(detail::table_setup& setup)
{
    auto& options = setup.options;
    if (!detail::is_topic_name(setup.name) || setup.name.size() > longest_name)
        refuse(setup.name, "a table's name has 1 to 200 letters, digits, '.', '_' or '-'");
    if (options.changelog.empty())
        options.changelog = setup.name + "_changelog";
    if (!detail::is_topic_name(options.changelog))
        refuse(setup.name, "table_options::changelog \"" + options.changelog +
                               "\" is no topic: its name has 1 to 249 letters, digits, '.', '_' or '-'");
    if (options.replication_factor != -1 && options.replication_factor < 1)
        refuse(setup.name, "table_options::replication_factor is " + std::to_string(options.replication_factor) +
                               "; it is 1 or more, or -1 for the brokers' own");
    if (options.checkpoint_interval < 10ms || options.checkpoint_interval > 1h)
        refuse(setup.name, "table_options::checkpoint_interval is " +
                               std::to_string(options.checkpoint_interval.count()) + " ms; it is 10 ms to 1 h");
    if (options.cache_bytes < least_cache)
        refuse(setup.name,
               "table_options::cache_bytes is " + std::to_string(options.cache_bytes) + "; it is 1 MiB or more");
    if (std::ranges::any_of(options.sources, [](auto const& each) { return !detail::is_topic_name(each); }))
        refuse(setup.name, "table_options::sources are names of topics, not expressions");
    check_scope(setup);
    check_topic_properties(setup);
}

} // namespace paperboy::tables
