#include "consume.hpp"
#include "interruption.hpp"
#include "output.hpp"
#include "places.hpp"

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

class consumption
{
public:
    explicit consumption(consume_options const& options)
        : options_{options}, settings_{options.cluster.settings()}, cluster_{settings_, options.cluster.timeout()},
          printer_{options}
    {
        find_places();
    }

    exit_code run()
    {
        auto const guard = interruption{};
        auto reader = topic_reader{settings_, options_.topic, starts_};
        while (!interruption::asked() && !enough(reader))
        {
            reader.read(100ms, [&](record_view const& record) { show(record); });
            output::standard().flush();
            tell(reader.trouble());
        }
        if (options_.commit)
            commit(reader);
        auto const has_end = options_.count != 0 || stops_;
        return has_end && !enough(reader) ? exit_code::interrupted : exit_code::done;
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
        begins_at_stored_ = start.is == place::kind::stored;
        starts_ = by_partition(resolve(cluster_, partitions, start, options_.group));
        // Behind the end, librdkafka would begin where the topic does.
        for (auto& [partition, offset] : starts_)
            offset = std::min(offset, ends.at(partition));
    }

    [[nodiscard]] bool has_shown_count() const { return options_.count != 0 && shown_ == options_.count; }

    // At transaction markers a partition's position says more than its last record.
    [[nodiscard]] bool is_at_stops(topic_reader const& reader) const
    {
        if (!stops_)
            return false;
        for (auto const& [partition, position] : reader.positions())
            if (position < stops_->at(partition))
                return false;
        return true;
    }

    [[nodiscard]] bool enough(topic_reader const& reader) const { return has_shown_count() || is_at_stops(reader); }

    void show(record_view const& record)
    {
        if (has_shown_count() || (stops_ && record.offset() >= stops_->at(record.partition())))
            return;
        printer_.print(record);
        shown_up_to_[record.partition()] = record.offset() + 1;
        ++shown_;
    }

    void tell(std::string const& trouble)
    {
        if (!options_.quiet && trouble != told_)
            std::cerr << "paperboy: " << trouble << '\n';
        told_ = trouble;
    }

    // Where -o has begun says nothing of what the group has seen of a partition of which nothing was shown. From where
    // the group stands on, all of it was shown in front of a stop, and there may be transaction markers behind the last
    // record.
    [[nodiscard]] topic_reader::offsets to_commit(topic_reader const& reader) const
    {
        auto offsets = shown_up_to_;
        if (begins_at_stored_ && is_at_stops(reader) && !has_shown_count())
            for (auto const& [partition, stop] : *stops_)
                if (stop > starts_.at(partition))
                    offsets[partition] = stop;
        return offsets;
    }

    void commit(topic_reader const& reader)
    {
        auto offsets = std::vector<partition_offset>{};
        for (auto const& [partition, offset] : to_commit(reader))
            offsets.emplace_back(options_.topic, partition, offset);
        if (!offsets.empty())
            cluster_.commit(options_.group, offsets);
    }

    consume_options const& options_;
    config settings_;
    admin cluster_;
    record_printer printer_;
    topic_reader::offsets starts_;
    bool begins_at_stored_ = false;
    std::optional<topic_reader::offsets> stops_;
    topic_reader::offsets shown_up_to_;
    std::uint64_t shown_ = 0;
    std::string told_;
};

exit_code consume(consume_options& options)
{
    if (!options.joined_group.empty())
        return consume_as_member(options);
    if (options.topic.empty() && options.topics.size() == 1)
        options.topic = std::move(options.topics.front());
    else if (options.topic.empty() || !options.topics.empty())
        throw usage_error{"one topic is shown (-t TOPIC), or those of a group's member (-G GROUP TOPIC...)"};
    return consumption{options}.run();
}

} // namespace

void add_consume(CLI::App& app, action& chosen)
{
    auto const options = std::make_shared<consume_options>();
    auto& command = *app.add_subcommand("consume", "Show records of a topic, with kcat's options");
    options->cluster.add_to(command);
    options->cluster.add_registry_to(command);
    options->formats.add_to(command);
    command.add_option("-t,--topic", options->topic, "The topic");
    command.add_option("topics", options->topics,
                       "Likewise; with -G any number of topics, and ^… for all that match an expression");
    auto* const joined =
        command
            .add_option("-G,--join", options->joined_group,
                        "Be a member of this group: show what its partitions get, and commit what was shown, once a "
                        "second and in the end. Begins at the group's offsets, or where -o says; without any, at the "
                        "beginning, or where -X auto.offset.reset=latest says")
            ->check([](std::string const& group) { return group.empty() ? "the group's name is empty" : ""; });
    auto* const partitions = command.add_option("-p,--partition", options->partitions, "Only these partitions")
                                 ->delimiter(',')
                                 ->allow_extra_args(false);
    command
        .add_option("-o,--offset", options->places,
                    "Where to begin: beginning, end, stored (of -g), an offset, -N from the end, s@TIME; and e@TIME "
                    "where to stop. TIME: ms since 1970 or 2024-02-29T12:00:00Z")
        ->allow_extra_args(false);
    command.add_flag("-e,--exit", options->until_end, "End at the records that are there now");
    command.add_option("-c,--count", options->count, "End after so many records");
    command.add_option("-f,--format", options->format, record_format::help);
    command.add_option("-K,--key-delimiter", options->key_delimiter, "Show keys, with this behind them");
    command.add_flag("-O,--show-offset", options->show_offset, "Show offsets, with the key's delimiter behind them");
    command.add_option("-D,--delimiter", options->delimiter, "What stands behind a record")->capture_default_str();
    command.add_flag("-Z,--null", options->show_null, "Show null as NULL");
    command.add_flag("-J,--json", options->as_json, "A JSON object a line, with kcat's names");
    auto* const group = command.add_option("-g,--group", options->group, "The group whose offsets -o stored means");
    command
        .add_flag("--commit", options->commit,
                  "In the end, commit for the group what was shown, and nothing of partitions of which nothing was; "
                  "-e with -o stored also commits where these end")
        ->needs(group);
    joined->excludes(group)->excludes(partitions);
    command.add_flag("-q,--quiet", options->quiet, "Say nothing about brokers that are away, and about assignments");
    command.add_flag("-u,--unbuffered", options->unbuffered, "Accepted for kcat's sake: output never waits");
    command.callback([options, &chosen] { chosen = [options] { return consume(*options); }; });
}

} // namespace paperboy::cli
