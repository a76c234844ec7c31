#!/usr/bin/env python3
"""The command `paperboy` beside kcat, confluent-kafka and Kafka's own ConsumerGroupCommand, on a real broker.

    command_test.py PAPERBOY ENGINE_CHILD JARS [TEST...]     JARS: tools/kafka/jars
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from command import (BROKERS, CLEAN, DEADLINE, NEWER, PAPERBOY, REGISTRY, await_that, create_topic, environment, lines,
                     make_topic, new_name, objects, run)

ENGINE_CHILD, JARS = sys.argv[1:3]
del sys.argv[1:3]

# A member of a group with the protocol of KIP-848: BROKERS GROUP TOPIC.
MEMBER = """
import sys, confluent_kafka
member = confluent_kafka.Consumer({"bootstrap.servers": sys.argv[1], "group.id": sys.argv[2], "group.protocol": "consumer",
                                   "auto.offset.reset": "earliest", "auto.commit.interval.ms": 100})
member.subscribe([sys.argv[3]])
while True:
    member.poll(0.1)
"""

# Leaves an aborted transaction in a partition: BROKERS TOPIC PARTITION.
ABORTED = """
import sys, confluent_kafka
brokers, topic, partition = sys.argv[1:]
producer = confluent_kafka.Producer({"bootstrap.servers": brokers, "transactional.id": topic})
producer.init_transactions(60)
producer.begin_transaction()
producer.produce(topic, b"aborted", partition=int(partition))
producer.flush(60)
producer.abort_transaction(60)
"""


class Records(unittest.TestCase):
    def test_format_strings_are_kcats(self):
        topic = create_topic("formats", 2)
        run("produce", "-t", topic, "-p", 1, "-K", ":", "-H", "a=1", "-H", "b", text="k1:v1\nk2:\nk3:v:3")
        formats = "%t %p %o %k %K %s %S %h %T %% \\x41\\t|\\n"
        by_kcat = subprocess.run(["kcat", "-C", "-b", BROKERS, "-t", topic, "-e", "-q", "-f", formats], check=True,
                                 capture_output=True, text=True).stdout
        self.assertEqual(run("consume", "-t", topic, "-e", "-f", formats)[0], by_kcat)
        self.assertIn("k3 2 v:3 3 a=1,b=NULL ", by_kcat)

    def test_places(self):
        topic = create_topic("places", 1)
        written = "".join(json.dumps({"payload": f"v{i}", "ts": 1_700_000_000_000 + i * 1000}) + "\n"
                                       for i in range(10))
        run("produce", "-t", topic, "--json", text=written)
        values = [f"v{i}" for i in range(10)]
        for place, expected in [("beginning", values), ("end", []), (7, values[7:]), (-2, values[8:]), (-99, values),
                                ("s@1700000004000", values[4:]), ("s@2023-11-14T22:13:27.500Z", values[8:])]:
            self.assertEqual(lines("consume", "-t", topic, "-e", "-o", place), expected, place)
        self.assertEqual(lines("consume", "-t", topic, "-o", 2, "-o", "e@1700000005000"), values[2:5])
        self.assertEqual(lines("consume", "-t", topic, "-c", 3), values[:3])
        group = new_name("stored")
        self.assertEqual(lines("consume", "-t", topic, "-o", "stored", "-g", group, "-c", 4, "--commit"), values[:4])
        self.assertEqual(lines("consume", "-t", topic, "-o", "stored", "-g", group, "-e", "--commit"), values[4:])
        self.assertEqual(objects("lag", "-g", group)[0]["lag"], 0)

    def test_delimiters_stand_for_themselves(self):
        topic = create_topic("delimiters")
        run("produce", "-t", topic, "-K", ":", text="k1:v1\nk2:v2\n")
        consume = lambda *how: run("consume", "-t", topic, "-e", *how)[0]
        self.assertEqual(consume("-K", "%"), "k1%v1\nk2%v2\n")
        self.assertEqual(consume("-K", "%s", "-O"), "0%sk1%sv1\n1%sk2%sv2\n")
        self.assertEqual(consume("-D", "%"), "v1%v2%")
        self.assertEqual(consume("-K", "\\x25k", "-D", "%%\\n"), "k1%kv1%%\nk2%kv2%%\n")
        self.assertEqual(consume("-D", "\\\\n"), "v1\\nv2\\n")

    def test_what_is_committed_is_what_was_shown(self):
        topic, group = create_topic("shown", 2), new_name("shown")
        for partition in 0, 1:
            run("produce", "-t", topic, "-p", partition, text="v\n" * 10)
        committed = lambda: {row["partition"]: row["offset"] for row in objects("offsets", "show", "-g", group)}
        consume = ["consume", "-t", topic, "-g", group, "--commit", "-J"]

        def begin_at(offset):
            run("offsets", "seek", "-g", group, "-t", topic, "--to", offset, "--execute")
            self.assertEqual(committed(), {0: offset, 1: offset})

        begin_at(5)
        with subprocess.Popen([PAPERBOY, *consume, "-b", BROKERS, "-o", "end", "-c", "1"], env=CLEAN, text=True,
                              stdout=subprocess.PIPE) as process:
            while process.poll() is None:  # where the end is, it finds in its own time
                run("produce", "-t", topic, "-p", 0, text="later\n")
            [shown] = map(json.loads, process.stdout)
        self.assertEqual((process.returncode, shown["partition"], shown["payload"]), (0, 0, "later"))
        self.assertEqual(committed(), {0: shown["offset"] + 1, 1: 5}, "it did not skip what nobody has seen")

        begin_at(5)
        [shown] = map(json.loads, lines(*consume, "-c", 1))
        self.assertEqual(shown["offset"], 0)
        self.assertEqual(committed(), {shown["partition"]: 1, 1 - shown["partition"]: 5}, "nor went back")
        begin_at(5)
        self.assertEqual(lines(*consume, "-o", "end", "-e"), [])
        self.assertEqual(committed(), {0: 5, 1: 5})

    def test_ends_that_were_reached_from_the_groups_offsets_are_committed(self):
        topic, group = create_topic("ends", 3), new_name("ends")
        run("produce", "-t", topic, "-p", 0, text="a\nb\n")
        subprocess.run([environment("PAPERBOY_TEST_PYTHON"), "-c", ABORTED, BROKERS, topic, "1"], check=True, timeout=120)
        await_that(lambda: [row["end"] for row in objects("topics", "-t", topic)] == [2, 2, 0])
        committed = lambda: {row["partition"]: row["offset"] for row in objects("offsets", "show", "-g", group)}
        consume = ["consume", "-t", topic, "-g", group, "--commit"]
        self.assertEqual(lines(*consume, "-o", "stored", "-c", 1), ["a"])
        self.assertEqual(committed(), {0: 1})
        self.assertEqual(lines(*consume, "-o", "stored", "-e"), ["b"])
        self.assertEqual(committed(), {0: 2, 1: 2}, "behind the transaction and its marker")
        self.assertEqual(sum(row["lag"] or 0 for row in objects("lag", "-g", group)), 0)

    def test_json_lines_go_round(self):
        first, second = create_topic("first", 2), create_topic("second", 2)
        run("produce", "-t", first, "-Z", "-K", ",", "-H", "h=1", text="a,1\nb,\n,3\n")
        run("produce", "-t", first, "-s", "base64", "-K", ",", text="/wA=,AAEC\n")
        copied = run("consume", "-t", first, "-e", "-J")[0]
        run("produce", "-t", second, "-J", text=copied)
        without = lambda name: sorted(
            json.dumps({**json.loads(line), "topic": "", "offset": 0, "partition": 0}, sort_keys=True)
            for line in run("consume", "-t", name, "-e", "-J")[0].splitlines())
        self.assertEqual(without(first), without(second))
        self.assertIn('{"base64": "/wA="}', "".join(without(first)))

    def test_msgpack_and_integers(self):
        topic = create_topic("msgpack")
        value = {"a": [1, -2, None, True, 1.5], "b": "ä"}
        run("produce", "-t", topic, "-s", "value=msgpack", "-s", "key=i64", "-K", "|", text=f"-7|{json.dumps(value)}\n")
        [got] = objects("consume", "-t", topic, "-e", "-s", "value=msgpack", "-s", "key=i64")
        self.assertEqual((got["key"], got["payload"]), (-7, value))
        [packed] = lines("consume", "-t", topic, "-e", "-s", "hex", "-K", "|")
        unpacked = subprocess.run([environment("PAPERBOY_TEST_PYTHON"), "-c", "import msgpack, sys; print(msgpack.unpackb("
                                   "bytes.fromhex(sys.argv[1])))", packed.split("|")[1]], check=True, capture_output=True,
                                  text=True).stdout
        self.assertEqual(unpacked.strip(), str(value))
        self.assertEqual(packed.split("|")[0], "fffffffffffffff9")

    def test_avro(self):
        topic = create_topic("avro")
        schema = {"type": "record", "name": "order", "namespace": "shop", "fields": [
            {"name": "id", "type": "long"}, {"name": "note", "type": ["null", "string"], "default": None},
            {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "line", "fields": [
                {"name": "sku", "type": "string"}, {"name": "count", "type": "int"}]}}},
            {"name": "prices", "type": {"type": "map", "values": "double"}},
            {"name": "state", "type": {"type": "enum", "name": "state", "symbols": ["open", "paid"]}},
            {"name": "extra", "type": ["null", "line", "long"]}, {"name": "raw", "type": "bytes"},
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}
        order = {"id": -(2**40), "note": "ä", "lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": -2}],
                 "prices": {"eur": 1.5}, "state": "paid", "extra": {"sku": "c", "count": 3}, "raw": "\x00ÿ",
                 "at": "2024-02-29T12:00:00.123Z"}
        with tempfile.NamedTemporaryFile("w", suffix=".avsc") as file:
            file.write(json.dumps(schema))
            file.flush()
            run("produce", "-t", topic, "-s", "value=avro", "--schema", file.name, text=json.dumps(order) + "\n")
        # The schema is the subject's latest now. A default stands for what is missing.
        less = {name: value for name, value in order.items() if name != "note"} | {"extra": 5}
        run("produce", "-t", topic, "-s", "value=avro", text=json.dumps(less) + "\n")
        self.assertEqual([each["payload"] for each in objects("consume", "-t", topic, "-e", "-s", "value=avro")],
                         [order, {**less, "note": None}])
        peer = """
