"""Clients who say nothing: idle_crowd.py PORT CLIENTS SECONDS

Each must be told, not before so many seconds have passed since it came, every other one not before twice as many.
"""

import selectors
import socket
import sys
import time

port, count, limit = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
selector = selectors.DefaultSelector()
for number in range(count):
    client = socket.socket()
    start = time.monotonic()
    client.connect(("127.0.0.1", port))
    least = limit * (1 + number % 2)
    selector.register(client, selectors.EVENT_READ, [number, start + least, b""])
while selector.get_map():
    events = selector.select(300)
    assert events, "nothing came"
    for key, _ in events:
        number, earliest, said = key.data
        assert time.monotonic() >= earliest, f"{number} was closed too early"
        chunk = key.fileobj.recv(1000)
        key.data[2] += chunk
        if chunk:
            continue
        assert said == b"* you were idle for too long\n", said
        selector.unregister(key.fileobj)
        key.fileobj.close()
print("all were told, none too early")
