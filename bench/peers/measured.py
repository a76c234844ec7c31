"""What the peers in Python have in common: counting records and printing the result."""

import json
import os
import sys
import time


def peak_rss_mb():
    with open("/proc/self/status") as status:
        return next(float(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))


class Count:
    """The records of a run so far; the last one prints the result and ends the process."""

    def __init__(self, expected):
        self.expected = expected
        self.start_cpu = time.process_time()
        self.seen = self.bytes = self.checksum = 0
        self.first = 0.0

    def add(self, value):
        if not self.seen:
            self.first = time.monotonic()
        self.seen += 1
        self.bytes += len(value)
        self.checksum += value[0]
        if self.seen == self.expected:
            self.finish()

    def add_all(self, values):
        if not self.seen:
            self.first = time.monotonic()
        size = checksum = 0
        for value in values:
            size += len(value)
            checksum += value[0]
        self.seen += len(values)
        self.bytes += size
        self.checksum += checksum
        if self.seen == self.expected:
            self.finish()

    def finish(self):
        wall = time.monotonic() - self.first
        print(json.dumps({"records": self.seen, "bytes": self.bytes, "checksum": self.checksum + self.bytes,
                          "cpu_seconds": time.process_time(), "start_cpu_seconds": self.start_cpu,
                          "wall_seconds": wall, "rss_mb": peak_rss_mb()}), flush=True)
        os._exit(0)


def arguments():
    """SERVERS, TOPIC and RECORDS."""
    if len(sys.argv) != 5 or sys.argv[1] != "consume":
        sys.exit("usage: consume SERVERS TOPIC RECORDS")
    return sys.argv[2], sys.argv[3], int(sys.argv[4])


def new_group():
    return f"peer-{time.time_ns()}-{os.getpid()}"
