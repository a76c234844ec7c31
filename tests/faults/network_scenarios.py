"""Something happens on the way between a consumer and its broker."""

import time

from process_scenarios import end_in_order
from scenarios import scenario
from world import await_true


def await_cut(proxy, begin):
    """A connection that was not there, or went on, would prove nothing."""
    before = proxy.cuts
    begin()
    await_true(lambda: proxy.cuts > before, "a connection to be cut", pause=0.01)


def with_trouble(world, begin, rounds=5):
    child = world.child("--set", "reconnect.backoff.max.ms=500")
    child.await_count("committed", 20)
    for _ in range(2 if world.short else rounds):
        world.fault()
        begin()
        for partition, end in dict(world.feeder.ends).items():
            child.await_done(partition, end - 1)
        child.await_count("committed", child.count("committed") + 20)
    end_in_order(world, child)


@scenario("the connections are cut", "consumption goes on over new ones", proxied=True)
def network_cut(world):
    proxy = world.cluster.proxy
    with_trouble(world, lambda: await_cut(proxy, proxy.cut), rounds=20)


@scenario("nothing comes through for 8 s", "consumption goes on", proxied=True)
def network_blackhole(world):
    def blackhole():
        world.cluster.proxy.silent = True
        time.sleep(4 if world.short else 8)
        world.cluster.proxy.silent = False

    with_trouble(world, blackhole)


@scenario("an answer ends in its middle, and the connection with it", "half an answer is none", proxied=True)
def network_cut_frame(world):
    proxy = world.cluster.proxy

    def cut_frame():
        proxy.cut_after = world.random.randrange(1, 2000)

    with_trouble(world, lambda: await_cut(proxy, cut_frame), rounds=20)


@scenario("each way takes 200 ms", "a slow network is only slow", proxied=True)
def network_latency(world):
    def slow():
        world.cluster.proxy.latency = 0.2

    with_trouble(world, slow, rounds=2)
    world.cluster.proxy.latency = 0.0
