"""Reads the changelog of a table that counts texts, by Python's own client and MessagePack: nothing of paperboy's."""

import time

import msgpack
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition


def read(servers, topic, partitions, deadline=120.0):
    """All (key, value) pairs, in the order of each partition; the value of a tombstone is None."""
    reader = Consumer(
        {"bootstrap.servers": servers, "group.id": "changelog-reader", "enable.auto.commit": False,
         "enable.partition.eof": True, "isolation.level": "read_committed", "log_level": 0}
    )
    open_partitions, pairs, end = set(range(partitions)), [], time.monotonic() + deadline
    reader.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in open_partitions])
    while open_partitions:
        if time.monotonic() > end:
            raise TimeoutError(f"{topic} cannot be read to its end")
        for record in reader.consume(10000, timeout=0.2):
            if record.error() and record.error().code() == KafkaError._PARTITION_EOF:
                open_partitions.discard(record.partition())
            elif not record.error():
                value = record.value()
                pairs.append((msgpack.unpackb(record.key()), None if value is None else msgpack.unpackb(value)))
    reader.close()
    return pairs