import sys
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
consumer = Consumer({"bootstrap.servers": sys.argv[1], "group.id": "peer"})
consumer.assign([TopicPartition(sys.argv[3], 0, 0)])
read = AvroDeserializer(SchemaRegistryClient({"url": sys.argv[2]}))
for message in consumer.consume(2, 30):
    value = read(message.value(), SerializationContext(sys.argv[3], MessageField.VALUE))
    print(value["id"], value["note"], value["lines"], value["prices"], value["state"], value["extra"], value["raw"],
          value["at"].isoformat())
consumer.close()
"""
        read = subprocess.run([environment("PAPERBOY_TEST_PYTHON"), "-c", peer, BROKERS, REGISTRY, topic], check=True,
                              capture_output=True, text=True).stdout.splitlines()
        same = f"{order['lines']} {order['prices']} paid"
        end = "b'\\x00\\xff' 2024-02-29T12:00:00.123000+00:00"
        self.assertEqual(read, [f"{order['id']} ä {same} {order['extra']} {end}", f"{order['id']} None {same} 5 {end}"])
        wrong = run("produce", "-t", topic, "-s", "value=avro", text=json.dumps({**order, "id": "x"}), status=1)[1]
        self.assertIn('standard input:1: Avro: /id: expected a whole number of 64 bits, found "x"', wrong)

    def test_pipes_and_signals_end_it(self):
        topic = create_topic("pipes")
        run("produce", "-t", topic, text="line\n" * 100_000)
        done = subprocess.run(["bash", "-c", '"$0" consume -t "$1" | head -n 3; echo "${PIPESTATUS[0]}"', PAPERBOY, topic],
                              env={**CLEAN, "PAPERBOY_BROKERS": BROKERS}, capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(done.stdout.splitlines(), ["line"] * 3 + ["0"])
        self.assertEqual(done.stderr, "")
        with subprocess.Popen([PAPERBOY, "consume", "-b", BROKERS, "-t", topic, "-o", "-1"], stdout=subprocess.PIPE,
                              env=CLEAN) as process:
            self.assertEqual(process.stdout.readline(), b"line\n")
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(DEADLINE), 0)


class Errors(unittest.TestCase):
    def test_they_name_value_place_and_remedy(self):
        topic = create_topic("errors")
        away = run("lag", "-g", "g", "--timeout", 1, brokers="127.0.0.1:1", status=1)[1]
        self.assertIn("127.0.0.1:1", away)
        self.assertIn("check whether the brokers", away)
        self.assertIn('there is no topic "no-such-topic"', run("consume", "-t", "no-such-topic", "-e", status=1)[1])
        self.assertIn("has no partition 7; it has 0 to 0", run("consume", "-t", topic, "-p", 7, status=2)[1])
        self.assertIn("-o is \"bogus\"; write beginning, end", run("consume", "-t", topic, "-o", "bogus", status=2)[1])
        self.assertIn("did you mean \"security.protocol\"?",
                      run("consume", "-t", topic, "-X", "security.protocl=ssl", status=2)[1])
        self.assertIn("no brokers are named", run("lag", "-g", "g", brokers="", status=2)[1])
        run("produce", "-t", topic, text="no json\n")
        self.assertIn(f"{topic}[0]@0: the value cannot be shown: this is not JSON",
                      run("consume", "-t", topic, "-e", "-s", "json", status=1)[1])

    def test_secrets_are_not_shown(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(f"bootstrap.servers={BROKERS}\nsecurity.protocol=sasl_plaintext\nsasl.mechanism=PLAIN\n"
                       "sasl.username=me\nsasl.password=opensesame\nenable.auto.commit=false\n")
            file.flush()
            for verbose in [[], ["-v"]]:
                out, err = run("lag", "-F", file.name, "-g", "g", "--timeout", 1, *verbose, brokers="", status=1)
                self.assertNotIn("opensesame", out + err)

    def test_help_teaches(self):
        text = run("--help")[0]
        for command in ["consume", "produce", "topics", "lag", "offsets", "dlq", "table", "dev", "bench"]:
            self.assertIn(command, text)
            self.assertIn("Usage", run(command, "--help")[0])


class Groups(unittest.TestCase):
    def describe(self, group):
        """What Kafka's own tool says: rows of (topic, partition, current offset, end, lag, consumer, host, client)."""
        libs = subprocess.run([JARS], check=True, capture_output=True, text=True).stdout.strip()
        output = subprocess.run(["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{libs}/*",
                                 "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server",
                                 BROKERS, "--describe", "--group", group], check=True, capture_output=True, text=True,
                                timeout=120).stdout
        return sorted(tuple(row[1:9]) for row in map(str.split, output.splitlines()) if row and row[0] == group)

    def ours(self, group):
        return sorted(tuple(row[1:9]) for row in map(str.split, lines("lag", "-g", group)[1:]))

    def test_lag_agrees_with_kafkas_own_tool(self):
        topic, other = create_topic("lag", 3), create_topic("lag-other", 1)
        group = new_name("lag")
        run("produce", "-t", topic, "-K", ":", text="".join(f"{i}:v\n" for i in range(50)))
        run("produce", "-t", other, text="v\n" * 7)
        run("offsets", "seek", "-g", group, "-t", other, "--to", 3, "--execute")
        self.assertEqual(self.ours(group), [(other, "0", "3", "7", "4", "-", "-", "-")])
        self.assertEqual(self.ours(group), self.describe(group))
        with subprocess.Popen(["kcat", "-G", group, "-b", BROKERS, "-q", "-u", "-o", "beginning", "-X",
                               "auto.offset.reset=earliest", topic],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as member:
            try:
                rows = lambda: [row for row in objects("lag", "-g", group) if row["topic"] == topic]
                await_that(lambda: len(rows()) == 3 and all(row["lag"] == 0 and row["consumer_id"] for row in rows()))
                self.assertEqual(self.ours(group), self.describe(group))
            finally:
                member.kill()
        self.assertEqual(run("lag", "-g", group, "--fail-above", 3, status=3)[0].count(other), 1)
        run("lag", "-g", group, "--fail-above", 4)
        self.assertIn(group, {row["group"] for row in objects("lag", "--all-groups")})

    def test_a_group_whose_partitions_the_brokers_assign(self):
        """KIP-848: with an older librdkafka the members are not known, and it says so."""
        topic, group = create_topic("kip-848", 3), new_name("kip-848")
        run("produce", "-t", topic, "-K", ":", text="".join(f"{i}:v\n" for i in range(50)))
        with subprocess.Popen([environment("PAPERBOY_TEST_PYTHON"), "-c", MEMBER, BROKERS, group, topic],
                              stdin=subprocess.PIPE) as member:
            try:
                await_that(lambda: len(rows := objects("lag", "-g", group)) == 3 and all(r["lag"] == 0 for r in rows))
                by_kafka = self.describe(group)
                self.assertTrue(all(row[5] != "-" for row in by_kafka), by_kafka)
                newer = subprocess.run([NEWER, PAPERBOY, "lag", "-b", BROKERS, "-g", group], env=CLEAN, check=True,
                                       capture_output=True, text=True, timeout=DEADLINE)
                self.assertEqual(sorted(tuple(row.split()[1:9]) for row in newer.stdout.splitlines()[1:]), by_kafka)
                self.assertEqual(newer.stderr, "")
                out, err = run("lag", "-g", group)
                if "are not known" in err:
                    self.assertIn("run with librdkafka 2.10 or newer", err)
                    self.assertEqual(sorted(tuple(row.split()[1:7]) for row in out.splitlines()[1:]),
                                     [(*row[:5], "-") for row in by_kafka])
                self.assertIn("members, which would commit over it",
                              run("offsets", "seek", "-g", group, "-t", topic, "--to", 0, "--execute", status=1)[1])
            finally:
                member.kill()

    def test_watch_goes_on_until_it_is_stopped(self):
        topic, group = create_topic("watch"), new_name("watch")
        run("offsets", "seek", "-g", group, "-t", topic, "--to", "end", "--execute")
        with subprocess.Popen([PAPERBOY, "lag", "-b", BROKERS, "-g", group, "--watch", "0.1", "--json"], env=CLEAN,
                              stdout=subprocess.PIPE, text=True) as process:
            self.assertEqual(json.loads(process.stdout.readline())["lag"], 0)
            run("produce", "-t", topic, text="v\n")
            while json.loads(process.stdout.readline())["lag"] != 1:
                pass
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(DEADLINE), 0)

    def test_offsets_seek(self):
        topic, group = create_topic("seek", 2), new_name("seek")
        run("produce", "-t", topic, "--json", text="".join(
            json.dumps({"payload": "v", "ts": 1_700_000_000_000 + i * 1000}) + "\n" for i in range(10)) , status=0)
        ends = {row["partition"]: row["to"]
                for row in objects("offsets", "seek", "-g", group, "-t", topic, "--to", "end")}
        committed = lambda: {row["partition"]: row["offset"] for row in objects("offsets", "show", "-g", group)}
        self.assertEqual(sum(ends.values()), 10)
        self.assertEqual(committed(), {}, "it was a dry run")
        out, err = run("offsets", "seek", "-g", group, "-t", topic, "--to", "end")
        self.assertIn("--execute", err)
        seek = lambda *how: run("offsets", "seek", "-g", group, *how, "--execute")
        seek("-t", topic, "--to", "end")
        self.assertEqual(committed(), ends)
        seek("-t", f"{topic}:1", "--to", "beginning")
        self.assertEqual(committed(), {0: ends[0], 1: 0})
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write(run("offsets", "show", "-g", group, "--csv")[0])
            file.flush()
            seek("-t", topic, "--to", "s@1700000100000")
            self.assertEqual(committed(), ends, "no record is as late")
            seek("--from-file", file.name)
            self.assertEqual(committed(), {0: ends[0], 1: 0})
            for added, complaint in [("1,0", "[1] is named twice"), ("x,0", '4 is "' + topic + ',x,0"; write TOPIC,')]:
                file.seek(0, os.SEEK_END)
                before = file.tell()
                file.write(f"# more\n{topic},{added}\n")
                file.flush()
                self.assertIn(complaint, run("offsets", "seek", "-g", group, "--from-file", file.name, status=2)[1])
                file.truncate(before)
        self.assertIn("has no offset 99; it has 0 to",
                      run("offsets", "seek", "-g", group, "-t", topic, "--to", 99, "--execute", status=2)[1])
        seek("-t", topic, "--to", "s@1700000000000")
        self.assertEqual(committed(), {0: 0, 1: 0})
        seek("-t", topic, "--to", -1)
        self.assertEqual(committed(), {number: max(end - 1, 0) for number, end in ends.items()})


