"""What a scenario works with: a topic that is being filled, consumers as processes, and their journals."""

import os
import signal
import subprocess
import threading
import time
import uuid
from collections import Counter
from dataclasses import replace
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic

import changelog
import checker
import journal

CHILD = os.environ.get("PAPERBOY_CONSUMER_CHILD", "build/release/tests/faults/consumer_child")
CLOCK = Path(CHILD).with_name("libclock_shift.so").resolve()  # for LD_PRELOAD
QUIET = {"log_level": 0}
PATIENCE = 120.0  # seconds that anything may take; what takes longer has failed


def microseconds():
    return time.monotonic_ns() // 1000


def await_true(condition, what, deadline=PATIENCE, pause=0.05):
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {deadline:.0f} s: {what}")
        time.sleep(pause)


def check_runs(partition, numbers, restarts):
    """Each process takes up where the group is, not behind what its predecessors sent, and goes on one by one."""
    steps = Counter(after - before for before, after in zip([-1, *numbers], numbers) if after != before + 1)
    if any(step > 0 for step in steps) or steps.total() > restarts:
        raise AssertionError(f"partition {partition} of the output is out of order: {steps} with {restarts} restarts")


def knows(admin, topic, partitions):
    return len(admin.list_topics(topic, timeout=30).topics[topic].partitions) == partitions


class Journal:
    """A file that a process writes, read as it grows."""

    def __init__(self, who, path):
        self.who, self.path = who, path
        self.events, self.lines, self.rest, self.position = [], 0, "", 0
        self.highest_done = {}

    def read(self):
        if self.path.exists():
            with self.path.open() as file:
                file.seek(self.position)
                text = self.rest + file.read()
                self.position = file.tell()
            whole, _, self.rest = text.rpartition("\n")
            for line in whole.splitlines():
                event = journal.parse_line(self.who, self.lines, line)
                self.events.append(event)
                self.lines += 1
                if event.what == "done":
                    self.highest_done[event.partition] = event.offset
        return self.events

    def count(self, what):
        return sum(1 for event in self.read() if event.what == what)


class Child:
    def __init__(self, world, who, options, environment):
        self.who, self.journal = who, Journal(who, world.directory / f"{who}.log")
        command = [CHILD, world.cluster.servers, world.group, world.topic, "--log", str(self.journal.path), *options]
        self.errors = (world.directory / f"{who}.err").open("w")
        self.process = subprocess.Popen(command, stderr=self.errors, env={**os.environ, **environment})
        self.ended = False

    def count(self, what):
        return self.journal.count(what)

    def await_count(self, what, count, deadline=PATIENCE, pause=0.05):
        def there():
            if self.process.poll() is not None and self.count(what) < count:
                raise RuntimeError(f"{self.who} ended with {self.process.returncode}")
            return self.count(what) >= count

        await_true(there, f"{count} times '{what}' from {self.who}", deadline, pause)

    def await_done(self, partition, offset):
        """Until this record of a partition is done, or one behind it."""

        def there():
            self.journal.read()
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.who} ended with {self.process.returncode}")
            return self.journal.highest_done.get(partition, -1) >= offset

        await_true(there, f"{self.who} to have done {partition}@{offset}")

    def await_error(self, text, deadline=PATIENCE):
        """Until a line with this text is on its standard error."""
        await_true(lambda: text in self.read_errors(), f"'{text}' on the standard error of {self.who}", deadline)

    def read_errors(self):
        return Path(self.errors.name).read_text(encoding="utf-8", errors="replace")

    def has_loaded(self, library):
        return str(library) in Path(f"/proc/{self.process.pid}/maps").read_text()

    def signal(self, number):
        self.process.send_signal(number)

    def table(self):
        """The entries of the partitions that it has, as soon as it can tell them."""
        told = []

        def ready():
            before = len(self.journal.read())
            self.signal(signal.SIGUSR1)
            await_true(lambda: self.ends_in_answer(before), f"an answer of {self.who}")
            told[:] = self.journal.read()[before:]
            return told[-1].what == "entries"

        await_true(ready, f"{self.who} has restored its table")
        pairs = [event.text.split() for event in told if event.what == "entry"]
        return {key: int(count) for key, count in pairs}

    def ends_in_answer(self, before):
        events = self.journal.read()
        return len(events) > before and events[-1].what in ("entries", "unready")

    def kill(self):
        """One that has ended by itself would prove nothing."""
        self.process.kill()
        self.check_killed(self.process.wait(30))
        self.ended = True

    def check_killed(self, status):
        if status != -signal.SIGKILL or self.count("ended"):
            raise RuntimeError(f"{self.who} was to be killed and ended by itself, with {status}: {self.read_errors()}")

    def wait(self, deadline=PATIENCE):
        """Status and seconds."""
        began = time.monotonic()
        status = self.process.wait(deadline)
        self.ended = True
        return status, time.monotonic() - began


