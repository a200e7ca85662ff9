"""One talks while another does not read, who then reads all of it: chat_backlog.py PORT LINES

Prints "heard" once everything has been heard, and stays until there is something to read or an end of its input.
"""

import socket
import sys

port, count = int(sys.argv[1]), int(sys.argv[2])


def enter(name):
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(300)
    connection.connect(("127.0.0.1", port))
    connection.sendall(name.encode() + b"\n")
    stream = connection.makefile("rb")
    assert b"welcome" in stream.readline()
    assert b"hello" in stream.readline()
    return connection, stream


late, late_stream = enter("late")
ear, ear_stream = enter("ear")
mouth, _ = enter("mouth")
line = b"x" * 999 + b"\n"


def hear(stream):
    heard = 0
    while heard < count:
        told = stream.readline()
        assert told == b"mouth: " + line or told.endswith(b" joins\n"), told
        heard += told == b"mouth: " + line


for _ in range(count):
    mouth.sendall(line)
hear(ear_stream)
hear(late_stream)
print("heard", flush=True)
sys.stdin.readline()
