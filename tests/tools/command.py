"""What the tests of the command share. Takes the command out of the arguments of the test, where it is the first."""

import json
import os
import pathlib
import subprocess
import sys
import time

PAPERBOY = sys.argv.pop(1)
DEADLINE = 60


def environment(name):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set: this test needs a Kafka broker and a registry; run it with tools/test")
    return value


BROKERS = environment("PAPERBOY_TEST_BOOTSTRAP")
BROKER_TOOL = environment("PAPERBOY_BROKER_TOOL")
REGISTRY = environment("PAPERBOY_TEST_REGISTRY")
NEWER = pathlib.Path(__file__).parents[2] / "tools/librdkafka"
MAKE_TOPIC = pathlib.Path(__file__).parents[1] / "support/broker_topic.py"
CLEAN = {name: value for name, value in os.environ.items() if name not in ("PAPERBOY_BROKERS", "PAPERBOY_CONFIG")}


def run(*arguments, text=None, status=0, brokers=BROKERS, patience=DEADLINE):
    """Runs the command with the broker; its output, and its stderr. Fails unless it ends with `status` in time."""
    done = subprocess.run([PAPERBOY, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=patience,
                          env={**CLEAN, "PAPERBOY_BROKERS": brokers, "PAPERBOY_REGISTRY": REGISTRY})
    assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout, done.stderr


def lines(*arguments, **how):
    return run(*arguments, **how)[0].splitlines()


def objects(*arguments, **how):
    """The JSON objects that the command prints with --json."""
    return [json.loads(line) for line in lines(*arguments, "--json", **how)]


def new_name(prefix):
    return f"{prefix}-{os.getpid()}-{time.time_ns()}"


def make_topic(name, partitions=1, *settings):
    subprocess.run([environment("PAPERBOY_TEST_PYTHON"), MAKE_TOPIC, BROKERS, name, str(partitions), *settings], check=True)
    return name


def create_topic(prefix, partitions=1, *settings):
    return make_topic(new_name(prefix), partitions, *settings)


def await_that(holds):
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, "it never came"
