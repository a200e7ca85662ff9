"""Clients who say nothing and come one after another: idle_punctual.py SECONDS PORT...

Each server must tell each client that its time is over, a sixth of that time too late at most. One that looks round
three times in that time is later than that for one client of four, for they come at a quarter of such a round.
What this process itself was kept waiting, twice over, is nobody's fault.
"""

import selectors
import socket
import sys
import time

limit, ports = float(sys.argv[1]), [int(port) for port in sys.argv[2:]]
selector = selectors.DefaultSelector()
start = time.monotonic()
comings = [(start + number * limit / 12, port) for number in range(4) for port in ports]
look = 0.02
stall, latest, told = 0.0, 0.0, 0
while comings or selector.get_map():
    begin = time.monotonic()
    assert begin - start < 100 * limit, "somebody was not told"
    while comings and comings[0][0] <= begin:
        client = socket.socket()
        coming = time.monotonic()
        client.connect(("127.0.0.1", comings.pop(0)[1]))
        selector.register(client, selectors.EVENT_READ, coming)
    for key, _ in selector.select(look):
        assert key.fileobj.recv(1000).startswith(b"*")
        latest = max(latest, time.monotonic() - key.data - limit)
        told += 1
        selector.unregister(key.fileobj)
        key.fileobj.close()
    stall = max(stall, time.monotonic() - begin - look)
assert told == 4 * len(ports)
allowed = limit / 6 + 2 * stall
print("nobody was told late" if latest <= allowed else f"{latest:.3f} s late, where {allowed:.3f} s would do")
