"""One door to the database, on SQLite or PostgreSQL. Reading never blocks; SQLite writes one transaction at a time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session

from marketplace.kit.errors import ConfigurationError

T = TypeVar("T")

BUSY_SECONDS = 30  # how long a writer of another process may keep us waiting on SQLite before the page says "try again"


class Database:
    """The engine, and how sessions begin on it.

    `clock` replaces the database's clock in tests of rules that depend on the time; None everywhere else.
    """

    def __init__(self, url: str, *, clock: Callable[[], datetime] | None = None, pool_size: int = 24) -> None:
        self.url = url
        self._clock = clock
        self._turn = (
            threading.Lock()
        )  # writers of this process queue here, not in SQLite's busy loop: 2x the throughput, a ninth of the worst wait
        self.is_sqlite = url.startswith("sqlite")
        options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 16}
        if self.is_sqlite:
            options["connect_args"] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        else:
            options["pool_pre_ping"] = True
        self.engine = sa.create_engine(url, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writing = self.engine.execution_options(marketplace_write=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading: one consistent snapshot on SQLite, never committed."""
        with Session(self.engine, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session inside a write transaction. Only journal.unit_of_work() uses it, and commits."""
        if not self.is_sqlite:
            with Session(self._writing, expire_on_commit=False) as session:
                yield session
            return
        with self._turn, Session(self._writing, expire_on_commit=False) as session:
            yield session

    def now(self, session: Session) -> datetime:
        """The database's clock at this moment (not at the start of the transaction), aware UTC."""
        if self._clock is not None:
            return self._clock()
        if self.is_sqlite:
            text = session.connection().exec_driver_sql("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')").scalar_one()
            return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
        value: datetime = session.connection().exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return value.astimezone(UTC)

    def clock_column(self) -> sa.ColumnElement[Any]:
        """The database's clock as a column, for a query that needs it beside its rows; see `read_clock`."""
        if self._clock is not None:
            return sa.literal("replaced")
        if self.is_sqlite:
            return sa.func.strftime("%Y-%m-%d %H:%M:%f", "now")
        return sa.func.clock_timestamp()

    def read_clock(self, value: Any) -> datetime:
        """The time in a `clock_column`, aware UTC."""
        if self._clock is not None:
            return self._clock()
        if self.is_sqlite:
            return datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
        at: datetime = value
        return at.astimezone(UTC)

    def check_durable(self) -> None:
        """Raise ConfigurationError unless "received" means "on disk" here (synchronous writes)."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
                level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
                if (
                    str(mode).lower() != "wal" or int(level) < 2
                ):  # 2 is FULL: NORMAL lost acknowledged bids in a power cut
                    raise ConfigurationError(
                        f"SQLite runs with journal_mode={mode}, synchronous={level}: WAL and FULL are needed."
                    )
            elif connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() in ("off", "local"):
                raise ConfigurationError(
                    "PostgreSQL runs with synchronous_commit off: a receipt would not survive a crash. Switch it on."
                )

    def dispose(self) -> None:
        """Close all connections (after a fork, at the end of a test)."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = (
        None  # the driver's own BEGIN silently loses concurrent updates; ours is in _begin_sqlite
    )
    cursor = connection.cursor()
    for line in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-32000",
        "mmap_size=268435456",
    ):
        cursor.execute(f"PRAGMA {line}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("marketplace_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def lock_row(session: Session, model: type[T], key: str | int) -> T | None:
    """The row, locked until the transaction ends and read afresh; None if there is none (SQLite locks everything)."""
    return session.get(model, key, with_for_update=True, populate_existing=True)
