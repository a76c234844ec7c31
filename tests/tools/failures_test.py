#!/usr/bin/env python3
"""The command `paperboy` where something goes wrong: arguments, input, signals, brokers that hand out no records.

    failures_test.py PAPERBOY ENGINE_CHILD [TEST...]
"""

import array
import base64
import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import termios
import unittest

from command import BROKERS, CLEAN, DEADLINE, PAPERBOY, await_that, create_topic, lines, new_name, objects, run
from fetchless_broker import FetchlessBroker

ENGINE_CHILD = sys.argv.pop(1)


def run_engine(group, topic, records, directory):
    subprocess.run([ENGINE_CHILD, BROKERS, group, topic, str(records), directory], check=True, timeout=DEADLINE,
                   stdout=subprocess.DEVNULL)


class Arguments(unittest.TestCase):
    def test_a_partition_that_is_missing_is_not_all_partitions(self):
        topic, group = create_topic("empty", 2), new_name("empty")
        run("produce", "-t", topic, "-K", ":", text="".join(f"{i}:v\n" for i in range(20)))
        run("offsets", "seek", "-g", group, "-t", topic, "--to", "end", "--execute")
        before = lines("offsets", "show", "-g", group, "--csv")
        for numbers in ["", "0,", ",0", "0,,1"]:
            self.assertIn(f'-t is "{topic}:{numbers}"; write TOPIC or TOPIC:PARTITION',
                          run("offsets", "seek", "-g", group, "-t", f"{topic}:{numbers}", "--to", "beginning",
                              "--execute", status=2)[1])
        self.assertEqual(lines("offsets", "show", "-g", group, "--csv"), before)
        run("offsets", "seek", "-g", group, "-t", f"{topic}:1,0", "--to", "beginning", "--execute")
        self.assertEqual({row["offset"] for row in objects("offsets", "show", "-g", group)}, {0})

    def test_lag_that_is_not_known_is_no_small_one(self):
        topic, other, group = create_topic("unknown"), create_topic("unknown-other"), new_name("unknown")
        run("offsets", "seek", "-g", group, "-t", topic, "--to", "end", "--execute")
        run("lag", "-g", group, "--fail-above", 0)
        fails = lambda *how: run("lag", *how, "--fail-above", 1_000_000_000, status=3)[1]
        self.assertIn(f'the lag of group "{group}x" is not known', fails("-g", group, "-g", group + "x"))
        self.assertIn(f'the lag of group "{group}" in topic "{other}" is not known', fails("-g", group, "-t", other))
        self.assertIn("is not known", fails("--all-groups", "-t", other))
        run("lag", "--all-groups", "-t", topic, "--fail-above", 0)
        # A member has the partition, and has committed nothing.
        with subprocess.Popen(["kcat", "-G", group, "-b", BROKERS, "-q", "-X", "enable.auto.commit=false", other],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as member:
            try:
                await_that(lambda: any(row["topic"] == other for row in objects("lag", "-g", group)))
                run("lag", "-g", group, "--fail-above", 0) # there never was a record
                run("produce", "-t", other, text="a\n")
                self.assertIn(f'the lag of group "{group}" in {other}[0] is not known', fails("-g", group))
                self.assertIn("is not known", fails("-g", group, "--watch", "0.1"))
                run("lag", "-g", group)
            finally:
                member.kill()

    def test_a_property_without_its_sign_is_not_echoed(self):
        for wrong in ["sasl.password:opensesame", "=opensesame"]:
            err = run("lag", "-g", "g", "-X", "sasl.username=me", "-X", wrong, status=2)[1]
            self.assertIn("-X number 2 is no property; write NAME=VALUE", err)
            self.assertNotIn("opensesame", err)


class Input(unittest.TestCase):
    def test_what_comes_before_a_record_that_cannot_be_shown_is_shown(self):
        topic = create_topic("broken")
        run("produce", "-t", topic, text='{"a":1}\n[2]\nno json\n3\n')
        out, err = run("consume", "-t", topic, "-e", "-s", "json", status=1)
        self.assertEqual(out.splitlines(), ['{"a":1}', "[2]"])
        self.assertIn(f"{topic}[0]@2: the value cannot be shown: this is not JSON", err)

    def test_what_comes_before_a_record_that_cannot_be_sent_is_sent(self):
        topic = create_topic("unsent")
        self.assertIn("standard input:3: this is not JSON",
                      run("produce", "-t", topic, "-s", "json", text="1\n2\nno json\n4\n", status=1)[1])
        self.assertEqual(lines("consume", "-t", topic, "-e"), ["1", "2"])

    def test_a_letter_that_cannot_be_replayed_repeats_none(self):
        """Those in front of it are committed: one that does not say where it came from, then one that the brokers
        refuse."""
        letters, target = create_topic("letters"), create_topic("target")
        origin = ["-H", f"__paperboy.errors.topic={target}"]
        run("produce", "-t", letters, *origin, text="a\nb\nc\n")
        run("produce", "-t", letters, text="stray\n")
        run("produce", "-t", letters, *origin, text="d\n")
        for _ in range(2):
            self.assertIn(f"{letters}[0]@3 does not say where it came from", run("dlq", "replay", letters, status=1)[1])
            self.assertEqual(lines("consume", "-t", target, "-e"), ["a", "b", "c"])
            self.assertEqual(objects("dlq", "list", "-t", letters)[0]["waiting"], 2)

        letters, target = create_topic("letters"), create_topic("small", 1, "max.message.bytes=1000")
        large = base64.b64encode(os.urandom(3000)).decode()
        run("produce", "-t", letters, text=f"a\nb\n{large}\nd\n")
        for _ in range(2):
            # One by one: the brokers refuse a batch as a whole.
            error = run("dlq", "replay", letters, "--to", target, "--rate", 10, status=1)[1]
            self.assertIn(f"cannot produce to {target}", error)
            self.assertEqual(lines("consume", "-t", target, "-e")[:2], ["a", "b"])
            self.assertEqual(objects("dlq", "list", "-t", letters)[0]["waiting"], 2)
        self.assertEqual(lines("consume", "-t", target, "-e").count("a"), 1)

    def test_all_is_produced_when_the_reader_of_its_echo_goes_away(self):
        topic, count = create_topic("echo"), 100_000
        done = subprocess.run(["bash", "-c", 'seq "$2" | "$0" produce -T -t "$1" | head -n 1; echo "${PIPESTATUS[1]}"',
                               PAPERBOY, topic, str(count)], env={**CLEAN, "PAPERBOY_BROKERS": BROKERS},
                              capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual((done.stdout.splitlines(), done.stderr), (["1", "0"], ""))
        self.assertEqual(objects("topics", "-t", topic)[0]["end"], count)

    def test_what_cannot_be_read_is_not_empty(self):
        """A directory, which can be opened."""
        topic, group = create_topic("unread"), new_name("unread")
        with tempfile.TemporaryDirectory() as directory:
            for how in [(directory,), ("-w", directory)]:
                self.assertIn(f"cannot read {directory}", run("produce", "-t", topic, *how, status=1)[1])
            unread = os.open(directory, os.O_RDONLY)
            done = subprocess.run([PAPERBOY, "produce", "-b", BROKERS, "-t", topic], env=CLEAN, stdin=unread,
                                  capture_output=True, text=True, timeout=DEADLINE)
            os.close(unread)
            self.assertEqual(done.returncode, 1)
            self.assertIn("cannot read standard input", done.stderr)
            self.assertIn(f"cannot read {directory} (--from-file)",
                          run("offsets", "seek", "-g", group, "--from-file", directory, "--execute", status=1)[1])
            self.assertIn(f"cannot read {directory} (-F)", run("lag", "-g", group, "-F", directory, status=1)[1])
        self.assertEqual(lines("consume", "-t", topic, "-e"), [])

    def test_errors_in_whole_files_name_the_file(self):
        topic = create_topic("whole")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("no json\n")
            file.flush()
            self.assertIn(f"paperboy: {file.name}: this is not JSON",
                          run("produce", "-t", topic, "-s", "json", "-w", file.name, status=1)[1])
            self.assertIn(f'paperboy: {file.name}: there is no ":" (-K) behind a key',
                          run("produce", "-t", topic, "-K", ":", "-w", file.name, status=1)[1])
            self.assertIn(f'paperboy: {file.name}:1: there is no ":" (-K) behind a key',
                          run("produce", "-t", topic, "-K", ":", file.name, status=1)[1])
            run("produce", "-t", topic, "-w", file.name)
        self.assertEqual(lines("consume", "-t", topic, "-e", "-s", "base64"), ["bm8ganNvbgo="])

    def test_json_that_is_nested_without_end_is_refused(self):
        """What walks JSON goes down by recursion."""
        topic = create_topic("deep")
        deep, most = "[" * 100_000 + "]" * 100_000, "[" * 1000 + "]" * 1000
        told = "it is nested more than 1000 levels deep"
        run("produce", "-t", topic, text=f"1\n{most}\n{deep}\n")
        out, err = run("consume", "-t", topic, "-e", "-J", "-s", "json", status=1)
        self.assertEqual([most in line for line in out.splitlines()], [False, True])
        self.assertIn(f"{topic}[0]@2: the value cannot be shown: {told}", err)
        line = json.dumps({"payload": 1}).replace("1", deep)
        for how, text in [(["-s", "json"], deep), (["-s", "msgpack"], deep), (["-J"], line), (["-J", "-s", "json"], line)]:
            self.assertIn(f"standard input:1: {told}", run("produce", "-t", topic, *how, text=text, status=1)[1])
        with tempfile.NamedTemporaryFile("w", suffix=".avsc") as file:
            node = {"type": "record", "name": "node", "fields": [{"name": "next", "type": ["null", "node"]}]}
            file.write(json.dumps(node))
            file.flush()
            avro = ["-s", "value=avro", "--schema", file.name]
            self.assertIn(told, run("produce", "-t", topic, *avro, text=deep, status=1)[1])
            run("produce", "-t", topic, *avro, text='{"next":' * 999 + "null" + "}" * 999 + "\n")
            self.assertIn('"no json" is not JSON, which Avro is written from',
                          run("produce", "-t", topic, *avro, text="no json\n", status=1)[1])
            file.seek(0)
            file.write('{"type":' * 100_000 + '"int"' + "}" * 100_000)
            file.flush()
            run("produce", "-t", topic, *avro, text="1", status=1)


class Tables(unittest.TestCase):
    def test_verify_tells_all_that_it_finds(self):
        """A changelog that ends in front of a shard's offset is a finding, beside those of the other shards."""
        topic, group = create_topic("verify", 2), new_name("verify")
        run("produce", "-t", topic, "-K", ":", text="".join(f"key{i}:v\n" for i in range(100)))
        with tempfile.TemporaryDirectory() as directory:
            run_engine(group, topic, 100, directory)
            other = create_topic("shorter-changelog", 2)
            for partition, kept in [(0, 1), (1, None)]:
                records = objects("consume", "-t", f"counts-{topic}_changelog", "-p", partition, "-e")
                if partition == 1:
                    records[-1]["payload"] = "wrong"
                run("produce", "-t", other, "-p", partition, "-J",
                    text="".join(json.dumps(each) + "\n" for each in records[:kept]))
            found = objects("table", "verify", directory, "--changelog", other, status=3)
            self.assertEqual([(each.get("finding"), each.get("partition")) for each in found],
                             [("other_changelog", 0), ("changelog_out_of_reach", 0), ("other_changelog", 1),
                              ("difference", 1), (None, None)])
            self.assertIn(f"{other}[0] ends at 1, in front of the store's offset", found[1]["text"])
            self.assertIn(f"[0] cannot be compared: {other}[0] ends at 1",
                          run("table", "verify", directory, "--changelog", other, status=3)[0])


class Member(subprocess.Popen):
    """A member of a new group. Killed in the end, since it may wait for somebody who reads what it writes."""

    def __init__(self, *how):
        super().__init__([PAPERBOY, "consume", "-b", BROKERS, "-G", new_name("member"), *how], env=CLEAN,
                         stdout=subprocess.PIPE)

    def __exit__(self, *why):
        self.kill()
        return super().__exit__(*why)


def waiting_bytes(pipe):
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def catches(process, number):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        caught = next(line.split()[1] for line in status if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (number - 1) & 1)


class Signals(unittest.TestCase):
    def test_produce_sends_no_half_of_a_line(self):
        topic = create_topic("half")
        with subprocess.Popen([PAPERBOY, "produce", "-b", BROKERS, "-t", topic], env=CLEAN, stdin=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdin.write(b"whole\nha")
            process.stdin.flush()
            await_that(lambda: lines("consume", "-t", topic, "-e") == ["whole"])
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(DEADLINE), 130)
            self.assertIn(b"ended by a signal after 1 records", process.stderr.read())
        self.assertEqual(lines("consume", "-t", topic, "-e"), ["whole"])

    def test_what_has_an_end_was_interrupted_in_front_of_it(self):
        """The command cannot end before, since nobody reads what it writes."""
        topic = create_topic("ended")
        run("produce", "-t", topic, text="line\n" * 100_000)
        for how in [("consume", "-t", topic, "-e"), ("consume", "-t", topic, "-c", "99999"),
                    ("consume", "-t", topic, "-o", "e@2100-01-01T00:00:00Z"), ("dlq", "show", topic)]:
            with subprocess.Popen([PAPERBOY, *how, "-b", BROKERS], env=CLEAN, stdout=subprocess.PIPE) as process:
                process.stdout.readline()
                process.send_signal(signal.SIGTERM)
                self.assertGreater(len(process.stdout.read()), 0)
                self.assertEqual(process.wait(DEADLINE), 130, how)
            run(*how)

    def test_what_a_member_was_to_show_was_interrupted_in_front_of_it(self):
        topic = create_topic("ended-member")
        run("produce", "-t", topic, text="line\n" * 100_000)
        for how in ("-e", "-q"), ("-c", "99999", "-q"):
            with Member(topic, *how) as process:
                process.stdout.readline()
                process.send_signal(signal.SIGTERM)
                process.stdout.read()
                self.assertEqual(process.wait(DEADLINE), 130, how)

    def test_a_second_signal_ends_a_member_whose_reader_takes_nothing(self):
        topic = create_topic("stalled")
        run("produce", "-t", topic, text="line\n" * 100_000)
        with Member(topic, "-q") as process:
            await_that(lambda: waiting_bytes(process.stdout) > 65_000) # of the 65536 of a pipe
            process.send_signal(signal.SIGTERM)
            await_that(lambda: not catches(process, signal.SIGTERM))
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(DEADLINE), -signal.SIGTERM)


class Brokers(unittest.TestCase):
    def test_brokers_that_are_away_keep_no_member_waiting(self):
        for topic in "views", "^views":
            err = run("consume", "-G", "g", topic, "--timeout", 1, brokers="127.0.0.1:1", status=1)[1]
            self.assertIn("127.0.0.1:1", err)

    def test_a_broker_that_hands_out_nothing_is_not_waited_for(self):
        topic, group = create_topic("fetchless"), new_name("fetchless")
        run("produce", "-t", topic, "-K", ":", text="key:v\n" * 10)
        with tempfile.TemporaryDirectory() as directory, FetchlessBroker(BROKERS) as broker:
            run_engine(group, topic, 10, directory)
            for how, of in [(("dlq", "show", topic), topic), (("dlq", "replay", topic, "--to", topic), topic),
                            (("table", "verify", directory), f"counts-{topic}_changelog")]:
                err = run(*how, "--timeout", 10, brokers=broker.address, status=1)[1]
                told, last = err.splitlines()[0], err.splitlines()[-1]
                self.assertIn(broker.address, told)
                self.assertIn(f'nothing more has come of topic "{of}" for 10000 ms: ', last)
                self.assertIn("give a longer --timeout", last)
        run("dlq", "show", topic)


if __name__ == "__main__":
    unittest.main()
