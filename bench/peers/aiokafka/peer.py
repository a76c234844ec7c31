"""aiokafka with its defaults, in batches, as bench/peers/README.md asks of a peer."""

import asyncio

from aiokafka import AIOKafkaConsumer

import measured


async def main():
    servers, topic, records = measured.arguments()
    count = measured.Count(records)
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=servers, group_id=measured.new_group(),
                                auto_offset_reset="earliest")
    await consumer.start()
    while True:
        for messages in (await consumer.getmany(timeout_ms=1000)).values():
            count.add_all([message.value for message in messages])


asyncio.run(main())
