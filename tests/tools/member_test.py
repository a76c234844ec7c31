#!/usr/bin/env python3
"""`paperboy consume -G`: a member of a group that prints, and commits what it has printed; beside kcat's -G.

    member_test.py PAPERBOY [TEST...]
"""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import unittest

from command import BROKERS, CLEAN, DEADLINE, PAPERBOY, await_that, create_topic, lines, new_name, objects, run


def produce(topic, values, *how):
    run("produce", "-t", topic, *how, text="".join(f"{value}\n" for value in values))


def lag(group):
    return sum(row["lag"] for row in objects("lag", "-g", group))


@contextlib.contextmanager
def member(group, *arguments, command=(PAPERBOY, "consume")):
    """A member at work: a process, and a function that tells the lines that it has printed."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([*command, "-b", BROKERS, "-G", group, "-q", *arguments], env=CLEAN, stdout=output)

        def printed():
            # The process writes where the file stands, so that has to stay.
            return os.pread(output.fileno(), os.fstat(output.fileno()).st_size, 0).decode().splitlines()

        try:
            yield process, printed
        finally:
            process.kill()
            process.wait()


def end(process):
    process.send_signal(signal.SIGTERM)
    return process.wait(DEADLINE)


class Members(unittest.TestCase):
    def test_what_was_printed_is_committed(self):
        topic, group = create_topic("member", 2), new_name("member")
        produce(topic, [f"k{i}:v{i}" for i in range(100)], "-K", ":")
        out, err = run("consume", "-G", group, topic, "-e", "-f", "%t %p %k=%s\\n")
        self.assertEqual(sorted(line.split()[2] for line in out.splitlines()), sorted(f"k{i}=v{i}" for i in range(100)))
        self.assertEqual({line.split()[0] for line in out.splitlines()}, {topic})
        self.assertIn(f'group "{group}": assigned {topic}[0] {topic}[1]\n', err)
        self.assertEqual(lag(group), 0)
        self.assertEqual(lines("consume", "-G", group, topic, "-e"), [], "all of it was committed")
        produce(topic, ["more"])
        self.assertEqual(lines("consume", "-G", group, topic, "-e"), ["more"])

    def test_a_count_is_exact(self):
        topic, group = create_topic("count"), new_name("count")
        produce(topic, range(1000))
        for first in (0, 7, 14):
            shown = lines("consume", "-G", group, topic, "-c", 7)
            self.assertEqual(shown, [str(i) for i in range(first, first + 7)])
            self.assertEqual(objects("offsets", "show", "-g", group)[0]["offset"], first + 7)

    def test_what_cannot_be_shown_is_not_committed(self):
        topic, group = create_topic("broken"), new_name("broken")
        produce(topic, ["1", "2", "no json", "4"])
        out, err = run("consume", "-G", group, topic, "-s", "json", status=1)
        self.assertEqual(out.splitlines(), ["1", "2"])
        self.assertIn(f"paperboy: {topic}[0]@2: the value cannot be shown: this is not JSON", err)
        self.assertEqual(err.count("cannot be shown"), 1)
        self.assertEqual(lines("consume", "-G", group, topic, "-e"), ["no json", "4"])

    def test_where_it_begins(self):
        topic, group = create_topic("begin"), new_name("begin")
        run("produce", "-t", topic, "--json",
            text="".join(json.dumps({"payload": f"v{i}", "ts": 1_700_000_000_000 + i * 1000}) + "\n" for i in range(10)))
        values = [f"v{i}" for i in range(10)]
        consume = lambda *how, group=group: lines("consume", "-G", group, topic, "-e", *how)
        self.assertEqual(consume(), values)
        self.assertEqual(consume("-o", "beginning"), values, "although the group has committed")
        self.assertEqual(consume("-o", "s@1700000007000"), values[7:])
        self.assertEqual(consume("-o", "end", "-X", "enable.auto.commit=True"), [])
        self.assertEqual(consume("-X", "auto.offset.reset=latest", group=new_name("late")), [])
        for wrong in [("-o", "-3"), ("-X", "enable.auto.commit=false"), ("-X", "topic.auto.commit.enable = F"),
                      ("-g", "other"), ("-p", "0")]:
            self.assertNotEqual(run("consume", "-G", group, topic, *wrong, status=2)[1], "")
        self.assertIn("with -G it is stored, beginning", run("consume", "-G", group, topic, "-o", 3, status=2)[1])
        self.assertIn("the group's name is empty", run("consume", "-G", "", topic, status=2)[1])
        self.assertIn("no topic is named", run("consume", "-G", group, status=2)[1])
        self.assertIn('there is no topic "no-such-topic"', run("consume", "-G", group, "no-such-topic", status=1)[1])

    def test_topics_and_expressions(self):
        topics = [create_topic("several") for _ in range(3)]
        for topic in topics:
            produce(topic, [topic])
        self.assertEqual(sorted(lines("consume", "-G", new_name("several"), *topics[:2], "-e")), sorted(topics[:2]))
        expression = "^" + topics[0].rsplit("-", 1)[0] + "-"
        self.assertEqual(sorted(lines("consume", "-G", new_name("several"), expression, "-e")), sorted(topics))

    def test_members_share_and_hand_over(self):
        """One of ours and one of kcat's: nothing is missed, nothing is shown twice."""
        topic, group = create_topic("shared", 4), new_name("shared")
        total = lambda: ours() + theirs()
        assigned = lambda: {row["consumer_id"] for row in objects("lag", "-g", group)}
        with member(group, topic) as (process, ours):
            produce(topic, [f"k{i}:a{i}" for i in range(200)], "-K", ":")
            await_that(lambda: len(ours()) == 200)
            kcat = ["-u", "-X", "auto.offset.reset=earliest", topic]
            with member(group, *kcat, command=("kcat",)) as (peer, theirs):
                await_that(lambda: len(assigned()) == 2)
                produce(topic, [f"k{i}:b{i}" for i in range(200)], "-K", ":")
                await_that(lambda: len(total()) >= 400)
                self.assertEqual(sorted(total()), sorted(f"{part}{i}" for part in "ab" for i in range(200)))
                self.assertTrue(theirs(), "kcat had a share")
                await_that(lambda: lag(group) == 0)
                self.assertEqual(end(process), 0)
                produce(topic, [f"k{i}:c{i}" for i in range(200)], "-K", ":")
                await_that(lambda: sum(line.startswith("c") for line in theirs()) == 200)
                self.assertEqual(len(total()), 600)

    def test_a_closed_pipe_ends_it(self):
        topic, group = create_topic("pipe"), new_name("pipe")
        produce(topic, range(50_000)) # more than a pipe holds
        done = subprocess.run(["bash", "-c", '"$0" consume -q -G "$1" "$2" | head -n 3; echo "${PIPESTATUS[0]}"', PAPERBOY,
                               group, topic], env={**CLEAN, "PAPERBOY_BROKERS": BROKERS}, capture_output=True, text=True,
                              timeout=DEADLINE)
        self.assertEqual((done.stdout.splitlines(), done.stderr), (["0", "1", "2", "0"], ""))
        offset = objects("offsets", "show", "-g", group)[0]["offset"]
        self.assertGreaterEqual(offset, 3)
        self.assertLess(offset, 50_000)

    def test_the_end_commits_what_was_printed_last(self):
        topic, group = create_topic("last"), new_name("last")
        with member(group, topic) as (process, printed):
            for part in range(1, 4):
                produce(topic, range(100))
                await_that(lambda: len(printed()) >= part * 100)
            self.assertEqual(end(process), 0)
            self.assertEqual(objects("offsets", "show", "-g", group)[0]["offset"], len(printed()))


