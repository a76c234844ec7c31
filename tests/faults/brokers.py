"""Brokers that scenarios mistreat, run by tools/kafka/broker; each ends with its directory's data."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "kafka" / "broker"


class Broker:
    def __init__(self, directory, options=()):
        self.directory = Path(directory)
        self.options = list(options)
        self.starting = None

    def begin_start(self):
        command = [TOOL, "start", "--dir", self.directory, *self.options]
        self.starting = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def await_start(self):
        if self.starting.wait(120) != 0:
            raise RuntimeError(f"the broker in {self.directory} does not start")

    def start(self):
        self.begin_start()
        self.await_start()

    def file(self, name):
        return (self.directory / name).read_text().strip()

    def signal(self, number):
        os.kill(int(self.file("pid")), number)

    def kill(self):
        self.end(signal.SIGKILL)

    def terminate(self):
        self.end(signal.SIGTERM)

    def end(self, number):
        """Until it is gone; the data stays."""
        pid, deadline = int(self.file("pid")), time.monotonic() + 60
        os.kill(pid, number)
        while alive(pid):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the broker with pid {pid} does not end")
            time.sleep(0.05)

    def stop(self):
        subprocess.run([TOOL, "stop", "--dir", self.directory], check=True, stdout=subprocess.DEVNULL)


class Cluster:
    """One broker or three, clients' way to the first one through a proxy if wanted."""

    def __init__(self, count=1, proxy=None):
        self.directory = Path(tempfile.mkdtemp(prefix="paperboy-faults-"))
        ports = free_ports(2 * count)
        self.quorum = ",".join(f"{i + 1}@127.0.0.1:{ports[i]}" for i in range(count))
        self.proxy = proxy
        self.brokers = []
        for i in range(count):
            options = ["--port", str(ports[count + i])]
            if count > 1:
                options += ["--id", str(i + 1), "--quorum", self.quorum]
            if proxy:
                options += ["--proxy", str(proxy.port)]
            self.brokers.append(Broker(self.directory / str(i + 1), options))
        self.direct_servers = ",".join(f"127.0.0.1:{port}" for port in ports[count:])

    def __enter__(self):
        self.start()
        if self.proxy:
            host, port = self.brokers[0].file("bootstrap.proxied").split(":")
            self.proxy.target = (host, int(port))
        return self

    def __exit__(self, *_):
        for broker in self.brokers:
            broker.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        """All of them; those that run are left alone."""
        for broker in self.brokers:
            broker.begin_start()
        for broker in self.brokers:
            broker.await_start()

    @property
    def servers(self):
        """For the consumers."""
        return f"127.0.0.1:{self.proxy.port}" if self.proxy else self.direct_servers


def alive(pid):
    """A zombie that nobody has waited for is dead too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def free_ports(count):
    """Below the range the kernel gives to outgoing connections."""
    ports = []
    while len(ports) < count:
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as probe:
            if port not in ports and probe.connect_ex(("127.0.0.1", port)) != 0:
                ports.append(port)
    return ports
