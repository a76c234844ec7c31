"""Runs the fault scenarios; see tools/faults."""

import argparse
import random
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack

from brokers import Cluster
from proxy import Proxy
from row import Row
from scenarios import load
from world import World

HEADER = ("fault", "records", "lost", "duplicates", "out of order", "stall", "verdict")


def run_scenario(scenario, cluster, directory, seed, short):
    row = Row(scenario)
    world = None
    try:
        cluster.start()
        world = World(
            cluster, directory, random.Random(f"{seed} {scenario.name}"), short, scenario.partitions, scenario.rate
        )
        scenario.run(world)
        row.judge(world, *world.findings())
    except Exception as error:  # whatever it is, the others go on
        row.trouble.append(f"{type(error).__name__}: {error}")
        if not isinstance(error, (AssertionError, TimeoutError, RuntimeError)):
            traceback.print_exc()
        if world is not None:
            row.trouble += [f"{invariant}: {sentence}" for invariant, sentence in world.findings()[0].violations[:10]]
    finally:
        if world is not None:
            row.notes = world.notes
            world.close()
    return row


def arguments():
    parser = argparse.ArgumentParser(prog="faults")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--keep", action="store_true")
    return parser.parse_args()


def main():
    chosen = arguments()
    scenarios = load()
    if chosen.list:
        for each in scenarios.values():
            print(f"{each.name:20} {each.fault}: {each.promise}" + (f" (fails: {each.failing})" if each.failing else ""))
        return 0
    usual = [name for name, each in scenarios.items() if not (chosen.short and each.long)]
    names = chosen.only.split(",") if chosen.only else usual
    for name in names:
        if name not in scenarios:
            print(f"faults: unknown scenario {name}, see --list", file=sys.stderr)
            return 2
    directory = tempfile.mkdtemp(prefix="paperboy-faults-")
    print(f"faults: seed {chosen.seed}, journals in {directory}", flush=True)
    rows = []
    with ExitStack() as stack:
        clusters = {}
        for name in sorted(names, key=lambda each: scenarios[each].brokers):
            each = scenarios[name]
            kind = (each.brokers, each.proxied)
            if kind not in clusters:
                proxy = Proxy() if each.proxied else None
                clusters[kind] = stack.enter_context(Cluster(each.brokers, proxy))
            began = time.monotonic()
            rows.append(run_scenario(each, clusters[kind], directory, chosen.seed, chosen.short))
            print(f"{rows[-1].verdict:8} {name} ({time.monotonic() - began:.0f} s)", flush=True)
            for line in (*rows[-1].notes, *rows[-1].trouble):
                print(f"         {line}", flush=True)
    print("\n| " + " | ".join(HEADER) + " |\n|" + "---|" * len(HEADER))
    for row in rows:
        print(row.line())
    failed = [row for row in rows if row.verdict == "FAILED"]
    print(f"\n{len(rows) - len(failed)} ok, {len(failed)} failed (seed {chosen.seed})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
