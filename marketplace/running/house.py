"""`marketplace demo` and `marketplace serve`: the steps from nothing to a running service, and back."""

import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from urllib.error import URLError
from urllib.request import urlopen

from marketplace.kit.errors import ConfigurationError
from marketplace.kit.settings import Settings
from marketplace.running import broker
from marketplace.running.children import Child, Children, Say

if TYPE_CHECKING:
    from marketplace.example_market import Report

PORTS_TRIED = 20
START_SECONDS = 60.0


class Stopped(Exception):
    """A person or the system asked the supervisor to end."""


def run(settings: Settings, *, example: bool, say: Say, any_port: bool = False) -> None:
    """Start everything, say how far it is, and keep it running until the process is told to stop.

    `example` loads the example market. `any_port` takes the next free port when the wanted one is in use.
    Raises ConfigurationError when the service cannot start as configured.
    """
    began = time.monotonic()
    with _only_one(settings.data_dir) as note, _orderly_stop():
        settings = _with_free_port(settings, say, any_port=any_port)
        note(f"process {os.getpid()}, {settings.address}")
        settings.secret  # noqa: B018 - made now, before several processes want it
        children = Children(settings.data_dir / "logs", say)
        try:
            report = _start(settings, children, say, example=example)
            say(f"Ready after {time.monotonic() - began:.1f} seconds:  {settings.address}")
            if report is not None:
                _say_sign_ins(report, settings, say)
            say(f"Press Ctrl-C to stop. The data stay in {settings.data_dir}")
            while True:
                children.watch()
                time.sleep(0.2)
        except Stopped:
            say("Stopping ...")
        finally:
            children.stop()
        say("Stopped. Nothing is left running; the data are kept.")


def _start(settings: Settings, children: Children, say: Say, *, example: bool) -> "Report | None":
    given = environment(settings)
    _start_broker(settings, children, say)
    worker = _marketplace("worker", given)
    early = not settings.database_url  # slow to start, and until the timetable is there nobody gives it work
    if early:
        children.start(worker)
    report = _prepare_database(settings, say, example=example)
    if not early:
        children.start(worker)
    children.start(_marketplace("timetable", given))
    if settings.smtp_url:
        children.start(_marketplace("worker", given, "--queues", "mail", name="mailer"))
    web = _marketplace("web", given)
    children.start(web)
    if not children.wait_for_line(worker, b" ready.", START_SECONDS):
        raise ConfigurationError(f"No worker after {START_SECONDS:.0f} seconds: see {children.log(worker)}.")
    say("[4/5] Worker and timetable: at work")
    if not _answers(f"http://{_reachable(settings.host)}:{settings.port}/healthz", children):
        raise ConfigurationError(f"The web did not answer in {START_SECONDS:.0f} seconds: see {children.log(web)}.")
    say("[5/5] Web: answers")
    return report


def _say_sign_ins(report: "Report", settings: Settings, say: Say) -> None:
    say(f"\nSign in at {settings.address}/sign-in with the password \"{report.password}\" as")
    for who, email in report.sign_ins:
        say(f"  {email:<44} {who}")
    say(f"Every mail of the example can be read at {settings.address}/demo/outbox\n")


def _start_broker(settings: Settings, children: Children, say: Say) -> None:
    if not settings.embedded_broker:
        say("[1/5] Broker: yours, " + _without_password(settings.broker))
        return
    children.start(Child("broker", broker.arguments(settings.broker_socket), {}))
    if not broker.wait_until_ready(settings.broker_socket):
        raise ConfigurationError(f"The bundled Valkey did not answer: see {children.logs / 'broker.log'}.")
    say("[1/5] Broker: the bundled Valkey answers")


def _prepare_database(settings: Settings, say: Say, *, example: bool) -> "Report | None":
    """Bring the database up to date; with `example`, make one with the example market where there is none yet."""
    from marketplace.migrations import migrate

    made = _make_example(settings, say) if example and not settings.database_url else None
    timed = _Timer()
    migrate(settings.database)
    say(f"[2/5] Database: up to date ({'SQLite' if not settings.database_url else 'yours'}, {timed()})")
    if not example:
        say("[3/5] Example market: none (that is `marketplace demo`)")
        return None
    report = made or _load(settings, settings.database)
    say(f"[3/5] Example market: {report}")
    return report


