"""The program telnet, on a terminal: telnet_visit.py PORT STEP...

A step that begins with < waits until the screen shows the rest of it, one that begins with > types the rest and the return
key. Then telnet is told to quit, unless the last step waited for the server to close; prints "over".
"""

import os
import pty
import select
import sys

child, terminal = pty.fork()
if child == 0:
    os.execvp("telnet", ["telnet", "127.0.0.1", sys.argv[1]])

screen = b""


def read():
    """What the screen shows next; nothing at the end."""
    ready, _, _ = select.select([terminal], [], [], 300)
    assert ready, f"nothing more comes after {screen}"
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def wait_for(text):
    global screen
    while text not in screen:
        more = read()
        assert more, f"it ended without {text}: {screen}"
        screen += more
    screen = screen[screen.index(text) + len(text):]


wait_for(b"Escape character is '^]'.\r\n")
for step in sys.argv[2:]:
    text = step[1:].replace("\n", "\r\n").encode()
    if step[0] == "<":
        wait_for(text)
    else:
        os.write(terminal, text + b"\r")
if "closed by foreign host" not in sys.argv[-1]:
    os.write(terminal, b"\x1d")
    wait_for(b"telnet> ")
    os.write(terminal, b"quit\r")
    wait_for(b"Connection closed")
while read():
    pass
os.waitpid(child, 0)
print("over")
