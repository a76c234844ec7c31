"""The engine of staged_engine.cpp, and how the tests bring it from one state to the next."""

import json
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "examples"))
import program as support  # noqa: E402

DEADLINE = 60

# Each state with the command that leads to it, and how it is told that it has been reached.
STATES = {
    "starting": ("begin", lambda seen: seen["status"] == "starting"),
    "restoring": ("brokers", lambda seen: [each["restoring"] for each in seen["shards"]] == [False, False, True, True]),
    "waiting for a step": ("restore", lambda seen: seen["ready"] and seen.get("step") == 0),
    "running": ("step", lambda seen: seen["ready"] and "step" not in seen and seen["records"] > 200),
    "stuck": ("stick", lambda seen: bool(seen["stalled"]) and seen["stuck_hooks"] == 1),
    "stopping": ("stop", lambda seen: seen["status"] == "stopping"),
    "stopped": ("release", lambda seen: seen["status"] == "stopped"),
}


class Staged(support.Program):
    def __init__(self, command):
        super().__init__(command, stdin=subprocess.PIPE)
        line = self.await_line(lambda each: each.startswith("listening on "))
        self.base = line.removeprefix("listening on ")

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def status(self):
        with urllib.request.urlopen(self.base + "/status", timeout=DEADLINE) as answer:
            return json.load(answer)

    def await_status(self, wanted):
        """The first /status for which `wanted` is true."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            seen = self.status()
            if wanted(seen):
                return seen
            time.sleep(0.05)
        raise AssertionError(f"the status stands at {json.dumps(seen, indent=1)}; {self.output}")

    def reach(self, state):
        command, reached = STATES[state]
        self.tell(command)
        return self.await_status(reached)

    def quit(self):
        self.tell("quit")
        return self.end()
