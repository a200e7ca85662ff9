"""A room full of people, one of whom never reads: chat_crowd.py PORT MEMBERS SECONDS LINES_A_SECOND
or without a clock: chat_crowd.py PORT MEMBERS ROUNDS

Everybody says numbered lines for so long, or one in each round, which ends when everybody has heard it; everybody but the
one must hear every line of everybody else, in order. Prints "nobody lost a line" and how the one fared.
"""

import selectors
import socket
import sys
import time

port, members = int(sys.argv[1]), int(sys.argv[2])
PATIENCE = 300


class Member:
    def __init__(self, number, reads=True):
        self.number = number
        self.name = f"m{number}"
        self.socket = socket.socket()
        if not reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(f"{self.name}\n".encode())
        self.socket.settimeout(PATIENCE)
        self.said = 0
        self.rest = b""
        self.heard = [0] * (members + 1)
        self.notices = []

    def say(self):
        padding = "x" * 400
        self.socket.sendall(f"{self.said} {padding}\n".encode())
        self.said += 1

    def read(self):
        data = self.socket.recv(1 << 18)
        assert data, f"{self.name} was thrown out: {self.notices}"
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            text = line.decode()
            if text.startswith("* "):
                self.notices.append(text)
                continue
            name, said = text.split(": ", 1)
            speaker, count = int(name[1:]), int(said.split(" ", 1)[0])
            assert self.heard[speaker] == count, f"{self.name} lost lines of {name}: {count} came for {self.heard[speaker]}"
            self.heard[speaker] += 1


def until(condition, readers):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "nothing came"
        for key, _ in selector.select(1):
            key.data.read()


selector = selectors.DefaultSelector()
readers = [Member(number) for number in range(members)]
for member in readers:
    selector.register(member.socket, selectors.EVENT_READ, member)
until(lambda: all(any("hello" in notice for notice in member.notices) for member in readers), readers)
deaf = Member(members, reads=False)
until(lambda: all(f"* {deaf.name} joins" in member.notices for member in readers), readers)


def hear_all():
    until(
        lambda: all(
            member.heard[other.number] == other.said for member in readers for other in readers if other is not member
        ),
        readers,
    )


def talk_in_rounds(rounds):
    for _ in range(rounds):
        for member in readers:
            member.say()
        hear_all()


def talk_for(seconds, rate):
    start = time.monotonic()
    turn = 0
    while (now := time.monotonic()) < start + seconds:
        due = int((now - start) * rate * members)
        # At most one line each between two looks at what has come.
        for _ in range(min(due - turn, members)):
            readers[turn % members].say()
            turn += 1
        for key, _ in selector.select(0.005):
            key.data.read()
    hear_all()


if len(sys.argv) > 4:
    talk_for(float(sys.argv[3]), float(sys.argv[4]))
else:
    talk_in_rounds(int(sys.argv[3]))
total = sum(member.said for member in readers)
print("nobody lost a line", flush=True)
print(f"{total} lines were said", file=sys.stderr)

dropped = f"* {deaf.name} was dropped: it read too slowly"
if not any(dropped in member.notices for member in readers):
    print("the one is still there", flush=True)
    sys.exit()
data = b""
while chunk := deaf.socket.recv(1 << 16):
    data += chunk
lines = data.split(b"\n")
# The last is what follows the last end of line: nothing, for whole lines come or none.
print("the one was dropped", flush=True)
print("told so" if b"* you were dropped" in lines[-2] else "cut off", file=sys.stderr)
