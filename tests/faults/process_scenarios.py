"""Something happens to the consuming process."""

import signal
import time

from scenarios import scenario
from world import CLOCK, await_true


def end_in_order(world, child):
    world.finish_consumption()
    world.end(child)


@scenario("kill -9 at random points, also between a record's end and its commit", "at least once: nothing is lost")
def kill_9(world):
    world.properties.append("group.instance.id=one")  # so that the heir need not wait for the session's end
    child = None
    for _ in range(6 if world.short else 50):
        child = world.child("--commit", world.random.choice((10, 50, 500)))
        child.await_count("start", world.random.randrange(1, 60))
        if world.random.random() < 0.5:
            child.await_count("committed", 1)
        time.sleep(world.random.random() * 0.2)
        world.fault()
        child.kill()
        world.committed()
    end_in_order(world, world.child())


def terminate(world, *options):
    for _ in range(3 if world.short else 12):
        child = world.child(*options, "--commit", 60000)
        child.await_count("done", world.random.randrange(20, 200))
        world.fault()
        world.end(child)
    end_in_order(world, world.child(*options))


@scenario("SIGTERM, records one by one", "a stop commits all that is done and repeats nothing", duplicates="none")
def sigterm_single(world):
    terminate(world)


@scenario("SIGTERM, records in bulk", "a stop commits all that is done and repeats nothing", duplicates="none")
def sigterm_bulk(world):
    terminate(world, "--bulk")


@scenario("a second SIGTERM while the first waits for a hook", "an impatient operator loses nothing", rate=10)
def second_sigterm(world):
    child = world.child("--work", 20_000_000, "--shutdown", 30_000)
    child.await_count("start", 1)
    child.signal(signal.SIGTERM)
    time.sleep(0.5)
    world.fault()
    child.signal(signal.SIGTERM)
    status, took = child.wait()
    if status != 128 + signal.SIGTERM or took > 5:
        raise AssertionError(f"exits with {status} after {took:.1f} s")
    end_in_order(world, world.child())


@scenario("SIGTERM and a hook that does not end", "a stop keeps its deadline; what was not done is done again", rate=10)
def sigterm_stuck(world):
    child = world.child("--work", 60_000_000, "--shutdown", 2000)
    child.await_count("start", 1)
    world.fault()
    world.end(child, expected=1, deadline=4.0, text="")
    end_in_order(world, world.child())


@scenario("SIGSTOP past the session, SIGCONT after the takeover", "a zombie commits nothing and starts nothing")
def zombie(world):
    child = world.child()
    child.await_count("committed", 20)
    world.fault()
    child.signal(signal.SIGSTOP)
    heir = world.child()
    heir.await_count("done", 500)
    child.signal(signal.SIGCONT)
    child.await_count("lost", 1)
    world.committed()
    child.await_count("assigned", 2)
    world.end(child)
    end_in_order(world, heir)


@scenario("a hook blocks its thread for longer than max.poll.interval.ms", "its partitions go to others, and it comes back",
          rate=30)
def stuck_hook(world):
    for each in ("max.poll.interval.ms=7000", "session.timeout.ms=6000"):
        world.properties.append(each)
    child = world.child("--stuck-at", 60, "--stuck", 20_000, "--revoke", 2000)
    child.await_count("done", 100)
    world.fault()
    child.await_count("revoked", 1)
    world.committed()
    heir = world.child()
    await_true(lambda: heir.journal.read() and heir.journal.highest_done.get(0, 0) > 60, "the heir to pass the record")
    child.await_count("assigned", 2)  # once its hook has ended
    child.await_count("done", child.count("done") + 100)
    world.finish_consumption()
    for each in (child, heir):
        world.end(each)


@scenario("the process's clock jumps two days ahead, then another's two days back", "no deadline hangs on the wall clock")
def clock(world):
    for days in (2, -2):
        jumping = {"LD_PRELOAD": CLOCK, "CLOCK_SHIFT_SECONDS": str(days * 86400), "CLOCK_SHIFT_AFTER_SECONDS": "2"}
        began = time.monotonic()
        child = world.child(environment=jumping)
        child.await_count("committed", 10)
        world.fault()
        time.sleep(max(0.0, 3 - (time.monotonic() - began)))
        child.await_count("committed", child.count("committed") + 20)
        world.end(child)
    end_in_order(world, world.child())


def kill_with_leader(leader, child):
    leader.kill()
    time.sleep(2)
    child.kill()
    leader.start()


@scenario("as in transform, with 1,000,000 records at full speed", "the output contains every input's record", brokers=3, rate=0,
          long=True)
def transform_million(world):
    output = world.topic + "-out"
    world.create_topic(output, world.partitions)
    world.properties.append("group.instance.id=one")
    total = 40_000 if world.short else 1_000_000
    world.feeder.produce(total // world.partitions)
    options = ("--output", output, "--told", 1000)
    for round_ in range(6 if world.short else 20):
        child = world.child(*options)
        child.await_count("committed", 1)
        time.sleep(world.random.random() * 2)
        world.fault()
        if round_ % 5 == 1:
            kill_with_leader(world.leader(output, world.random.randrange(world.partitions)), child)
        else:
            child.kill()
        if sum(world.committed().values()) == total:
            break
    child = world.child(*options)
    world.finish_sending(output)
    world.end(child)


@scenario("a process sends on what it takes and is killed with -9; the output's leader is killed too",
          "whatever is committed is in the output", brokers=3, rate=500)
def transform(world):
    output = world.topic + "-out"
    world.create_topic(output, world.partitions)
    world.properties.append("group.instance.id=one")
    for round_ in range(3 if world.short else 12):
        child = world.child("--output", output)
        child.await_count("committed", 1)
        child.await_count("done", world.random.randrange(100, 2000))
        world.fault()
        if round_ % 3 == 1:
            kill_with_leader(world.leader(output, 0), child)
        else:
            child.kill()
        world.check_output(output)
    child = world.child("--output", output)
    end_in_order(world, child)
    world.check_output(output, world.ends)
