#!/usr/bin/env python3
"""02_bulk needs few statements for what waits and one for each record when it is caught up.

    bulk_test.py PROGRAM
"""

import sys
import unittest

import program as support

PROGRAM = sys.argv.pop(1)
WAITING = 50_000


class Bulk(unittest.TestCase):
    def test_turns_to_bulk_and_back(self):
        topic = support.create_topic("bulk", 1)
        support.produce(topic, "".join(f"{i}\tvalue\n" for i in range(WAITING)))
        with support.Program(PROGRAM, support.bootstrap(), topic, topic) as run:
            run.await_line(lambda line: "now bulk: " in line)
            run.await_line(lambda line: "now single: " in line)
            self.assertEqual(run.interrupt(30), 0, run.output)
        rows, statements = next(line.split()[0::3][:2] for line in run.output if " rows in " in line)
        self.assertEqual(int(rows), WAITING)
        self.assertLess(int(statements), WAITING / 100)


if __name__ == "__main__":
    unittest.main()
