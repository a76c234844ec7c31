#include "table_command.hpp"

#include "codec.hpp"
#include "interruption.hpp"
#include "output.hpp"
#include "table_fold.hpp"

#include <iostream>
#include <map>
#include <memory>

namespace paperboy::cli
{
namespace
{

std::string excerpt(std::string_view bytes)
{
    constexpr auto longest = std::size_t{60};
    auto const text = json_of(bytes.substr(0, longest)).dump();
    return bytes.size() > longest ? text + "…" : text;
}

// Of a key whose value in the store is not the changelog's.
struct other_value
{
    std::string key;
    std::string stored;
};

// By the offset of the change.
using other_values = std::map<std::int64_t, other_value>;

class verification
{
public:
    explicit verification(table_options const& options) : options_{options}
    {
        if (!options.cluster.has_brokers())
            return;
        settings_ = options.cluster.settings();
        cluster_.emplace(settings_, options.cluster.timeout());
    }

    exit_code run()
    {
        auto const guard = interruption{};
        try
        {
            auto const tables = rocksdb_inspection{options_.directory};
            verify(tables);
        }
        catch (store_error const& error)
        {
            if (error.why() != store_failure::damaged)
                throw;
            report("damaged", {}, {{"text", error.what()}}, error.what());
        }
        tell();
        if (interruption::asked())
            return exit_code::interrupted;
        return findings_ > 0 ? exit_code::found : exit_code::done;
    }

private:
    void verify(rocksdb_inspection const& tables)
    {
        for (auto const& file : tables.check_files())
            if (is_wanted(file))
                report("damaged_file", shard_named(file.table, file.partition),
                       {{"file", file.file.string()}, {"text", file.text}},
                       file.file.string() + " is damaged" + (file.table.empty() ? "" : ", a file of " + name(file)) +
                           ": " + file.text);
        for (auto const& shard : wanted_shards(tables, options_))
            if (!interruption::asked())
                verify(tables, shard);
    }

    [[nodiscard]] bool is_wanted(damaged_file const& file) const
    {
        return (options_.table.empty() || file.table == options_.table) &&
               (!options_.partition || file.partition == *options_.partition);
    }

    void verify(rocksdb_inspection const& tables, stored_shard const& shard)
    try
    {
        ++shards_;
        if (!cluster_)
            return tables.walk(shard, {}, [&](std::string_view, std::string_view) { return count_entry(); });
        if (!shard.next_offset)
            return verify_empty(tables, shard);
        auto const changelog = topic_partition{changelog_of(options_, shard.table), shard.partition};
        if (!verify_identity(shard, changelog.topic))
            return;
        verify(tables, shard,
               changelog_scan{settings_, changelog, options_.cluster.timeout(), progress_,
                              [] { return interruption::asked(); }});
    }
    catch (store_error const& error)
    {
        if (error.why() != store_failure::damaged)
            throw;
        report("unreadable", shard, {{"text", error.what()}}, name(shard) + " cannot be compared: " + error.what());
    }
    catch (changelog_out_of_reach const& error)
    {
        report("changelog_out_of_reach", shard, {{"text", error.what()}},
               name(shard) + " cannot be compared: " + error.what());
    }

    void verify(rocksdb_inspection const& tables, stored_shard const& shard, changelog_scan const& changelog)
    {
        auto fold = changelog.fold(*cluster_, *shard.next_offset);
        if (interruption::asked())
            return;
        auto others = other_values{};
        tables.walk(shard, {},
                    [&](std::string_view key, std::string_view value)
                    {
                        compare(shard, key, value, fold, others);
                        return count_entry();
                    });
        tell(shard, changelog, others);
        if (interruption::asked())
            return;
        for (auto const& [key, entry] : fold)
            if (entry.value && !entry.changed_later)
                differ(shard, key, "has no entry for",
                       "its change at offset " + std::to_string(*entry.offset) + " is missing");
    }

    // What the changes say is read again: the fold has kept no values. Compaction may have taken some of them
    // meanwhile.
    void tell(stored_shard const& shard, changelog_scan const& changelog, other_values& others)
    {
        if (others.empty())
            return;
        auto const tell_rest = [&]
        {
            for (auto const& [offset, other] : others)
                differ(shard, other, "another one", offset);
        };
        try
        {
            changelog.read(others.begin()->first, others.rbegin()->first + 1,
                           [&](record_view const& change)
                           {
                               if (auto const found = others.extract(change.offset()))
                                   differ(shard, found.mapped(), excerpt(change.value()), change.offset());
                           });
        }
        catch (...)
        {
            tell_rest();
            throw;
        }
        tell_rest();
    }

    void differ(stored_shard const& shard, other_value const& other, std::string const& changed, std::int64_t offset)
    {
        differ(shard, other.key, "has another value of",
               other.stored + " in the store, " + changed + " in the change at offset " + std::to_string(offset));
    }

