"""The check finds what costs more in dumps made by hand, and passes those that cost what was recorded."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest
from unittest import mock

import check

PROGRAM = "/built/program"
COMPILER = "gcc 12"
LIBC = "glibc 2.36"
# A record of each part: instructions.
OWN, SYSTEM, LIBRDKAFKA = 50, 40, 300


def own(records, instructions=OWN, calls=()):
    """Of our code's function: its own cost, and its calls of functions of the C library."""
    lines = [f"10 {records * instructions}"]
    for number, (function, count) in enumerate(calls, start=10):
        lines += ["cob=(2) /usr/lib/libc.so.6", "cfi=(2) ???", f"cfn=({number}) {function}", f"calls={count} 5",
                  f"+1 {count * 90}"]
    return "\n".join(lines)


def dump(path, records, system=SYSTEM, thread=1, **of_own):
    return f"""# callgrind format
version: 1
creator: callgrind-3.19.0
cmd:  {PROGRAM}
part: 1
thread: {thread}

desc: Trigger: Client Request: {path}-{records}

positions: line
events: Ir

ob=(1) {PROGRAM}
fl=(1) main.cpp
fn=(1) paperboy::handle(int)
{own(records, **of_own)}

ob=(2) /usr/lib/libc.so.6
fl=(2) ???
fn=(2) __memcpy_avx_unaligned_erms
5 {records * system + 1000}
fn=(3) _int_free
* {records * 70}
fn=(4) clock_gettime@@GLIBC_2.17
-1 {records * 20}

ob=(3) /usr/lib/librdkafka.so.1
fl=(3) ???
fn=(5) rd_kafka_message_destroy
0 {records * LIBRDKAFKA}
"""


def calling(function, per_record=1):
    return {"calls": lambda records: [(function, int(records * per_record))]}


def dumps(paths=("raw", "void"), **dearer):
    """By phase. `dearer` tells by path what is different in its dumps from those that cost what was recorded."""
    def different(path, records):
        return {name: value(records) if callable(value) else value for name, value in dearer.get(path, {}).items()}

    return {f"{path}-{records}": dump(path, records, **different(path, records))
            for path in paths for records in (check.FEW, check.MANY)}


