#!/usr/bin/env python3
"""An echo server of another make, as `evlab compare --peer` starts it. Its name says what is wrong with it: `altered`
changes the last byte of 4 KiB, `deaf` does not see the end of a client, `short` closes instead of the third answer."""

import os
import selectors
import socket
import sys

name = sys.argv[sys.argv.index("serve") + 1]
listener = socket.create_server(("127.0.0.1", 0), backlog=128)
selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ)
received = {}
print(f"listening on 127.0.0.1:{listener.getsockname()[1]}, process {os.getpid()}", flush=True)


def serve(connection):
    data = connection.recv(65536)
    if not data:
        selector.unregister(connection)
        if name != "deaf":
            connection.close()
        return
    before = received.get(connection, 0)
    received[connection] = before + len(data)
    if name == "short" and before >= 3:
        selector.unregister(connection)
        connection.close()
        return
    # 1, 2, 64 and 1000 bytes come before the message of 4 KiB.
    changed = 1 + 2 + 64 + 1000 + 4096 - 1
    if name == "altered" and before <= changed < before + len(data):
        data = bytearray(data)
        data[changed - before] ^= 1
    connection.sendall(data)


while True:
    for key, _ in selector.select():
        if key.fileobj is listener:
            connection, _ = listener.accept()
            selector.register(connection, selectors.EVENT_READ)
        else:
            serve(key.fileobj)
