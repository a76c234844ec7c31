"""The parts of the benchmark. In each round every row runs once, one after the other, in all settings."""

import subprocess
import sys

import rows
import runs
from results import Part

FIGURES = ("cpu_us_per_record", "million_records_per_second", "rss_mb")
AGES = ("p50", "p99", "p999")
WARM_UP_SECONDS = 2
TICKS = "paperboy-bench-ticks"
PARTITIONS = (1, 2, 4, 8, 16, 32, 64)
SIZES = ("raw100", "raw1k", "raw10k", "raw100k")
MANY = 1000


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_series(results, part, series, rounds, run):
    """Left out from then on: a peer that fails, and what the programs were built without. All else ends everything.

    Every second round goes backwards, so that no row has the place behind the same one, or the first, in all of them."""
    for number in range(1, rounds + 1):
        for each in list(series if number % 2 else reversed(series)):
            try:
                each.runs[number] = run(each)
            except runs.Failed as error:
                if not each.row.program and not runs.is_missing(error):
                    raise runs.Failed(f"{each.row.name}: {error}") from None
                why = f"{each.row.name} is left out from round {number} on: {error}"
                results.note(why)
                say(why)
                series.remove(each)
                continue
            shown = "  ".join(f"{name} {each.runs[number][name]:.3f}" for name in part.figures)
            say(f"round {number}/{rounds}  {each.row.name:16}{each.setting}  {shown}")
        results.save()


class Throughput:
    def __init__(self, programs, servers):
        self.programs = programs
        self.servers = servers
        self.checksums = {}

    def topics(self, kinds, records, **layout):
        filled = runs.fill(self.programs, self.servers, kinds, records, **layout)
        return [rows.Topic(kind, each["name"], each["sizes"]) for kind, each in filled.items()]

    def consume(self, row, topic, pinned):
        if row.writes:
            return self.count(row, topic, pinned)
        measured = runs.run(rows.consume_command(row, topic, self.programs, self.servers), pinned)
        expected = self.checksums.setdefault(topic.name, measured["checksum"])
        if measured["checksum"] != expected or measured["records"] != topic.records:
            raise runs.Failed(f"it has seen other records of {topic.name} than the others")
        return runs.per_record(measured)

    def count(self, row, topic, pinned):
        measured = runs.run_mode(rows.counting_command(row, topic, self.programs, self.servers), pinned)
        if measured["checksum"] != self.checksums.setdefault((row.against, topic.name), measured["checksum"]):
            raise runs.Failed(f"it has counted otherwise in {topic.name} than the others")
        return {name: measured[name] for name in FIGURES}


def throughput(results, given, peers):
    side = Throughput(given.programs, given.servers)
    full = side.topics(given.topics, given.records)
    small = side.topics(given.topics, runs.tenth(given.records)) if any(each.few for each in peers) else full
    part = results.parts["throughput"] = Part(FIGURES, "cpu_us_per_record")
    where = {}
    for pinned in given.pins:
        for big, few in zip(full, small):
            for row in [*rows.OWN, *peers]:
                if row.consumes(big):
                    where[part.add(row, topic=big.kind, pinned=pinned)] = few if row.few else big
    run_series(results, part, list(where), given.rounds,
               lambda each: side.consume(each.row, where[each], each.setting["pinned"]))


def latency(results, given, peers):
    part = results.parts["latency"] = Part(AGES, "p50")
    compared = [*rows.LATENCY_ROWS, *(each for each in peers if each.name in rows.LATENCY_PEERS)]
    warm_up = min(WARM_UP_SECONDS, given.seconds)
    for rate in given.rates:
        series = [part.add(row, rate=rate) for row in compared]
        longest = int(given.seconds + warm_up + 30) * given.rounds * len(series)
        ticker = subprocess.Popen([given.programs / "paperboy_latency", "tick", given.servers, TICKS, str(rate),
                                   str(longest)], stdout=subprocess.PIPE, text=True)
        try:
            if ticker.stdout.readline() != "ticking\n":
                raise runs.Failed("no records can be produced")
            run_series(results, part, series, given.rounds, lambda each: runs.run(rows.latency_command(
                each.row, TICKS, int(given.seconds * rate), int(warm_up * rate), given.programs, given.servers)))
        finally:
            ticker.terminate()
            ticker.wait()


def scale(results, given, _):
    side = Throughput(given.programs, given.servers)
    part = results.parts["scale"] = Part(FIGURES, "cpu_us_per_record")
    where = {}
    compared = [each for each in rows.OWN if each.name in ("raw", "void")]

    def add(topic, partitions, active):
        for row in compared:
            where[part.add(row, topic=topic.kind, partitions=partitions, active=active)] = topic

    for partitions in PARTITIONS:
        add(*side.topics(["raw100"], given.records, partitions=partitions, active=partitions), partitions, partitions)
    for topic in side.topics(SIZES[1:], given.records):
        add(topic, 8, 8)
    add(*side.topics(["raw100"], given.records, partitions=MANY, active=8), MANY, 8)
    run_series(results, part, list(where), given.rounds, lambda each: side.consume(each.row, where[each], True))


ALL = {"throughput": throughput, "latency": latency, "scale": scale}
