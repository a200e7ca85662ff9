"""Sends normal and out-of-band bytes: urgent.py PORT STEP...

A step is text to send, !X to send X out of band, "stop PID" and "go PID" to stop a process and let it go on. After
each sending it waits until the peer's kernel has the bytes.
"""
import fcntl
import os
import signal
import socket
import struct
import sys
import termios
import time


def settle(connection):
    deadline = time.monotonic() + 60
    while struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0" * 4))[0]:
        if time.monotonic() > deadline:
            sys.exit("the bytes were not taken")
        time.sleep(0.001)


connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
for step in sys.argv[2:]:
    if step.startswith("stop "):
        os.kill(int(step[5:]), signal.SIGSTOP)
    elif step.startswith("go "):
        os.kill(int(step[3:]), signal.SIGCONT)
    elif step.startswith("!"):
        connection.send(step[1:].encode(), socket.MSG_OOB)
        settle(connection)
    else:
        connection.send(step.encode())
        settle(connection)
connection.close()
