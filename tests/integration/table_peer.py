"""Writes and reads changelogs as the Python package does whose tables these were: MessagePack keys and values, null for None.

    table_peer.py write BOOTSTRAP CHANGELOG     writes a table's changes; prints how many entries it has in the end
    table_peer.py read BOOTSTRAP CHANGELOG      prints "equal", or in which entries a changelog differs from that table
"""

import sys

import msgpack
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition

TABLE = {
    "text": "für 5 €", "empty": "", "bytes": b"\x00\xff", "integer": 42, "large": 2**63, "small": -(2**63), "float": 1.5,
    "true": True, "dict": {"count": 3, "last": {"page": "/", "seconds": [1, 2.5]}}, "list": [1, "two", b"3", None, []],
    "again": "after a tombstone", "überall": 1, "x" * 300: "y" * 70_000, 7: "seven", -1: "minus one", b"\x01": "key of bytes",
}
CHANGES = (
    [("again", "before"), ("again", None), ("gone", 1), ("never", None), ("integer", 41)]
    + list(TABLE.items())
    + [("gone", {"a": 1}), ("gone", None)]
)


def write(bootstrap, changelog):
    producer = Producer({"bootstrap.servers": bootstrap})
    for key, value in CHANGES:
        packed = None if value is None else msgpack.packb(value)
        producer.produce(changelog, key=msgpack.packb(key), value=packed, partition=0)
    if producer.flush(30):
        sys.exit("not all records were acknowledged")
    print(len(TABLE))


def read(bootstrap, changelog):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "table-peer", "enable.partition.eof": True})
    consumer.assign([TopicPartition(changelog, 0, OFFSET_BEGINNING)])
    table, ended = {}, False
    while not ended:
        record = consumer.poll(30)
        if record is None:
            sys.exit("the changelog has no end")
        if record.error():
            ended = record.error().code() == KafkaError._PARTITION_EOF
        elif record.value() is None:
            table.pop(msgpack.unpackb(record.key()), None)
        else:
            table[msgpack.unpackb(record.key(), strict_map_key=False)] = msgpack.unpackb(record.value())
    consumer.close()
    different = [key for key in TABLE.keys() | table.keys() if repr(TABLE.get(key)) != repr(table.get(key))]
    print("equal" if not different else {key: (TABLE.get(key), table.get(key)) for key in different})


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