class Feeder:
    """Fills the topic's partitions with numbers from a thread, `rate` records per second and partition."""

    def __init__(self, world, rate, ends=None):
        self.world, self.rate, self.ends, self.refused = world, rate, dict(ends or {}), 0
        self.producer = Producer(
            {"bootstrap.servers": world.cluster.direct_servers, "enable.idempotence": True, "linger.ms": 5, **QUIET}
        )
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        began, sent = time.monotonic(), 0
        while not self.stop.is_set():
            for _ in range(int((time.monotonic() - began) * self.rate) - sent):
                self.produce(1)
                sent += 1
            self.producer.poll(0)
            self.stop.wait(0.02)

    def produce(self, count):
        for _ in range(count):
            for partition in range(self.world.partitions):
                number = self.ends.get(partition, 0)
                self.ends[partition] = number + 1
                self.send(partition, number)

    def send(self, partition, number):
        while True:
            try:
                self.producer.produce(
                    self.world.topic, str(number), f"{partition}-{number % 100}", partition, on_delivery=self.delivered
                )
                return
            except BufferError:
                self.producer.poll(0.1)

    def delivered(self, error, _):
        self.refused += 1 if error else 0

    def finish(self):
        """Returns {partition: end offset}."""
        self.stop.set()
        self.thread.join(30)
        if self.producer.flush(PATIENCE) or self.refused:
            raise RuntimeError("the brokers do not take what the test produces")
        return dict(self.ends)


