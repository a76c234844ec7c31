"""kafka-paperboy for Python with its defaults, record by record, as bench/peers/README.md asks of a peer."""

import asyncio
import logging

from paperboy import Engine, Handler

import measured

servers, name, records = measured.arguments()
count = measured.Count(records)


class Counting(Handler):
    topic = name

    @classmethod
    async def on_message(cls, msg, ctx):
        count.add(msg.value)


engine = Engine(Counting, bootstrap_servers=servers, group_id=measured.new_group(), logger_level=logging.WARNING)
asyncio.run(engine.start())
