"""confluent-kafka with its defaults, in batches, as bench/peers/README.md asks of a peer."""

from confluent_kafka import Consumer

import measured

servers, topic, records = measured.arguments()
count = measured.Count(records)
consumer = Consumer({"bootstrap.servers": servers, "group.id": measured.new_group(), "auto.offset.reset": "earliest"})
consumer.subscribe([topic])
while True:
    # A call that asks for more than will come waits out its timeout.
    messages = consumer.consume(min(1000, records - count.seen), timeout=1)
    for message in messages:
        if message.error():
            raise SystemExit(f"{message.error()}")
    if messages:
        count.add_all([message.value() for message in messages])
