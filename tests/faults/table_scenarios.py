"""Something happens to processes that count in a table, or to its changelog.

Each record's key is one of the table's; the process counts how often it came. The table must equal the fold of its
changelog, which Python's client reads (E); what is committed must be counted there; and no count may exceed the times that
its records were begun."""

import subprocess
import time

from scenarios import scenario
from world import await_true


def counting(world, *options, place="tables"):
    """A process that counts; on disk, processes of one place follow each other in one directory."""
    if world.on_disk:
        options += ("--store", world.directory / place)
    return world.child("--count", world.topic, *options)


def table_scenario(fault, promise, **options):
    """Two scenarios: with the table in memory, and in RocksDB."""

    def register(function):
        def on_disk(world):
            world.on_disk = True
            function(world)

        on_disk.__name__ = function.__name__ + "_on_disk"
        scenario(fault, promise, **options)(function)
        scenario(fault + ", tables on disk", promise, **options)(on_disk)
        return function

    return register


def end_in_order(world, *children):
    world.finish_consumption()
    world.check_table(*children)
    for child in children:
        world.end(child)


@table_scenario("kill -9 of a process that counts, at random points, also while it restores",
          "a table is its changelog, and has what is committed",
          rate=500)
def table_kill_9(world):
    world.properties.append("group.instance.id=one")
    for _ in range(6 if world.short else 50):
        child = counting(world, "--commit", world.random.choice((10, 50, 500)))
        child.await_count("assigned", 1)
        if world.random.random() < 0.6:
            child.await_count("done", world.random.randrange(1, 2000))
        else:
            time.sleep(world.random.random() * 0.1)
        world.fault()
        child.kill()
        world.check_changelog()
    end_in_order(world, counting(world))


@table_scenario("SIGTERM of a process that counts", "a stop leaves the table complete, and nothing is counted twice",
          duplicates="none", rate=500)
def table_sigterm(world):
    for _ in range(3 if world.short else 12):
        child = counting(world, "--commit", 60000)
        child.await_count("done", world.random.randrange(20, 2000))
        world.fault()
        world.end(child)
        world.check_changelog()
    end_in_order(world, counting(world))


@table_scenario("two processes swap the partitions of a table every second while they count",
          "a table moves with its partitions, and nothing is counted twice", duplicates="none", rate=300)
def table_swap(world):
    def visit():
        """A swap that did not happen would prove nothing."""
        guest = counting(world, place="guest")
        guest.await_count("done", 100)
        return guest

    stays = counting(world)
    stays.await_count("done", 100)
    world.fault()
    began = time.monotonic()
    while time.monotonic() - began < (10 if world.short else 60):
        guest = visit()
        world.end(guest)
        stays.await_count("done", stays.count("done") + 100)
    end_in_order(world, stays, visit())


@table_scenario("the leader of a changelog's partition is killed with -9 and started again; a process that counts is killed, too",
          "a table is its changelog", brokers=3, rate=500)
def table_leader_kill(world):
    world.properties.append("group.instance.id=one")
    for _ in range(1 if world.short else 4):
        child = counting(world)
        child.await_count("done", 1000)
        leader = world.leader(world.changelog, 0)
        world.fault()
        leader.kill()
        if world.random.random() < 0.5:
            child.kill()
        else:
            child.await_count("done", child.count("done") + 1000)
            child.kill()
        # Restored from a leader that was elected just now.
        child = counting(world)
        child.await_count("done", 1)
        leader.start()
        world.check_changelog()
        child.kill()
    end_in_order(world, counting(world))


def unchanged(world, seconds):
    before = world.committed()
    time.sleep(seconds)
    return world.committed() == before


@table_scenario("the changelog has fewer replicas than its min.insync.replicas for a while", "an offset waits for its changes",
          brokers=3, rate=500)
def table_min_insync(world):
    child = counting(world)
    child.await_count("committed", 4)
    world.set_topic(world.changelog, "min.insync.replicas", "3")
    away = world.cluster.brokers[2]
    # A leader that is elected with too few replicas in sync does not tell an end up to which to read.
    readable = [partition for partition in range(world.partitions) if world.leader(world.changelog, partition) != away]
    world.fault()
    away.kill()
    # Until then no commit completes, whatever it is of.
    for topic in (world.changelog, "__consumer_offsets"):
        await_true(lambda: world.in_sync(topic) == {2}, f"two replicas in sync of {topic}")
    await_true(lambda: unchanged(world, 2), "an answer to the commits that were on their way")
    if not unchanged(world, 5 if world.short else 10):
        raise AssertionError("offsets are committed whose changes cannot be acknowledged")
    world.check_changelog(readable)
    away.start()
    child.await_count("committed", child.count("committed") + 4)
    world.check_changelog()
    end_in_order(world, child)


