#include "codec.hpp"
#include "command.hpp"
#include "connection.hpp"
#include "interruption.hpp"
#include "output.hpp"
#include "record_line.hpp"

#include <paperboy/admin.hpp>
#include <paperboy/topic_writer.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

namespace paperboy::cli
{
namespace
{

struct produce_options
{
    connection cluster;
    format_options formats;
    std::string topic;
    std::vector<std::string> files;
    std::optional<std::int32_t> partition;
    std::string key;
    std::string key_delimiter;
    std::string delimiter = "\\n";
    std::vector<std::string> headers;
    std::string schema;
    std::string key_schema;
    bool null = false;
    bool as_json = false;
    bool whole_file = false;
    bool by_lines = false;
    bool echo = false;
    std::uint64_t count = 0;
    std::string compression;
};

class production
{
public:
    explicit production(produce_options const& options)
        : options_{options}, settings_{settings_of(options)}, writer_{settings_},
          delimiter_{unescaped(options.delimiter)}, key_delimiter_{unescaped(options.key_delimiter)}
    {
        // A topic that there is not would be tried for half a minute.
        static_cast<void>(admin{settings_, options.cluster.timeout()}.topic(options.topic));
        codecs_.key = make_codec(options.formats.key(), options.cluster, {options.topic, true, options.key_schema});
        codecs_.value = make_codec(options.formats.value(), options.cluster, {options.topic, false, options.schema});
        for (auto const& each : options.headers)
            headers_.push_back(parse_header(each));
        if (!options.key.empty())
            key_ = codecs_.key->encode(options.key);
        if (delimiter_.empty())
            throw usage_error{"-D is empty; name what stands behind a record, for example '\\n'"};
    }

    exit_code run()
    {
        auto const guard = interruption{};
        try
        {
            produce_all();
        }
        catch (command_failed const&)
        {
            // What stands in front of a record that cannot be sent is.
            writer_.flush();
            throw;
        }
        writer_.flush();
        if (interruption::asked())
            std::cerr << "paperboy: ended by a signal after " << grouped(writer_.acknowledged()) << " records\n";
        return interruption::asked() ? exit_code::interrupted : exit_code::done;
    }

private:
    static config settings_of(produce_options const& options)
    {
        auto settings = options.cluster.settings();
        if (!options.compression.empty())
            settings.producer.properties.insert_or_assign("compression.type", options.compression);
        return settings;
    }

    static std::pair<std::string, optional_bytes> parse_header(std::string const& text)
    {
        auto const sign = text.find('=');
        if (sign == 0)
            throw usage_error{"-H is \"" + text + "\"; write NAME=VALUE, or NAME for a value that is null"};
        if (sign == text.npos)
            return {text, std::nullopt};
        return {text.substr(0, sign), text.substr(sign + 1)};
    }

    void produce_all()
    {
        if (options_.files.empty())
            produce_stream(std::cin, "standard input");
        for (auto const& each : options_.files)
            if (!interruption::asked() && !enough())
                produce_file(each);
    }

    void produce_file(std::string const& path)
    {
        auto file = std::ifstream{path, std::ios::binary};
        if (!file)
            throw command_failed{"cannot read " + path + "; name a file of records"};
        if (!options_.whole_file)
            return produce_stream(file, path);
        auto const content = content_of(file);
        require_sound(file, path);
        send(parse(content, path));
        tee(content + delimiter_);
    }

    [[nodiscard]] static std::string content_of(std::istream& from)
    {
        auto content = std::string{};
        auto piece = std::array<char, std::size_t{1} << 16U>{};
        while (from.read(piece.data(), piece.size()) || from.gcount() > 0)
            content.append(piece.data(), static_cast<std::size_t>(from.gcount()));
        return content;
    }

    // What cannot be read any further looks like what is at its end, and a directory like an empty file. A signal ends
    // a read, too.
    static void require_sound(std::istream const& from, std::string const& name)
    {
        if (from.bad() || (&from == &std::cin && std::ferror(stdin) != 0 && !interruption::asked()))
            throw command_failed{"cannot read " + name + " any further; the records in front of that are sent"};
    }

    void produce_stream(std::istream& from, std::string const& name)
    {
        auto number = std::uint64_t{0};
        for (auto text = std::string{}; !interruption::asked() && !enough() && next(from, text);)
        {
            // There may be half of a line.
            require_sound(from, name);
            if (interruption::asked())
                break;
            send(parse(text, name + ":" + std::to_string(++number)));
            tee(text + delimiter_);
        }
        require_sound(from, name);
    }

    // Also when nobody reads any more what is produced, all of it is.
    void tee(std::string_view text)
    try
    {
        if (echoing_)
            output::standard().write(text);
    }
    catch (output_closed const&)
    {
        echoing_ = false;
    }

