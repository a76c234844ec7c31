"""A proxy in front of a broker that hands out no records: as one that leads partitions and has died since it was asked."""

import contextlib
import socket
import struct
import threading

FETCH = 1


def receive(peer, size):
    data = b""
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def frames(peer):
    """The requests or responses of a connection, with their sizes, until it ends."""
    with contextlib.suppress(OSError):
        while True:
            size = receive(peer, 4)
            yield size + receive(peer, *struct.unpack(">i", size))


def end(*peers):
    for peer in peers:
        with contextlib.suppress(OSError):
            peer.shutdown(socket.SHUT_RDWR)


class FetchlessBroker:
    """Ends connections that ask for records, and lets all else through. The broker's address in its answers becomes the
    proxy's, so that clients stay with it."""

    def __init__(self, broker):
        host, port = broker.split(":")
        self.broker = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        ours = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{ours}"
        self.theirs, self.ours = (host.encode() + struct.pack(">i", each) for each in (int(port), ours))

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        end(self.listener)
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client, socket.create_connection(self.broker) as broker:
            answers = threading.Thread(target=self.answer, args=(client, broker))
            answers.start()
            self.ask(client, broker)
            answers.join()

    def ask(self, client, broker):
        with contextlib.suppress(OSError):
            for request in frames(client):
                if struct.unpack_from(">h", request, 4)[0] == FETCH:
                    break
                broker.sendall(request)
        end(client, broker)

    def answer(self, client, broker):
        with contextlib.suppress(OSError):
            for response in frames(broker):
                client.sendall(response.replace(self.theirs, self.ours))
        end(client, broker)
