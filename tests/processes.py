"""The service as real processes for tests: broker, workers, timetable, web; on free ports, all ended with the test."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest

from marketplace.kit.database import Database
from marketplace.running import broker
from marketplace.running.children import Child, Children

SECRET = "a-secret-for-tests-only-0123456789abcdef"
SECONDS = 90.0  # a busy machine is slow, not wrong


def wait_until(what: Callable[[], bool], seconds: float = SECONDS, *, say: str = "it did not happen") -> float:
    """Wait until `what()` is true; returns the seconds it took. Fails the test with `say` when it never is."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            pytest.fail(f"{say} within {seconds:.0f} seconds")
        time.sleep(0.03)
    return time.monotonic() - began


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """Processes on one database. Start what the test needs; what it does not kill is ended with it."""

    def __init__(self, folder: Path, database_url: str, *, tcp: bool = False, smtp_url: str = "") -> None:
        self.folder = folder
        self.database_url = database_url
        self.broker_port = free_port() if tcp else None
        self.socket = folder / "valkey.sock"
        self.broker_url = f"redis://127.0.0.1:{self.broker_port}/0" if tcp else f"redis+socket://{self.socket}"
        self.children = Children(folder / "logs", print)
        self.environment = {
            "MARKETPLACE_DATA_DIR": str(folder),
            "MARKETPLACE_DATABASE_URL": database_url,
            "MARKETPLACE_BROKER_URL": self.broker_url,
            "MARKETPLACE_SECRET_KEY": SECRET,
            "MARKETPLACE_WORKER_PROCESSES": "1",
            "MARKETPLACE_WEB_THREADS": "8",
            "MARKETPLACE_SMTP_URL": smtp_url,
            "PYTHONUNBUFFERED": "1",
        }

    def start_broker(self) -> Child:
        """A Valkey server; keeps nothing on disk, so one that is killed comes back empty."""
        arguments = broker.arguments(self.socket)
        if self.broker_port is not None:
            arguments[arguments.index("--port") + 1] = str(self.broker_port)
        child = self._start("broker", arguments)
        assert broker.wait_until_ready(self.socket)
        return child

    def start(self, command: str, *more: str, wait: bool = True, **environment: str) -> Child:
        """`marketplace COMMAND`, as the README and compose.yaml run it."""
        child = self._start(command, [sys.executable, "-m", "marketplace.cli", command, *more], environment)
        if wait and command == "worker":
            wait_until(
                lambda: b" ready." in self.output(child), say=f"the worker was not ready: {self.children.log(child)}"
            )
        return child

    def start_web(self, **environment: str) -> tuple[Child, str]:
        """A web process that answers, and its address."""
        port = free_port()
        child = self.start("web", "--port", str(port), **environment)
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(address), say=f"the web did not answer: {self.output(child)[-3000:].decode()}")
        return child, address

    def output(self, child: Child) -> bytes:
        """What the child has written since it was started."""
        return self.children.log(child).read_bytes()[child.log_offset :]

    def kill(self, child: Child) -> None:
        """kill -9 of the process and of everything below it, at one moment. It is not started again."""
        assert child.process is not None
        self.children._all.remove(child)
        family = [psutil.Process(child.process.pid), *psutil.Process(child.process.pid).children(recursive=True)]
        for member in family:
            member.send_signal(signal.SIGSTOP)  # or a parent could start a new child between two kills
        for member in family:
            member.kill()
        child.process.wait()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `marketplace ...` to its end on this service's settings."""
        return subprocess.run(
            [sys.executable, "-m", "marketplace.cli", *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def _start(self, name: str, arguments: list[str], environment: dict[str, str] | None = None) -> Child:
        number = sum(1 for _ in (self.folder / "logs").glob(f"{name}*")) if (self.folder / "logs").exists() else 0
        child = Child(f"{name}-{number}", arguments, {**self.environment, **(environment or {})}, stop_seconds=2)
        self.children.start(child)
        return child


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextmanager
def service(database: Database, **choices: object) -> Iterator[Service]:
    """A service on this database, in a folder with a short path (a Unix socket's path has at most 107 characters)."""
    folder = Path(tempfile.mkdtemp(prefix="mkt-", dir="/tmp"))
    running = Service(folder, database.url, **choices)  # type: ignore[arg-type]
    try:
        yield running
    finally:
        running.children.stop()
        shutil.rmtree(folder, ignore_errors=True)
