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
from scenarios import load
from world import World

HEADER = ("fault", "records", "lost", "duplicates", "out of order", "stall", "verdict")


class Row:
    def __init__(self, scenario):
        self.scenario = scenario
        self.cells = ("-",) * 5
        self.trouble = []

    def judge(self, world, found, stall):
        if world.output_counts:
            self.judge_output(*world.output_counts, stall)
            return
        bound = 0 if self.scenario.duplicates == "none" else found.open_work
        lost = found.lost(world.ends) - sum(world.left_out.values())
        order = found.count("BG")
        self.cells = (
            f"{sum(world.ends.values()):,}",
            str(lost),
            f"{found.duplicates} (at most {bound})",
            str(order),
            f"{stall:.1f} s",
        )
        self.trouble += [f"{invariant}: {sentence}" for invariant, sentence in found.violations[:10]]
        if lost:
            self.trouble.append(f"{lost} records are lost")
        if found.duplicates > bound:
            self.trouble.append(f"{found.duplicates} records are handled twice, at most {bound} may be")

    def judge_output(self, records, missing, again, stall):
        """Where processes do not tell of every record, what came of them is in the output."""
        self.cells = (f"{records:,}", str(missing), f"{again} (not limited)", "-", f"{stall:.1f} s")
        if missing:
            self.trouble.append(f"{missing} records are lost")

    @property
    def verdict(self):
        if not self.trouble:
            return "ok"
        return "known to fail" if self.scenario.failing else "FAILED"

    def line(self):
        return "| " + " | ".join((f"{self.scenario.name}: {self.scenario.fault}", *self.cells, self.verdict)) + " |"


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
            world.close()
    return row


def arguments():
    parser = argparse.ArgumentParser(prog="faults")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--keep", action="store_true")
    return parser.parse_args()


def main():
    chosen = arguments()
    scenarios = load()
    if chosen.list:
        for each in scenarios.values():
            print(f"{each.name:20} {each.fault}: {each.promise}" + (f" (fails: {each.failing})" if each.failing else ""))
        return 0
    usual = [name for name, each in scenarios.items() if chosen.long or not each.long]
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
            for trouble in rows[-1].trouble:
                print(f"         {trouble}", flush=True)
    print("\n| " + " | ".join(HEADER) + " |\n|" + "---|" * len(HEADER))
    for row in rows:
        print(row.line())
    failed = [row for row in rows if row.verdict == "FAILED"]
    print(f"\n{len(rows) - len(failed)} ok, {len(failed)} failed (seed {chosen.seed})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
