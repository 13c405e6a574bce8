"""`marketplace serve` as a person runs it: starts, restarts what dies, refuses a second start, leaves nothing."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from tests.processes import free_port, wait_until

pytestmark = pytest.mark.processes


class Serving:
    """One `marketplace serve` on a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mkt-", dir="/tmp"))
        self.port = free_port()
        self.output = self.folder / "console"
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, *more: str, command: str = "serve", port: int | None = None) -> subprocess.Popen[bytes]:
        arguments = [command, "--data", str(self.folder / "data"), "--port", str(port or self.port), *more]
        with self.output.open("ab") as console:
            return subprocess.Popen(
                [sys.executable, "-m", "marketplace.cli", *arguments],
                stdout=console,
                stderr=console,
                env=environment(),
                start_new_session=True,
            )

    def start(self) -> None:
        self.output.write_bytes(b"")
        self.process = self.run()
        wait_until(
            lambda: b"Ready after" in self.output.read_bytes() or self.process.poll() is not None, 120, say=self.said()
        )
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self.output.read_text()

    def family(self) -> list[psutil.Process]:
        """Every process that works on this folder, wherever it hangs in the tree."""
        found = []
        for process in psutil.process_iter():
            try:
                if str(self.folder) in " ".join(
                    [*process.cmdline(), process.environ().get("MARKETPLACE_DATA_DIR", "")]
                ):
                    found.append(process)
            except psutil.Error:
                continue
        return [process for process in found if process.status() != psutil.STATUS_ZOMBIE]


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("MARKETPLACE_")}


@pytest.fixture
def serving() -> Iterator[Serving]:
    """A folder to serve on; whatever is left at the end is killed."""
    serving = Serving()
    yield serving
    for process in serving.family():
        process.kill()
    shutil.rmtree(serving.folder, ignore_errors=True)


def test_it_starts_stops_in_order_and_finds_its_data_again(serving: Serving) -> None:
    serving.start()
    with urlopen(f"http://127.0.0.1:{serving.port}/", timeout=20) as page:
        assert page.status == 200
    assert [line[:5] for line in serving.said().splitlines() if line.startswith("[")] == [
        "[1/5]",
        "[2/5]",
        "[3/5]",
        "[4/5]",
        "[5/5]",
    ]

    second = serving.run(port=free_port())
    assert second.wait(60) == 2
    assert re.search(r"It runs already on .* \(process \d+, http://127\.0\.0\.1:\d+\)\.", serving.said())

    web = next(p for p in serving.family() if p.cmdline()[-1:] == ["web"] and p.parent().pid == serving.process.pid)
    web.kill()
    wait_until(lambda: "web ended (signal SIGKILL); starting it again" in serving.said(), say="it was not noticed")
    wait_until(lambda: answers(serving.port), say="the web was not started again")

    secret = (serving.folder / "data/secret_key").read_text()
    serving.process.send_signal(signal.SIGINT)
    assert serving.process.wait(60) == 0
    assert serving.said().rstrip().endswith("Stopped. Nothing is left running; the data are kept.")
    assert serving.family() == []

    serving.start()
    assert (serving.folder / "data/secret_key").read_text() == secret
    serving.process.kill()
    serving.process.wait()
    wait_until(lambda: serving.family() == [], 10, say=f"kill -9 left something running: {serving.family()}")


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_port_in_use_is_said_and_nothing_starts(serving: Serving) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = serving.run(port=taken.getsockname()[1])
        assert process.wait(60) == 2
    assert "is in use or not allowed" in serving.said()
    assert "Traceback" not in serving.said()
    assert serving.family() == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MARKETPLACE_SECRET_KEY", "changeme", "default or shorter"),
        ("MARKETPLACE_PORT", "many", "MARKETPLACE_PORT cannot be used"),
        ("MARKETPLACE_DATABASE_URL", "nonsense", "MARKETPLACE_DATABASE_URL cannot be read"),
        (
            "MARKETPLACE_DATABASE_URL",
            "postgresql+psycopg://nobody:hidden-word@127.0.0.1:1/none",
            "The database cannot be used",
        ),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_exit_code_2(tmp_path: Path, name: str, value: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "marketplace.cli", "web", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**environment(), "MARKETPLACE_SECRET_KEY": "a-secret-for-tests-only-0123456789abcdef", name: value},
    )
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden-word" not in done.stderr
