"""What a scenario's processes wrote, as events in the order of time."""

from dataclasses import dataclass
from pathlib import Path

PARTITION_LISTS = ("assigned", "revoked", "lost")
PARTITION_OFFSETS = ("start", "done", "committed", "failed", "asked", "observed", "moved")


@dataclass(frozen=True, order=True)
class Event:
    """One line: `time` in microseconds of the monotonic clock, `who` the process."""

    time: int
    line: int
    who: str
    what: str
    partitions: tuple = ()
    offset: int = -1
    text: str = ""

    @property
    def partition(self):
        return self.partitions[0]

    def __str__(self):
        rest = self.text or " ".join(map(str, (*self.partitions, *([self.offset] if self.offset >= 0 else []))))
        return f"{self.time} {self.who}: {self.what} {rest}"


def parse_line(who, number, line):
    time, what, *rest = line.split()
    if what in PARTITION_LISTS:
        return Event(int(time), number, who, what, tuple(map(int, rest)))
    if what in PARTITION_OFFSETS:
        return Event(int(time), number, who, what, (int(rest[0]),), int(rest[1]))
    return Event(int(time), number, who, what, text=" ".join(rest))


def parse(who, text):
    """The events of one process. A line without its end was cut off by the process's death: it says nothing."""
    whole = text[: text.rfind("\n") + 1]
    return [parse_line(who, number, line) for number, line in enumerate(whole.splitlines())]


def merge(*logs):
    return sorted(event for log in logs for event in log)


def read(files):
    return merge(*(parse(name, Path(file).read_text()) for name, file in files.items()))
