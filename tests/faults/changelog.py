"""Reads the changelog of a table that counts texts, by Python's own client and MessagePack: nothing of paperboy's.

Where records keep coming, a broker that leads one partition only never answers with none of it, and the client would never
say that the partition is at its end. So the ends are asked for before; a leader that was elected just now refuses to tell
one that might be too low."""

import time

import msgpack
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition


def read(servers, topic, partitions, deadline=120.0):
    """All (key, value) pairs, in the order of each partition; the value of a tombstone is None."""
    reader = Consumer(
        {"bootstrap.servers": servers, "group.id": "changelog-reader", "enable.auto.commit": False,
         "isolation.level": "read_committed", "auto.offset.reset": "earliest", "log_level": 0}
    )
    pairs, end = [], time.monotonic() + deadline
    try:
        left = {partition: end_of(reader, topic, partition, end) for partition in partitions}
        reader.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in left])
        while any(left.values()):
            if time.monotonic() > end:
                raise TimeoutError(f"{topic} cannot be read up to {left}")
            for record in reader.consume(10000, timeout=0.2):
                if record.error():
                    continue
                value = record.value()
                pairs.append((msgpack.unpackb(record.key()), None if value is None else msgpack.unpackb(value)))
                if record.offset() >= left[record.partition()] - 1:
                    left[record.partition()] = 0
    finally:
        reader.close()
    return pairs


def end_of(reader, topic, partition, deadline):
    """Its high watermark, as soon as it has a leader that tells it."""
    while True:
        try:
            return reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