    // Offsets of another topic mean other records: there is nothing to compare, unless that topic was asked for.
    [[nodiscard]] bool verify_identity(stored_shard const& shard, std::string const& changelog)
    {
        auto const [at, is_new] = identities_.try_emplace(changelog);
        if (is_new)
            at->second = ask_identity(changelog);
        auto const& found = at->second;
        if (found.empty() || !is_another_changelog(shard.changelog_identity, found))
            return true;
        auto const text = "is of changelog " + excerpt(shard.changelog_identity) + ", but the topic there is " +
                          excerpt(found) + ": it was made anew since, or is another table's";
        report("other_changelog", shard, {{"stored", shard.changelog_identity}, {"changelog", found}, {"text", text}},
               name(shard) + ' ' + text);
        return !options_.changelog.empty();
    }

    // Empty: it is not told.
    [[nodiscard]] std::string ask_identity(std::string const& changelog)
    try
    {
        return cluster_->changelog_identity(changelog);
    }
    catch (cluster_error const& error)
    {
        std::cerr << error.what() << "; whether it is the one that the store was filled from is not compared\n";
        return {};
    }

    // One without an offset has nothing, or has lost what says so.
    void verify_empty(rocksdb_inspection const& tables, stored_shard const& shard)
    {
        auto any = false;
        tables.walk(shard, {},
                    [&](std::string_view, std::string_view)
                    {
                        any = true;
                        return false;
                    });
        if (any)
            report("no_offset", shard, {{"text", "there are entries, but not up to which offset"}},
                   name(shard) + " has entries, but its record of the changelog's offset is missing or damaged");
    }

    [[nodiscard]] bool count_entry()
    {
        progress_.update("entries", ++entries_, 0);
        return !interruption::asked();
    }

    // What is left in the fold is missing in the store.
    void compare(stored_shard const& shard, std::string_view key, std::string_view value, changelog_fold& fold,
                 other_values& others)
    {
        auto const found = fold.find(key);
        if (found == fold.end())
            return differ(shard, key, "has an entry for", "the changelog has no change of it");
        auto const entry = std::move(found->second);
        fold.erase(found);
        if ((entry.value && *entry.value == digest_of(value)) || entry.changed_later)
            return;
        if (!entry.value)
            return differ(shard, key, "has an entry for",
                          "the change at offset " + std::to_string(*entry.offset) + " erased it");
        others.emplace(*entry.offset, other_value{std::string{key}, excerpt(value)});
    }

    void differ(stored_shard const& shard, std::string_view key, std::string const& what, std::string const& why)
    {
        report("difference", shard, {{"key", json_of(key)}, {"text", what + ": " + why}},
               name(shard) + ' ' + what + ' ' + excerpt(key) + ": " + why);
    }

    void report(std::string const& kind, stored_shard const& shard, json const& details, std::string const& text)
    {
        ++findings_;
        progress_.clear();
        if (!options_.as_json)
            return output::standard().line(text);
        auto line = json::object();
        line["finding"] = kind;
        line["table"] = shard.table.empty() ? json{} : json(shard.table);
        line["partition"] = shard.table.empty() ? json{} : json(shard.partition);
        for (auto const& [key, value] : details.items())
            line[key] = value;
        output::standard().json_line(line);
    }

    void tell()
    {
        progress_.clear();
        if (options_.as_json)
            output::standard().json_line({{"shards", shards_},
                                          {"entries", entries_},
                                          {"findings", findings_},
                                          {"changelog_compared", cluster_.has_value()}});
        else
            output::standard().line(grouped(entries_) + " entries in " + std::to_string(shards_) + " shards, " +
                                    (findings_ == 0 ? "nothing wrong" : grouped(findings_) + " findings"));
        output::standard().flush();
        if (findings_ > 0)
            std::cerr << "paperboy: an engine mends this by itself: remove " << options_.directory
                      << ", and it fills its tables from their changelogs at the next start\n";
        if (!cluster_)
            std::cerr
                << "paperboy: only checksums were compared; name brokers with -b to compare the changelogs, too\n";
    }

    static stored_shard shard_named(std::string const& table, std::int32_t partition)
    {
        auto shard = stored_shard{};
        shard.table = table;
        shard.partition = partition;
        return shard;
    }

    template <class Shard>
    static std::string name(Shard const& shard)
    {
        return shard.table + '[' + std::to_string(shard.partition) + ']';
    }

    table_options const& options_;
    config settings_;
    std::optional<admin> cluster_;
    std::map<std::string, std::string> identities_;
    std::uint64_t shards_ = 0;
    std::uint64_t entries_ = 0;
    std::uint64_t findings_ = 0;
    progress_line progress_;
};

} // namespace

exit_code verify_tables(table_options const& options)
{
    return verification{options}.run();
}

} // namespace paperboy::cli
