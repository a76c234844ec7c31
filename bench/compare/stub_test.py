"""Whole runs of the benchmark with stubs in place of all programs and peers: what is skipped, left out and told."""

import json
import os
import pathlib
import subprocess
import unittest
from unittest import mock

import origin
import parts
import rows
import runs
import stubs
from stubs import SUM, StubTest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Peers(StubTest):
    def settings(self, row):
        return {(each["topic"], each["pinned"]) for each in self.measured()["throughput"] if each["row"] == row}

    def test_one_that_cannot_be_had_is_skipped(self):
        self.peer("absent", prepare="echo 'go is missing' >&2; exit 3")
        self.peer("present")
        self.run_bench("--only", "throughput")
        self.assertIn("absent is skipped: go is missing", self.measured()["notes"])
        self.assertEqual(self.settings("absent"), set())
        self.assertEqual(self.settings("present"), {("raw100", True), ("raw100", False)})
        self.assertIn("absent is skipped", (self.results / "tables.md").read_text())

    def test_one_with_another_sum_is_left_out_and_where_is_told(self):
        self.peer("wrong", checksum=SUM + 1)
        self.run_bench("--only", "throughput")
        for where in ("raw100, pinned", "raw100, on all cores"):
            self.assertIn(f"wrong is left out of {where} from round 1 on: it has seen other records of "
                          "raw100-of-8-1000 than the others", self.measured()["notes"])
        self.assertEqual(self.settings("wrong"), set())
        self.assertEqual(self.settings("void"), {("raw100", True), ("raw100", False)})

    def test_slow_ones_are_compared_with_ours(self):
        self.peer("wrong", checksum=SUM + 1, few=True)
        self.peer("right", few=True)
        self.run_bench("--only", "throughput", "--pin")
        self.assertIn("wrong is left out of raw100, pinned from round 1 on: it has seen other records of "
                      "raw100-of-8-100 than the others", self.measured()["notes"])
        self.assertEqual(self.settings("right"), {("raw100", True)})

    def test_one_of_our_own_that_fails_ends_the_run(self):
        self.own_programs(BROKEN=("void",))
        with self.assertRaisesRegex(runs.Failed, "void, raw100, pinned: broken"):
            self.run_bench("--only", "throughput")

    def test_one_of_our_own_that_this_build_lacks_is_left_out(self):
        self.own_programs(COST={"raw": 0.2, "void": 0.2, "awaitable": 0.2})
        self.run_bench("--only", "throughput", "--pin")
        self.assertIn("bulk is left out of raw100, pinned from round 1 on: bulk is no mode of this build",
                      self.measured()["notes"])

    def test_what_they_are_is_told(self):
        self.peer("client", prepare=f"echo 1.2.3 >$1/version; echo {rows.PEERS}/client/peer.py", librdkafka=True)
        self.peer("helped", prepare=f"echo env; echo LD_PRELOAD=libtcmalloc.so.4; echo {rows.PEERS}/helped/peer.py",
                  librdkafka=True)
        self.peer("other")
        self.run_bench("--only", "throughput", "--commit", "abc")
        told = self.measured()["origins"]["throughput"]
        self.assertEqual(told["allocators"], {"paperboy_throughput": "unknown", "client": "libc", "helped": "tcmalloc",
                                              "other": "its own"})
        self.assertEqual((told["versions"], told["commit"], told["rounds"]), ({"client": "1.2.3"}, "abc", 2))
        self.assertIn("client has the C library's allocator, not tcmalloc", self.measured()["notes"])
        self.assertNotIn(str(self.folder), (self.results / "results.json").read_text())


