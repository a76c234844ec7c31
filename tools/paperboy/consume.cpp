#include "codec.hpp"
#include "command.hpp"
#include "connection.hpp"
#include "interruption.hpp"
#include "output.hpp"
#include "places.hpp"
#include "record_format.hpp"

#include <paperboy/admin.hpp>
#include <paperboy/topic_reader.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

namespace paperboy::cli
{
namespace
{

using namespace std::chrono_literals;

struct consume_options
{
    connection cluster;
    format_options formats;
    std::string topic;
    std::vector<std::int32_t> partitions;
    std::vector<std::string> places{"beginning"};
    std::string group;
    bool commit = false;
    bool until_end = false;
    std::uint64_t count = 0;
    std::string format;
    std::string key_delimiter;
    std::string delimiter = "\\n";
    bool show_null = false;
    bool as_json = false;
    bool quiet = false;
    bool unbuffered = true;
};

// What is shown when no format is given: the value, behind the key where that is asked for.
std::string format_of(consume_options const& options)
{
    if (!options.format.empty())
        return options.format;
    return (options.key_delimiter.empty() ? "" : "%k" + options.key_delimiter) + "%s" + options.delimiter;
}

class consumption
{
public:
    explicit consumption(consume_options const& options)
        : options_{options}, settings_{options.cluster.settings()}, cluster_{settings_, options.cluster.timeout()},
          format_{format_of(options)}
    {
        codecs_.key = make_codec(options.formats.key(), options.cluster, {options.topic, true});
        codecs_.value = make_codec(options.formats.value(), options.cluster, {options.topic, false});
        find_places();
    }

    exit_code run()
    {
        auto const guard = interruption{};
        auto reader = topic_reader{settings_, options_.topic, done_};
        while (!interruption::asked() && !enough(reader))
        {
            reader.read(100ms, [&](record_view const& record) { show(record); });
            output::standard().flush();
            tell(reader.trouble());
        }
        if (options_.commit)
            commit();
        return exit_code::done;
    }

private:
    void find_places()
    {
        auto const partitions = partitions_of(cluster_, options_.topic, options_.partitions);
        auto const ends = by_partition(cluster_.end_offsets(partitions));
        auto start = place{};
        for (auto const& text : options_.places)
            if (auto const where = parse_place(text, "-o"); where.is == place::kind::stop_at_time)
                stops_ = by_partition(resolve(cluster_, partitions, where, {}));
            else
                start = where;
        if (options_.until_end && !stops_)
            stops_ = ends;
        done_ = by_partition(resolve(cluster_, partitions, start, options_.group));
        // Behind the end, librdkafka would begin where the topic does.
        for (auto& [partition, offset] : done_)
            offset = std::min(offset, ends.at(partition));
    }

    // At transaction markers a partition's position says more than its last record.
    [[nodiscard]] bool enough(topic_reader const& reader) const
    {
        if (options_.count != 0 && shown_ == options_.count)
            return true;
        if (!stops_)
            return false;
        for (auto const& [partition, position] : reader.positions())
            if (position < stops_->at(partition))
                return false;
        return true;
    }

    void show(record_view const& record)
    {
        if ((options_.count != 0 && shown_ == options_.count) ||
            (stops_ && record.offset() >= stops_->at(record.partition())))
            return;
        if (options_.as_json)
            output::standard().json_line(record_json(record, codecs_));
        else
        {
            line_.clear();
            format_.write(record, codecs_, options_.show_null ? "NULL" : "", line_);
            output::standard().write(line_);
        }
        done_[record.partition()] = record.offset() + 1;
        ++shown_;
    }

    void tell(std::string const& trouble)
    {
        if (!options_.quiet && trouble != told_)
            std::cerr << "paperboy: " << trouble << '\n';
        told_ = trouble;
    }

    void commit()
    {
        auto offsets = std::vector<partition_offset>{};
        for (auto const& [partition, offset] : done_)
            offsets.emplace_back(options_.topic, partition, offset);
        cluster_.commit(options_.group, offsets);
    }

    consume_options const& options_;
    config settings_;
    admin cluster_;
    record_codecs codecs_;
    record_format format_;
    topic_reader::offsets done_;
    std::optional<topic_reader::offsets> stops_;
    std::uint64_t shown_ = 0;
    std::string line_;
    std::string told_;
};

} // namespace

void add_consume(CLI::App& app, action& chosen)
{
    auto const options = std::make_shared<consume_options>();
    auto& command = *app.add_subcommand("consume", "Show records of a topic, with kcat's options");
    options->cluster.add_to(command);
    options->cluster.add_registry_to(command);
    options->formats.add_to(command);
    command.add_option("-t,--topic", options->topic, "The topic")->required();
    command.add_option("-p,--partition", options->partitions, "Only these partitions")->delimiter(',');
    command
        .add_option("-o,--offset", options->places,
                    "Where to begin: beginning, end, stored (of -g), an offset, -N from the end, s@TIME; and e@TIME "
                    "where to stop. TIME: ms since 1970 or 2024-02-29T12:00:00Z")
        ->allow_extra_args(false);
    command.add_flag("-e,--exit", options->until_end, "End at the records that are there now");
    command.add_option("-c,--count", options->count, "End after so many records");
    command.add_option("-f,--format", options->format, record_format::help);
    command.add_option("-K,--key-delimiter", options->key_delimiter, "Show keys, with this behind them");
    command.add_option("-D,--delimiter", options->delimiter, "What stands behind a record")->capture_default_str();
    command.add_flag("-Z,--null", options->show_null, "Show null as NULL");
    command.add_flag("-J,--json", options->as_json, "A JSON object a line, with kcat's names");
    auto* const group = command.add_option("-g,--group", options->group, "The group whose offsets -o stored means");
    command.add_flag("--commit", options->commit, "In the end, commit for the group what was shown")->needs(group);
    command.add_flag("-q,--quiet", options->quiet, "Say nothing about brokers that are away");
    command.add_flag("-u,--unbuffered", options->unbuffered, "Accepted for kcat's sake: output never waits");
    command.callback([options, &chosen] { chosen = [options] { return consumption{*options}.run(); }; });
}

} // namespace paperboy::cli
