#include "codec.hpp"
#include "command.hpp"
#include "connection.hpp"
#include "dead_letters.hpp"
#include "interruption.hpp"
#include "letter_replay.hpp"
#include "output.hpp"
#include "patient_reader.hpp"
#include "record_format.hpp"
#include "times.hpp"

#include <algorithm>
#include <memory>

namespace paperboy::cli
{
namespace
{

struct dlq_options
{
    connection cluster;
    format_options formats;
    std::string suffix = ".dlq";
    bool all = false;
    replay_options replay;
};

exit_code list(dlq_options const& options)
{
    auto cluster = admin{options.cluster.settings(), options.cluster.timeout()};
    auto rows = std::vector<std::vector<std::string>>{{"TOPIC", "PARTITIONS", "LETTERS", "WAITING"}};
    for (auto const& topic : cluster.topics())
    {
        if (options.replay.topic.empty() ? !topic.name.ends_with(options.suffix) : topic.name != options.replay.topic)
            continue;
        auto const queue = ask_queue(cluster, topic.name, options.replay.group);
        if (options.replay.as_json)
            output::standard().json_line({{"topic", topic.name},
                                          {"partitions", topic.partitions},
                                          {"letters", queue.letters()},
                                          {"waiting", queue.waiting()}});
        rows.push_back({topic.name, std::to_string(topic.partitions), std::to_string(queue.letters()),
                        std::to_string(queue.waiting())});
    }
    if (!options.replay.as_json)
        print_columns(output::standard(), rows);
    return exit_code::done;
}

// A letter may be one because it cannot be decoded: then its bytes are shown.
std::string shown(codec& by, std::string_view bytes)
{
    try
    {
        return by.text(bytes);
    }
    catch (std::exception const&)
    {
        return json_of(bytes).dump();
    }
}

json shown_json(codec& by, std::string_view bytes)
{
    try
    {
        return by.value(bytes);
    }
    catch (std::exception const&)
    {
        return json_of(bytes);
    }
}

void print_letter(record_view const& letter, record_codecs const& codecs)
{
    auto const origin = origin_of(letter);
    auto& out = output::standard();
    out.line(to_string(topic_partition{std::string{letter.topic()}, letter.partition()}) + "@" +
             std::to_string(letter.offset()) + " of " + origin.topic + '[' +
             (origin.partition ? std::to_string(*origin.partition) : "?") + "]@" + origin.offset +
             (letter.timestamp() ? ", " + iso_text(*letter.timestamp()) : "") + ", group " + origin.group);
    out.line("  failed in " + origin.stage + ", attempt " + origin.attempts + ": " + origin.error_class + ": " +
             origin.message);
    out.line("  key:   " + (letter.has_key() ? shown(*codecs.key, letter.key()) : std::string{"null"}));
    out.line("  value: " + (letter.is_tombstone() ? std::string{"null"} : shown(*codecs.value, letter.value())));
}

void print_letter_json(record_view const& letter, record_codecs const& codecs)
{
    auto const origin = origin_of(letter);
    output::standard().json_line(
        {{"topic", letter.topic()},
         {"partition", letter.partition()},
         {"offset", letter.offset()},
         {"origin",
          {{"topic", origin.topic},
           {"partition", origin.partition ? json(*origin.partition) : json{}},
           {"offset", origin.offset},
           {"group", origin.group}}},
         {"error",
          {{"stage", origin.stage},
           {"class", origin.error_class},
           {"message", origin.message},
           {"attempts", origin.attempts}}},
         {"key", letter.has_key() ? shown_json(*codecs.key, letter.key()) : json{}},
         {"payload", letter.is_tombstone() ? json{} : shown_json(*codecs.value, letter.value())}});
}

exit_code show(dlq_options const& options)
{
    auto const settings = options.cluster.settings();
    auto cluster = admin{settings, options.cluster.timeout()};
    auto const queue = ask_queue(cluster, options.replay.topic, options.replay.group);
    auto const codecs = record_codecs{make_codec(options.formats.key(), options.cluster, {queue.topic, true}),
                                      make_codec(options.formats.value(), options.cluster, {queue.topic, false})};
    auto const guard = interruption{};
    auto progress = progress_line{};
    auto reader = patient_reader{settings, queue.topic, options.all ? queue.oldest : queue.next,
                                 options.cluster.timeout(), progress};
    auto left = options.replay.count == 0 ? UINT64_MAX : options.replay.count;
    auto const complete = [&]
    {
        return std::ranges::all_of(queue.ends,
                                   [&](auto const& each) { return reader.positions().at(each.first) >= each.second; });
    };
    while (!interruption::asked() && left > 0 && !complete())
    {
        reader.read(
            [&](record_view const& letter)
            {
                if (left == 0 || letter.offset() >= queue.ends.at(letter.partition()))
                    return;
                --left;
                if (options.replay.as_json)
                    print_letter_json(letter, codecs);
                else
                    print_letter(letter, codecs);
            });
        output::standard().flush();
    }
    return left > 0 && !complete() ? exit_code::interrupted : exit_code::done;
}

CLI::App& add_part(CLI::App& command, dlq_options& options, std::string const& name, std::string const& text)
{
    auto& part = *command.add_subcommand(name, text);
    options.cluster.add_to(part);
    part.add_option("-g,--group", options.replay.group, "The group that replays commit to; else paperboy-replay-TOPIC");
    part.add_flag("--json", options.replay.as_json, "JSON objects, one a line");
    return part;
}

} // namespace

void add_dlq(CLI::App& app, action& chosen)
{
    auto const options = std::make_shared<dlq_options>();
    auto& command = *app.add_subcommand("dlq", "List, show and replay dead letters");
    command.require_subcommand(1);

    auto& listed = add_part(command, *options, "list", "Topics of dead letters, and how many wait for a replay");
    listed.add_option("--suffix", options->suffix, "What their names end with")->capture_default_str();
    listed.add_option("-t,--topic", options->replay.topic, "This topic only");
    listed.callback([options, &chosen] { chosen = [options] { return list(*options); }; });

    auto& shown = add_part(command, *options, "show", "The letters that wait, and what they failed of");
    options->cluster.add_registry_to(shown);
    options->formats.add_to(shown);
    shown.add_option("topic", options->replay.topic, "The topic of dead letters")->required();
    shown.add_flag("-a,--all", options->all, "Those that were replayed, too");
    shown.add_option("-c,--count", options->replay.count, "Only the first of them");
    shown.callback([options, &chosen] { chosen = [options] { return show(*options); }; });

    auto& replayed =
        add_part(command, *options, "replay",
                 "Send letters back to where they came from, in their order; the next replay goes on behind "
                 "them");
    replayed.add_option("topic", options->replay.topic, "The topic of dead letters")->required();
    replayed.add_option("--to", options->replay.to, "To this topic instead");
    replayed.add_option("--rate", options->replay.rate, "Letters a second at the most")->check(CLI::PositiveNumber);
    replayed.add_option("-c,--count", options->replay.count, "Only the first of them");
    replayed.add_flag("-n,--dry-run", options->replay.dry_run, "Only say what would be sent");
    replayed.callback([options, &chosen] { chosen = [options] { return replay(options->cluster, options->replay); }; });
}

} // namespace paperboy::cli
