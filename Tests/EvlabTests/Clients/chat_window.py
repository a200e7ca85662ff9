"""Two talk, a third never reads: chat_window.py PORT MEGABYTES

One says so many megabytes, the other hears every line before the next ones are said. Prints what the third finds at last.
"""

import socket
import sys

port, megabytes = int(sys.argv[1]), int(sys.argv[2])


def enter(name):
    connection = socket.socket()
    if name == "deaf":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(300)
    connection.connect(("127.0.0.1", port))
    connection.sendall(name.encode() + b"\n")
    stream = connection.makefile("rb")
    if name != "deaf":
        assert b"welcome" in stream.readline()
        assert b"hello" in stream.readline()
    return connection, stream


ear, heard = enter("ear")
deaf, _ = enter("deaf")
assert heard.readline() == b"* deaf joins\n"
mouth, _ = enter("mouth")
assert heard.readline() == b"* mouth joins\n"

line = b"x" * 999 + b"\n"
final = None
for _ in range(megabytes * 20):
    mouth.sendall(line * 50)
    count = 0
    while count < 50:
        told = heard.readline()
        if told == b"mouth: " + line:
            count += 1
            continue
        assert told == b"* deaf was dropped: it read too slowly\n", told
        assert final is None
        data = b""
        while chunk := deaf.recv(1 << 16):
            data += chunk
        final = data.split(b"\n")[-2].decode()
print(final, flush=True)
sys.stdin.readline()
