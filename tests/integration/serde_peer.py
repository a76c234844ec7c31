"""Writes and reads JSON and MessagePack as Python's own modules do.

    serde_peer.py write BOOTSTRAP TOPIC FORMAT          an order, then values of every kind, each as key and as value
    serde_peer.py read BOOTSTRAP TOPIC FORMAT COUNT     prints the key and the value of that many records, as Python has them
"""

import json
import sys

import msgpack
from confluent_kafka import Consumer, Producer, TopicPartition

FORMATS = {
    "json": (lambda value: json.dumps(value).encode(), json.loads),
    "msgpack": (msgpack.packb, msgpack.unpackb),
}

ORDER = {
    "id": 2**40, "item": "a \"thing\" für 5 €", "note": None, "lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": -2}],
    "prices": {"eur": 1.5, "usd": 2.25}, "state": "paid", "extra": {"sku": "c", "count": 3}, "unknown": [[{}]],
}

BOTH = [
    None, True, False, 0, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1, 2**64 - 1, -1, -32, -33, -128, -129,
    -2**15, -2**15 - 1, -2**31, -2**31 - 1, -2**63, 0.0, 1.5, -1e300, "", "ä€😀", "x" * 31, "x" * 32, "x" * 255, "x" * 256,
    "x" * 65535, "x" * 65536, [], list(range(15)), list(range(16)), list(range(70000)), {}, {"b": 1, "a": [None, {"c": [1]}]},
    {str(i): i for i in range(15)}, {str(i): i for i in range(16)}, {str(i): 0 for i in range(66000)},
]
VALUES = {"json": BOTH, "msgpack": BOTH + [float("inf"), b"", b"\x00\xff", b"x" * 256, b"x" * 65536, [b"x", "x"]]}


def write(bootstrap, topic, form):
    producer = Producer({"bootstrap.servers": bootstrap})
    pack = FORMATS[form][0]
    for value in [ORDER] + VALUES[form]:
        packed = pack(value)
        producer.produce(topic, key=packed if len(packed) < 100_000 else pack("large"), value=packed, partition=0)
    if producer.flush(30):
        sys.exit("not all records were acknowledged")
    print(1 + len(VALUES[form]))


def read(bootstrap, topic, form, count):
    unpack = FORMATS[form][1]
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "serde-peer"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    for message in consumer.consume(int(count), 30):
        print(repr(unpack(message.key())), repr(unpack(message.value())), flush=True)
    consumer.close()


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
