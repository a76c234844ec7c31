"""Runs one command, by itself in a process, and reads what it measured."""

import json
import os
import subprocess
import tempfile

OWN_LINE = ("records", "checksum", "cpu_seconds", "wall_seconds", "idle_seconds", "kept_seconds", "rss_mb")
DEADLINE = 300
FILL_DEADLINE = 1200


class Failed(Exception):
    pass


def first_core():
    """Of those that we may use: a container may lack core 0."""
    return {min(os.sched_getaffinity(0))}


def pin():
    os.sched_setaffinity(0, first_core())


def not_started(command, error):
    """Without the folder of the program, as it goes into the results."""
    return Failed(f"{os.path.basename(command[0])} cannot be started: {getattr(error, 'strerror', None) or error}")


def complete(command, pinned, deadline):
    """What the command left, once it has ended well or not."""
    command = list(map(str, command))
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=deadline,
                              preexec_fn=pin if pinned else None)
    except subprocess.TimeoutExpired:
        raise Failed(f"not done within {deadline:.0f} s") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise not_started(command, error) from None


def start(command):
    """A command that runs beside others; its output can be read."""
    command = list(map(str, command))
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    except OSError as error:
        raise not_started(command, error) from None


def failed(done):
    return Failed((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])


def is_missing(error):
    """Whether paperboy_throughput was built without what it was asked for, as it is without RocksDB."""
    return "is no mode of this build" in str(error)


def knows(programs, option):
    """Whether paperboy_throughput has this option: that of an earlier version may not."""
    return option in complete([programs / "paperboy_throughput", "--help"], False, DEADLINE).stdout


def run(command, pinned=False, deadline=DEADLINE):
    """The last line that is a measurement: a peer's JSON, or the line of paperboy_throughput."""
    done = complete(command, pinned, deadline)
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("{") and done.returncode == 0:
            return json.loads(line)
        if line.startswith("measured ") and done.returncode == 0:
            return {name: float(word) for name, word in zip(OWN_LINE, line.split()[1:])}
    raise failed(done)


def run_mode(command, pinned=False, deadline=DEADLINE):
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


def fill(programs, servers, kinds, records, partitions=8, active=8, copies=1):
    """Makes and fills topics; by kind, their names and the sizes of their partitions."""
    command = [programs / "paperboy_throughput", "--fill", "--bootstrap-servers", servers, "--topics", ",".join(kinds),
               "--records", records, "--partitions", partitions, "--active", active]
    command = list(map(str, command + (["--copies", copies] if copies > 1 else [])))
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=FILL_DEADLINE)
    except subprocess.TimeoutExpired:
        raise Failed(f"{', '.join(kinds)} cannot be filled within {FILL_DEADLINE} s") from None
    except OSError as error:
        raise not_started(command, error) from None
    if done.returncode != 0:
        raise Failed("the topics cannot be filled")
    return json.loads(done.stdout)


def tenth(records):
    """Of what --records says: a number of records, or a part of each topic's full size, written with a point."""
    return f"{float(records) / 10:.6f}" if "." in records else str(max(int(records) // 10, 8))
