#!/usr/bin/env python3
"""The other side of avro_test.cpp and avro_logical_test.cpp: confluent-kafka's Avro serializer and deserializer.

    avro_peer.py write BOOTSTRAP REGISTRY TOPIC    produces ORDERS, the first by schema V1, the others by V2
    avro_peer.py read BOOTSTRAP REGISTRY TOPIC N   prints N records of partition 0, a line each
    avro_peer.py write-ledger BOOTSTRAP REGISTRY TOPIC SCHEMA    produces LEDGER by that schema
    avro_peer.py check-ledger BOOTSTRAP REGISTRY TOPIC           fails unless the first record is LEDGER
"""

import datetime
import decimal
import json
import struct
import sys
import uuid

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

V1 = json.dumps({
    "type": "record", "name": "order", "namespace": "shop", "fields": [
        {"name": "id", "type": "int"},
        {"name": "gone", "type": {"type": "map", "values": {"type": "array", "items": ["null", "double"]}}},
        {"name": "item", "type": "string"},
    ]})

V2 = json.dumps({
    "type": "record", "name": "order", "namespace": "shop", "fields": [
        {"name": "item", "type": "string"},
        {"name": "id", "type": "long"},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "lines", "type": {"type": "array", "items": {
            "type": "record", "name": "line", "fields": [
                {"name": "sku", "type": "string"}, {"name": "count", "type": "int"}]}}},
        {"name": "prices", "type": {"type": "map", "values": "double"}},
        {"name": "state", "type": {"type": "enum", "name": "state", "symbols": ["open", "paid"]}},
        {"name": "extra", "type": ["null", "long", "string", "line"]},
        {"name": "at_millis", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "at_micros", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "time_millis", "type": {"type": "int", "logicalType": "time-millis"}},
        {"name": "time_micros", "type": {"type": "long", "logicalType": "time-micros"}},
        {"name": "key", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
        {"name": "hash", "type": {"type": "fixed", "name": "hash", "size": 4}},
    ]})

UTC = datetime.timezone.utc


def full(item, **changes):
    record = {
        "item": item, "id": 2**40, "note": "quick", "lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": -2}],
        "prices": {"eur": 1.5, "usd": 2.25}, "state": "paid", "extra": {"sku": "c", "count": 3},
        "at_millis": datetime.datetime(2024, 2, 29, 12, 0, 0, 123000, UTC),
        "at_micros": datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
        "day": datetime.date(2024, 2, 29), "time_millis": datetime.time(23, 59, 59, 999000),
        "time_micros": datetime.time(0, 0, 0, 1), "key": uuid.UUID("12345678-1234-5678-1234-567812345678"),
        "total": decimal.Decimal("-1234.56"), "hash": b"\x00\x01\xfe\xff",
    }
    return {**record, **changes}


ORDERS = [
    (V1, {"id": 7, "gone": {"k": [None, 1.5]}, "item": "old"}),
    (V2, full("new")),
    (V2, full("other", note=None, lines=[], prices={}, state="open", extra=5)),
    (V2, full("last", extra="text")),
]

LEDGER = {
    "period": struct.pack("<III", 1, 2, 4_000_000_000), "nanos": 1_709_208_000_123_456_789,
    "local_millis": datetime.datetime(2024, 2, 29, 12, 0, 0, 123000),
    "local_micros": datetime.datetime(2024, 2, 29, 12, 0, 0, 123456),
    "price": decimal.Decimal("-1.005"), "total": decimal.Decimal("1234567890123456789012345678.90"),
    "key": uuid.UUID("12345678-1234-5678-1234-567812345678").bytes, "tag": b"\x00\x7f\xff", "blob": b"\xfe\x00",
    "root": {"name": "a", "below": [
        {"name": "b", "below": []}, {"name": "c", "below": [{"name": "d", "below": []}]}]},
}


def write(bootstrap, registry, topic):
    produce(bootstrap, registry, topic, ORDERS)


def write_ledger(bootstrap, registry, topic, schema):
    produce(bootstrap, registry, topic, [(schema, LEDGER)])


def produce(bootstrap, registry, topic, records):
    client = SchemaRegistryClient({"url": registry})
    producer = Producer({"bootstrap.servers": bootstrap})
    context = SerializationContext(topic, MessageField.VALUE)
    serializers = {text: AvroSerializer(client, text) for text, _ in records}
    for text, record in records:
        producer.produce(topic, value=serializers[text](record, context), partition=0)
    if producer.flush(30):
        sys.exit("not all records were acknowledged")


def read(bootstrap, registry, topic, count):
    for record in consume(bootstrap, registry, topic, int(count)):
        print(json.dumps(record, sort_keys=True, default=str), flush=True)


def check_ledger(bootstrap, registry, topic):
    record, = consume(bootstrap, registry, topic, 1)
    if record != LEDGER:
        sys.exit(f"read {record}, not {LEDGER}")


def consume(bootstrap, registry, topic, count):
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": registry}))
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "avro-peer"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    context = SerializationContext(topic, MessageField.VALUE)
    records = [deserialize(message.value(), context) for message in consumer.consume(count, 30)]
    consumer.close()
    return records


if __name__ == "__main__":
    {"write": write, "read": read, "write-ledger": write_ledger, "check-ledger": check_ledger}[sys.argv[1]](*sys.argv[2:])
