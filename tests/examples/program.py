"""What the tests of the examples share: programs that are watched while they run, and the real broker."""

import collections
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time

DEADLINE = 60
MAKE_TOPIC = pathlib.Path(__file__).parents[1] / "support/broker_topic.py"


class Program:
    """A program whose lines are read as they come; every wait has a deadline."""

    def __init__(self, *command, stdin=None):
        self.process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = queue.Queue()
        self.output = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(DEADLINE)
        self.process.stdout.close()
        if self.process.stdin:
            self.process.stdin.close()

    def _read(self):
        for line in self.process.stdout:
            self.output.append(line.rstrip("\n"))
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def await_line(self, wanted):
        """The next line for which `wanted` is true."""
        end = time.monotonic() + DEADLINE
        while (line := self.lines.get(timeout=max(0.001, end - time.monotonic()))) is not None:
            if wanted(line):
                return line
        raise AssertionError("it ended before: " + "\n".join(self.output))

    def end(self, timeout=DEADLINE):
        """Waits for its end; the exit status."""
        status = self.process.wait(timeout)
        self.reader.join(DEADLINE)
        return status

    def interrupt(self, within, number=signal.SIGINT):
        """Ctrl-C; it has to end within so many seconds. The exit status."""
        self.process.send_signal(number)
        return self.end(within)


def environment(name):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set: this test needs a Kafka broker; run it with tools/test")
    return value


def bootstrap():
    return environment("PAPERBOY_TEST_BOOTSTRAP")


def create_topic(prefix, partitions):
    """A topic of a name that nobody has used before."""
    name = f"{prefix}-{os.getpid()}-{time.time_ns()}"
    subprocess.run([environment("PAPERBOY_TEST_PYTHON"), MAKE_TOPIC, bootstrap(), name, str(partitions)], check=True)
    return name


def produce(topic, lines):
    """Produces "key<TAB>value" lines, partitioned as by Java; an empty value is a tombstone."""
    subprocess.run(["kcat", "-P", "-b", bootstrap(), "-t", topic, "-K", "\t", "-Z", "-X", "partitioner=murmur2_random"],
                   input=lines, text=True, check=True)


def page_views(quickstart, count):
    """Lines that the quickstart prints for kcat, and our own count of their pages; tombstones are counted as None."""
    lines = subprocess.run([quickstart, "--print", str(count)], stdout=subprocess.PIPE, text=True, check=True).stdout
    values = [line.split("\t")[1] for line in lines.splitlines()]
    return lines, collections.Counter(json.loads(value)["page"] if value else None for value in values)
