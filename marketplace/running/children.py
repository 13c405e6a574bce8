"""Child processes that are started again when they end, with growing pauses, and all ended with their supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.running import leash

SHORTEST_PAUSE = 0.5  # seconds before the first new start
LONGEST_PAUSE = 15.0
STEADY_AFTER = 30.0  # a child that ran this long is forgiven its earlier ends
LOG_BYTES = 5_000_000  # a log longer than this is set aside at the next start

Say = Callable[[str], None]


@dataclass
class Child:
    """One program under the supervisor. `stop_seconds` is how long it may take to end by itself."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    stop_seconds: float = 10.0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = SHORTEST_PAUSE
    start_at: float | None = None
    log_offset: int = 0


@dataclass
class Children:
    """The supervisor's children: start, watch, stop. `say` prints one short line for the person at the console."""

    logs: Path
    say: Say
    _leash: subprocess.Popen[bytes] | None = None
    _all: list[Child] = field(default_factory=list)

    def start(self, child: Child) -> None:
        """Start a child, and keep it running from now on."""
        if self._leash is None:
            self._leash = _tie()
        self._all.append(child)
        self._launch(child, self._leash.pid)

    def watch(self) -> None:
        """Start again whatever ended and has waited long enough. Call it a few times a second."""
        if self._leash is not None and self._leash.poll() is not None:
            raise ChildProcessError("the process that guards the others was ended from outside")
        now = time.monotonic()
        for child in self._all:
            if child.start_at is not None:
                if now >= child.start_at and self._leash is not None:
                    self._launch(child, self._leash.pid)
            elif child.process is not None and (code := child.process.poll()) is not None:
                self._plan(child, code, now)

    def wait_for_line(self, child: Child, text: bytes, seconds: float) -> bool:
        """Whether the child wrote `text` to its log since it was started, waiting up to `seconds` for it."""
        end = time.monotonic() + seconds
        path = self.log(child)
        while time.monotonic() < end:
            with path.open("rb") as file:
                file.seek(child.log_offset)
                if text in file.read():
                    return True
            self.watch()
            time.sleep(0.05)
        return False

    def log(self, child: Child) -> Path:
        """The file that holds what the child writes."""
        return self.logs / f"{child.name}.log"

    def stop(self) -> None:
        """End all children, the last started first, then whatever they left behind."""
        for child in reversed(self._all):
            child.start_at = None
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
                try:
                    child.process.wait(child.stop_seconds)
                except subprocess.TimeoutExpired:
                    self.say(f"{child.name} did not end within {child.stop_seconds:.0f} seconds and was killed")
                    child.process.kill()
                    child.process.wait()
        if self._leash is not None:
            self._leash.communicate()  # closes the pipe
            self._leash = None
        self._all.clear()

    def _launch(self, child: Child, group: int) -> None:
        path = self.log(child)
        self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".1.log"))
        with path.open("ab") as log:
            child.log_offset = log.tell()
            child.process = subprocess.Popen(
                list(child.arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **child.environment}, process_group=group,
            )
        child.started, child.start_at = time.monotonic(), None

    def _plan(self, child: Child, code: int, now: float) -> None:
        if now - child.started > STEADY_AFTER:
            child.pause = SHORTEST_PAUSE
        child.start_at = now + child.pause
        self.say(
            f"{child.name} ended ({_how(code)}); starting it again in {child.pause:.1f} seconds. "
            f"Its log: {self.log(child)}"
        )
        child.pause = min(child.pause * 2, LONGEST_PAUSE)


def _tie() -> subprocess.Popen[bytes]:
    """The leash: a process at the head of a process group of its own."""
    program = [sys.executable, "-I", "-S", str(Path(leash.__file__).resolve())]
    return subprocess.Popen(program, stdin=subprocess.PIPE, process_group=0)


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