class Engines(unittest.TestCase):
    """Dead letters and tables that an engine has made."""

    def engine(self, group, topic, records, directory, *fixed):
        done = subprocess.run([ENGINE_CHILD, BROKERS, group, topic, str(records), directory, *fixed], capture_output=True,
                              text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_a_replay_empties_the_dead_letters_in_order(self):
        topic, group = create_topic("orders", 2), new_name("orders")
        letters = make_topic(f"{topic}.dlq", 2)
        records = [(f"k{i % 5}", f"{'bad' if i % 3 == 0 else 'good'}{i}") for i in range(60)]
        run("produce", "-t", topic, "-K", ":", "-H", "mine=1", text="".join(f"{k}:{v}\n" for k, v in records))
        with tempfile.TemporaryDirectory() as directory:
            self.engine(group, topic, 60, directory)
            self.assertEqual(objects("dlq", "list", "-t", letters),
                             [{"topic": letters, "partitions": 2, "letters": 20, "waiting": 20}])
            self.assertIn(letters, run("dlq", "list")[0])
            shown = objects("dlq", "show", letters)
            self.assertEqual(len(shown), 20)
            self.assertEqual({(each["origin"]["topic"], each["error"]["stage"], each["error"]["message"]) for each in shown},
                             {(topic, "on_message", "it is bad")})
            self.assertIn("it is bad", run("dlq", "show", letters, "-c", 1)[0])
            self.assertEqual(len(lines("dlq", "replay", letters, "--dry-run")), 20)
            self.assertEqual(objects("dlq", "replay", letters, "-c", 4)[0]["replayed"], 4)
            self.assertEqual(objects("dlq", "list", "-t", letters)[0]["waiting"], 16)
            self.assertEqual(objects("dlq", "replay", letters, "--rate", 1000), [{"topic": letters, "replayed": 16, "left": 0}])
            self.assertEqual(objects("dlq", "list", "-t", letters)[0]["waiting"], 0)
            self.assertEqual(objects("dlq", "replay", letters)[0]["replayed"], 0, "it goes on behind what was replayed")
            self.assertEqual(len(objects("dlq", "show", letters, "--all")), 20)
            handled = [line.split() for line in self.engine(group, topic, 20, directory, "fixed")]
        self.assertEqual(len(handled), 20)
        for key in {key for key, _ in records}:
            self.assertEqual([value for _, seen, value in handled if seen == key],
                             [value for seen, value in records if seen == key and value.startswith("bad")], "the order")
        headers = [each["headers"] for each in objects("consume", "-t", topic, "-e")]
        self.assertEqual(headers, [["mine", "1"]] * 80, "the engine's headers are gone, the others are kept")

    def test_a_replay_keeps_to_its_rate_and_to_the_order(self):
        """By the broker's clock, which is this machine's: no letter is back before its turn."""
        letters, target = create_topic("letters"), create_topic("target", 1, "message.timestamp.type=LogAppendTime")
        count, rate = 11, 5
        run("produce", "-t", letters, text="".join(f"{i}\n" for i in range(count)))
        began = int(time.time() * 1000)
        self.assertEqual(objects("dlq", "replay", letters, "--to", target, "--rate", rate),
                         [{"topic": letters, "replayed": count, "left": 0}])
        seen = objects("consume", "-t", target, "-e")
        self.assertEqual([each["payload"] for each in seen], [str(i) for i in range(count)])
        for i, each in enumerate(seen):
            self.assertGreaterEqual(each["ts"] - began, 1000 * i // rate, f"letter {i}")

    def test_verify_finds_a_flipped_byte_and_other_values(self):
        topic, group = create_topic("counts", 2), new_name("counts")
        changelog, table = f"counts-{topic}_changelog", f"counts-{topic}"
        keys = [f"key{i}" for i in range(300)]
        run("produce", "-t", topic, "-K", ":", text="".join(f"{key}:v\n" for key in keys + keys[:10]))
        with tempfile.TemporaryDirectory() as directory:
            self.engine(group, topic, 310, directory)
            shards = objects("table", "stats", directory)
            self.assertEqual([(each["table"], each["partition"], each["behind"]) for each in shards],
                             [(table, 0, 0), (table, 1, 0)])
            formats = ["-s", "value=i64"]
            self.assertEqual(lines("table", "get", directory, "key3", *formats), ["2"])
            self.assertEqual(lines("table", "get", directory, "key200", *formats), ["1"])
            self.assertIn("has the key \"nobody\"", run("table", "get", directory, "nobody", *formats, status=1)[1])
            dumped = dict(line.split("\t") for line in lines("table", "dump", directory, *formats))
            self.assertEqual(dumped, {key: "2" if key in keys[:10] else "1" for key in keys})
            self.assertEqual(objects("table", "verify", directory), [
                {"shards": 2, "entries": 300, "findings": 0, "changelog_compared": True}])

            other = create_topic("other-changelog", 2)
            for partition in [0, 1]:
                records = objects("consume", "-t", changelog, "-p", partition, "-e")
                if partition == 1:
                    wrong = next(each for each in records if each["key"] not in keys[:10])
                    wrong["payload"] = "wrong"
                run("produce", "-t", other, "-p", partition, "-J", text="".join(json.dumps(each) + "\n" for each in records))
            found = objects("table", "verify", directory, "--changelog", other, status=3)
            self.assertEqual([(each.get("finding"), each.get("key")) for each in found],
                             [("other_changelog", None), ("other_changelog", None), ("difference", wrong["key"]),
                              (None, None)])
            self.assertEqual((found[0]["stored"].split("#")[0].split("/")[1], found[0]["changelog"].split("/")[1]),
                             (changelog, other))

            files = sorted(pathlib.Path(directory).glob("db-*/*.sst"))
            self.assertTrue(files)
            for file in files:
                sound = file.read_bytes()
                # In the first block, which has entries.
                file.write_bytes(sound[:20] + bytes([sound[20] ^ 1]) + sound[21:])
                damaged = [each["file"] for each in objects("table", "verify", directory, status=3)
                           if each.get("finding") == "damaged_file"]
                self.assertEqual(damaged, [str(file)])
                self.assertIn(file.name, run("table", "verify", directory, brokers="", status=3)[0])
                file.write_bytes(sound)
            run("table", "verify", directory)


    def test_verify_does_not_keep_the_values_of_a_changelog(self):
        count, size, room = 300, 700_000, 140_000_000
        topic, group = create_topic("large"), new_name("large")
        run("produce", "-t", topic, "-K", ":", text="".join(f"key{i}:v\n" for i in range(count)))
        other = create_topic("large-changelog")
        # Piece by piece: what is measured below begins as a copy of this process, whose memory counts as well.
        for i in range(count):
            run("produce", "-t", other, "-K", ":", "-z", "none", text=f"key{i}:{'x' * size}\n")
        with tempfile.TemporaryDirectory() as directory:
            self.engine(group, topic, count, directory)
            with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
                verify = [PAPERBOY, "table", "verify", directory, "-b", BROKERS, "--changelog", other, "--json", "-X",
                          "queued.max.messages.kbytes=8192"]
                with subprocess.Popen(verify, env=CLEAN, stdout=output, stderr=subprocess.DEVNULL) as process:
                    _, status, used = os.wait4(process.pid, 0)
                    process.returncode = os.waitstatus_to_exitcode(status)
                output.seek(0)
                found = [json.loads(line) for line in output]
        self.assertEqual(process.returncode, 3)
        differences = [each for each in found if each.get("finding") == "difference"]
        self.assertEqual({each["key"] for each in differences}, {f"key{i}" for i in range(count)})
        for each in differences:
            self.assertIn('has another value of: ', each["text"])
            self.assertRegex(each["text"], r'in the store, "x{60}"… in the change at offset \d+$')
        self.assertLess(used.ru_maxrss * 1024, room, f"of {count * size:,} bytes of values")


class Machines(unittest.TestCase):
    def test_dev(self):
        with tempfile.TemporaryDirectory() as directory:
            dev = lambda *what, **how: objects("dev", *what, "--dir", directory, **how)
            self.assertEqual(dev("status", status=1), [{"broker": "stopped", "registry": "stopped"}])
            try:
                [up] = dev("up", "--no-registry", "--topic", "views:3", patience=180)
                self.assertEqual(dev("status")[0]["broker"], "running")
                run("produce", "-t", "views", "-p", 2, text="v\n", brokers=up["brokers"])
                self.assertEqual(lines("consume", "-t", "views", "-e", brokers=up["brokers"]), ["v"])
                self.assertEqual(dev("up", "--no-registry", "--topic", "views:3", patience=180), [up])
            finally:
                dev("down")
            self.assertEqual(dev("status", status=1)[0]["broker"], "stopped")

    def test_bench(self):
        phases = objects("bench", "--records", 20_000, "--partitions", 2)
        self.assertEqual([(each["phase"], each["records"]) for each in phases], [("produced", 20_000), ("handled", 20_000)])
        self.assertNotRegex(run("dlq", "list", "--suffix", "")[0], r"paperboy-bench-\d{12}")


if __name__ == "__main__":
    unittest.main()