def _make_example(settings: Settings, say: Say) -> "Report | None":
    """Load the example market beside its place and move it there when whole: an interrupted start leaves no half."""
    place = settings.data_dir / "marketplace.sqlite"
    beside = settings.data_dir / "example-being-loaded.sqlite"
    if place.exists():
        return None
    for left in settings.data_dir.glob(f"{beside.name}*"):
        left.unlink()
    from marketplace.migrations import migrate

    say("      Loading the example market ...")
    timed = _Timer()
    migrate(f"sqlite:///{beside.absolute()}")
    report = _load(settings, f"sqlite:///{beside.absolute()}")
    beside.replace(place)  # closed by now, so SQLite has written its log back into this one file
    say(f"      Loaded in {timed()}")
    return report


def _load(settings: Settings, database_url: str) -> "Report":
    from marketplace.example_market import load
    from marketplace.kit.database import Database

    database = Database(database_url)
    given = {**settings.model_dump(), "database_url": database_url, "secret_key": settings.secret}
    try:
        return load(database, Settings(**given))
    finally:
        database.dispose()


def _marketplace(command: str, environment: dict[str, str], *more: str, name: str | None = None) -> Child:
    return Child(name or command, [sys.executable, "-m", "marketplace.cli", command, *more], environment)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as the children's environment, whatever the supervisor had from options or defaults."""
    values = settings.model_dump(mode="json")
    values["data_dir"] = str(settings.data_dir.absolute())
    return {f"MARKETPLACE_{key.upper()}": str(value) for key, value in values.items()} | {"PYTHONUNBUFFERED": "1"}


@contextmanager
def _only_one(data_dir: Path) -> Iterator[Callable[[str], None]]:
    """Refuse a second start on the same data. The lock ends with this process, however it ends."""
    with _opened(data_dir / "running.lock") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise ConfigurationError(
                f"It runs already on {data_dir} ({file.read().strip() or 'starting'}). Use that one, stop it first, or "
                "name another folder with --data."
            ) from error

        def write(note: str) -> None:
            file.truncate(0)
            file.write(note + "\n")
            file.flush()

        write("starting")
        yield write


def _opened(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return open(path, "a+", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {path.parent} cannot be used: {error.strerror}. Name another with --data."
        ) from error


@contextmanager
def _orderly_stop() -> Iterator[None]:
    """Ctrl-C, a kill and a closed terminal all end the supervisor through Stopped; a second Ctrl-C changes nothing."""
    asked = False

    def stop(number: int, frame: object) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise Stopped

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _with_free_port(settings: Settings, say: Say, *, any_port: bool) -> Settings:
    """The settings with a port that is free now. Raises ConfigurationError when the wanted one is in use."""
    if _free(settings.host, settings.port):
        return settings
    if any_port:
        for port in range(settings.port + 1, min(settings.port + 1 + PORTS_TRIED, 65536)):
            if _free(settings.host, port):
                say(f"Port {settings.port} is in use by another program; using {port}")
                return settings.model_copy(update={"port": port})
    raise ConfigurationError(
        f"Port {settings.port} on {settings.host} is in use or not allowed. Name another with --port, or stop the "
        "other program."
    )


def _free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _answers(address: str, children: Children) -> bool:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            with urlopen(address, timeout=2) as answer:  # noqa: S310 - our own address
                return bool(answer.status == 200)
        except (URLError, OSError):
            children.watch()
            time.sleep(0.1)
    return False


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - compared, not bound


def _without_password(url: str) -> str:
    before, at, after = url.rpartition("@")
    return f"{before.split('//')[0]}//***@{after}" if at else url


class _Timer:
    """Says how long a step took."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self) -> str:
        return f"{time.monotonic() - self.began:.1f} s"
