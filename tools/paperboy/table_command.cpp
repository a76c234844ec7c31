#include "table_command.hpp"

#include "output.hpp"
#include "places.hpp"

#include <paperboy/admin.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace paperboy::cli
{
namespace
{

exit_code get(table_options const& options)
{
    auto const tables = rocksdb_inspection{options.directory};
    auto found = false;
    for (auto const& shard : wanted_shards(tables, options))
    {
        auto const codecs = codecs_of(options, shard.table);
        auto const value = tables.get(shard, codecs.key->encode(options.key));
        if (!value)
            continue;
        found = true;
        if (options.as_json)
            output::standard().json_line({{"table", shard.table},
                                          {"partition", shard.partition},
                                          {"key", options.key},
                                          {"value", codecs.value->value(*value)}});
        else
            output::standard().line(codecs.value->text(*value));
    }
    if (!found)
        throw command_failed{"no table in " + options.directory + " has the key \"" + options.key +
                             "\"; a key that is no text needs its format, -s key=FORMAT"};
    return exit_code::done;
}

exit_code dump(table_options const& options)
{
    auto const tables = rocksdb_inspection{options.directory};
    auto left = options.count == 0 ? UINT64_MAX : options.count;
    for (auto const& shard : wanted_shards(tables, options))
    {
        auto const codecs = codecs_of(options, shard.table);
        tables.walk(shard, options.key.empty() ? std::string{} : codecs.key->encode(options.key),
                    [&](std::string_view key, std::string_view value)
                    {
                        if (left == 0)
                            return false;
                        --left;
                        if (options.as_json)
                            output::standard().json_line({{"table", shard.table},
                                                          {"partition", shard.partition},
                                                          {"key", codecs.key->value(key)},
                                                          {"value", codecs.value->value(value)}});
                        else
                            output::standard().line(codecs.key->text(key) + '\t' + codecs.value->text(value));
                        return true;
                    });
    }
    return exit_code::done;
}

// The ends of the shards' changelogs; nothing where no brokers are named.
std::map<topic_partition, std::int64_t> ends_of(table_options const& options, std::vector<stored_shard> const& shards)
{
    auto ends = std::map<topic_partition, std::int64_t>{};
    if (!options.cluster.has_brokers())
        return ends;
    auto wanted = std::vector<topic_partition>{};
    for (auto const& shard : shards)
        wanted.emplace_back(changelog_of(options, shard.table), shard.partition);
    auto cluster = admin{options.cluster.settings(), options.cluster.timeout()};
    for (auto const& each : cluster.end_offsets(wanted))
        ends[{each.topic, each.partition}] = each.offset;
    return ends;
}

exit_code stats(table_options const& options)
{
    auto const tables = rocksdb_inspection{options.directory};
    auto const shards = wanted_shards(tables, options);
    auto const ends = ends_of(options, shards);
    auto rows = std::vector<std::vector<std::string>>{
        {"TABLE", "PARTITION", "ENTRIES", "FILES", "BYTES", "NEXT-OFFSET", "CHANGELOG-END", "BEHIND"}};
    for (auto const& shard : shards)
    {
        auto const found = ends.find({changelog_of(options, shard.table), shard.partition});
        auto const next = shard.next_offset ? json(*shard.next_offset) : json{};
        auto const end = found == ends.end() ? json{} : json(found->second);
        auto const behind =
            end.is_null() || !shard.next_offset ? json{} : json(found->second - shard.next_offset.value());
        auto const text = [](json const& number) { return number.is_null() ? std::string{"-"} : number.dump(); };
        if (options.as_json)
            output::standard().json_line({{"table", shard.table},
                                          {"partition", shard.partition},
                                          {"entries", shard.entries},
                                          {"files", shard.files},
                                          {"bytes", shard.bytes},
                                          {"next_offset", next},
                                          {"changelog_end", end},
                                          {"behind", behind}});
        rows.push_back({shard.table, std::to_string(shard.partition), "~" + std::to_string(shard.entries),
                        std::to_string(shard.files), std::to_string(shard.bytes), text(next), text(end), text(behind)});
    }
    if (!options.as_json)
        print_columns(output::standard(), rows);
    return exit_code::done;
}

} // namespace

std::string changelog_of(table_options const& options, std::string const& table)
{
    return options.changelog.empty() ? table + "_changelog" : options.changelog;
}

record_codecs codecs_of(table_options const& options, std::string const& table)
{
    auto const topic = changelog_of(options, table);
    return {make_codec(options.formats.key(), options.cluster, {topic, true}),
            make_codec(options.formats.value(), options.cluster, {topic, false})};
}

std::vector<stored_shard> wanted_shards(rocksdb_inspection const& tables, table_options const& options)
{
    auto shards = tables.shards();
    std::erase_if(shards,
                  [&](auto const& each)
                  {
                      return (!options.table.empty() && each.table != options.table) ||
                             (options.partition && each.partition != *options.partition);
                  });
    if (!shards.empty())
        return shards;
    auto there = std::string{};
    for (auto const& each : tables.shards())
        there += (there.empty() ? "" : ", ") + each.table + '[' + std::to_string(each.partition) + ']';
    throw command_failed{"there is no such table or partition in " + options.directory + "; it has " +
                         (there.empty() ? "none" : there)};
}

void add_table(CLI::App& app, action& chosen)
{
    auto const options = std::make_shared<table_options>();
    auto& command = *app.add_subcommand("table", "Look at tables on disk (open_rocksdb) that no engine has open");
    command.require_subcommand(1);
    using function = exit_code (*)(table_options const&);
    auto const add = [&](std::string const& name, std::string const& text, function what) -> CLI::App&
    {
        auto& part = *command.add_subcommand(name, text);
        options->cluster.add_to(part);
        part.add_option("directory", options->directory, "What open_rocksdb was given")
            ->required()
            ->check(CLI::ExistingDirectory);
        part.add_option("--table", options->table, "This table only");
        part.add_option("-p,--partition", options->partition, "This partition only");
        part.add_option("--changelog", options->changelog, "The changelog topic; else TABLE_changelog");
        part.add_flag("--json", options->as_json, "JSON objects, one a line");
        part.callback([options, what, &chosen] { chosen = [options, what] { return what(*options); }; });
        return part;
    };
    auto const add_formats = [&](CLI::App& part)
    {
        options->cluster.add_registry_to(part);
        options->formats.add_to(part);
    };
    auto& got = add("get", "The value of a key", &get);
    got.add_option("key", options->key, "The key")->required();
    add_formats(got);
    auto& dumped = add("dump", "All entries, KEY tab VALUE, in the order of the keys' bytes", &dump);
    dumped.add_option("--from", options->key, "From this key on");
    dumped.add_option("-c,--count", options->count, "Only the first of them");
    add_formats(dumped);
    add("stats", "What each shard has, and with -b how far it is behind its changelog", &stats);
    add("verify",
        "Compare each file with its checksums, and with -b each entry with the changelog, one partition after the "
        "other: the keys of one have to fit into memory, its values not; exit status 3 when something is wrong",
        &verify_tables);
}

} // namespace paperboy::cli
