"""The commands that run the service, or a part of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from marketplace.kit.settings import Settings

DEMO_FOLDER = Path("var/demo")

_data = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="The data folder (else MARKETPLACE_DATA_DIR).",
)
_host = click.option("--host", help="The address to listen on (else MARKETPLACE_HOST, else 127.0.0.1).")
_port = click.option(
    "--port", type=click.IntRange(1, 65535), help="The port to listen on (else MARKETPLACE_PORT, else 8000).",
)


def _settings(data: Path | None, host: str | None = None, port: int | None = None, **more: Any) -> Settings:
    """Settings from the environment, with what was given on the command line on top."""
    from marketplace.kit.errors import ConfigurationError

    given = {"data_dir": data, "host": host, "port": port, **more}
    settings = Settings(**{key: value for key, value in given.items() if value is not None})
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {settings.data_dir} cannot be used: {error.strerror}. Name another with --data."
        ) from error
    return settings


def _say(line: str) -> None:
    click.echo(line)


@click.command()
@_data
@_host
@_port
def demo(data: Path | None, host: str | None, port: int | None) -> None:
    """Start the whole service with an example market, and show how to sign in.

    Web, worker, timetable and a bundled broker run under this process, with SQLite in the data folder (var/demo unless
    named). Ctrl-C stops them all; started again, the service finds its data. If port 8000 is in use, the next free one
    is taken.

    \b
    Examples:
      marketplace demo
      marketplace demo --port 9000 --data /tmp/market
    \b
    Exit codes: 0 stopped in order, 2 could not start (the reason is printed).
    """
    from marketplace.running import house

    if data is None and not os.environ.get("MARKETPLACE_DATA_DIR"):
        data = DEMO_FOLDER
    house.run(_settings(data, host, port, example_market=True), example=True, say=_say, any_port=port is None)


@click.command()
@_data
@_host
@_port
def serve(data: Path | None, host: str | None, port: int | None) -> None:
    """Start the whole service without example data: the same processes as the demo, for real use on one machine.

    First steps: `marketplace import-register FOLDER`, then `marketplace create-operator`.

    \b
    Examples:
      marketplace serve --data /srv/marketplace --port 8080
      MARKETPLACE_SMTP_URL=smtp://mail.example.org:25 marketplace serve
    \b
    Exit codes: 0 stopped in order, 2 could not start (the reason is printed).
    """
    from marketplace.running import house

    house.run(_settings(data, host, port), example=False, say=_say)


@click.command()
@_data
@click.option("--back-to", metavar="REVISION", help="Step back instead; `base` takes all tables away.")
@click.option("--yes", is_flag=True, help="Agree to lose the data of what is taken away.")
def migrate(data: Path | None, back_to: str | None, yes: bool) -> None:
    """Bring the database up to date. Safe to repeat, and safe when several machines do it at once.

    \b
    Examples:
      marketplace migrate
      marketplace migrate --back-to base --yes
    \b
    Exit codes: 0 done, 2 no such revision, not agreed, or the database cannot be used; then nothing was changed.
    """
    from alembic.util import CommandError

    from marketplace import migrations

    settings = _settings(data)
    if back_to and not yes:
        raise click.UsageError(f"Going back to {back_to!r} deletes tables with their data. Add --yes to agree.")
    try:
        with _usable_database():
            if back_to:
                migrations.step_back(settings.database, back_to)
            else:
                migrations.migrate(settings.database)
    except CommandError as error:
        raise click.UsageError(f"The database was left as it was: {error}") from error
    click.echo(f"The database is back at {back_to}." if back_to else "The database is up to date.")


@click.command()
@_data
def sweep(data: Path | None) -> None:
    """Do everything that is due now: close, open and score needs, send waiting mails. Needs no broker and no worker.

    Run it from cron every minute beside the service: whatever the worker did not do, this does; what is done is left.

    \b
    Examples:
      marketplace sweep --data /srv/marketplace
      * * * * *  /srv/app/.venv/bin/marketplace sweep --data /srv/marketplace
    \b
    Exit codes: 0 done, 1 something failed and will be tried again by the next sweep, 2 the database cannot be used.
    """
    from marketplace.evaluations.actions import run_due
    from marketplace.kit.database import Database
    from marketplace.kit.errors import ConfigurationError

    settings = _settings(data)
    if not settings.database_url and not (settings.data_dir / "marketplace.sqlite").is_file():
        raise ConfigurationError(f"there is no database in {settings.data_dir}: name another data folder.")
    with _usable_database():
        database = Database(settings.database)
        try:
            report = run_due(database, settings=settings)
        finally:
            database.dispose()
    click.echo(f"{report}.")
    if report.failed:
        raise click.exceptions.Exit(1)


@click.command()
@_data
@_host
@_port
def web(data: Path | None, host: str | None, port: int | None) -> None:
    """Run the web processes alone (with your own database and broker, beside `worker` and `timetable`).

    \b
    Example:
      MARKETPLACE_DATABASE_URL=postgresql+psycopg://... MARKETPLACE_BROKER_URL=redis://... \\
      MARKETPLACE_SECRET_KEY=... marketplace web --host 0.0.0.0
    """
    from marketplace.running import web as server

    settings = _settings(data, host, port)
    _to_environment(settings)
    settings.secret  # noqa: B018 - refuses a default secret before any process starts
    with _usable_database():
        server.check(settings)
    server.run(settings)


@click.command()
@_data
@click.option("--queues", default="opening,scoring,mail", show_default=True, help="What this worker works on.")
def worker(data: Path | None, queues: str) -> None:
    """Run a worker alone. As many as you like may run at the same time, on one machine or several.

    \b
    Examples:
      marketplace worker
      marketplace worker --queues opening,scoring
    """
    settings = _settings(data)
    _to_environment(settings)
    from workers.app import app
    from workers.queues import QUEUES

    unknown = sorted(set(queues.split(",")) - set(QUEUES))
    if unknown:
        raise click.UsageError(f"No queue is called {', '.join(unknown)}: there are {', '.join(QUEUES)}.")
    app.worker_main([
        "worker", "--queues", queues, "--concurrency", str(settings.worker_processes), "--loglevel", "INFO",
        "--without-gossip", "--without-mingle", "--hostname", f"{queues.replace(',', '-')}-{os.getpid()}@%h",
    ])


@click.command()
@_data
def timetable(data: Path | None) -> None:
    """Run the timetable alone: every second it asks the workers to look for what is due. A second one does no harm.

    \b
    Example:
      marketplace timetable
    """
    from workers.timetable import make

    make(_settings(data)).start(["beat", "--loglevel", "WARNING"])


@contextmanager
def _usable_database() -> Iterator[None]:
    """Turn "no such server, file or table" into one sentence. The address is not repeated: it may hold a password."""
    from sqlalchemy.exc import ArgumentError, InterfaceError, NoSuchModuleError, OperationalError, ProgrammingError

    from marketplace.kit.errors import ConfigurationError

    try:
        yield
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigurationError(
            "MARKETPLACE_DATABASE_URL cannot be read: write postgresql+psycopg://user:password@host/name, or leave it "
            "empty for SQLite."
        ) from error
    except (OperationalError, ProgrammingError, InterfaceError) as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
        raise ConfigurationError(
            f"The database cannot be used ({reason}). Is it running, may this account use it, and was "
            "`marketplace migrate` run?"
        ) from error


def _to_environment(settings: Settings) -> None:
    """Hand the options on to what reads Settings by itself (the processes that are forked from here)."""
    from marketplace.running.house import environment

    os.environ.update(environment(settings))
