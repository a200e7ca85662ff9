"""Many connections to a service that starts a program for each: inetd_crowd.py PORT COUNT AT_ONCE SERVER

The program says its process number, and ends when it is told something. SERVER is the process of the server. There must be so
many programs at once, and never more; and in the end nobody, not even a zombie.
"""

import glob
import selectors
import socket
import sys
import time

port, count, at_once, server = (int(argument) for argument in sys.argv[1:5])
PATIENCE = 300


def children():
    numbers = []
    for path in glob.glob(f"/proc/{server}/task/*/children"):
        with open(path) as file:
            numbers += file.read().split()
    return numbers


def programs():
    """The children; listed again where there seem to be too many, for a list is not read at one moment."""
    for _ in range(20):
        present = children()
        if len(present) <= at_once:
            break
    return present


def state(number):
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return None


selector = selectors.DefaultSelector()
begun, ended, running, most, zombies = 0, 0, [], 0, 0
numbers = set()
while ended < count:
    # Twice as many as may run: half of them wait for their turn.
    while begun < count and len(selector.get_map()) < 2 * at_once:
        client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        selector.register(client, selectors.EVENT_READ, [])
        begun += 1
    events = selector.select(PATIENCE)
    assert events, "nothing came"
    for key, _ in events:
        data = key.fileobj.recv(1000)
        if not data:
            assert key.data, "closed before its program began"
            selector.unregister(key.fileobj)
            key.fileobj.close()
            ended += 1
        elif not key.data:
            key.data.append(data)
            numbers.add(int(data))
            running.append(key.fileobj)
    present = programs()
    most = max(most, len(present))
    assert len(present) <= at_once, f"{len(present)} programs at once"
    assert len(running) <= at_once, f"{len(running)} connections at once"
    # All that may run do, or are the last: they are let go.
    if len(running) == min(at_once, count - ended):
        for client in running:
            client.sendall(b"go\n")
        running = []

assert len(numbers) == count, f"{len(numbers)} processes for {count} connections"
deadline = time.monotonic() + PATIENCE
while present := children():
    assert time.monotonic() < deadline, f"left behind: {[(number, state(number)) for number in present]}"
    time.sleep(0.01)
print(f"{count} programs, at most {most} at once, none left")
