#!/usr/bin/env python3
"""19_operations serves metrics, probes and its page while records flow.

    operations_test.py PROGRAM [test...]

What promtool and a browser make of that is looked at by tests/operations.
"""

import json
import sys
import time
import unittest
import urllib.error
import urllib.request

import program as support

PROGRAM = sys.argv.pop(1)


def get(base, path):
    try:
        with urllib.request.urlopen(base + path, timeout=support.DEADLINE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def await_status(base, wanted):
    """The first /status for which `wanted` is true."""
    end = time.monotonic() + support.DEADLINE
    while time.monotonic() < end:
        status = json.loads(get(base, "/status")[1])
        if wanted(status):
            return status
    raise AssertionError(f"the status stands at {status}")


class Operations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = cls.enterClassContext(support.Program(PROGRAM))
        line = cls.run_.await_line(lambda each: each.startswith("listening on "))
        cls.base = line.removeprefix("listening on ")

    def test_probes_and_status(self):
        status = await_status(self.base, lambda each: each["records"] > 100)
        self.assertEqual(status["status"], "running")
        self.assertEqual(len(status["partitions"]), 4)
        for path in ["/livez", "/readyz", "/startupz"]:
            self.assertEqual(get(self.base, path), (200, "running: assigned 4 partitions\n"))

    def test_metrics(self):
        await_status(self.base, lambda each: each["records"] > 100)
        code, text = get(self.base, "/metrics")
        self.assertEqual(code, 200)
        self.assertIn('paperboy_lag_records{group="billing",client_id="paperboy",topic="orders",partition="3"}', text)

    @classmethod
    def tearDownClass(cls):
        assert cls.run_.interrupt(30) == 0, cls.run_.output
        assert cls.run_.output[-1] == "stopped: Success", cls.run_.output
        super().tearDownClass()


if __name__ == "__main__":
    unittest.main()
