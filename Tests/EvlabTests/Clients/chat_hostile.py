"""The client of the chat in a hostile room: chat_hostile.py EVLAB terminal|pipe

The room sends what would control a terminal, one byte at a time. Prints what the client writes, in Python's notation.
"""

import os
import pty
import socket
import subprocess
import sys
import threading

PAYLOAD = (
    b"plain \x1b[2Jcleared \x1b]0;title\x07 back\x08space \xc2\x9b31m c1 \x9b raw\r over\n"
    + "caf\u00e9 \u4f60\u597d \U0001f469\u200d\U0001f4bb\n".encode()
    + "\u202egnp.exe\u202c \u2066x\u2069 \u200fy \u061cz one\u2028two\u2029three \ufff9a\ufffab\ufffb\n".encode()
    + b"tab\there\n\ncut \xe4\xbd"
)

evlab, kind = sys.argv[1:3]
listener = socket.create_server(("127.0.0.1", 0))


def serve():
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in PAYLOAD:
        connection.sendall(bytes([byte]))
    connection.shutdown(socket.SHUT_WR)
    connection.recv(1)


threading.Thread(target=serve, daemon=True).start()
command = [evlab, "demo", "chat", "--join", f"127.0.0.1:{listener.getsockname()[1]}"] + sys.argv[3:]
shown = b""
if kind == "pipe":
    # An input that never ends.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        shown = client.stdout.read()
    print(shown == PAYLOAD, flush=True)
else:
    child, terminal = pty.fork()
    if child == 0:
        os.execv(evlab, command)
    try:
        while data := os.read(terminal, 65536):
            shown += data
    except OSError:
        pass  # the other side has ended
    os.waitpid(child, 0)
    print(ascii(shown.decode().replace("\r\n", "\n")), flush=True)
