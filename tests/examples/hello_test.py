#!/usr/bin/env python3
"""01_hello prints the records of a topic, and Ctrl-C ends it cleanly.

    hello_test.py PROGRAM
"""

import sys
import unittest

import program as support

PROGRAM = sys.argv.pop(1)


class Hello(unittest.TestCase):
    def test_prints_records_until_it_is_interrupted(self):
        topic = support.create_topic("hello", 1)
        support.produce(topic, "a\tone\nb\ttwo\n")
        with support.Program(PROGRAM, support.bootstrap(), topic, topic) as run:
            run.await_line(lambda line: line == f"{topic}[0]@1: two")
            support.produce(topic, "c\tthree\n")
            run.await_line(lambda line: line == f"{topic}[0]@2: three")
            self.assertEqual(run.interrupt(30), 0, run.output)
        self.assertIn(f"{topic}[0]@0: one", run.output)

    def test_usage(self):
        with support.Program(PROGRAM) as run:
            self.assertEqual(run.end(30), 2)
        self.assertIn("usage:", run.output[0])


if __name__ == "__main__":
    unittest.main()
