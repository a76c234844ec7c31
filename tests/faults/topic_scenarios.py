"""Topics change under a consumer."""

import time

from confluent_kafka.admin import NewPartitions

from process_scenarios import end_in_order
from scenarios import scenario
from world import Feeder, microseconds


@scenario("a topic gets more partitions", "the new ones are consumed too", partitions=2)
def partitions_added(world):
    child = world.child("--set", "topic.metadata.refresh.interval.ms=1000", "--set", "metadata.max.age.ms=3000")
    child.await_count("committed", 20)
    world.fault()
    world.admin.create_partitions([NewPartitions(world.topic, 4)])[world.topic].result(30)
    world.await_partitions(4)
    fed = world.feeder.finish()
    world.partitions = 4
    world.feeder = Feeder(world, 150, fed)  # its producer knows the new ones from the start
    for added in (2, 3):
        child.await_done(added, 100)
    end_in_order(world, child)


@scenario("a topic is deleted under its consumer", "a stop still ends in time, with success")
def topic_deleted(world):
    child = world.child("--set", "topic.metadata.refresh.interval.ms=1000")
    child.await_count("committed", 20)
    world.ends = world.feeder.finish()
    child.await_count("done", sum(world.ends.values()))
    world.fault()
    world.admin.delete_topics([world.topic])[world.topic].result(30)
    child.await_count("revoked", 1)
    child.await_error(f"not available: {world.topic}")
    time.sleep(5)
    if child.process.poll() is not None:
        raise AssertionError(f"exits by itself, with {child.process.returncode}")
    world.end(child)


@scenario("a topic is deleted under its consumer and made again", "the new one is consumed from its beginning")
def topic_recreated(world):
    child = world.child("--set", "topic.metadata.refresh.interval.ms=1000", "--set", "metadata.max.age.ms=3000")
    child.await_count("committed", 20)
    old = world.feeder.finish()
    child.await_count("done", sum(old.values()))
    world.await_committed(old)
    world.fault()
    world.admin.delete_topics([world.topic])[world.topic].result(30)
    child.await_count("revoked", 1)
    world.reborn = (microseconds(), old)
    world.create_topic(world.topic, world.partitions)
    child.await_count("assigned", 2)
    world.feeder = Feeder(world, 150)
    child.await_count("done", sum(old.values()) + 500)
    end_in_order(world, child)
    world.ends = {partition: old[partition] + end for partition, end in world.ends.items()}
