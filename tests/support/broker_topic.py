"""Creates a topic and waits until clients can see it. Starts far sooner than Kafka's own tool, which is in Java.

    broker_topic.py BROKERS NAME PARTITIONS [CONFIG=VALUE...]     with PAPERBOY_TEST_PYTHON
"""

import sys
import time

from confluent_kafka.admin import AdminClient, NewTopic

DEADLINE = 60


def main():
    brokers, name, partitions, *settings = sys.argv[1:]
    admin = AdminClient({"bootstrap.servers": brokers})
    topic = NewTopic(name, int(partitions), 1, config=dict(each.split("=", 1) for each in settings))
    admin.create_topics([topic])[name].result(DEADLINE)
    end = time.monotonic() + DEADLINE
    while True:
        seen = admin.list_topics(name, timeout=DEADLINE).topics[name].partitions.values()
        if sum(each.leader >= 0 for each in seen) == int(partitions):
            return
        if time.monotonic() > end:
            sys.exit(f"topic {name} does not appear")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