class World:
    partitions = 4

    def __init__(self, cluster, directory, random, short, partitions=4, rate=150, properties=()):
        self.cluster, self.random, self.short, self.partitions = cluster, random, short, partitions
        name = uuid.uuid4().hex[:8]
        self.topic, self.group, self.directory = f"faults-{name}", f"faults-{name}", Path(directory) / name
        self.directory.mkdir(parents=True)
        self.properties = list(properties)
        self.environment = {}  # of the consumers, on top of ours
        self.children, self.faults, self.expectations = [], [], []
        self.notes = []  # what is to be said beside the verdict
        self.driver = []
        self.on_disk = False  # where tables are kept
        self.tables = []  # what is known of a table, and the fold of its changelog: E
        self.ends = {}  # how many records were fed, by partition
        self.left_out = {}  # how many of them nobody was to handle
        self.output_counts = None  # where the output is all that tells: how many were fed, are missing, came again
        self.reborn = None  # when the topic was made again, and how many records it had had, by partition
        self.admin = AdminClient({"bootstrap.servers": cluster.direct_servers, **QUIET})
        self.viewer = Consumer(
            {"bootstrap.servers": cluster.direct_servers, "group.id": self.group, "enable.auto.commit": False, **QUIET}
        )
        self.create_topic(self.topic, partitions)
        self.feeder = Feeder(self, rate)

    def create_topic(self, name, partitions):
        """Until every broker knows it: a consumer asks any of them, and takes no for an answer."""

        def created():
            try:
                self.admin.create_topics([NewTopic(name, partitions)])[name].result(30)
                return True
            except KafkaException as error:
                return error.args[0].name() == "TOPIC_ALREADY_EXISTS"

        await_true(created, f"topic {name}")
        for server in self.cluster.direct_servers.split(","):
            asking = AdminClient({"bootstrap.servers": server, "allow.auto.create.topics": False, **QUIET})
            await_true(lambda: knows(asking, name, partitions), f"{server} knows {name}")

    # Consumers.

    def child(self, *options, environment=None):
        words = [str(option) for option in options]
        for each in self.properties:
            words += ["--set", each]
        child = Child(self, f"c{len(self.children)}", words, {**self.environment, **(environment or {})})
        self.children.append(child)
        return child

    def fault(self):
        """The first call is the moment from which the stall is measured."""
        self.faults.append(microseconds())

    def end(self, child, number=signal.SIGTERM, expected=0, deadline=12.0, text="Success"):
        child.signal(number)
        status, took = child.wait()
        self.expectations.append((child.who, status, took, expected, deadline, text))

    # What the brokers know.

    def committed(self):
        before = microseconds()
        answer = self.ask_committed()
        found = {each.partition: each.offset for each in answer if each.offset >= 0}
        for partition, offset in found.items():
            self.tell("asked", partition, offset, before)
            self.tell("observed", partition, offset)
        return found

    def ask_committed(self):
        """While the coordinator moves, some may refuse to be it."""
        asked = [TopicPartition(self.topic, p) for p in range(self.partitions)]
        answers = []

        def answered():
            try:
                answers.append(self.viewer.committed(asked, timeout=30))
            except KafkaException as error:
                if error.args[0].name() not in ("NOT_COORDINATOR", "COORDINATOR_LOAD_IN_PROGRESS"):
                    raise
            return answers

        await_true(answered, "the group's committed offsets")
        return answers[0]

    def tell(self, what, partition, offset, time=None):
        line = f"{time or microseconds()} {what} {partition} {offset}"
        self.driver.append(journal.parse_line("driver", len(self.driver), line))

    def finish_consumption(self):
        """Feeds no more, and waits until what was fed is done and the group is that far."""
        self.ends = self.feeder.finish()

        def all_done():
            for child in self.children:
                child.journal.read()
            highest = [child.journal.highest_done for child in self.children]
            return all(any(each.get(p) == end - 1 for each in highest) for p, end in self.ends.items())

        await_true(all_done, "the last records done")

        self.await_committed(self.ends)

    def await_committed(self, ends):
        def all_committed():
            try:
                return self.committed() == ends
            except KafkaException:
                return False

        await_true(all_committed, f"everything committed, up to {ends}; there is {self.committed()}", 60)

    def leader(self, topic, partition):
        """None while there is none."""
        found = self.admin.list_topics(topic, timeout=30).topics[topic].partitions[partition].leader
        return self.cluster.brokers[found - 1] if found > 0 else None

    def in_sync(self, topic):
        """How many replicas the topic's partitions have in sync: the different numbers."""
        return {len(each.isrs) for each in self.admin.list_topics(topic, timeout=30).topics[topic].partitions.values()}

    def coordinator(self):
        """It is not known while it moves, and a client that knew the old one goes on asking that."""
        found = []

        def known():
            asking = AdminClient({"bootstrap.servers": self.cluster.direct_servers, **QUIET})
            try:
                found.append(asking.describe_consumer_groups([self.group])[self.group].result(30).coordinator.id)
            except KafkaException:
                pass
            return found

        await_true(known, "the group's coordinator", 30)
        return self.cluster.brokers[found[0] - 1]

    def await_partitions(self, count):
        await_true(lambda: knows(self.admin, self.topic, count), f"{count} partitions")

    def await_fed(self, partition, offset):
        """Until the topic reaches so far: an offset beyond its end would be out of range."""
        await_true(lambda: self.feeder.ends.get(partition, 0) >= offset, f"offset {offset} to be fed")
        self.feeder.producer.flush(30)

    def numbers_in(self, topic):
        """By partition, the numbers in a topic that a process sends the records on to."""
        reader = Consumer(
            {"bootstrap.servers": self.cluster.direct_servers, "group.id": "reader", "enable.auto.commit": False, **QUIET}
        )
        numbers, open_partitions = {}, {}
        deadline = time.monotonic() + PATIENCE
        for partition in range(self.partitions):
            numbers[partition] = []
            end = changelog.end_of(reader, topic, partition, deadline)
            if end > 0:
                open_partitions[partition] = end
        reader.assign([TopicPartition(topic, partition, 0) for partition in open_partitions])
        while open_partitions:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic} cannot be read to its end")
            for record in reader.consume(10000, timeout=0.5):
                if record.error():
                    continue
                numbers[record.partition()].append(int(record.value()))
                if record.offset() >= open_partitions.get(record.partition(), 1 << 60) - 1:
                    del open_partitions[record.partition()]
        reader.close()
        return numbers

    def check_output(self, output, ends=None):
        """What is committed (or everything below `ends`) is in the output, and each process's run of it in order."""
        below = ends or self.committed()
        restarts = sum(child.count("assigned") for child in self.children) - 1
        for partition, numbers in self.numbers_in(output).items():
            check_runs(partition, numbers, restarts)
            missing = set(range(below.get(partition, 0))) - set(numbers)
            if missing:
                raise AssertionError(f"{len(missing)} records of partition {partition} are not in the output")

    def finish_sending(self, output):
        """As finish_consumption, where the processes do not tell of every record."""
        self.ends = self.feeder.finish()
        await_true(lambda: self.committed() == self.ends, f"everything committed, up to {self.ends}", 5 * PATIENCE)
        fed = sum(self.ends.values())
        numbers = self.numbers_in(output)
        different = sum(len(set(each)) for each in numbers.values())
        self.output_counts = fed, fed - different, sum(map(len, numbers.values())) - different

    # Tables that count how often each key came; they have the topic's name.

    def set_topic(self, topic, name, value):
        resource = ConfigResource(
            ConfigResource.Type.TOPIC, topic, incremental_configs=[ConfigEntry(
                name, value, incremental_operation=AlterConfigOpType.SET)])
        for answer in self.admin.incremental_alter_configs([resource]).values():
            answer.result(30)

    @property
    def changelog(self):
        return self.topic + "_changelog"

    def starts_by_key(self):
        """How often the handling of a record with this key was begun."""
        begun = Counter()
        for child in self.children:
            for event in child.journal.read():
                if event.what == "start":
                    begun[f"{event.partition}-{event.offset % 100}"] += 1
        return begun

    def read_changelog(self, partitions=None):
        return changelog.read(self.cluster.direct_servers, self.changelog, partitions or range(self.partitions))

    def check_changelog(self, partitions=None):
        """What is committed (of these partitions) is counted, and nothing more often than it was begun."""
        below = self.committed()
        counts = checker.fold(self.read_changelog(partitions))
        begun = self.starts_by_key()
        for partition in partitions or below:
            end = below.get(partition, 0)
            for number in range(100):
                key = f"{partition}-{number}"
                least = len(range(number, end, 100))
                if not least <= counts.get(key, 0) <= begun[key]:
                    raise AssertionError(
                        f"{key} is counted {counts.get(key, 0)} times; committed are {least}, begun {begun[key]}")

    def judge_counts(self):
        """Waits until all that was fed is committed. How many of it are not counted, and how many more than once: where
        the processes do not tell of every record, that is the verdict."""
        self.feeder.producer.flush(PATIENCE)
        self.await_committed(dict(self.feeder.ends))
        counts = checker.fold(self.read_changelog())
        missing = again = 0
        for partition, end in self.feeder.ends.items():
            for number in range(100):
                difference = counts.get(f"{partition}-{number}", 0) - len(range(number, end, 100))
                missing, again = missing + max(0, -difference), again + max(0, difference)
        self.output_counts = sum(self.feeder.ends.values()), missing, again
        return missing, again

    def check_table(self, *children, begun=True):
        """To be called when nothing changes any more. `begun`: whether the processes tell of every record."""
        if begun:
            self.check_changelog()
        table = {}
        for child in children:
            table.update(child.table())
        self.tables.append((table, self.read_changelog()))

    # The end.

    def events(self):
        events = journal.merge(*(child.journal.read() for child in self.children), self.driver)
        return [self.in_all(event) for event in events] if self.reborn else events

    def in_all(self, event):
        """Offsets of a topic that was made again go on where the old one's ended."""
        time, ends = self.reborn
        if event.time < time or event.offset < 0:
            return event
        return replace(event, offset=event.offset + ends[event.partition])

    def findings(self):
        events = self.events()
        gap = checker.longest_gap(events, self.faults[0]) if self.faults else 0.0
        if self.output_counts:
            events = [event for event in events if event.what not in journal.PARTITION_OFFSETS]
        found = checker.check(events)
        for who, status, took, expected, deadline, text in self.expectations:
            checker.check_end(found, events, who, status, took, expected, deadline, text)
        for table, records in self.tables:
            checker.check_table(found, table, records)
        return found, gap

    def close(self):
        self.feeder.stop.set()
        for child in self.children:
            if child.process.poll() is None:
                child.process.kill()
                child.process.wait(30)
            child.errors.close()
        self.viewer.close()
