"""An echo server that changes one byte of the second message that it gets."""

import socket

listener = socket.create_server(("127.0.0.1", 0))
print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
connection, _ = listener.accept()
connection.sendall(connection.recv(64))
data = bytearray(connection.recv(64))
data[-1] ^= 1
connection.sendall(data)
connection.recv(1)
