"""Checks what must hold whatever happened, over the events of all processes of one group and topic.

A  every offset below a committed one has been done before
B  within an assignment a partition's records are started one after the other without a gap, `done` rises, and the first
   one is where nothing below is undone, or exactly where somebody else has moved the group to
C  an assignment starts nothing below what was committed before it; so what is handled twice is at most what was begun
   since the last acknowledged commit of an assignment that was cut short
D  the committed offset never falls
E  a table equals an independent fold of its changelog (`check_table`)
F  a process ends with the expected status, in time, and says so in one line (`check_end`)
G  after a revocation or a loss the old owner starts nothing and commits nothing
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass
class Findings:
    violations: list = field(default_factory=list)  # (invariant, sentence)
    done: dict = field(default_factory=lambda: defaultdict(set))  # partition -> offsets
    done_count: int = 0
    started: Counter = field(default_factory=Counter)  # (partition, offset) -> times
    open_work: int = 0  # begun and not committed when its assignment ended, or never ended

    def add(self, invariant, sentence):
        self.violations.append((invariant, sentence))

    def count(self, invariants):
        return sum(1 for invariant, _ in self.violations if invariant in invariants)

    @property
    def duplicates(self):
        return sum(self.started.values()) - len(self.started)

    def lost(self, ends):
        """How many records below these ends ({partition: offset}) nobody has done."""
        return sum(end - len([o for o in self.done[p] if o < end]) for p, end in ends.items())


class Ownership:
    """One partition in the hands of one process, from its assignment until it is given up."""

    def __init__(self, since):
        self.since = since
        self.next_start = None
        self.last_done = -1
        self.in_hooks = set()
        self.done_at_takeover = None  # the last offset that was done when another process was given the partition
        self.committed = 0
        self.begun = []

    def overtaken(self, offset):
        """Whether this commit can have been answered before the takeover, and the answer been read after it."""
        return self.done_at_takeover is not None and offset <= self.done_at_takeover + 1

    def open_work(self):
        return sum(1 for offset in self.begun if offset >= self.committed)


class Checker:
    def __init__(self, compacted=False):
        self.found = Findings()
        self.compacted = compacted  # offsets may be missing in the topic
        self.owners = {}  # (who, partition) -> Ownership
        self.lost = {}  # likewise, of those who lost the partition
        self.committed = defaultdict(int)  # what anybody knows to be committed
        self.complete = defaultdict(int)  # everything below is done
        self.moved = {}  # partition -> where the group was moved to, until somebody starts there

    def feed(self, event):
        getattr(self, "on_" + event.what, lambda _: None)(event)

    def on_assigned(self, event):
        for partition in event.partitions:
            self.owners[event.who, partition] = Ownership(self.committed[partition])
            self.lost.pop((event.who, partition), None)
            self.take_over(event.who, partition)

    def take_over(self, heir, partition):
        for (who, of), owner in (*self.owners.items(), *self.lost.items()):
            if of == partition and who != heir and owner.done_at_takeover is None:
                owner.done_at_takeover = owner.last_done

    def on_revoked(self, event):
        for partition in event.partitions:
            owner = self.owners.pop((event.who, partition), None)
            if owner is not None:
                self.found.open_work += owner.open_work()
                if event.what == "lost":
                    self.lost[event.who, partition] = owner

    on_lost = on_revoked

    def on_start(self, event):
        partition, offset = event.partition, event.offset
        self.found.started[partition, offset] += 1
        owner = self.owners.get((event.who, partition))
        if owner is None:
            self.found.add("G", f"started without the partition: {event}")
            return
        if owner.next_start is None:
            moved_to = self.moved.pop(partition, offset)
            if offset != moved_to and not self.compacted:
                self.found.add("B", f"starts elsewhere than at {moved_to}, where the group was moved to: {event}")
            if offset < owner.since:
                self.found.add("C", f"starts below {owner.since}, which was committed before: {event}")
            if offset > self.complete_below(partition) and not self.compacted:
                self.found.add("B", f"starts above {self.complete_below(partition)}, which is not done: {event}")
        elif offset < owner.next_start or (offset > owner.next_start and not self.compacted):
            self.found.add("B", f"starts where {owner.next_start} comes next: {event}")
        owner.next_start = offset + 1
        owner.in_hooks.add(offset)
        owner.begun.append(offset)

    def on_done(self, event):
        partition, offset = event.partition, event.offset
        self.found.done_count += 1
        self.found.done[partition].add(offset)
        owner = self.owners.get((event.who, partition))
        if owner is None:  # a hook that could not be stopped in time ends after its partition was given up
            return
        if offset not in owner.in_hooks:
            self.found.add("B", f"done without a start: {event}")
        if offset <= owner.last_done:
            self.found.add("B", f"done after {owner.last_done}: {event}")
        owner.in_hooks.discard(offset)
        owner.last_done = offset

    def on_committed(self, event):
        owner = self.owners.get((event.who, event.partition))
        # A commit on its way at the loss may still be taken, as long as the brokers have not given the partition away.
        last = owner or self.lost.get((event.who, event.partition))
        if owner is not None:
            owner.committed = max(owner.committed, event.offset)
        elif last is None or event.offset > self.done_while_its_own(last) + 1:
            self.found.add("G", f"committed without the partition: {event}")
        self.check_done_below(event)
        if last is None or not last.overtaken(event.offset):
            self.check_not_lower(event)
        self.committed[event.partition] = max(self.committed[event.partition], event.offset)

    @staticmethod
    def done_while_its_own(owner):
        return owner.last_done if owner.done_at_takeover is None else owner.done_at_takeover

    def on_asked(self, event):
        """What the brokers say is committed; they were asked at the event's time or later."""
        self.check_not_lower(event)

    def on_observed(self, event):
        """The same answer, at the time when it was there."""
        self.check_done_below(event)
        self.committed[event.partition] = max(self.committed[event.partition], event.offset)

    def on_moved(self, event):
        """Somebody else moved the committed offset of a group without members."""
        self.found.open_work += max(0, self.committed[event.partition] - event.offset)
        self.committed[event.partition] = self.moved[event.partition] = event.offset
        self.complete[event.partition] = max(self.complete[event.partition], event.offset)

    def check_done_below(self, event):
        if event.offset > self.complete_below(event.partition) and not self.compacted:
            self.found.add("A", f"{self.complete_below(event.partition)} is not done: {event}")

    def check_not_lower(self, event):
        if event.offset < self.committed[event.partition]:
            self.found.add("D", f"{self.committed[event.partition]} was committed before: {event}")

    def complete_below(self, partition):
        done = self.found.done[partition]
        while self.complete[partition] in done:
            self.complete[partition] += 1
        return self.complete[partition]

    def finish(self):
        for owner in self.owners.values():
            self.found.open_work += owner.open_work()
        self.owners.clear()
        if self.found.duplicates > self.found.open_work:
            self.found.add("C", f"{self.found.duplicates} handled twice, only {self.found.open_work} were open")
        return self.found


