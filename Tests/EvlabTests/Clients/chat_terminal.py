"""The client of the chat on a terminal: chat_terminal.py EVLAB PORT

Types a name and a line, and Ctrl-C; prints whether the terminal is as it was.
"""

import fcntl
import os
import pty
import select
import socket
import sys

evlab, port = sys.argv[1], sys.argv[2]
child, terminal = pty.fork()
if child == 0:
    os.execv(evlab, [evlab, "demo", "chat", "--join", f"127.0.0.1:{port}"] + sys.argv[3:])

screen = b""


def wait_for(text):
    global screen
    while text not in screen:
        ready, _, _ = select.select([terminal], [], [], 300)
        assert ready, f"no {text} in {screen}"
        screen += os.read(terminal, 65536)


flags = fcntl.fcntl(terminal, fcntl.F_GETFL)
wait_for(b"your name?\r\n")
os.write(terminal, b"ada\n")
wait_for(b"nobody else\r\n")
bob = socket.create_connection(("127.0.0.1", int(port)), 300)
bob.sendall(b"bob\n")
heard = bob.makefile("rb")
wait_for(b"bob joins\r\n")
os.write(terminal, b"hello from a terminal\n")
assert [heard.readline() for _ in range(3)][2] == b"ada: hello from a terminal\n"
bob.sendall(b"hello back\n")
wait_for(b"bob: hello back\r\n")
print("as it was" if fcntl.fcntl(terminal, fcntl.F_GETFL) == flags else "changed", flush=True)
os.write(terminal, b"\x03")
_, status = os.waitpid(child, 0)
print("code", os.waitstatus_to_exitcode(status), flush=True)
