"""Sends random bytes through many connections at once, in chunks of random sizes, and compares what comes back.

Arguments: port, connections, bytes in all, seed. Every connection shuts its writing half when it has sent its share.
"""

import random
import selectors
import socket
import sys

PATIENCE = 600


class Stream:
    def __init__(self, port, payload):
        self.payload = payload
        self.sent = 0
        self.received = 0
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)

    def send(self, size):
        try:
            self.sent += self.socket.send(self.payload[self.sent:self.sent + size])
        except BlockingIOError:
            return
        if self.sent == len(self.payload):
            self.socket.shutdown(socket.SHUT_WR)

    def receive(self, size):
        """Whether more is to come."""
        try:
            data = self.socket.recv(size)
        except BlockingIOError:
            return True
        if self.payload[self.received:self.received + len(data)] != data:
            sys.exit(f"other bytes came back, from {self.received} on")
        self.received += len(data)
        if not data and self.received != len(self.payload):
            sys.exit(f"the end came after {self.received} of {len(self.payload)} bytes")
        return bool(data)

    @property
    def events(self):
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self.sent < len(self.payload) else 0)


def main():
    port, connections, total, seed = map(int, sys.argv[1:])
    chance = random.Random(seed)
    pool = memoryview(chance.randbytes(total // connections + 4096))
    selector = selectors.DefaultSelector()
    open_streams = 0
    for _ in range(connections):
        start = chance.randrange(4096)
        stream = Stream(port, pool[start:start + total // connections])
        selector.register(stream.socket, stream.events, stream)
        open_streams += 1
    while open_streams > 0:
        ready = selector.select(PATIENCE)
        if not ready:
            sys.exit(f"{open_streams} connections have been silent for {PATIENCE} s")
        for key, events in ready:
            stream = key.data
            before = stream.events
            if events & selectors.EVENT_WRITE:
                stream.send(chance.randint(1, 65536))
            if events & selectors.EVENT_READ and not stream.receive(chance.randint(1, 65536)):
                selector.unregister(stream.socket)
                stream.socket.close()
                open_streams -= 1
            elif stream.events != before:
                selector.modify(stream.socket, stream.events, stream)
    print("all came back")


main()
