#!/usr/bin/env python3
"""04_key_ordering has many payments at the bank at once and never two of one account.

    key_ordering_test.py PROGRAM
"""

import sys
import unittest

import program as support

PROGRAM = sys.argv.pop(1)
PAYMENTS = 40_000
ACCOUNTS = 1_000


class KeyOrdering(unittest.TestCase):
    def test_overlaps_and_keeps_order(self):
        topic = support.create_topic("payments", 1)
        support.produce(topic, "".join(f"{i * 7 % ACCOUNTS}\tpayment\n" for i in range(PAYMENTS)))
        with support.Program(PROGRAM, support.bootstrap(), topic, topic) as run:
            line = run.await_line(lambda line: line.startswith(f"{PAYMENTS} payments of {ACCOUNTS} accounts"))
            self.assertEqual(run.interrupt(30), 0, run.output)
        at_once = int(line.split()[5])
        self.assertGreater(at_once, 100)
        self.assertLessEqual(at_once, 256)
        self.assertIn(f"{PAYMENTS} payments", run.output)


if __name__ == "__main__":
    unittest.main()