class Parts(StubTest):
    def test_one_part_after_the_other(self):
        self.run_bench("--only", "throughput", "--records", "2000")
        first = self.measured()
        self.run_bench("--only", "latency")
        both = self.measured()
        self.assertEqual(both["throughput"], first["throughput"])
        self.assertEqual(both["origins"]["throughput"], first["origins"]["throughput"])
        self.assertEqual(both["origins"]["latency"]["options"]["records"], "1000")
        tables = (self.results / "tables.md").read_text()
        self.assertIn("throughput, 2 rounds; ", tables)
        self.assertIn("latency, 2 rounds; ", tables)

    def test_the_load_is_told_of_each_part(self):
        with mock.patch.object(os, "getloadavg", side_effect=[(each, 0, 0) for each in (1.0, 2.0, 5.0, 6.0)]):
            self.run_bench("--rates", "500")
        loads = {name: (each["load"]["min"], each["load"]["max"]) for name, each in self.measured()["origins"].items()}
        self.assertEqual(loads, {"throughput": (1.0, 2.0), "latency": (5.0, 6.0)})

    def test_each_topic_is_read_once_before_it_counts(self):
        ran, run = [], runs.run

        def noted(command, pinned=False, **other):
            words = list(map(str, command))
            ran.append((words[words.index("--child-topic") + 1] if "--child-topic" in words else "a peer", pinned))
            return run(command, pinned, **other)

        self.peer("slow", few=True)
        self.patch(runs, "run", noted)
        self.run_bench("--only", "throughput", "--topics", "raw100,raw1k", "--pin", "--rounds", "1")
        self.assertEqual(ran[:5], [("raw100-of-8-1000", False), ("raw1k-of-8-1000", False), ("raw100-of-8-100", False),
                                   ("raw1k-of-8-100", False), ("raw100-of-8-1000", True)])
        self.assertEqual({len(each["runs"]) for each in self.measured()["throughput"]}, {1})

    def test_notes_end_with_their_part(self):
        self.peer("wrong", checksum=SUM + 1)
        self.run_bench("--pin")
        self.assertIn("wrong is left out of raw100, pinned", str(self.measured()["notes"]))
        self.run_bench("--pin", "--only", "throughput", "--peers", "none")
        self.assertNotIn("wrong is left out", str(self.measured()["notes"]))

    def test_results_of_earlier_versions_are_kept(self):
        self.results.mkdir()
        earlier = json.loads((ROOT / "bench/results.json").read_text())
        earlier |= {"notes": ["an old note"], "machine": {"processor": "Z80", "cores": 1, "system": "CP/M"}}
        (self.results / "results.json").write_text(json.dumps(earlier))
        self.run_bench("--only", "latency")
        both = self.measured()
        self.assertEqual(both["throughput"], earlier["throughput"])
        self.assertIn("an old note", both["notes"])
        self.assertEqual(both["origins"]["throughput"]["machine"], earlier["machine"])
        self.assertNotEqual(both["latency"], earlier["latency"])
        self.assertIn("throughput, 3 rounds; on another machine, 1 cores, Z80, CP/M\n",
                      (self.results / "tables.md").read_text())

    def test_damaged_results_are_not_overwritten(self):
        self.results.mkdir()
        (self.results / "results.json").write_text("{")
        with self.assertRaisesRegex(runs.Failed, "results.json that is there is damaged"):
            self.run_bench()
        self.assertEqual((self.results / "results.json").read_text(), "{")

    def test_differences_are_of_one_round(self):
        self.run_bench("--pin")
        void = next(each for each in self.measured()["throughput"] if each["row"] == "void")
        self.assertAlmostEqual(void["ns_over_raw"]["median"], 10)
        coroutines = next(each for each in self.measured()["latency"] if each["row"] == "awaitable")
        self.assertAlmostEqual(coroutines["p50_us_over_raw"]["median"], 30)
        self.assertAlmostEqual(coroutines["p99_ratio_to_raw"]["median"], 1.3)
        tables = (self.results / "tables.md").read_text()
        self.assertIn("1.050 (1.050–1.050) | 10 (10–10) |", tables)
        self.assertIn("1.060 (1.060–1.060) | 30 (30–30) | 1.300 (1.300–1.300) |", tables)

    def layout(self, row="void", topic="raw100", topics=1, partitions=8, active=8, pinned=True):
        wanted = {"row": row, "topic": topic, "topics": topics, "partitions": partitions, "active": active,
                  "pinned": pinned}
        found = [each for each in self.measured()["scale"] if each.items() >= wanted.items()]
        self.assertEqual(len(found), 1, wanted)
        return found[0]

    def test_layouts(self):
        self.run_bench("--only", "scale", "--rounds", "1")
        many = self.layout(partitions=1000)
        self.assertAlmostEqual(many["ratio_to_8_partitions"]["median"], 1.5)
        self.assertNotIn("ratio_to_8_partitions", self.layout())
        self.assertAlmostEqual(self.layout("void-2", pinned=False)["ratio_to_raw"]["median"], 0.945)
        self.layout("raw", topics=100, partitions=1, active=1)
        self.layout(topic="raw100k")
        tables = (self.results / "tables.md").read_text()
        self.assertIn("paperboy, 1000 partitions, pinned: 1.50 (1.50–1.50) times the CPU of 8 (goal 1.1), 30 MB",
                      tables)
        self.assertIn("| 100 × raw100 | 1 | 1 | paperboy, two threads |", tables)

    def test_layouts_without_copies(self):
        self.own_programs(options="")
        self.run_bench("--only", "scale", "--rounds", "1")
        self.assertIn("100 topics are left out: this paperboy_throughput has no --copies", self.measured()["notes"])


