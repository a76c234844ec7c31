"""Topics change under a consumer."""

import time

from confluent_kafka.admin import NewPartitions

from process_scenarios import end_in_order
from scenarios import scenario


@scenario("a topic gets more partitions", "the new ones are consumed too", partitions=2)
def partitions_added(world):
    child = world.child("--set", "topic.metadata.refresh.interval.ms=1000", "--set", "metadata.max.age.ms=3000")
    child.await_count("committed", 20)
    world.fault()
    world.admin.create_partitions([NewPartitions(world.topic, 4)])[world.topic].result(30)
    world.await_partitions(4)
    world.partitions = 4
    end_in_order(world, child)


@scenario("a topic is deleted under its consumer", "a stop still ends in time")
def topic_deleted(world):
    child = world.child("--set", "topic.metadata.refresh.interval.ms=1000")
    child.await_count("committed", 20)
    world.ends = world.feeder.finish()
    child.await_count("done", sum(world.ends.values()))
    world.fault()
    world.admin.delete_topics([world.topic])[world.topic].result(30)
    time.sleep(5)
    if child.process.poll() is None:
        world.end(child)