    [[nodiscard]] bool enough() const { return options_.count != 0 && sent_ == options_.count; }

    // Up to the next delimiter, or the end.
    [[nodiscard]] bool next(std::istream& from, std::string& text) const
    {
        text.clear();
        for (auto piece = std::string{}; std::getline(from, piece, delimiter_.back());)
        {
            text += piece;
            if (from.eof())
                return !text.empty();
            text += delimiter_.back();
            if (!text.ends_with(delimiter_))
                continue;
            text.erase(text.size() - delimiter_.size());
            return true;
        }
        return !text.empty();
    }

    [[nodiscard]] draft parse(std::string const& text, std::string const& where)
    try
    {
        return options_.as_json ? parse_line(text) : parse_text(text);
    }
    catch (std::exception const& error)
    {
        throw command_failed{where + ": " + error.what()};
    }

    [[nodiscard]] draft parse_text(std::string_view text)
    {
        auto what = draft{};
        what.headers = headers_;
        what.partition = options_.partition;
        what.key = key_;
        if (!key_delimiter_.empty())
        {
            auto const at = text.find(key_delimiter_);
            if (at == text.npos)
                throw command_failed{"there is no \"" + options_.key_delimiter + "\" (-K) behind a key"};
            what.key = encoded(*codecs_.key, text.substr(0, at));
            text.remove_prefix(at + key_delimiter_.size());
        }
        what.value = encoded(*codecs_.value, text);
        return what;
    }

    [[nodiscard]] optional_bytes encoded(codec& by, std::string_view text) const
    {
        if (options_.null && text.empty())
            return std::nullopt;
        return by.encode(text);
    }

    [[nodiscard]] draft parse_line(std::string_view text) const
    {
        auto what = draft_of_line(text, codecs_);
        what.headers.insert(what.headers.begin(), headers_.begin(), headers_.end());
        what.partition = options_.partition;
        return what;
    }

    void send(draft const& what)
    {
        auto headers = std::vector<header_view>{};
        for (auto const& [name, value] : what.headers)
            headers.push_back({name, value});
        auto options = send_options{};
        if (what.partition != -1)
            options.partition = what.partition;
        options.timestamp = what.time;
        options.headers = headers;
        writer_.send(options_.topic, what.key, what.value, options);
        ++sent_;
        progress_.update("produced", writer_.acknowledged(), 0);
    }

    produce_options const& options_;
    bool echoing_ = options_.echo;
    config settings_;
    topic_writer writer_;
    std::string delimiter_;
    std::string key_delimiter_;
    record_codecs codecs_;
    header_list headers_;
    optional_bytes key_;
    std::uint64_t sent_ = 0;
    progress_line progress_;
};

} // namespace

void add_produce(CLI::App& app, action& chosen)
{
    auto const options = std::make_shared<produce_options>();
    auto& command = *app.add_subcommand("produce", "Produce lines, files or JSON to a topic, with kcat's options");
    options->cluster.add_to(command);
    options->cluster.add_registry_to(command);
    options->formats.add_to(command);
    command.add_option("-t,--topic", options->topic, "The topic")->required();
    command.add_option("files", options->files, "Files of records; none: standard input");
    command.add_option("-p,--partition", options->partition,
                       "The partition; none, or -1: by the key's hash, as Java does");
    command.add_option("-k,--key", options->key, "The key of all records");
    command.add_option("-K,--key-delimiter", options->key_delimiter, "Each record is KEY, this, VALUE");
    command.add_option("-D,--delimiter", options->delimiter, "What stands behind a record")->capture_default_str();
    command.add_option("-H,--header", options->headers, "A header, NAME=VALUE; may be repeated")
        ->allow_extra_args(false);
    command.add_option("--schema", options->schema,
                       "With -s avro: a file with the schema of values; none: the latest of subject TOPIC-value");
    command.add_option("--key-schema", options->key_schema, "Likewise for keys, subject TOPIC-key");
    command.add_flag("-Z,--null", options->null, "Empty keys and values are null");
    command.add_flag("-J,--json", options->as_json,
                     "Each record is a line of `consume --json`: payload, where null is a tombstone, and perhaps key, "
                     "headers, ts");
    command.add_option("-z,--compression", options->compression, "none, gzip, snappy, lz4 (as without it) or zstd");
    command.add_option("-c,--count", options->count, "End after so many records");
    command.add_flag("-T,--tee", options->echo, "Write to standard output what was produced");
    auto* const whole = command.add_flag("-w,--whole", options->whole_file, "Each file is one record");
    command.add_flag("-l,--lines", options->by_lines, "Accepted for kcat's sake: files are read by records")
        ->excludes(whole);
    command.callback([options, &chosen] { chosen = [options] { return production{*options}.run(); }; });
}

} // namespace paperboy::cli