class Runs(StubTest):
    def test_arguments_that_are_refused(self):
        for arguments in (["--rounds", "0"], ["--rounds", "-1"], ["--seconds", "0"], ["--seconds", "nan"],
                          ["--rates", "500,0"], ["--rounds", "1.5"]):
            with self.subTest(arguments), self.assertRaises(SystemExit) as ended:
                self.run_bench(*arguments)
            self.assertEqual(ended.exception.code, 2)

    def test_the_deadline_is_longer_than_a_run(self):
        deadlines = []

        def run(_, pinned=False, deadline=runs.DEADLINE):
            deadlines.append(deadline)
            return {name: 1 for name in parts.AGES}

        self.patch(runs, "run", run)
        self.run_bench("--only", "latency", "--seconds", "400")
        self.assertEqual(set(deadlines), {runs.DEADLINE + 400 + parts.WARM_UP_SECONDS})

    def test_topics_that_are_not_filled_in_time(self):
        stubs.write_program(self.programs / "paperboy_throughput", "import time\ntime.sleep(60)")
        self.patch(runs, "FILL_DEADLINE", 0.2)
        with self.assertRaisesRegex(runs.Failed, "raw100 cannot be filled within 0.2 s"):
            self.run_bench("--only", "throughput")

    def test_a_core_that_is_not_allowed(self):
        self.patch(runs, "first_core", lambda: {1 << 20})
        with self.assertRaisesRegex(runs.Failed, "raw, raw100, pinned: paperboy_throughput cannot be started"):
            self.run_bench("--only", "throughput")

    def test_the_first_core_is_one_that_is_allowed(self):
        self.patch(os, "sched_getaffinity", lambda _: {3, 2})
        self.assertEqual(runs.first_core(), {2})

    def test_a_program_that_is_missing(self):
        (self.programs / "paperboy_latency").unlink()
        with self.assertRaisesRegex(runs.Failed, "paperboy_latency cannot be started: No such file"):
            self.run_bench("--only", "latency")


class Allocators(unittest.TestCase):
    def with_tcmalloc(self, listed, path="/usr/bin:/bin"):
        """Of prepare.bash, where `listed` is the command that ldconfig is."""
        script = f'ldconfig() {{ {listed}; }}; source {ROOT}/bench/peers/prepare.bash; with_tcmalloc; echo peer'
        return subprocess.run(["bash", "-euo", "pipefail", "-c", script], env={"PATH": path}, capture_output=True,
                              text=True).stdout.split()

    def test_a_long_list_of_libraries(self):
        listed = "echo libtcmalloc_minimal.so.4; for ((i = 0; i < 20000; ++i)); do echo library $i; done"
        self.assertEqual(self.with_tcmalloc(listed), ["env", "LD_PRELOAD=libtcmalloc_minimal.so.4", "peer"])

    def test_none(self):
        self.assertEqual(self.with_tcmalloc("echo libc.so.6"), ["peer"])
        self.assertEqual(self.with_tcmalloc("return 1"), ["peer"])

    def test_own(self):
        self.assertEqual(origin.own_allocator({"libc.so.6": "/lib/libc.so.6"}), "libc")
        self.assertEqual(origin.own_allocator({"libtcmalloc.so.4": "/lib/libtcmalloc.so.4"}), "tcmalloc")
        self.assertEqual(origin.own_allocator({}), "unknown")


if __name__ == "__main__":
    unittest.main()
