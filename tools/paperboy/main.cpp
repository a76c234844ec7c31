#include "command.hpp"
#include "output.hpp"

#include <paperboy/error.hpp>

#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

namespace paperboy::cli
{
namespace
{

constexpr auto description =
    "Looks into Kafka, and into what paperboy keeps there: records, lag, offsets, dead letters, "
    "tables.";

constexpr auto footer = R"(
Where the cluster is:
  -b host:port, or PAPERBOY_BROKERS in the environment, or bootstrap.servers in a file of properties (-F FILE).
  TLS and logins are librdkafka's properties, one NAME=VALUE a line of the file, or -X NAME=VALUE; keep secrets in the
  file, since others can see the arguments of a process:
    security.protocol=sasl_ssl  sasl.mechanism=PLAIN  sasl.username=…  sasl.password=…  ssl.ca.location=…

A first hour:
  paperboy dev up --topic views:4                  a broker and a schema registry on this machine, and a topic
  echo 'page:/home' | paperboy produce -t views -K :
  paperboy consume -t views -e -f '%t[%p]@%o %k = %s\n'
  paperboy consume -G counters views               as a member of a group, which commits what it has shown
  paperboy lag -g counters --watch 2               how far a group is behind, every two seconds
  paperboy offsets seek -g counters -t views --to s@2024-02-29T12:00:00Z       shows what would change
  paperboy dlq list                                dead letters that wait
  paperboy dlq replay views.dlq --rate 100         back to where they came from, in order
  paperboy table verify /var/lib/counters          a store on disk against its changelog
  paperboy dev down

(`dev up` prints the addresses; export them, or add -b and -r to each command.)

Every command that prints has --json, one object a line, for other programs; `produce --json` reads what `consume --json`
prints.

Exit status:
  0    done; also when a command that runs until it is stopped is stopped, and when the reader of a pipe goes away
  1    failed: the cluster, a record, a file; the line on stderr names it, and the remedy
  2    wrong arguments
  3    found what was looked for: damage, differences, more lag than --fail-above or lag that is not known
  130  ended by a signal before it was done
)";

// The library speaks to programmers of what is an option here.
std::string reworded(std::string text)
{
    constexpr auto theirs = std::string_view{"in config::properties"};
    for (auto at = text.find(theirs); at != text.npos; at = text.find(theirs))
        text.replace(at, theirs.size(), "(-X NAME=VALUE, or in the file of -F)");
    return text;
}

[[nodiscard]] int complain(std::string_view text, exit_code code)
{
    constexpr auto prefix = std::string_view{"paperboy: "};
    std::cerr << (text.starts_with(prefix) ? "" : prefix) << reworded(std::string{text}) << '\n';
    return static_cast<int>(code);
}

// What was found before something failed is told; the failure is what matters then.
void flush_quietly() noexcept
try
{
    output::standard().flush();
}
catch (...)
{
}

[[nodiscard]] int run(action const& chosen)
try
{
    auto const code = chosen();
    output::standard().flush();
    return static_cast<int>(code);
}
catch (output_closed const&)
{
    return static_cast<int>(exit_code::done);
}
catch (...)
{
    flush_quietly();
    throw;
}

} // namespace
} // namespace paperboy::cli

int main(int argc, char** argv)
try
{
    using namespace paperboy::cli;
    // A pipe whose reader has gone away is seen by the write that fails.
    std::signal(SIGPIPE, SIG_IGN);
    auto app = CLI::App{description, "paperboy"};
    auto chosen = action{};
    app.footer(footer);
    app.set_version_flag("-V,--version", PAPERBOY_VERSION);
    app.require_subcommand(1);
    add_consume(app, chosen);
    add_produce(app, chosen);
    add_topics(app, chosen);
    add_lag(app, chosen);
    add_offsets(app, chosen);
    add_dlq(app, chosen);
#ifdef PAPERBOY_HAS_ROCKSDB
    add_table(app, chosen);
#endif
    add_dev(app, chosen);
    add_bench(app, chosen);
    try
    {
        app.parse(argc, argv);
    }
    catch (CLI::ParseError const& error)
    {
        return app.exit(error) == 0 ? 0 : static_cast<int>(exit_code::usage);
    }
    return run(chosen);
}
catch (paperboy::cli::usage_error const& error)
{
    return paperboy::cli::complain(error.what(), paperboy::cli::exit_code::usage);
}
catch (paperboy::setup_error const& error)
{
    return paperboy::cli::complain(error.what(), paperboy::cli::exit_code::usage);
}
catch (std::exception const& error)
{
    return paperboy::cli::complain(error.what(), paperboy::cli::exit_code::failed);
}
