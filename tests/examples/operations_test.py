#!/usr/bin/env python3
"""19_operations serves metrics, probes and its page while records flow.

    operations_test.py PROGRAM [--screenshot FILE] [test...]

With chromium in PATH the page is also loaded by it, and has to show what the engine does.
"""

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import program as support

PROGRAM = sys.argv.pop(1)
SCREENSHOT = None
if "--screenshot" in sys.argv:
    place = sys.argv.index("--screenshot")
    SCREENSHOT = sys.argv[place + 1]
    del sys.argv[place:place + 2]


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


class Delayed(http.server.BaseHTTPRequestHandler):
    """The program's page, whose loading ends only when it has been live for some seconds: headless chromium shows what
    is there when a page has loaded. The page gets an image for that which takes its time."""

    base = ""
    seconds = 5

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/late":
            time.sleep(self.seconds)
            self.send_error(404)
            return
        with urllib.request.urlopen(self.base + self.path, timeout=support.DEADLINE) as answer:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.end_headers()
            with contextlib.suppress(OSError):
                for line in answer:
                    self.wfile.write(line.replace(b"</body>", b'<img src="late" alt=""></body>'))


def browse(base, seconds, *options):
    """What headless chromium prints of the page that was live for so long."""
    handler = type("Handler", (Delayed,), {"base": base, "seconds": seconds})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            return run_chromium(f"http://127.0.0.1:{server.server_port}/", *options)
        finally:
            server.shutdown()


def run_chromium(url, *options):
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                               f"--user-data-dir={profile}", "--hide-scrollbars", *options, url],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=120,
                              check=True).stdout


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
        if promtool := shutil.which("promtool"):
            check = subprocess.run([promtool, "check", "metrics"], input=text, text=True, capture_output=True)
            self.assertEqual((check.returncode, check.stdout, check.stderr), (0, "", ""))

    @unittest.skipUnless(shutil.which("chromium"), "no chromium")
    def test_page_in_a_browser(self):
        await_status(self.base, lambda each: each["records"] > 100)
        page = browse(self.base, 5, "--dump-dom")
        self.assertIn('class="pill running">running<', page)
        self.assertIn('id="group">billing<', page)
        self.assertEqual(page.count("<td>orders <i>"), 4, page[:4000])
        self.assertRegex(page, r"<polyline[^>]*points=\"[0-9.]+,[0-9.]+ ")
        if SCREENSHOT:
            for name, options in [("", ["--window-size=1200,980"]),
                                  ("-dark", ["--window-size=1200,980", "--blink-settings=preferredColorScheme=0"]),
                                  ("-phone", ["--window-size=500,1500"])]:
                file = SCREENSHOT.replace(".png", name + ".png")
                browse(self.base, 45, f"--screenshot={file}", *options)
                self.assertGreater(os.path.getsize(file), 10_000)

    @classmethod
    def tearDownClass(cls):
        assert cls.run_.interrupt(15) == 0, cls.run_.output
        assert cls.run_.output[-1] == "stopped: Success", cls.run_.output
        super().tearDownClass()


if __name__ == "__main__":
    unittest.main()
