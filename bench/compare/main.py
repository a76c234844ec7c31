"""tools/bench's work, once the programs are built and a broker runs."""

import argparse
import math
import pathlib
import signal
import sys

import chart
import origin
import parts
import rows
import runs
import tables
from results import Results


def names(known):
    def parse(text):
        found = [] if text == "none" else list(known) if text == "all" else text.split(",")
        unknown = [each for each in found if each not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(known)}")
        return found

    return parse


def positive(kind):
    def number(text):
        value = kind(text)
        if not 0 < value < math.inf:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    return number


def list_of(kind):
    def numbers(text):
        return [kind(each) for each in text.split(",")]

    return numbers


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tools/bench")
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--servers", required=True)
    parser.add_argument("--results", type=pathlib.Path, required=True)
    parser.add_argument("--peers-folder", type=pathlib.Path, required=True)
    parser.add_argument("--commit", help="that the programs were built from", default="")
    parser.add_argument("--only", type=names(parts.ALL), default=["throughput", "latency"])
    parser.add_argument("--peers", type=names([each.name for each in rows.PEER_ROWS]), default="all")
    parser.add_argument("--topics", type=lambda text: text.split(","), default=["raw100", "json400", "raw1k"])
    parser.add_argument("--records", default="1.0")
    parser.add_argument("--rounds", type=positive(int), default=5)
    parser.add_argument("--seconds", type=positive(float), default=10)
    parser.add_argument("--rates", type=list_of(positive(int)), default=[500, 10_000])
    parser.add_argument("--pin", dest="pins", action="store_const", const=(True,), default=(True, False))
    parser.add_argument("--no-pin", dest="pins", action="store_const", const=(False,))
    return parser.parse_args(arguments)


def main(arguments):
    given = parse(arguments)
    notes = []

    def note(text):
        notes.append(text)
        parts.say(text)

    peers = rows.prepare(given.peers, given.peers_folder, parts.say, note)
    described = origin.describe(given, peers)
    for each in origin.without(described["allocators"]):
        note(each)
    results = Results(given.results, described, notes)
    for name in given.only:
        parts.ALL[name](results, given, peers)
    everything = results.save()
    text = "\n".join(tables.all_tables(everything))
    (given.results / "tables.md").write_text(text)
    if everything.get("throughput"):
        (given.results / "chart.svg").write_text(chart.draw(everything))
    print(text)


if __name__ == "__main__":
    # An exit like any other: what runs in the background is ended, and does not go on beside the next run.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: terminated"))
    try:
        main(sys.argv[1:])
    except runs.Failed as failure:
        sys.exit(f"bench: {failure}")
