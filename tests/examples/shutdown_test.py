#!/usr/bin/env python3
"""18_shutdown: the first SIGTERM lets the record at hand end, the second does not.

    shutdown_test.py PROGRAM
"""

import signal
import sys
import unittest

import program as support

PROGRAM = sys.argv.pop(1)


class Shutdown(unittest.TestCase):
    def test_the_first_signal_finishes_the_record_at_hand(self):
        with support.Program(PROGRAM, "300") as run:
            run.await_line(lambda line: line == "begins 1")
            self.assertEqual(run.interrupt(30, signal.SIGTERM), 0, run.output)
        at = run.output.index("stopping")
        begun = [line for line in run.output if line.startswith("begins ")]
        ended = [line for line in run.output if line.startswith("ends ")]
        self.assertEqual(len(begun), len(ended), run.output)
        self.assertFalse([line for line in run.output[at:] if line.startswith("begins ")], run.output)

    def test_the_second_signal_does_not_wait(self):
        with support.Program(PROGRAM, "600000") as run:
            run.await_line(lambda line: line == "begins 0")
            run.process.send_signal(signal.SIGTERM)
            run.await_line(lambda line: line == "stopping")
            self.assertEqual(run.interrupt(30, signal.SIGTERM), 1, run.output)
        self.assertNotIn("ends 0", run.output)
        self.assertIn("ended: Operation canceled", run.output[-1])


if __name__ == "__main__":
    unittest.main()