def check(events, compacted=False):
    checker = Checker(compacted)
    for event in events:
        checker.feed(event)
    return checker.finish()


def revocations(events):
    """How many partitions each revocation of a process took, and of how many; without the one that its end brings."""
    found, held, final = [], set(), False
    for event in events:
        if event.what == "assigned":
            held |= set(event.partitions)
            final = False
        elif event.what in ("revoked", "lost") and held:
            found.append((len(held & set(event.partitions)), len(held)))
            held -= set(event.partitions)
            final = not held
    return found[:-1] if final and any(event.what == "ended" for event in events) else found


def check_end(findings, events, who, status, took, expected=0, deadline=30.0, text="Success"):
    """F, of a process that ended by itself; `text` is the beginning of what it says."""
    ends = [event.text for event in events if event.who == who and event.what == "ended"]
    if status != expected:
        findings.add("F", f"{who} exits with {status}, expected is {expected}")
    if took > deadline:
        findings.add("F", f"{who} takes {took:.1f} s to end, its deadline is {deadline:.1f} s")
    if len(ends) != 1 or not ends[0].startswith(text):
        findings.add("F", f"{who} ends with {ends}, expected is one line '{text}…'")


def fold(changelog):
    """The table that (key, value) pairs make; a value of None deletes."""
    table = {}
    for key, value in changelog:
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
    return table


def check_table(findings, table, changelog):
    """E."""
    expected = fold(changelog)
    for key in sorted(expected.keys() | table.keys()):
        if table.get(key) != expected.get(key):
            findings.add("E", f"{key} is {table.get(key)}, its changelog says {expected.get(key)}")


def longest_gap(events, since):
    """The longest time in seconds, from `since` (microseconds) on, in which nobody finished a record."""
    times = [since] + [event.time for event in events if event.what == "done" and event.time >= since]
    return max((after - before for before, after in zip(times, times[1:])), default=0) / 1e6
