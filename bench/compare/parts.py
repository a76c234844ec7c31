"""The parts of the benchmark. In each round every row runs once, one after the other, in all settings."""

import os
import sys

import results as kept
import rows
import runs

FIGURES = ("cpu_us_per_record", "million_records_per_second", "rss_mb")
AGES = ("p50", "p99", "p999")
WARM_UP_SECONDS = 2
JOIN_SECONDS = 30
TICKS = "paperboy-bench-ticks"
PARTITIONS = (1, 2, 4, 8, 16, 32, 64)
SIZES = ("raw100", "raw1k", "raw10k", "raw100k")
MANY_TOPICS = 100
THREADED = (1, 8, 64)


def say(text):
    print(text, file=sys.stderr, flush=True)


def told(setting):
    """A setting in words."""
    words = {"topic": "{}", "pinned": "pinned" if setting.get("pinned") else "on all cores", "topics": "{} topics",
             "partitions": "{} partitions", "active": "{} with records", "rate": "{} records a second"}
    return ", ".join(words[name].format(value) for name, value in setting.items())


def leave_out(part, series, each, number, error):
    """From then on: a peer that fails, and what the programs were built without. All else ends everything."""
    if not each.row.program and not runs.is_missing(error):
        raise runs.Failed(f"{each.row.name}, {told(each.setting)}: {error}") from None
    why = f"{each.row.name} is left out of {told(each.setting)} from round {number} on: {error}"
    part.note(why)
    say(why)
    series.remove(each)


def run_series(results, part, series, rounds, run):
    """Every second round goes backwards, so that no row has the place behind the same one, or the first, in all of
    them."""
    for number in range(1, rounds + 1):
        for each in list(series if number % 2 else reversed(series)):
            try:
                each.runs[number] = run(each)
            except runs.Failed as error:
                leave_out(part, series, each, number, error)
                continue
            shown = "  ".join(f"{name} {each.runs[number][name]:.3f}" for name in part.figures)
            say(f"round {number}/{rounds}  {each.row.name:16}{told(each.setting)}  {shown}")
        part.loads.append(os.getloadavg()[0])
        results.save()


class Throughput:
    def __init__(self, programs, servers):
        self.programs = programs
        self.servers = servers
        self.checksums = {}

    def topics(self, kinds, records, **layout):
        filled = runs.fill(self.programs, self.servers, kinds, records, **layout)
        return [rows.Topic(kind, each["name"], each["sizes"]) for kind, each in filled.items()]

    def learn(self, topic):
        """Reads it once, unrecorded: for the sum that all have to find, where none of our rows does, and since the first
        to read it would find the broker and the files cold."""
        try:
            self.consume(rows.RAW, topic, False)
        except runs.Failed as error:
            raise runs.Failed(f"{rows.RAW.name}, {topic.name}: {error}") from None

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


def small_topics(side, given, full, peers):
    """With a tenth of the records, for peers that are slow."""
    if not any(each.few for each in peers):
        return full
    small = side.topics(given.topics, runs.tenth(given.records))
    for each in small:
        side.learn(each)
    return small


def throughput(results, given, peers):
    side = Throughput(given.programs, given.servers)
    full = side.topics(given.topics, given.records)
    for each in full:
        side.learn(each)
    small = small_topics(side, given, full, peers)
    part = results.parts["throughput"] = kept.Part(FIGURES, kept.THROUGHPUT)
    where = {}
    for pinned in given.pins:
        for big, few in zip(full, small):
            for row in [*rows.OWN, *peers]:
                if row.consumes(big):
                    where[part.add(row, topic=big.kind, pinned=pinned)] = few if row.few else big
    run_series(results, part, list(where), given.rounds,
               lambda each: side.consume(each.row, where[each], each.setting["pinned"]))


def latency(results, given, peers):
    part = results.parts["latency"] = kept.Part(AGES, kept.LATENCY)
    compared = [*rows.LATENCY_ROWS, *(each for each in peers if each.name in rows.LATENCY_PEERS)]
    warm_up = min(WARM_UP_SECONDS, given.seconds)
    deadline = runs.DEADLINE + given.seconds + warm_up
    for rate in given.rates:
        series = [part.add(row, rate=rate) for row in compared]
        # Each may hang until its deadline once: from then on it is left out.
        longest = int((given.seconds + warm_up + JOIN_SECONDS) * given.rounds + deadline) * len(series)
        ticker = runs.start([given.programs / "paperboy_latency", "tick", given.servers, TICKS, rate, longest])
        try:
            if ticker.stdout.readline() != "ticking\n":
                raise runs.Failed("no records can be produced")
            run_series(results, part, series, given.rounds, lambda each: runs.run(rows.latency_command(
                each.row, TICKS, int(given.seconds * rate), int(warm_up * rate), given.programs, given.servers),
                deadline=deadline))
        finally:
            ticker.terminate()
            ticker.wait()


class Layouts:
    """What the part of layouts measures: raw and paperboy, pinned, and some with two threads beside them unpinned."""

    def __init__(self, part, side):
        self.part = part
        self.side = side
        self.where = {}

    def add(self, kinds, records, threaded=False, copies=1, **layout):
        for topic in self.side.topics(kinds, records, copies=copies, **layout):
            for row in rows.LAYOUT_ROWS:
                self.add_row(row, topic, copies, layout, True)
            for row in rows.THREADED_ROWS if threaded else ():
                self.add_row(row, topic, copies, layout, False)

    def add_row(self, row, topic, copies, layout, pinned):
        each = self.part.add(row, topic=topic.kind, topics=copies, **layout, pinned=pinned)
        self.where[each] = topic


def scale(results, given, _):
    part = kept.Part(FIGURES, kept.THROUGHPUT)
    side = Throughput(given.programs, given.servers)
    layouts = Layouts(part, side)
    for partitions in PARTITIONS:
        layouts.add(SIZES[:1], given.records, partitions in THREADED, partitions=partitions, active=partitions)
    layouts.add(SIZES[1:], given.records, partitions=8, active=8)
    layouts.add(SIZES[:1], given.records, True, partitions=kept.MANY_PARTITIONS, active=8)
    if runs.knows(given.programs, "--copies"):
        layouts.add(SIZES[:1], given.records, True, copies=MANY_TOPICS, partitions=1, active=1)
    else:
        part.note(f"{MANY_TOPICS} topics are left out: this paperboy_throughput has no --copies")
    results.parts["scale"] = part
    run_series(results, part, list(layouts.where), given.rounds,
               lambda each: side.consume(each.row, layouts.where[each], each.setting["pinned"]))


ALL = {"throughput": throughput, "latency": latency, "scale": scale}
