"""Opens many connections, has one byte echoed on each, says so, and closes them all.

Arguments: port, connections.
"""

import resource
import socket
import sys

port, count = map(int, sys.argv[1:])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
sockets = [socket.create_connection(("127.0.0.1", port), timeout=600) for _ in range(count)]
for held in sockets:
    held.sendall(b"x")
for held in sockets:
    if held.recv(1) != b"x":
        sys.exit("no echo")
print("held", flush=True)
for held in sockets:
    held.close()
