"""What is compared: paperboy and librdkafka's own loop by our programs, and the peers in bench/peers."""

import pathlib
import subprocess
from dataclasses import dataclass, field

PEERS = pathlib.Path(__file__).resolve().parent.parent / "peers"


@dataclass
class Topic:
    """A topic that is filled: its kind, its own name, and how many records its partitions hold."""

    kind: str
    name: str
    sizes: list

    @property
    def records(self):
        return sum(self.sizes)


@dataclass
class Row:
    name: str
    label: str
    ours: bool = False  # drawn as paperboy
    topics: tuple = ()  # kinds; all when empty
    few: bool = False  # so slow that a tenth of the records has to do
    program: list = field(default_factory=list)  # of a peer
    version: str = ""  # of a peer that tells it
    librdkafka: bool = False  # whether a peer's client is that
    mode: str = ""  # of our programs
    options: tuple = ()
    against: str = "raw"  # the row that its ratios are of
    writes: bool = False  # to a topic of its own

    def consumes(self, topic):
        return not self.topics or topic.kind in self.topics


RAW = Row("raw", "librdkafka, batches", mode="raw")
VOID = Row("void", "paperboy", ours=True, mode="void")
OWN = [
    RAW,
    VOID,
    Row("awaitable", "paperboy, coroutines", ours=True, mode="awaitable"),
    Row("bulk", "paperboy, bulk", ours=True, mode="bulk"),
    Row("json", "paperboy, JSON decoded", ours=True, mode="json", topics=("json400",)),
    Row("count-raw", "librdkafka, counting by hand", mode="count-raw", topics=("json400",), against="count-raw",
        writes=True),
    Row("count-memory", "paperboy, counting in a table", ours=True, mode="count-memory", topics=("json400",),
        against="count-raw", writes=True),
]

PEER_ROWS = [
    Row("franz-go", "franz-go (Go)"),
    Row("kafka-clients", "kafka-clients (Java)"),
    Row("rdkafka", "rdkafka (Rust)", librdkafka=True),
    Row("confluent-kafka", "confluent-kafka (Python)", few=True, librdkafka=True),
    Row("aiokafka", "aiokafka (Python)", few=True),
    Row("seed", "kafka-paperboy 0.4.1 (Python)", few=True),
]

LATENCY_ROWS = [
    Row("raw", "librdkafka, blocking poll", mode="raw"),
    Row("void", "paperboy", ours=True, mode="void"),
    Row("awaitable", "paperboy, coroutines", ours=True, mode="awaitable"),
]
LATENCY_PEERS = ("franz-go", "kafka-clients")

LAYOUT_ROWS = [RAW, VOID]
THREADED_ROWS = [
    *LAYOUT_ROWS,
    Row("void-2", "paperboy, two threads", ours=True, mode="void", options=("--threads", "2")),
]


def version(folder):
    """What a peer's prepare tells."""
    file = folder / "version"
    return file.read_text().strip() if file.exists() else ""


def prepare(wanted, folder, say, note):
    """The peers that are wanted and can be had here, with their programs; says which cannot, and why."""
    ready = []
    for row in PEER_ROWS:
        if row.name not in wanted:
            continue
        say(f"making {row.name} ready")
        own = folder / row.name
        own.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([PEERS / row.name / "prepare", own], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
        if done.returncode == 0:
            row.program = done.stdout.splitlines()
            row.version = version(own)
            ready.append(row)
        else:
            say(done.stderr.rstrip())
            note(f"{row.name} is skipped: {(done.stderr.strip().splitlines() or ['its prepare failed'])[-1]}")
    return ready


def consume_command(row, topic, programs, servers):
    if row.program:
        return [*row.program, "consume", servers, topic.name, str(topic.records)]
    return [programs / "paperboy_throughput", "--no-pin", "--bootstrap-servers", servers, "--child-mode", row.mode,
            "--child-topic", topic.name, "--child-sizes", ",".join(map(str, topic.sizes)), *row.options]


def counting_command(row, topic, programs, servers):
    """The program makes the topic that is written to, and starts itself again for the run."""
    return [programs / "paperboy_throughput", "--no-pin", "--bootstrap-servers", servers, "--topics", topic.kind,
            "--records", str(topic.records), "--modes", row.mode, "--rounds", "1"]


def latency_command(row, topic, records, warm_up, programs, servers):
    if row.program:
        return [*row.program, "latency", servers, topic, str(records), str(warm_up)]
    return [programs / "paperboy_latency", row.mode, servers, topic, str(records), str(warm_up)]
