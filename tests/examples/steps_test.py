#!/usr/bin/env python3
"""03_steps handles every customer before the first order, at each start.

    steps_test.py PROGRAM
"""

import sys
import unittest

import program as support

PROGRAM = sys.argv.pop(1)


class Steps(unittest.TestCase):
    def test_no_order_comes_before_its_customer(self):
        customers = support.create_topic("customers", 2)
        orders = support.create_topic("orders", 2)
        support.produce(orders, "".join(f"{i}\torder\n" for i in range(1_000)))
        support.produce(customers, "".join(f"{i}\tcustomer\n" for i in range(20_000)))
        with support.Program(PROGRAM, support.bootstrap(), customers, customers, orders) as run:
            run.await_line(lambda line: line.endswith("all steps are over"))
            run.await_line(lambda line: "1000 orders" in line)
            self.assertEqual(run.interrupt(30), 0, run.output)
        self.assertIn("20000 customers, 1000 orders, 0 without a customer", run.output)

        # Started again it has no customers in memory, and the group has committed all of them.
        support.produce(orders, "".join(f"{i}\torder\n" for i in range(1_000)))
        with support.Program(PROGRAM, support.bootstrap(), customers, customers, orders) as run:
            run.await_line(lambda line: "1000 orders" in line)
            self.assertEqual(run.interrupt(30), 0, run.output)
        self.assertIn("20000 customers, 1000 orders, 0 without a customer", run.output)


if __name__ == "__main__":
    unittest.main()
