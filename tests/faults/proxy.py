"""A TCP proxy with faults, in a thread of its own: one port in front of one broker."""

import asyncio
import threading


class Proxy:
    """`target` may be set later; `latency` is in seconds, each way."""

    def __init__(self):
        self.target = None
        self.latency = 0.0
        self.silent = False  # takes bytes and passes nothing on
        self.cut_after = None  # bytes of the next answers, then the connection is reset
        self.cuts = 0  # how often a connection was reset on purpose
        self._writers = set()
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(10)

    def _run(self, ready):
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()

    async def _accept(self, reader, writer):
        try:
            onward_reader, onward_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, onward_writer)
        self._writers.update(pair)
        try:
            await asyncio.gather(
                self._pump(reader, onward_writer, False), self._pump(onward_reader, writer, True)
            )
        except OSError:
            pass
        finally:
            for each in pair:
                self._writers.discard(each)
                each.transport.abort()

    async def _pump(self, reader, writer, answers):
        while data := await reader.read(65536):
            while self.silent:
                await asyncio.sleep(0.02)
            if self.latency:
                await asyncio.sleep(self.latency)
            if answers and self.cut_after is not None:
                data, rest = data[: self.cut_after], len(data) - self.cut_after
                self.cut_after = max(0, self.cut_after - len(data))
                if rest > 0:
                    self.cut_after = None
                    self.cuts += 1
                    writer.write(data)
                    await writer.drain()
                    raise ConnectionResetError
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError

    def cut(self):
        """Resets every connection there is; new ones are welcome."""

        def abort():
            self.cuts += len(self._writers)
            for writer in list(self._writers):
                writer.transport.abort()

        self._loop.call_soon_threadsafe(abort)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
