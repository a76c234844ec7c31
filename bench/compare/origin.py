"""Where results come from: what the programs and peers are, and how the run was asked for. Neither paths nor hosts."""

import ctypes
import datetime
import os
import re
import subprocess

ALLOCATORS = ("tcmalloc", "jemalloc", "mimalloc")
OWN = "paperboy_throughput"
TOLD = ("only", "peers", "topics", "records", "seconds", "rates", "pins")


def linked(program):
    """By name, the files of the shared libraries that a program is linked with; none where that cannot be told."""
    try:
        listed = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    except OSError:
        return {}
    return dict(re.findall(r"^\s*(\S+) => (/\S+)", listed, re.M))


def named(libraries):
    """The allocator among them."""
    return next((each for each in ALLOCATORS if any(f"lib{each}" in library for library in libraries)), None)


def preloaded(words):
    return named(word for word in words if word.startswith("LD_PRELOAD="))


def everywhere():
    """What our own environment has loaded first into each program."""
    return preloaded([f"LD_PRELOAD={os.environ.get('LD_PRELOAD', '')}"])


def own_allocator(libraries):
    return everywhere() or named(libraries) or ("libc" if libraries else "unknown")


def peer_allocator(row):
    """Of a peer whose client is not librdkafka what its language brings."""
    if not row.librdkafka:
        return "its own"
    return preloaded(row.program) or everywhere() or "libc"


def without(allocators):
    """What a reader has to know of rows whose client is librdkafka, and which have to do without tcmalloc's like."""
    for name, allocator in allocators.items():
        if allocator in ("libc", "unknown"):
            which = "the C library's allocator" if allocator == "libc" else "an unknown allocator"
            yield f"{name} has {which}, not tcmalloc"


def librdkafka_version(libraries):
    file = next((file for name, file in libraries.items() if name.startswith("librdkafka.so")), None)
    try:
        version = ctypes.CDLL(file).rd_kafka_version_str if file else None
    except OSError:
        version = None
    if version is None:
        return "unknown"
    version.restype = ctypes.c_char_p
    return version().decode()


def describe(given, peers):
    """What is told of each part that this run makes."""
    libraries = linked(given.programs / OWN)
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="minutes"),
            "rounds": given.rounds,
            "options": {name: getattr(given, name) for name in TOLD},
            "commit": given.commit or "unknown",
            "librdkafka": librdkafka_version(libraries),
            "allocators": {OWN: own_allocator(libraries), **{each.name: peer_allocator(each) for each in peers}},
            "versions": {each.name: each.version for each in peers if each.version}}
