"""Sends normal and out-of-band bytes: urgent.py PORT STEP...

A step is text to send, !X to send X out of band, "stop PID" and "go PID" to stop a process and let it go on. After
each sending it waits until the peer's kernel has the bytes, and after "stop" until that process has stopped.
"""
import fcntl
import os
import signal
import socket
import struct
import sys
import termios
import time


def wait_until(condition, what):
    deadline = time.monotonic() + 600
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(what)
        time.sleep(0.001)


def settle(connection):
    wait_until(
        lambda: not struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0" * 4))[0],
        "the bytes were not taken",
    )


def has_stopped(process):
    with open(f"/proc/{process}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "T"


def stop(process):
    os.kill(process, signal.SIGSTOP)
    wait_until(lambda: has_stopped(process), "it did not stop")


connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
for step in sys.argv[2:]:
    if step.startswith("stop "):
        stop(int(step[5:]))
    elif step.startswith("go "):
        os.kill(int(step[3:]), signal.SIGCONT)
    elif step.startswith("!"):
        connection.send(step[1:].encode(), socket.MSG_OOB)
        settle(connection)
    else:
        connection.send(step.encode())
        settle(connection)
connection.close()
