#!/usr/bin/env python3
"""curl of each endpoint in every state of an engine; promtool accepts /metrics in all of them.

    endpoints_test.py STAGED_ENGINE

Without promtool (Debian: prometheus; tools/dependencies operations) the test counts as skipped after all the rest of
it.
"""

import itertools
import re
import shutil
import subprocess
import sys
import unittest

import staged

PROGRAM = sys.argv.pop(1)

# In each state: the codes of /livez, /readyz and /startupz, and what /readyz says.
EXPECTED = {
    "starting": ((200, 503, 503), r"starting: (joining group|cannot reach|no )"),
    "restoring": ((200, 503, 200), r"running: restoring table"),
    "waiting for a step": ((200, 200, 200), r"running: assigned 5 partitions"),
    "running": ((200, 200, 200), r"running: assigned 5 partitions"),
    "stuck": ((503, 200, 200), r"running: orders\[2\]@\d+: the hooks of handler \"orders\" have been running for \d+ ms"),
    "stopping": ((200, 503, 200), r"stopping: stop\(\) was called"),
    "stopped": ((200, 503, 200), r"stopped: stop\(\) was called"),
}


def curl(url):
    """The code, the content type and the body."""
    done = subprocess.run(["curl", "-sS", "--max-time", str(staged.DEADLINE), "-w", "\n%{http_code} %{content_type}", url],
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    body, told = done.stdout.rsplit("\n", 1)
    if done.returncode != 0:
        raise AssertionError(f"curl {url}: {done.stderr}")
    code, content_type = told.split(" ", 1)
    return int(code), content_type, body


def curl_stream(url):
    """The code, the content type and the first event of a stream, which has no end."""
    with subprocess.Popen(["curl", "-sSNi", "--max-time", str(staged.DEADLINE), url], stdout=subprocess.PIPE,
                          text=True) as stream:
        head = list(itertools.takewhile(str.strip, stream.stdout))
        event = next((line for line in stream.stdout if line.startswith("data:")), "")
        stream.kill()
    content_types = [line.split(":", 1)[1].strip() for line in head if line.lower().startswith("content-type:")]
    return int(head[0].split()[1]), *content_types, event


def value(text, name, *labels):
    """The value of the one series of this name that has these labels; None where there is none."""
    found = [line for line in text.splitlines()
             if re.match(re.escape(name) + r"[{ ]", line) and all(each in line for each in labels)]
    if len(found) > 1:
        raise AssertionError(found)
    return float(found[0].rsplit(" ", 1)[1]) if found else None


class Endpoints(unittest.TestCase):
    def test_each_in_every_state(self):
        collected = {}
        with staged.Staged(PROGRAM) as engine:
            for state, (codes, reason) in EXPECTED.items():
                with self.subTest(state=state):
                    seen = engine.reach(state)
                    if state == "stopping":  # it is stuck still: another look shows that
                        codes = (503, *codes[1:])
                    probes = [curl(engine.base + path) for path in ("/livez", "/readyz", "/startupz")]
                    self.assertEqual(tuple(each[0] for each in probes), codes, probes)
                    self.assertEqual({each[1] for each in probes}, {"text/plain; charset=utf-8"})
                    self.assertRegex(probes[1][2], "^" + reason)
                    if codes[0] == 503:
                        self.assertRegex(probes[0][2], r"stalled: orders\[2\](@\d+)? has been in its hooks for \d+ s")
                    if state == "stuck":
                        self.assertRegex(probes[0][2], "^" + reason, "the handler")
                    code, content_type, text = curl(engine.base + "/status")
                    self.assertEqual((code, content_type), (200, "application/json"))
                    self.assertIn(f'"status":"{seen["status"]}"', text)
                    code, content_type, text = curl(engine.base + "/")
                    self.assertEqual((code, content_type), (200, "text/html; charset=utf-8"))
                    self.assertIn("</html>", text)
                    code, content_type, text = curl_stream(engine.base + "/events")
                    self.assertEqual((code, content_type), (200, "text/event-stream"))
                    self.assertIn(f'"status":"{seen["status"]}"', text)
                    code, content_type, text = curl(engine.base + "/metrics")
                    self.assertEqual((code, content_type), (200, "text/plain; version=0.0.4; charset=utf-8"))
                    self.assertEqual(value(text, "paperboy_status", f'status="{seen["status"]}"'), 1)
                    collected[state] = text
            self.assertEqual(engine.quit(), 0, engine.output)
            self.assertEqual(engine.output[-1], "stopped: Success")
        self.check_series(collected)
        self.check_with_promtool(collected)

    def check_series(self, of):
        restoring, running, stuck, stopped = of["restoring"], of["running"], of["stuck"], of["stopped"]
        self.assertEqual(value(restoring, "paperboy_table_restoring", 'partition="3"'), 1)
        self.assertEqual(value(restoring, "paperboy_table_restored_ratio", 'partition="0"'), 1)
        self.assertEqual(value(of["waiting for a step"], "paperboy_step"), 0)
        self.assertEqual(value(running, "paperboy_stuck_hooks"), 0)
        self.assertEqual(value(stuck, "paperboy_stuck_hooks"), 1)
        self.assertEqual(value(stuck, "paperboy_stuck", 'topic="orders"', 'partition="2"'), 1)
        self.assertEqual(value(stuck, "paperboy_stuck", 'topic="orders"', 'partition="1"'), 0)
        self.assertGreaterEqual(value(stuck, "paperboy_hook_running_seconds", 'topic="orders"', 'partition="2"'), 1)
        self.assertGreater(value(stuck, "paperboy_hook_duration_seconds_count", 'topic="orders"', 'hook="on_message"'), 0)
        self.assertGreater(value(stuck, "paperboy_producer_latency_seconds_count"), 0)
        self.assertGreater(value(stuck, "paperboy_lag_records", 'topic="orders"', 'partition="2"'), 0)
        self.assertEqual(value(stuck, "paperboy_drain_seconds", 'topic="customers"'), 0)
        self.assertIsNotNone(value(stopped, "paperboy_last_commit_age_seconds"))
        self.assertNotIn('partition="', stopped)

    def check_with_promtool(self, of):
        promtool = shutil.which("promtool")
        if not promtool:
            self.skipTest("no promtool: what it says of /metrics is not known (tools/dependencies operations)")
        for state, text in of.items():
            checked = subprocess.run([promtool, "check", "metrics"], input=text, text=True, capture_output=True)
            self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""), state)


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped else 0)
