#!/usr/bin/env python3
"""Real input through examples/flights: the totals equal our own, and a kill -9 in the middle loses no flight.

    flights_test.py FLIGHTS_PROGRAM

The input is the 20,000 flights of the npm package vega-datasets, fetched once into the cache
(${PAPERBOY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/paperboy}), produced with kcat into a topic of 8 partitions, keyed by
the airport of origin.
"""

import collections
import contextlib
import fcntl
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

DATASET = "vega-datasets@3.2.1"
PARTITIONS = 8
MAKE_TOPIC = pathlib.Path(__file__).parents[1] / "support/broker_topic.py"
DEADLINE = 60


def environment(name):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set: this test needs a Kafka broker; run it with tools/test")
    return value


def cache():
    default = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "paperboy"
    return pathlib.Path(os.environ.get("PAPERBOY_CACHE") or default)


def flights():
    """The flights, as parsed JSON."""
    file = cache() / DATASET / "flights-20k.json"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            packed = subprocess.run(["npm", "pack", "--silent", "--fetch-timeout=60000", DATASET], cwd=folder, check=True,
                                    text=True, stdout=subprocess.PIPE, timeout=300).stdout.split()[-1]
            with tarfile.open(pathlib.Path(folder) / packed) as package:
                content = package.extractfile("package/data/flights-20k.json").read()
            whole = pathlib.Path(folder) / "whole"
            whole.write_bytes(content)
            whole.rename(file)
    return json.loads(file.read_text())


def produce(all_flights):
    """Produces them into a new topic; returns its name."""
    topic = f"flights-{os.getpid()}-{time.time_ns()}"
    subprocess.run([environment("PAPERBOY_TEST_PYTHON"), MAKE_TOPIC, environment("PAPERBOY_TEST_BOOTSTRAP"), topic,
                    str(PARTITIONS)], check=True)
    lines = "".join(f"{each['origin']}\t{json.dumps(each)}\n" for each in all_flights)
    subprocess.run(["kcat", "-P", "-b", environment("PAPERBOY_TEST_BOOTSTRAP"), "-t", topic, "-K", "\t"],
                   input=lines, text=True, check=True)
    return topic


def own_totals(all_flights):
    totals = collections.defaultdict(lambda: [0, 0])
    for each in all_flights:
        totals[each["origin"]][0] += 1
        totals[each["origin"]][1] += each["delay"]
    return dict(totals)


class Run:
    """A run of the program. Its log is a named pipe, so that it gets only a few hundred flights ahead of us."""

    def __init__(self, program, group, topic, folder):
        fifo = pathlib.Path(folder) / f"log-{time.time_ns()}"
        os.mkfifo(fifo)
        self.log = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        # Keeps the pipe from ending before the program opens it.
        self.opener = os.open(fifo, os.O_WRONLY)
        fcntl.fcntl(self.log, fcntl.F_SETPIPE_SZ, 4096)
        self.pending = b""
        self.process = subprocess.Popen(
            [program, environment("PAPERBOY_TEST_BOOTSTRAP"), group, topic, "--log", str(fifo), "-X",
             "session.timeout.ms=6000", "-X", "heartbeat.interval.ms=500",
             # The heir of a killed one need not wait for the end of its session.
             "-X", "group.instance.id=one"], stdout=subprocess.PIPE, text=True)

    def read(self, count):
        """The next `count` flights that it counted, as (partition, offset)."""
        end = time.monotonic() + DEADLINE
        lines = []
        while len(lines) < count:
            while len(lines) < count and b"\n" in self.pending:
                line, self.pending = self.pending.split(b"\n", 1)
                lines.append(tuple(int(word) for word in line.split()))
            if len(lines) < count:
                assert select.select([self.log], [], [], max(0, end - time.monotonic()))[0], "it stands still"
                self.pending += os.read(self.log, 4096)
        return lines

    def kill(self):
        """kill -9; returns the flights that it counted and nobody had read yet."""
        self.process.kill()
        assert self.process.wait(DEADLINE) == -signal.SIGKILL
        os.close(self.opener)
        while block := os.read(self.log, 65536):
            self.pending += block
        return self.read(self.pending.count(b"\n"))

    def stop(self):
        """Ctrl-C; returns the totals that it prints."""
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=DEADLINE)
        assert self.process.returncode == 0, f"exit status {self.process.returncode}"
        os.close(self.opener)
        return {airport: [int(count), int(delay)] for airport, count, delay in map(str.split, output.splitlines())}

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.log)


def check_contiguous(log):
    """Within a run the offsets of a partition rise by one; returns the first and last of each."""
    first, last = {}, {}
    for partition, offset in log:
        assert offset == last.get(partition, offset - 1) + 1, f"{partition}@{offset} after {last[partition]}"
        first.setdefault(partition, offset)
        last[partition] = offset
    return first, last


def check_totals(program, all_flights, topic, folder):
    run = Run(program, f"{topic}-totals", topic, folder)
    with contextlib.closing(run):
        log = run.read(len(all_flights))
        totals = run.stop()
    first, last = check_contiguous(log)
    assert set(first.values()) == {0} and sum(last.values()) + len(last) == len(all_flights)
    expected = own_totals(all_flights)
    assert totals == expected, "the totals differ"
    print(f"totals of {len(all_flights)} flights from {len(expected)} airports are equal")
    return last


def merge(seen, log):
    """Adds a run's log to the last offsets seen so far: it goes on at most one after them, so nothing is missing."""
    first, last = check_contiguous(log)
    for partition, offset in first.items():
        assert offset <= seen.get(partition, -1) + 1, f"partition {partition}: flights before {offset} are missing"
    for partition, offset in last.items():
        seen[partition] = max(offset, seen.get(partition, -1))
    return sum(first.values())


def check_kill(program, all_flights, topic, folder, ends):
    """Killed twice in the middle: flights are counted again, never missed."""
    group = f"{topic}-kill"
    seen, counted = {}, 0
    for part in (0.5, 0.3):
        run = Run(program, group, topic, folder)
        with contextlib.closing(run):
            log = run.read(int(len(all_flights) * part)) + run.kill()
        started_at = merge(seen, log)
        assert (started_at > 0) == (counted > 0), "a killed run commits what it has finished"
        counted += len(log)
        assert seen != ends, "the kill came too late"
    run = Run(program, group, topic, folder)
    with contextlib.closing(run):
        log, last = [], dict(seen)
        while last != ends:
            log += run.read(1)
            last[log[-1][0]] = log[-1][1]
        run.stop()
    merge(seen, log)
    counted += len(log)
    assert seen == ends and counted >= len(all_flights)
    print(f"killed twice: {counted} counts of {len(all_flights)} flights, none missing")


def main():
    program = sys.argv[1]
    all_flights = flights()
    assert len(all_flights) == 20_000
    topic = produce(all_flights)
    with tempfile.TemporaryDirectory() as folder:
        ends = check_totals(program, all_flights, topic, folder)
        check_kill(program, all_flights, topic, folder, ends)


if __name__ == "__main__":
    main()
