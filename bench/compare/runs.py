"""Runs one command, by itself in a process, and reads what it measured."""

import json
import os
import subprocess
import tempfile

FIRST_CORE = {0}
OWN_LINE = ("records", "checksum", "cpu_seconds", "wall_seconds", "idle_seconds", "kept_seconds", "rss_mb")


class Failed(Exception):
    pass


def complete(command, pinned, deadline):
    """What the command left, once it has ended well or not."""
    pin = (lambda: os.sched_setaffinity(0, FIRST_CORE)) if pinned else None
    try:
        return subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=deadline, preexec_fn=pin)
    except subprocess.TimeoutExpired:
        raise Failed(f"not done within {deadline} s") from None


def failed(done):
    return Failed((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])


def is_missing(error):
    """Whether paperboy_throughput was built without what it was asked for, as it is without RocksDB."""
    return "is no mode of this build" in str(error)


def run(command, pinned=False, deadline=300):
    """The last line that is a measurement: a peer's JSON, or the line of paperboy_throughput."""
    done = complete(command, pinned, deadline)
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("{") and done.returncode == 0:
            return json.loads(line)
        if line.startswith("measured ") and done.returncode == 0:
            return {name: float(word) for name, word in zip(OWN_LINE, line.split()[1:])}
    raise failed(done)


def run_mode(command, pinned=False, deadline=300):
    """The one run of one mode that paperboy_throughput is told to measure: per record, as it writes it."""
    with tempfile.NamedTemporaryFile(suffix=".json") as written:
        done = complete([*command, "--json", written.name], pinned, deadline)
        if done.returncode != 0:
            raise failed(done)
        return json.load(written)["results"][0]["runs"][0]


def per_record(measured):
    """The starting of a runtime, before its program's first line, does not count."""
    records = measured["records"]
    cpu = measured["cpu_seconds"] - measured.get("start_cpu_seconds", 0)
    return {"cpu_us_per_record": cpu * 1e6 / records,
            "million_records_per_second": records / measured["wall_seconds"] / 1e6,
            "rss_mb": measured["rss_mb"],
            "start_cpu_seconds": measured.get("start_cpu_seconds", 0)}


def fill(programs, servers, kinds, records, partitions=8, active=8):
    """Makes and fills topics; by kind, their names and the sizes of their partitions."""
    command = [programs / "paperboy_throughput", "--fill", "--bootstrap-servers", servers, "--topics", ",".join(kinds),
               "--records", records, "--partitions", partitions, "--active", active]
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, timeout=1200)
    if done.returncode != 0:
        raise Failed("the topics cannot be filled")
    return json.loads(done.stdout)


def tenth(records):
    """Of what --records says: a number of records, or a part of each topic's full size, written with a point."""
    return f"{float(records) / 10:.6f}" if "." in records else str(max(int(records) // 10, 8))
