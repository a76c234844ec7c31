#!/usr/bin/env python3
"""What `paperboy consume` shows of Avro and MessagePack, `paperboy produce` takes back, or refuses: it is never another
value.

    formats_test.py PAPERBOY [TEST...]
"""

import json
import subprocess
import tempfile
import unittest

from command import BROKERS, REGISTRY, create_topic, environment, lines, objects, run


def logical(type, name, **more):
    return {"type": type, "logicalType": name, **more}


def fixed(name, size, logical_type, **more):
    return {"type": "fixed", "name": name, "size": size, "logicalType": logical_type, **more}


PRICE = logical("bytes", "decimal", precision=10, scale=2)
FIELDS = {
    "price": (PRICE, "-12.50"),
    "zero": (PRICE, "0.00"),
    "least": (logical("bytes", "decimal", precision=3), "-128"),
    "huge": (logical("bytes", "decimal", precision=60, scale=20), "1234567890123456789012345678901234567890.00000000000000000001"),
    "amount": (fixed("amount", 6, "decimal", precision=12, scale=3), "-0.001"),
    "maybe": (["null", logical("bytes", "decimal", precision=4, scale=1)], "99.9"),
    "nothing": (["null", logical("bytes", "decimal", precision=4, scale=1)], None),
    "day": (logical("int", "date"), "1969-12-31"),
    "far_day": (logical("int", "date"), 5_000_000),
    "millis": (logical("int", "time-millis"), "23:59:59.999"),
    "micros": (logical("long", "time-micros"), "00:00:00.000001"),
    "at_millis": (logical("long", "timestamp-millis"), "1969-12-31T23:59:59.999Z"),
    "at_micros": (logical("long", "timestamp-micros"), "0001-01-01T00:00:00.000001Z"),
    "at_nanos": (logical("long", "timestamp-nanos"), "1677-09-21T00:12:43.145224192Z"),
    "far": (logical("long", "timestamp-micros"), 2**62),
    "local": (logical("long", "local-timestamp-millis"), "2024-02-29T12:00:00.123Z"),
    "id": (logical("string", "uuid"), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
    "raw_id": (fixed("raw_id", 16, "uuid"), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
    "span": (fixed("span", 12, "duration"), {"months": 1, "days": 2, "milliseconds": 4_294_967_295}),
    "ratio": ("double", "NaN"),
    "limit": ("float", "-Infinity"),
    "tenth": ("float", 0.10000000149011612),
    "plain": (logical("bytes", "decimal", precision=2, scale=3), "ÿ"),  # more digits behind the point than in all
    "of": (["int", "double", {"type": "map", "values": "int"}, "string", PRICE], {"bytes": "1.50"}),
}


def schema_of(fields):
    """A record of fields, each (type, value) or (type, value, further attributes)."""
    return {"type": "record", "name": "all", "fields": [
        {"name": name, "type": type, **dict(*more)} for name, (type, _, *more) in fields.items()]}


class Avro(unittest.TestCase):
    def produce(self, topic, schema, value, **how):
        with tempfile.NamedTemporaryFile("w", suffix=".avsc") as file:
            file.write(json.dumps(schema))
            file.flush()
            return run("produce", "-t", topic, "-s", "value=avro", "--schema", file.name, text=json.dumps(value) + "\n", **how)

    def test_logical_types_go_round(self):
        topic = create_topic("logical")
        fields = {name: each for name, each in FIELDS.items() if name != "of"}
        value = {name: each[1] for name, each in fields.items()}
        self.produce(topic, schema_of(fields), value)
        [first] = lines("consume", "-t", topic, "-e", "-s", "value=avro")
        self.assertEqual(json.loads(first), value)
        run("produce", "-t", topic, "-s", "value=avro", text=first + "\n")
        bytes = lines("consume", "-t", topic, "-e", "-s", "hex")
        self.assertEqual(bytes[0], bytes[1])

    def test_another_implementation_reads_the_same(self):
        topic = create_topic("logical-peer")
        names = ["price", "zero", "least", "huge", "amount", "maybe", "day", "millis", "micros", "at_millis", "at_micros", "id"]
        fields = {name: FIELDS[name] for name in names}
        self.produce(topic, schema_of(fields), {name: each[1] for name, each in fields.items()})
        peer = """
import sys
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
consumer = Consumer({"bootstrap.servers": sys.argv[1], "group.id": "peer"})
consumer.assign([TopicPartition(sys.argv[3], 0, 0)])
read = AvroDeserializer(SchemaRegistryClient({"url": sys.argv[2]}))
[message] = consumer.consume(1, 30)
for name, value in read(message.value(), SerializationContext(sys.argv[3], MessageField.VALUE)).items():
    print(name, format(value, "f") if name in ("price", "zero", "least", "huge", "amount", "maybe") else value)
consumer.close()
"""
        read = subprocess.run([environment("PAPERBOY_TEST_PYTHON"), "-c", peer, BROKERS, REGISTRY, topic], check=True,
                              capture_output=True, text=True).stdout.splitlines()
        expected = {name: str(fields[name][1]) for name in names}
        expected |= {"millis": "23:59:59.999000", "at_millis": "1969-12-31 23:59:59.999000+00:00",
                     "at_micros": "0001-01-01 00:00:00.000001+00:00"}
        self.assertEqual(read, [f"{name} {expected[name]}" for name in names])

    def test_what_cannot_be_written_names_its_field(self):
        topic = create_topic("refused")
        for name, wrong, complaint in [
                ("price", "12.505", "a decimal of up to 10 digits, 2 of them behind the point"),
                ("price", "123456789.00", "a decimal of up to 10 digits"),
                ("price", 12, "a decimal of up to 10 digits"),
                ("price", "ÿ", "a decimal of up to 10 digits"),
                ("price", "1.", "a decimal of up to 10 digits"),
                ("amount", "999999999.999", "a decimal that 4 bytes can hold"),
                ("day", "2024-02-29T12:00:00Z", "a date such as"),
                ("millis", "12:00:00.0001", "a time of day of whole milliseconds"),
                ("micros", "24:00:00", "a time of day of whole microseconds"),
                ("at_millis", "2024-02-29T12:00:00.0001Z", "a time of whole milliseconds"),
                ("at_micros", "yesterday", "a time of whole microseconds"),
                ("at_nanos", "2262-04-11T23:47:16.854775808Z", "a time within the range of nanoseconds"),
                ("raw_id", "f81d4fae", "a UUID"),
                ("span", {"months": -1, "days": 2, "milliseconds": 3}, '{"months": …, "days": …, "milliseconds": …}'),
                ("span", "abcdefghijkl", '{"months": …, "days": …, "milliseconds": …}'),
                ("limit", 1e39, "a number within the range of a float"),
                ("limit", 2**24 + 1, "a whole number that a float can hold"),
                ("limit", -2**24 - 1, "a whole number that a float can hold"),
                ("ratio", 2**53 + 1, "a whole number that a double can hold"),
                ("ratio", 2**64 - 1, "a whole number that a double can hold"),
                ("ratio", "nan", "a number")]:
            with self.subTest(name=name, wrong=wrong):
                type = fixed("amount", 4, "decimal", precision=12, scale=3) if name == "amount" else FIELDS[name][0]
                error = self.produce(topic, schema_of({name: (type, None)}), {name: wrong}, status=1)[1]
                self.assertIn(f"standard input:1: Avro: /{name}: expected {complaint}", error)
        error = self.produce(topic, schema_of({"price": FIELDS["price"]}), {"price": "1", "prize": "2"}, status=1)[1]
        self.assertIn('Avro: /prize: expected nothing, since record all has no such field, found "2"', error)
        error = self.produce(topic, schema_of({"maybe": FIELDS["maybe"]}), {"maybe": "1.25"}, status=1)[1]
        self.assertIn("Avro: /maybe: expected a decimal of up to 4 digits", error)
        self.assertEqual(lines("consume", "-t", topic, "-e"), [])

    def test_what_a_union_s_branches_can_both_hold_needs_a_name(self):
        topic = create_topic("unions")
        schema = schema_of({"of": FIELDS["of"]})
        error = self.produce(topic, schema, {"of": "1.50"}, status=1)[1]
        self.assertIn('Avro: /of: "1.50" can be several branches of the union: string, bytes; name one, as {"string": …}',
                      error)
        for given, shown, start in [({"bytes": "1.50"}, "1.50", "08"), ({"string": "1.50"}, "1.50", "06"), ("a", "a", "06"),
                                    (1, 1, "00"), (1.0, 1.0, "02"), (2**40, float(2**40), "02"), ({"a": 1}, {"a": 1}, "04")]:
            with self.subTest(given=given):
                self.produce(topic, schema, {"of": given})
                self.assertEqual(objects("consume", "-t", topic, "-o", -1, "-e", "-s", "value=avro")[0]["payload"], {"of": shown})
                self.assertEqual(lines("consume", "-t", topic, "-o", -1, "-e", "-s", "hex")[0][10:12], start)

    def test_defaults_are_as_the_schema_has_them(self):
        """A default of bytes is a text of their characters, also for a decimal: "\\u00fb\\u001e" is -1250."""
        topic = create_topic("defaults")
        self.produce(topic, schema_of({"price": (PRICE, None, {"default": "\u00fb\u001e"}),
                                       "day": (logical("int", "date"), None, {"default": 19_782})}), {})
        self.assertEqual(objects("consume", "-t", topic, "-e", "-s", "value=avro")[0]["payload"],
                         {"price": "-12.50", "day": "2024-02-29"})


class Lines(unittest.TestCase):
    def refused(self, topic, record, *how):
        good = json.dumps({"payload": None})
        text = record if isinstance(record, str) else json.dumps(record)
        error = run("produce", "-t", topic, "-J", *how, text=text + "\n" + good + "\n", status=1)[1]
        self.assertIn("standard input:1: ", error)
        return error

    def test_a_line_that_is_no_record_is_refused(self):
        topic = create_topic("lines-refused")
        for record, complaint in [
                ({"key": "k"}, "payload: it is missing; write null for a tombstone"),
                ({"key": "k", "value": "v"}, "value: a record has no such field; there are payload, key, headers and ts"),
                ({"payload": "v", "Key": "k"}, "Key: a record has no such field"),
                ({"payload": None, "payload_error": "no schema"}, "payload_error: a record has no such field"),
                ([1], "a record is a JSON object, as `consume --json` writes them, not [1]"),
                ("5", "a record is a JSON object"),
                ({"payload": "v", "headers": ["a", "1", "b"]}, "headers: expected an array of names, each with its value"),
                ({"payload": "v", "headers": {"a": "1"}}, 'headers: expected an array of names, each with its value behind it, '
                                                          'found {"a":"1"}'),
                ({"payload": "v", "headers": None}, "headers: expected an array"),
                ({"payload": "v", "headers": [1, "1"]}, "headers: a name is a text, not 1"),
                ({"payload": "v", "headers": [None, "1"]}, "headers: a name is a text, not null"),
                ({"payload": "v", "headers": ["a", 1]}, 'headers: a value is a text, {"base64": …} or null, not 1'),
                ({"payload": "v", "headers": ["a", {"base64": "§"}]}, "headers: \"§\" is not base64"),
                ({"payload": "v", "ts": 1.5}, "ts: expected milliseconds since 1970, a whole number"),
                ({"payload": "v", "ts": True}, "ts: expected milliseconds since 1970"),
                ({"payload": "v", "ts": -1}, "ts: expected milliseconds since 1970"),
                ({"payload": "v", "ts": 2**63}, "ts: expected milliseconds since 1970"),
                ({"payload": "v", "key": {"base64": "§"}}, "key: \"§\" is not base64")]:
            with self.subTest(record=record):
                self.assertIn("standard input:1: " + complaint, self.refused(topic, record))
        self.assertEqual(lines("consume", "-t", topic, "-e"), [])

    def test_the_line_is_named_and_what_stands_in_front_of_it_sent(self):
        topic = create_topic("lines-second")
        error = run("produce", "-t", topic, "-J", text='{"payload": "v"}\n{"key": "k"}\n{"payload": "w"}\n', status=1)[1]
        self.assertIn("standard input:2: payload: it is missing", error)
        self.assertEqual(lines("consume", "-t", topic, "-e"), ["v"])

    def test_numbers_that_a_format_cannot_hold_are_refused(self):
        topic = create_topic("numbers-refused")
        for size, wrong in [(32, 2**31), (32, -2**31 - 1), (32, 2**40), (64, 2**63), (64, -2**63 - 1), (64, 2**64 + 5)]:
            self.check_number(topic, size, wrong)
        for size in 32, 64:
            for wrong in [1.5, 1.0, 1e3, True, False, "7", [7], {"a": 7}]:
                self.check_number(topic, size, wrong)
        self.assertEqual(lines("consume", "-t", topic, "-e"), [])

    def check_number(self, topic, size, wrong):
        complaint = f"expected a whole number of {size} bits, found "
        with self.subTest(size=size, wrong=wrong):
            self.assertIn("payload: " + complaint, self.refused(topic, {"payload": wrong}, "-s", f"value=i{size}"))
            self.assertIn("key: " + complaint,
                          self.refused(topic, {"payload": "v", "key": wrong}, "-s", f"key=i{size}"))

    def test_what_a_format_holds_goes_round(self):
        for size in 32, 64:
            topic = create_topic("numbers")
            numbers = [0, 1, -1, 2**(size - 1) - 1, -2**(size - 1)]
            text = "".join(json.dumps({"key": None, "payload": each}) + "\n" for each in [*numbers, None])
            run("produce", "-t", topic, "-J", "-s", f"value=i{size}", text=text)
            shown = objects("consume", "-t", topic, "-e", "-s", f"value=i{size}")
            self.assertEqual([each["payload"] for each in shown], [*numbers, None])

    def test_all_that_consume_and_kcat_write_is_taken(self):
        first, second = create_topic("written"), create_topic("taken")
        run("produce", "-t", first, "-J", text=json.dumps(
            {"key": {"base64": "AP8="}, "payload": None, "headers": ["a", "1", "b", None, "c", {"base64": "/w=="}],
             "ts": 1_700_000_000_000}) + "\n")
        shown = run("consume", "-t", first, "-e", "-J")[0]
        self.assertEqual(set(json.loads(shown)), {"topic", "partition", "offset", "ts", "headers", "key", "payload"})
        run("produce", "-t", second, "-J", text=shown)
        run("produce", "-t", first, "-k", "k", text="v\n")
        by_kcat = subprocess.run(["kcat", "-C", "-b", BROKERS, "-t", first, "-o", "1", "-e", "-q", "-J"], check=True,
                                 capture_output=True, text=True).stdout
        run("produce", "-t", second, "-J", text=by_kcat.replace('{"topic"', '{"key_schema_id": 1, "value_schema_id": 2, "topic"'))
        topics = [[{**each, "topic": ""} for each in objects("consume", "-t", topic, "-e")] for topic in (first, second)]
        self.assertEqual(*topics)


class MessagePack(unittest.TestCase):
    # What Python's msgpack makes of some values, and what is shown of it.
    PACKED = {
        '{"a": b"\\x00\\xff", "b": "x"}': {"a": {"base64": "AP8="}, "b": "x"},
        'b""': {"base64": ""},
        '[msgpack.ExtType(5, b"\\x01"), msgpack.Timestamp(1)]':
            [{"base64": "AQ==", "extension": 5}, {"base64": "AAAAAQ==", "extension": -1}],
        '[float("nan"), float("inf"), -float("inf"), 1.0]':
            [{"float": "NaN"}, {"float": "Infinity"}, {"float": "-Infinity"}, 1.0],
        '{"base64": "AP8="}': {"map": {"base64": "AP8="}},
        '{"base64": b"x"}': {"base64": {"base64": "eA=="}},
        '{"base64": "AP8=", "extension": 1}': {"map": {"base64": "AP8=", "extension": 1}},
        '{"map": {"float": "NaN"}}': {"map": {"map": {"map": {"float": "NaN"}}}},
        '{"map": 1, "base64": 2}': {"map": 1, "base64": 2},
    }

    def packed(self):
        code = "import msgpack\n" + "".join(f"print(msgpack.packb({each}).hex())\n" for each in self.PACKED)
        return subprocess.run([environment("PAPERBOY_TEST_PYTHON"), "-c", code], check=True, capture_output=True,
                              text=True).stdout

    def test_all_values_go_round(self):
        first, second, third = (create_topic(name) for name in ["packed", "again", "lines"])
        packed = self.packed()
        run("produce", "-t", first, "-s", "hex", text=packed)
        shown = run("consume", "-t", first, "-e", "-s", "msgpack")[0]
        self.assertEqual([json.loads(line) for line in shown.splitlines()], list(self.PACKED.values()))
        run("produce", "-t", second, "-s", "msgpack", text=shown)
        self.assertEqual(run("consume", "-t", second, "-e", "-s", "hex")[0], packed)
        run("produce", "-t", third, "-s", "msgpack", "-J", text=run("consume", "-t", first, "-e", "-J", "-s", "msgpack")[0])
        self.assertEqual(run("consume", "-t", third, "-e", "-s", "hex")[0], packed)

    def test_what_is_not_of_that_form_is_refused(self):
        topic = create_topic("malformed")
        for wrong, complaint in [('{"base64": "§"}', "is not base64"), ('{"float": "1"}', 'is none of "NaN"'),
                                 ('{"base64": "", "extension": 128}', "a whole number from -128 to 127, not 128")]:
            self.assertIn(complaint, run("produce", "-t", topic, "-s", "msgpack", text=wrong + "\n", status=1)[1])


if __name__ == "__main__":
    unittest.main()
