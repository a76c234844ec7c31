"""Brokers die, stand still, come back."""

import signal
import time

from process_scenarios import end_in_order
from scenarios import scenario


@scenario("the only broker is killed with -9 and started again", "consumption goes on where it was")
def broker_restart(world):
    child = world.child()
    child.await_count("committed", 20)
    world.fault()
    world.cluster.brokers[0].kill()
    time.sleep(3)
    world.cluster.brokers[0].start()
    end_in_order(world, child)


@scenario("a partition's leader of three is killed with -9 and started again", "consumption goes on", brokers=3)
def leader_kill(world):
    bounce(world, lambda: world.leader(world.topic, 0))


@scenario("the group's coordinator of three is killed with -9 and started again", "consumption goes on", brokers=3)
def coordinator_kill(world):
    bounce(world, world.coordinator)


def bounce(world, victim):
    child = world.child()
    for _ in range(1 if world.short else 3):
        child.await_count("committed", child.count("committed") + 20)
        broker = victim()
        world.fault()
        broker.kill()
        time.sleep(5)
        broker.start()
    end_in_order(world, child)


@scenario("a partition's leader of three stands still for 8 s", "consumption goes on", brokers=3)
def leader_stop(world):
    child = world.child()
    child.await_count("committed", 20)
    leader = world.leader(world.topic, 0)
    world.fault()
    leader.signal(signal.SIGSTOP)
    time.sleep(8)
    leader.signal(signal.SIGCONT)
    end_in_order(world, child)


@scenario("three brokers are stopped and started one after the other", "consumption goes on", brokers=3)
def rolling_bounce(world):
    child = world.child()
    child.await_count("committed", 20)
    world.fault()
    for broker in world.cluster.brokers:
        broker.terminate()
        broker.start()
        child.await_count("committed", child.count("committed") + 5)
    end_in_order(world, child)


@scenario("all brokers are away at the start and for 30 s", "an engine waits for its brokers")
def all_down(world):
    world.fault()
    world.cluster.brokers[0].kill()
    child = world.child()
    time.sleep(5 if world.short else 30)
    world.cluster.brokers[0].start()
    child.await_count("committed", 20)
    world.cluster.brokers[0].kill()
    time.sleep(5 if world.short else 30)
    world.cluster.brokers[0].start()
    end_in_order(world, child)