@table_scenario("1,000,000 records are counted by two processes while a third comes and goes; later one is killed with -9",
          "nothing is counted twice before the kill, nothing is missing after it; a table is its changelog",
          rate=0, long=True)
def table_million(world):
    world.properties.append("session.timeout.ms=6000")
    portion = (40_000 if world.short else 1_000_000) // world.partitions // 10
    options = ("--told", 1000)
    stays, other = counting(world, *options), counting(world, *options, place="other")
    for each in (stays, other):
        each.await_count("assigned", 1)
    for round_ in range(10):
        world.feeder.produce(portion)
        if round_ == 1:
            guest = counting(world, *options, place="guest")
            guest.await_count("assigned", 1)
        if round_ == 3:
            world.end(guest)
        if round_ == 5:
            if world.judge_counts() != (0, 0):
                raise AssertionError(f"without a fault, {world.output_counts} records were fed, missing, counted twice")
        if round_ == 6:
            stays.await_count("committed", stays.count("committed") + 1)
            world.fault()
            other.kill()
            other = counting(world, *options, place="other")
    world.ends = world.feeder.finish()
    world.judge_counts()
    world.check_table(stays, other, begun=False)
    for each in (stays, other):
        world.end(each)


@scenario("kill -9 in the middle of checkpoints: all changes are acknowledged, and the store has none, or all, of them",
          "a table is its changelog, and has what is committed", rate=500)
def table_kill_9_checkpoint(world):
    world.on_disk = True
    world.properties.append("group.instance.id=one")
    for number in range(4 if world.short else 20):
        sign = 1 if number % 2 else -1
        # There are as many shards as partitions, and each checkpoint is one shard's.
        dies_at = sign * world.random.randrange(1, 4 * world.partitions)
        child = counting(world, "--commit", 50, "--checkpoint", world.random.choice((50, 200)), "--die-at", dies_at)
        child.await_count("assigned", 1)
        world.fault()
        child.check_killed(child.wait()[0])
        world.check_changelog()
    end_in_order(world, counting(world))


@scenario("kill -9 of a process that has never made a checkpoint", "a table is its changelog, and has what is committed",
          rate=500)
def table_kill_9_no_checkpoint(world):
    world.on_disk = True
    world.properties.append("group.instance.id=one")
    for _ in range(2 if world.short else 8):
        child = counting(world, "--checkpoint", 3_600_000)
        child.await_count("committed", 8)
        world.fault()
        child.kill()
        world.check_changelog()
    end_in_order(world, counting(world))


class SmallDisk:
    """A file system of 8 MiB; needs the right to mount one."""

    def __init__(self, path):
        self.path = path
        path.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "paperboy", path], check=True)

    def fill(self):
        with open(self.path / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(b"x" * 4096):
                    pass
            except OSError:
                pass

    def empty(self):
        (self.path / "filler").unlink()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", self.path], check=False)


@scenario("the disk of a table (8 MiB) is full while the engine runs, and still is when it is killed with -9",
          "it says so and goes on; with room again a restart goes on", rate=300)
def table_disk_full(world):
    world.on_disk = True
    world.properties.append("group.instance.id=one")
    with SmallDisk(world.directory / "tables") as disk:
        child = counting(world)
        child.await_count("done", 2000)
        disk.fill()
        world.fault()
        child.await_error("its store cannot be written, changes stay in memory")
        child.await_error("make room on its file system")
        child.await_count("done", child.count("done") + 3000)
        child.await_count("committed", child.count("committed") + 8)
        world.check_changelog()
        if not world.short:
            time.sleep(20)
        child.kill()
        disk.empty()
        child = counting(world)
        child.await_count("done", 1000)
        # Once more, and it is there again before anything ends.
        disk.fill()
        child.await_error("its store cannot be written, changes stay in memory")
        disk.empty()
        end_in_order(world, child)
