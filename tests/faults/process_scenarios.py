"""Something happens to the consuming process."""

import signal
import time

from scenarios import scenario
from world import CLOCK, await_true


OUT_OF_TIME = "the engine could not finish within config::shutdown_timeout"


def begun(child, partition, offset):
    starts = [(event.partition, event.offset) for event in child.journal.read() if event.what == "start"]
    return (partition, offset) in starts


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


@scenario("a second SIGTERM while the first waits for a hook",
          "an impatient operator, who has the run cancelled, waits for no hook and loses nothing", rate=10)
def second_sigterm(world):
    child = world.child("--work", 60_000_000, "--shutdown", 90_000)
    child.await_count("start", 1)
    child.signal(signal.SIGTERM)
    time.sleep(0.5)
    world.fault()
    world.end(child, expected=1, deadline=20.0, text="Operation canceled")
    end_in_order(world, world.child())


@scenario("SIGTERM and a hook that does not end", "a stop keeps its deadline; what was not done is done again", rate=10)
def sigterm_stuck(world):
    child = world.child("--work", 60_000_000, "--shutdown", 2000)
    child.await_count("start", 1)
    world.fault()
    world.end(child, expected=1, deadline=4.0, text=OUT_OF_TIME)
    end_in_order(world, world.child())


@scenario("SIGTERM and a hook that blocks its thread", "a stop keeps its deadline; what was not done is done again", rate=10)
def sigterm_blocked(world):
    child = world.child("--stuck-at", 5, "--stuck", 8000, "--shutdown", 2000)
    await_true(lambda: begun(child, 0, 5), "the record whose hook blocks")
    world.fault()
    child.signal(signal.SIGTERM)
    child.await_count("ended", 1, deadline=4.0)
    status, took = child.wait()  # not before the hook has ended
    world.expectations.append((child.who, status, took, 1, 12.0, OUT_OF_TIME))
    end_in_order(world, world.child())


@scenario("SIGSTOP past the session, SIGCONT after the takeover", "a zombie commits nothing, and starts nothing once it knows")
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
    if not CLOCK.exists():  # the loader only complains, and goes on
        raise RuntimeError(f"there is no {CLOCK}: build the target clock_shift")
    for days in (2, -2):
        jumping = {"LD_PRELOAD": str(CLOCK), "CLOCK_SHIFT_SECONDS": str(days * 86400), "CLOCK_SHIFT_AFTER_SECONDS": "2"}
        began = time.monotonic()
        child = world.child(environment=jumping)
        child.await_count("committed", 10)
        if not child.has_loaded(CLOCK):
            raise RuntimeError(f"{child.who} runs without {CLOCK}: {child.read_errors()}")
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
    total = 200_000 if world.short else 1_000_000
    world.feeder.produce(total // world.partitions)
    options = ("--output", output, "--told", 1000, "--commit", 10)  # so that a kill can come soon
    rounds = 6 if world.short else 20
    committed = {}
    for round_ in range(rounds):
        done = sum(committed.values())
        child = world.child(*options)
        # All in the first half: a fast process would be through before the last of them.
        await_progress(child, committed, max(done + 1, (round_ + world.random.random()) * total / rounds / 2))
        world.fault()
        if round_ % 5 == 1:
            kill_and_depose(world, output, child)
        else:
            child.kill()
        committed = world.committed()
        world.notes.append(f"kill {round_ + 1} comes with {sum(committed.values()):,} of {total:,} committed")
        if not done < sum(committed.values()) < total:
            raise AssertionError(world.notes[-1])
    child = world.child(*options)
    world.finish_sending(output)
    world.end(child)


def await_progress(child, before, count):
    """Until so many records are committed, over all partitions: `before` the process, and by what it tells."""

    def there():
        told = {event.partition: event.offset for event in child.journal.read() if event.what == "committed"}
        return sum({**before, **told}.values()) >= count

    child.await_count("committed", 1, pause=0.002)
    await_true(there, f"{child.who} to get to {count:,.0f} committed records", pause=0.002)


def kill_and_depose(world, output, child):
    """Kills the process and a leader of the output; that one comes back once another leads in its place."""
    partition = world.random.randrange(world.partitions)
    leader = world.leader(output, partition)
    leader.kill()
    time.sleep(world.random.random() * 0.1)
    child.kill()
    await_true(lambda: world.leader(output, partition) not in (None, leader), f"another leader of {output}[{partition}]")
    leader.start()
    world.notes.append(f"another broker leads partition {partition} of the output")


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
