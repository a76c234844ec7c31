#!/usr/bin/env python3
"""The quickstart: every count equals what was produced, over restarts too, and a signal at any moment ends it cleanly.

    quickstart_test.py PROGRAM [test...]

Those of class RealCluster need a broker: see tests/examples/CMakeLists.txt.
"""

import re
import signal
import sys
import unittest

import program as support

PROGRAM = sys.argv.pop(1)
SOON = 30


def table(output):
    """The rows of the table: label → (counted, produced or None)."""
    rows = {}
    for line in output:
        if found := re.fullmatch(r"(\S.*?) +([\d,]+)(?: +([\d,]+))?(?:  ✓)?", line):
            label, *numbers = found.groups()
            rows[label] = tuple(number and int(number.replace(",", "")) for number in numbers)
    return rows


class MockCluster(unittest.TestCase):
    def test_counts_equal_what_was_produced(self):
        count = 120_000
        with support.Program(PROGRAM, "--records", str(count)) as run:
            self.assertEqual(run.end(), 0, run.output)
        _, expected = support.page_views(PROGRAM, count)
        rows = table(run.output)
        self.assertEqual(rows.pop("tombstones"), (expected[None], expected.pop(None)))
        self.assertEqual(rows.pop("all pages"), (expected.total(), expected.total()))
        self.assertEqual(rows, {page: (count, count) for page, count in expected.items()})
        self.assertIn("Every page was counted as often as it was produced.", run.output)

    def interrupt_after(self, wanted, number):
        with support.Program(PROGRAM) as run:
            run.await_line(wanted)
            self.assertEqual(run.interrupt(SOON, number), 0, run.output)
        counted, produced = table(run.output)["all pages"]
        self.assertLessEqual(counted, produced)
        return counted, run.output[-1]

    def test_signal_while_joining(self):
        for number in signal.SIGINT, signal.SIGTERM:
            counted, last = self.interrupt_after(lambda line: line.startswith("joining"), number)
            self.assertEqual((counted, last), (0, "Stopped before the first record."))

    def test_signal_in_the_middle(self):
        counted, last = self.interrupt_after(lambda line: re.match(r"[1-9][\d,]* of ", line), signal.SIGINT)
        self.assertGreater(counted, 0)
        self.assertEqual(last, "Stopped early; what was counted is committed.")

    def test_several_signals_at_once(self):
        with support.Program(PROGRAM) as run:
            run.await_line(lambda line: line.startswith("joining"))
            for number in signal.SIGINT, signal.SIGTERM, signal.SIGINT:
                run.process.send_signal(number)
            self.assertEqual(run.end(SOON), 0, run.output)

    def test_options_that_make_no_sense(self):
        for options, *words in [
                (["--foo"], "--foo", "--help"),
                (["--records", "many"], "--records", "many", "whole number"),
                (["--records"], "--records needs a value"),
                (["-X", "foo"], "-X", "foo", "property=value"),
                (["-X", "fetch.wait.max.mss=3"], "fetch.wait.max.mss", 'did you mean "fetch.wait.max.ms"'),
                (["-X", "group.id=other"], "group.id", "set only the field"),
                (["--topic", "^page"], "^page", "one topic"),
                (["--topic", "a/b"], "a/b", "letters, digits"),
                (["--group", ""], "--group needs a value"),
        ]:
            with self.subTest(options=options), support.Program(PROGRAM, *options) as run:
                self.assertEqual(run.end(SOON), 2, run.output)
                for word in words:
                    self.assertIn(word, "\n".join(run.output))

    def test_help(self):
        with support.Program(PROGRAM, "--help") as run:
            self.assertEqual(run.end(SOON), 0)
        self.assertIn("--bootstrap-servers", "\n".join(run.output))


class RealCluster(unittest.TestCase):
    def test_counts_a_topic(self):
        lines, expected = support.page_views(PROGRAM, 60_000)
        topic = support.create_topic("quickstart", 4)
        support.produce(topic, lines)
        with support.Program(PROGRAM, "--bootstrap-servers", support.bootstrap(), "--topic", topic, "--group", topic,
                             "-X", "fetch.wait.max.ms=50", "--records", "60000") as run:
            self.assertEqual(run.end(), 0, run.output)
        rows = table(run.output)
        self.assertEqual(rows.pop("tombstones"), (expected.pop(None), None))
        self.assertEqual(rows.pop("all pages"), (expected.total(), None))
        self.assertEqual(rows, {page: (count, None) for page, count in expected.items()})

    def test_goes_on_where_it_was_stopped(self):
        topic = support.create_topic("quickstart", 4)
        command = [PROGRAM, f"--bootstrap-servers={support.bootstrap()}", f"--topic={topic}", f"--group={topic}"]
        for count, total in (300, 300), (200, 500):
            support.produce(topic, "".join(f"{i}\t{{\"page\":\"/{i % 3}\"}}\n" for i in range(count)))
            with support.Program(*command) as run:
                run.await_line(lambda line: line.startswith(f"{count} records"))
                self.assertEqual(run.interrupt(SOON), 0, run.output)
            self.assertEqual(table(run.output)["all pages"], (total, None))

    def test_records_that_are_no_page_views(self):
        topic = support.create_topic("quickstart", 1)
        support.produce(topic, 'a\tno json\nb\t{"page":"/"}\nc\t{"path":"/"}\n')
        with support.Program(PROGRAM, "-b", support.bootstrap(), "-t", topic, "-g", topic, "-n", "3") as run:
            self.assertEqual(run.end(), 0, run.output)
        self.assertEqual(table(run.output), {"/": (1, None), "all pages": (1, None), "without a page": (2, None)})

    def test_a_topic_that_is_missing(self):
        with support.Program(PROGRAM, "-b", support.bootstrap(), "-t", "nowhere", "-g", "nobody") as run:
            self.assertEqual(run.end(), 1, run.output)
        self.assertRegex(run.output[-1], 'topic "nowhere".* does not exist')


if __name__ == "__main__":
    unittest.main()
