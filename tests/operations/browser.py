"""A headless Chromium, driven over chromedriver's HTTP interface (W3C WebDriver) by nothing but the standard library.
"""

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

DEADLINE = 60


def is_missing():
    """What of it is not installed; empty when all is there."""
    return " and ".join(each for each in ("chromium", "chromedriver") if not shutil.which(each))


class Browser:
    """One page in one window. A failure of chromedriver is an exception with what it said."""

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       text=True, start_new_session=True)
        self.session = ""
        try:
            self.base = f"http://127.0.0.1:{self._port()}"
            arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                         "--hide-scrollbars", f"--user-data-dir={self.profile.name}"]
            options = {"goog:chromeOptions": {"binary": shutil.which("chromium"), "args": arguments},
                       "goog:loggingPrefs": {"browser": "ALL"}}
            opened = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": options}})
            self.session = "/session/" + opened["sessionId"]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.session:
                self._ask("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait(DEADLINE)
            with contextlib.suppress(ProcessLookupError):  # a Chromium that was not told to end
                os.killpg(self.driver.pid, signal.SIGKILL)
            self.driver.stdout.close()
            self.profile.cleanup()

    def _port(self):
        for line in self.driver.stdout:
            if told := re.search(r"started successfully on port (\d+)", line):
                return told[1]
        raise AssertionError("chromedriver has ended")

    def _ask(self, method, path, body=None):
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error

    def open(self, url):
        self._ask("POST", self.session + "/url", {"url": url})

    def run(self, script, *arguments):
        """What a function body returns in the page."""
        return self._ask("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        self._ask("POST", self.session + "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def complaints(self):
        """What the page's console says since this was asked."""
        return self._ask("POST", self.session + "/se/log", {"type": "browser"})

    def show(self, width, height, scheme, scale=1, phone=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                      mobile=phone)
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, file):
        picture = base64.b64decode(self._ask("GET", self.session + "/screenshot"))
        with open(file, "wb") as to:
            to.write(picture)
        return len(picture)

    def await_page(self, script, wanted=bool):
        """The first value of a function body for which `wanted` is true."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            seen = self.run(script)
            if wanted(seen):
                return seen
            time.sleep(0.05)
        text = self.run("return document.body.innerText")
        raise AssertionError(f"{script}: {seen!r}; the page says:\n{text}")