def recorded(**other):
    return {"compiler": COMPILER, "libc": LIBC, "own": {"raw": OWN, "void": OWN},
            "system": {"raw": SYSTEM, "void": SYSTEM}, **other}


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for where, name, value in ((check.shutil, "which", "/usr/bin/valgrind"), (check, "compiler_of", COMPILER),
                                   (check, "libc", LIBC)):
            patch = mock.patch.object(where, name, return_value=value)
            patch.start()
            self.addCleanup(patch.stop)

    def check(self, found, known=None, record=False, allocations=lambda _: 0):
        """What it prints, and how it ends."""
        file = self.folder / "recorded.json"
        file.write_text(json.dumps(known or recorded()))

        def run(_, folder):
            for number, text in enumerate(found.values()):
                (folder / f"callgrind.{number}-01").write_text(text)
            return "".join(f"{phase} allocations {allocations(int(phase.split('-')[1]))}\n" for phase in found)

        printed, end = io.StringIO(), 0
        with mock.patch.object(check, "run", run), contextlib.redirect_stdout(printed):
            try:
                check.main(PROGRAM, file, self.folder / "dumps", record)
            except SystemExit as ended:
                end = ended.code
        self.known = json.loads(file.read_text())
        return printed.getvalue(), end

    def test_what_was_recorded_passes(self):
        printed, end = self.check(dumps())
        self.assertEqual(end, 0, printed)
        self.assertNotIn("TOO MANY", printed)

    def test_a_clock_that_is_read_for_each_record(self):
        printed, end = self.check(dumps(void=calling("clock_gettime@@GLIBC_2.17")))
        self.assertEqual(end, "a record costs more than it did")
        self.assertRegex(printed, r"void +clocks +1\.00 calls per record, against 0\.00 in the raw loop: TOO MANY")

    def test_a_lock_that_is_taken_for_each_record(self):
        printed, end = self.check(dumps(void=calling("___pthread_mutex_lock")))
        self.assertEqual(end, "a record costs more than it did")
        self.assertRegex(printed, r"void +locks +1\.00 .*TOO MANY")

    def test_locks_of_the_raw_loop_and_of_blocks_pass(self):
        lock = "pthread_mutex_lock@@GLIBC_2.2.5"
        printed, end = self.check(dumps(raw=calling(lock, 2), void=calling(lock, 2.01)))
        self.assertEqual(end, 0, printed)

    def test_a_copy_of_each_record(self):
        printed, end = self.check(dumps(void={"system": SYSTEM + 40}))
        self.assertEqual(end, "a record costs more than it did")
        self.assertRegex(printed, r"void +system +80\.0 instructions per record, against 40\.0: TOO MANY")

    def test_instructions_of_ours(self):
        printed, end = self.check(dumps(void={"instructions": OWN + 10}))
        self.assertEqual(end, "a record costs more than it did")
        self.assertRegex(printed, r"void +own .*TOO MANY")

    def test_a_twentieth_more_of_ours(self):
        for own, more in ((60, 4), (300, 15)):
            known = recorded(own={"raw": own, "void": own})
            found = dumps(raw={"instructions": own}, void={"instructions": own + more})
            with self.subTest(own=own):
                self.assertEqual(self.check(found, known)[1], "a record costs more than it did")
                other = {**known, "libc": "another"}
                self.assertEqual(self.check(found, other)[1], 0)

    def test_hooks_that_are_timed_may_read_clocks_and_take_no_locks(self):
        known = recorded(own={"raw": OWN, "json": OWN}, system={"raw": SYSTEM, "json": SYSTEM})
        paths = ("raw", "json")
        self.assertEqual(self.check(dumps(paths, json=calling("clock_gettime")), known)[1], 0)
        printed, end = self.check(dumps(paths, json=calling("pthread_mutex_lock")), known)
        self.assertEqual(end, "a record costs more than it did")
        self.assertRegex(printed, r"json +locks +1\.00 .*TOO MANY")

    def test_fewer_are_a_hint(self):
        printed, end = self.check(dumps(void={"instructions": OWN - 20}))
        self.assertEqual(end, 0, printed)
        self.assertIn("record them anew", printed)

    def test_a_path_that_is_not_measured(self):
        printed, end = self.check(dumps(paths=("raw",)))
        self.assertIn("other paths are measured", end)
        self.assertIn("void-4000: recorded, but not measured", printed)

    def test_a_path_whose_dump_is_missing(self):
        found = dumps()
        found["void-24000"] = dump("void", 24000, thread=2)
        printed, end = self.check(found)
        self.assertIn("other paths are measured", end)
        self.assertIn("void-24000: recorded, but not measured", printed)

    def test_a_path_that_is_not_recorded(self):
        printed, end = self.check(dumps(paths=("raw", "void", "bulk")))
        self.assertIn("other paths are measured", end)
        self.assertIn("bulk-24000: measured, but not recorded", printed)

    def test_recording(self):
        printed, end = self.check(dumps(paths=("raw", "void", "bulk"), void={"system": 80}), record=True)
        self.assertEqual(end, 0, printed)
        self.assertEqual(self.known["own"], dict.fromkeys(("raw", "void", "bulk"), OWN))
        self.assertEqual(self.known["system"], {"raw": SYSTEM, "void": 80, "bulk": SYSTEM})
        self.assertEqual((self.known["compiler"], self.known["libc"]), (COMPILER, LIBC))

    def test_without_what_the_system_took(self):
        known = recorded()
        del known["system"], known["libc"]
        printed, end = self.check(dumps(void={"system": 80}), known)
        self.assertEqual(end, 0, printed)
        self.assertRegex(printed, r"void +system +80\.0 instructions per record, not compared")

    def test_another_compiler_is_skipped(self):
        _, end = self.check(dumps(), recorded(compiler="clang 19"))
        self.assertEqual(end, check.SKIPPED)

    def test_another_compiler_still_counts_calls(self):
        _, end = self.check(dumps(void=calling("clock_gettime")), recorded(compiler="clang 19"))
        self.assertEqual(end, "a record costs more than it did")

    def test_a_record_that_allocates(self):
        printed, end = self.check(dumps(), allocations=lambda records: records)
        self.assertEqual(end, "a record costs more than it did")
        self.assertIn("void       1.0 allocations per record", printed)

    def test_what_is_allocated_once_hides_nothing(self):
        printed, end = self.check(dumps(), allocations={check.FEW: 200, check.MANY: 300}.get)
        self.assertEqual(end, "a record costs more than it did")
        self.assertIn("void       0.0125 allocations per record", printed)
        self.assertEqual(self.check(dumps(), allocations={check.FEW: 200, check.MANY: 120}.get)[1], 0)

    def test_without_valgrinds_header(self):
        _, end = self.check({phase: "" for phase in dumps()})
        self.assertEqual(end, check.SKIPPED)


class Parts(unittest.TestCase):
    def test_functions(self):
        parts = {("/usr/lib/libc.so.6", "__libc_malloc"): check.ALLOCATORS,
                 ("/usr/lib/libc.so.6", "_int_free_merge_chunk"): check.ALLOCATORS,
                 ("/usr/lib/libc.so.6", "unlink_chunk.constprop.0"): check.ALLOCATORS,
                 ("/usr/lib/libc.so.6", "free_keys"): check.SYSTEM,
                 ("/usr/lib/libstdc++.so.6", "operator new(unsigned long)"): check.ALLOCATORS,
                 ("/usr/lib/libstdc++.so.6", "std::chrono::_V2::steady_clock::now()"): check.CLOCKS,
                 ("/usr/lib/libtcmalloc_minimal.so.4", "tc_free"): check.ALLOCATORS,
                 ("/usr/lib/libc.so.6", "__pthread_mutex_unlock_usercnt"): check.LOCKS,
                 ("/usr/lib/libc.so.6", "pthread_cond_signal@@GLIBC_2.3.2"): check.SYSTEM,
                 ("/usr/lib/libsimdjson.so.14", "parse"): check.SYSTEM,
                 ("???", "0x0000000004936"): check.SYSTEM,
                 ("/built/libpaperboy.so", "paperboy::engine::stop()"): check.OWN,
                 (PROGRAM, "operator new(unsigned long)"): check.OWN}
        for (object_file, function), part in parts.items():
            with self.subTest(function):
                self.assertEqual(check.part_of(object_file, function, PROGRAM), part)


if __name__ == "__main__":
    unittest.main()
