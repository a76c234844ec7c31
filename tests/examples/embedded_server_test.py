#!/usr/bin/env python3
"""embedded_server answers HTTP requests from its tables while records flow.

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
        status, counts = get(connection, "/counts")
        if status == 200 and wanted(sum(counts.values())):
            return counts
    raise AssertionError(f"the counts stand at {counts}")


def await_answer(connection, path, wanted):
    """The first answer for which `wanted` is true."""
    end = time.monotonic() + support.DEADLINE
    while time.monotonic() < end:
        answer = get(connection, path)
        if wanted(answer):
            return answer
    raise AssertionError(f"{path} is {answer}")


class MockCluster(unittest.TestCase):
    def test_counts_grow_while_records_flow(self):
        with serving("--mock") as (run, connection):
            status, first = get(connection, "/tables/visitors/visitor-7")
            self.assertIn(status, (200, 404, 503))
            self.assertTrue(status != 503 or "error" in first, first)
            before = sum(await_counts(connection, lambda total: total > 0).values())
            after = sum(await_counts(connection, lambda total: total > before + 10_000).values())
            status, stats = get(connection, "/stats")
            self.assertEqual(status, 200)
            self.assertGreaterEqual(stats["records"], after)
            self.assertEqual([each["partition"] for each in stats["partitions"]], list(range(8)))
            self.assertEqual(get(connection, "/elsewhere")[0], 404)
            self.assertEqual(get(connection, "/tables/elsewhere/a")[0], 404)
            self.assertEqual(get(connection, "/counts", "DELETE")[0], 405)
            self.assertEqual(run.interrupt(30), 0, run.output)

    def test_tables(self):
        with serving("--mock") as (run, connection):
            await_counts(connection, lambda total: total > 20_000)
            path = "/tables/visitors"
            _, (some, *others) = get(connection, path + "?prefix=visitor-1&limit=5")
            self.assertEqual(len(others), 4)
            self.assertTrue(all(each["key"].startswith("visitor-1") for each in [some] + others))
            status, entry = get(connection, f"{path}/{some['key'].replace('-', '%2d')}")
            self.assertEqual((status, entry["key"]), (200, some["key"]))
            self.assertGreaterEqual(entry["value"], some["value"])
            self.assertEqual(len(get(connection, path)[1]), 100)
            status, answer = get(connection, path + "/nobody")
            self.assertEqual((status, answer["error"]), (404, '"nobody" has no value in "visitors"'))
            self.assertEqual(get(connection, path + "?limit=few")[0], 400)
            self.assertEqual(get(connection, path + "/%zz")[0], 404)
            self.assertEqual(run.interrupt(30), 0, run.output)

    def test_bad_options(self):
        for options, words in [([], "--mock"), (["--mock", "--port", "http"], '"http"'), (["a", "b"], "a group")]:
            with self.subTest(options=options), support.Program(SERVER, *options) as run:
                self.assertEqual(run.end(30), 2, run.output)
                self.assertIn(words, "\n".join(run.output))


class RealCluster(unittest.TestCase):
    def test_two_engines_share_a_table(self):
        """Each answers for its partitions, and names the partition of the others'; alone again, one has all."""
        topic = support.create_topic("embedded", 4)
        support.produce(topic, "".join(f"visitor-{i % 20}\t{{\"page\":\"/\"}}\n" for i in range(60)))
        command = support.bootstrap(), topic, topic
        paths = [f"/tables/visitors/visitor-{i}" for i in range(20)]
        with serving(*command) as (first, one):
            await_counts(one, lambda total: total == 60)
            with serving(*command) as (second, other):
                await_answer(other, "/counts", lambda answer: answer[0] == 200)
                for path in paths:
                    await_answer(one, path, lambda answer: sorted([answer[0], get(other, path)[0]]) == [200, 409])
                    answers = dict([get(one, path), get(other, path)])
                    self.assertEqual(answers[200]["value"], 3)
                    self.assertRegex(answers[409]["error"], r"^partition [0-3] with .*another of its group")
                self.assertEqual(first.interrupt(30), 0, first.output)
                for path in paths:
                    _, entry = await_answer(other, path, lambda answer: answer[0] == 200)
                    self.assertEqual(entry["value"], 3)
                self.assertEqual(second.interrupt(30), 0, second.output)

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
            self.assertEqual(run.interrupt(30), 0, run.output)


if __name__ == "__main__":
    unittest.main()
