#!/usr/bin/env python3
"""embedded_server answers HTTP requests with counts that grow while records flow.

    embedded_server_test.py SERVER_PROGRAM QUICKSTART_PROGRAM [test...]

Those of class RealCluster need a broker: see tests/examples/CMakeLists.txt.
"""

import contextlib
import http.client
import json
import sys
import time
import unittest

import program as support

SERVER, QUICKSTART = sys.argv.pop(1), sys.argv.pop(1)


@contextlib.contextmanager
def serving(*options):
    """The running server, and a connection to it that is kept alive."""
    with support.Program(SERVER, *options) as run:
        address = run.await_line(lambda line: line.startswith("listening on ")).rsplit("/", 1)[1]
        with contextlib.closing(http.client.HTTPConnection(address, timeout=support.DEADLINE)) as connection:
            yield run, connection


def get(connection, path, method="GET"):
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def await_counts(connection, wanted):
    """The first counts for whose sum `wanted` is true."""
    end = time.monotonic() + support.DEADLINE
    while time.monotonic() < end:
        _, counts = get(connection, "/counts")
        if wanted(sum(counts.values())):
            return counts
    raise AssertionError(f"the counts stand at {counts}")


class MockCluster(unittest.TestCase):
    def test_counts_grow_while_records_flow(self):
        with serving("--mock") as (run, connection):
            self.assertEqual(get(connection, "/counts"), (200, {}))
            before = sum(await_counts(connection, lambda total: total > 0).values())
            after = sum(await_counts(connection, lambda total: total > before + 10_000).values())
            status, stats = get(connection, "/stats")
            self.assertEqual(status, 200)
            self.assertGreaterEqual(stats["records"], after)
            self.assertEqual([each["partition"] for each in stats["partitions"]], list(range(8)))
            self.assertEqual(get(connection, "/elsewhere")[0], 404)
            self.assertEqual(get(connection, "/counts", "DELETE")[0], 405)
            self.assertEqual(run.interrupt(5), 0, run.output)

    def test_bad_options(self):
        for options, words in [([], "--mock"), (["--mock", "--port", "http"], '"http"'), (["a", "b"], "a group")]:
            with self.subTest(options=options), support.Program(SERVER, *options) as run:
                self.assertEqual(run.end(5), 2, run.output)
                self.assertIn(words, "\n".join(run.output))


class RealCluster(unittest.TestCase):
    def test_counts_equal_what_was_produced(self):
        lines, expected = support.page_views(QUICKSTART, 20_000)
        topic = support.create_topic("embedded", 4)
        with serving(support.bootstrap(), topic, topic) as (run, connection):
            half = len(lines.splitlines()) // 2
            first = "".join(lines.splitlines(True)[:half])
            support.produce(topic, first)
            await_counts(connection, lambda total: total == half)
            support.produce(topic, lines[len(first):])
            counts = await_counts(connection, lambda total: total == expected.total())
            self.assertEqual(counts, dict(expected))
            self.assertEqual(run.interrupt(5), 0, run.output)


if __name__ == "__main__":
    unittest.main()