class Kcats(unittest.TestCase):
    """Options under kcat's letters do what kcat does."""

    def test_of_consume(self):
        topic = create_topic("letters")
        produce(topic, ["k1:v1", "k2:", ":v3"], "-K", ":")
        for options in [[], ["-K", "|"], ["-K", "|", "-D", ";"], ["-o", "-2", "-c", "1"]]:
            common = ["-b", BROKERS, "-t", topic, "-e", "-q", "-m", "20", *options]
            theirs = subprocess.run(["kcat", "-C", *common], check=True, capture_output=True, text=True).stdout
            self.assertEqual(run("consume", *common)[0], theirs, options)
        # kcat 1.7.1 accepts -O and shows no offsets.
        self.assertEqual(lines("consume", "-t", topic, "-e", "-O", "-K", "|"), ["0|k1|v1", "1|k2|", "2||v3"])
        self.assertEqual(lines("consume", topic, "-e"), ["v1", "", "v3"], "a topic without -t")
        self.assertEqual(lines("consume", "-p", 0, topic, "-e"), ["v1", "", "v3"], "a topic behind the partitions")
        self.assertIn("one topic is shown", run("consume", "-e", status=2)[1])
        self.assertIn("one topic is shown", run("consume", topic, topic, "-e", status=2)[1])

    def test_of_produce(self):
        topic = create_topic("letters")
        out = run("produce", "-t", topic, "-z", "gzip", "-T", "-c", 2, "-p", -1, "-l", text="a\nb\nc\n")[0]
        self.assertEqual(out, "a\nb\n")
        self.assertEqual(lines("consume", "-t", topic, "-e"), ["a", "b"])
        self.assertIn("compression.type", run("produce", "-t", topic, "-z", "none-such", text="a\n", status=2)[1])

    def test_whole_files(self):
        topic = create_topic("whole")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("a\nb")
            file.flush()
            self.assertEqual(run("produce", "-t", topic, "-w", "-T", "-c", 2, *[file.name] * 3)[0], "a\nb\n" * 2)
        self.assertEqual(lines("consume", "-t", topic, "-e", "-D", ";"), ["a", "b;a", "b;"])

    def test_a_file_of_kcats(self):
        topic = create_topic("file")
        produce(topic, "abc")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(f"# kcat's\nbootstrap.servers={BROKERS}\n\ntopic.auto.offset.reset = latest\n"
                       "topic.metadata.refresh.interval.ms=10000\ntopic.request.required.acks=-1\n"
                       "topic.auto.commit.enable=false\nenable.idempotence=false\n")
            file.flush()
            self.assertEqual(lines("consume", "-F", file.name, "-G", new_name("file"), topic, "-e", brokers=""), [])
            self.assertIn("librdkafka", run("consume", "-F", file.name, "-t", topic, "-e", "-d", "broker", brokers="")[1])
            run("produce", "-F", file.name, "-t", topic, brokers="", text="d\n")
            self.assertEqual(lines("consume", "-t", topic, "-e"), [*"abcd"])
            err = run("produce", "-F", file.name, "-t", topic, "-X", "acks=1", brokers="", text="e\n", status=2)[1]
            self.assertIn('"acks" cannot be set', err)

    def test_topics(self):
        topic = create_topic("listed", 3)
        run("produce", "-t", topic, "-p", 1, "--json",
            text="".join(json.dumps({"payload": f"v{i}", "ts": 1_700_000_000_000 + i * 1000}) + "\n" for i in range(10)))
        self.assertIn({"topic": topic, "partitions": 3}, objects("topics"))
        self.assertEqual([(each["partition"], each["beginning"], each["end"], each["offset"])
                          for each in objects("topics", "-t", topic, "-o", "s@1700000004000")],
                         [(0, 0, 0, 0), (1, 0, 10, 4), (2, 0, 0, 0)])
        by_kcat = subprocess.run(["kcat", "-Q", "-b", BROKERS, "-t", f"{topic}:1:1700000004000"], check=True,
                                 capture_output=True, text=True).stdout
        self.assertEqual(by_kcat, f"{topic} [1] offset 4\n")
        self.assertEqual([row.split() for row in lines("topics", "-t", topic)][2], [topic, "1", "0", "10"])
        self.assertIn('there is no topic "no-such-topic"', run("topics", "-t", "no-such-topic", status=1)[1])


if __name__ == "__main__":
    unittest.main()
