"""Members of the group come and go."""

import itertools
import subprocess
import time
from pathlib import Path

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

from checker import revocations
from process_scenarios import end_in_order
from scenarios import scenario
from world import await_true

TOOLS = Path(__file__).parents[2] / "tools"


@scenario("a member joins or leaves every second for 60 s", "clean handovers lose and repeat nothing",
          partitions=8, rate=80, duplicates="none")
def storm(world):
    come_and_go(world)


@scenario("the same storm with cooperative-sticky, by a newer librdkafka",
          "partitions that stay go on, none is lost, nothing is repeated", partitions=8, rate=80, duplicates="none")
def storm_cooperative(world):
    world.properties.append("partition.assignment.strategy=cooperative-sticky")
    storm_by_newer(world)


@scenario("the same storm with group.protocol=consumer (KIP-848), by a newer librdkafka",
          "partitions that stay go on, none is lost, nothing is repeated", partitions=8, rate=80, duplicates="none")
def storm_consumer_protocol(world):
    world.properties.append("group.protocol=consumer")
    storm_by_newer(world)


def storm_by_newer(world):
    where = subprocess.run([TOOLS / "librdkafka", "printenv", "LD_LIBRARY_PATH"], check=True, capture_output=True, text=True)
    world.environment["LD_LIBRARY_PATH"] = where.stdout.strip()
    come_and_go(world)
    check_incremental(world)


def check_incremental(world):
    """Members that go on keep something: an eager protocol takes all that they have, each time."""
    lost = sum(child.count("lost") for child in world.children)
    if lost:
        raise AssertionError(f"partitions were lost {lost} times")
    taken = [each for child in world.children for each in revocations(child.journal.read()) if each[1] > 1]
    whole = sum(1 for some, held in taken if some == held)
    world.notes.append(f"{len(taken)} revocations of members that went on with several partitions, {whole} of all they had")
    if 2 * whole >= len(taken):
        raise AssertionError(world.notes[-1])


def come_and_go(world):
    members = [world.child()]
    members[0].await_count("done", 100)
    world.fault()
    seconds = 10 if world.short else 60
    end = time.monotonic() + seconds
    patient = itertools.cycle((True, False))
    while time.monotonic() < end:
        if len(members) > 1 and (len(members) > 4 or world.random.random() < 0.5):
            if next(patient):
                await_all_in(members)
            world.end(members.pop(world.random.randrange(len(members))), deadline=30)
        else:
            members.append(world.child())
        time.sleep(1)
    await_all_in(members)
    world.finish_consumption()
    for member in members:
        world.end(member, deadline=30)
    newcomers = world.children[1:]
    came = sum(1 for child in newcomers if child.count("done"))
    world.notes.append(f"{came} of {len(newcomers)} newcomers have done records")
    if came < max(seconds // 10, len(newcomers) / 2):
        raise AssertionError(world.notes[-1])


def await_all_in(members):
    """If all that come were stopped before they have partitions, nothing would ever move."""
    for each in members:
        each.await_count("done", 1)


def held(child):
    partitions = set()
    for event in child.journal.read():
        if event.what == "assigned":
            partitions |= set(event.partitions)
        elif event.what in ("revoked", "lost"):
            partitions -= set(event.partitions)
    return partitions


def await_one_owner_each(world, members):
    """Who was there in an earlier generation has it in the journal a little later than those who do records already."""
    everything = list(range(world.partitions))
    await_true(lambda: sorted(one for each in members for one in held(each)) == everything, "one owner of each partition")


@scenario("members with a group.instance.id are restarted one after the other", "nobody else's partitions move",
          partitions=6, rate=80, duplicates="none")
def static_restart(world):
    def member(index):
        return world.child("--set", f"group.instance.id=m{index}", "--set", "session.timeout.ms=60000")

    members = [member(index) for index in range(3)]
    for each in members:
        each.await_count("done", 50)
    await_one_owner_each(world, members)
    settled = [each.count("assigned") for each in members]
    for index in range(3):
        world.fault()
        world.end(members[index])
        members[index] = member(index)
        members[index].await_count("done", 50)
        for other in range(3):
            expected = settled[other] if other > index else 1
            if members[other].count("assigned") != expected:
                raise AssertionError(f"the restart of member {index} has moved partitions of member {other}")
    world.finish_consumption()
    again = [each.who for each in members if each.count("assigned") != 1]
    if again:
        raise AssertionError(f"partitions of {again} have moved after the restarts")
    for each in members:
        world.end(each)


@scenario("an operator moves the committed offset of a group without members, back and forth",
          "an engine starts where the group says")
def moved_offset(world):
    for step in (-100, 60):
        child = world.child()
        child.await_count("done", 1000)
        world.end(child)
        offset = world.committed()[0] + step
        moved = ConsumerGroupTopicPartitions(world.group, [TopicPartition(world.topic, 0, offset)])
        world.admin.alter_consumer_group_offsets([moved])[world.group].result(30)
        world.fault()
        world.tell("moved", 0, offset)
        if step > 0:
            world.left_out[0] = step
            world.await_fed(0, offset + 100)
    end_in_order(world, world.child())
