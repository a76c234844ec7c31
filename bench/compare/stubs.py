"""Programs that print what the real ones print, for tests without a broker, and folders to run them in."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

import main
import rows

# A record costs 0.2 µs in the raw loop, half as much again where partitions are many.
THROUGHPUT = """
import json, sys

words = sys.argv[1:]
def value(name):
    return words[words.index(name) + 1]

if words == ["--help"]:
    print(OPTIONS)
elif "--fill" in words:
    copies = int(value("--copies")) if "--copies" in words else 1
    records = int(float(value("--records")) * (1000 if "." in value("--records") else 1))
    name = f"of-{value('--partitions')}-{records}" + f"-{copies}" * (copies > 1)
    sizes = [0] * (int(value("--partitions")) * copies - 1) + [records]
    print(json.dumps({kind: {"name": f"{kind}-{name}", "sizes": sizes} for kind in value("--topics").split(",")}))
else:
    mode = value("--child-mode" if "--child-mode" in words else "--modes")
    if mode not in COST:
        sys.exit(f"{mode} is no mode of this build")
    if mode in BROKEN:
        sys.exit("broken")
    sizes = list(map(int, value("--child-sizes").split(",")))
    cost = COST[mode] * (1.5 if len(sizes) == 1000 else 1) * (0.9 if "--threads" in words else 1)
    print("measured", sum(sizes), SUM * sum(sizes), cost * 1e-6 * sum(sizes), 0.001, 0, 0, 30)
"""

LATENCY = """
import json, sys, time

if sys.argv[1] == "tick":
    print("ticking", flush=True)
    time.sleep(60)
slower = {"raw": 0, "void": 10, "awaitable": 30}[sys.argv[1]]
print(json.dumps({"records": int(sys.argv[4]), "p50": 500 + slower, "p99": 1000 + 10 * slower, "p999": 9000}))
"""

PEER = """
import json, sys

records = int(sys.argv[4])
print(json.dumps({"records": records, "checksum": SUM * records, "cpu_seconds": records * 1e-6,
                  "start_cpu_seconds": 0, "wall_seconds": 0.001, "rss_mb": 50}))
"""

SUM = 133
COST = {"raw": 0.2, "void": 0.21, "awaitable": 0.22, "bulk": 0.19, "json": 0.31}


def write_program(file, text, **constants):
    file.parent.mkdir(parents=True, exist_ok=True)
    head = "".join(f"{name} = {value!r}\n" for name, value in constants.items())
    file.write_text(f"#!{sys.executable} -SE\n{head}{text}")
    file.chmod(0o755)


class StubTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.programs = self.folder / "programs"
        self.results = self.folder / "results"
        self.own_programs()
        write_program(self.programs / "paperboy_latency", LATENCY)
        self.patch(rows, "PEERS", self.folder / "peers")
        self.patch(rows, "PEER_ROWS", [])

    def patch(self, where, name, value):
        patch = mock.patch.object(where, name, value)
        patch.start()
        self.addCleanup(patch.stop)

    def own_programs(self, options="--copies N", **constants):
        write_program(self.programs / "paperboy_throughput", THROUGHPUT,
                      **{"OPTIONS": options, "SUM": SUM, "COST": COST, "BROKEN": (), **constants})

    def peer(self, name, prepare=None, checksum=SUM, **row):
        """A peer that is found; `prepare` is a script of its own."""
        program = rows.PEERS / name / "peer.py"
        write_program(program, PEER, SUM=checksum)
        script = rows.PEERS / name / "prepare"
        script.write_text(f"#!/bin/bash\n{prepare or f'echo {program}'}\n")
        script.chmod(0o755)
        rows.PEER_ROWS.append(rows.Row(name, f"{name} (stub)", **row))

    def measured(self):
        return json.loads((self.results / "results.json").read_text())

    def run_bench(self, *arguments):
        """What it prints on both outputs; its results are in self.results."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            main.main(["--programs", str(self.programs), "--servers", "nowhere", "--results", str(self.results),
                       "--peers-folder", str(self.folder / "ready"), "--topics", "raw100", "--records", "1000",
                       "--rounds", "2", "--rates", "500", "--seconds", "0.2", *arguments])
        return printed.getvalue()
