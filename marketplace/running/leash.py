"""Holds every child of the supervisor on a leash: when the supervisor is gone, however it went, nothing is left.

This small process leads the process group that all children (and their children) belong to. It reads from a pipe
whose other end only the supervisor holds; when that end closes, it kills the group, itself included. It works the same
on Linux and macOS, and after `kill -9`. It runs as a plain file, without this package, so that it starts quickly.
"""

import os
import signal
import sys


def hold() -> None:
    """Wait for the end of standard input, then kill the whole process group."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    hold()
