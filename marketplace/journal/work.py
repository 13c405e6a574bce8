"""The unit of work: one transaction, its journal lines, and the nudges after it. The only commit in the product."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import Session, col

from marketplace.journal.models import JournalHead, JournalLine
from marketplace.kit.database import Database
from marketplace.scoring.canonical import canonical_json, sha256_hex

Nudge = Callable[[str, str], None]
"""Tells the workers that something may be due: (name of the work, id). The timetable finds what a nudge missed."""

GENESIS = "0" * 64


class Actor(Protocol):
    """Whoever acts: a person's viewer, or the worker."""

    @property
    def actor(self) -> str: ...

    @property
    def organisation_id(self) -> str | None: ...


class Work:
    """What an action gets: the session, the database's clock, and the journal."""

    def __init__(self, database: Database, session: Session) -> None:
        self.database = database
        self.session = session
        self._lines: list[dict[str, Any]] = []
        self._nudges: list[tuple[str, str]] = []

    def now(self) -> datetime:
        """The database's clock at this moment, aware UTC. Read it after taking the locks that the decision needs."""
        return self.database.now(self.session)

    def record(
        self,
        actor: Actor,
        verb: str,
        subject: str,
        *,
        thread: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one line about this act: `verb` such as "need.published", `subject` such as "need:4k7d9x2m01ab".

        `facts` must be JSON without floats, and must not hold what is sealed: no price, answer, password or token.
        """
        self._lines.append(
            {
                "verb": verb,
                "actor": actor.actor,
                "organisation": actor.organisation_id,
                "subject": subject,
                "thread": thread,
                "facts": canonical_json(dict(facts or {})),
            }
        )

    def nudge(self, what: str, key: str) -> None:
        """After the commit, tell the workers about it."""
        self._nudges.append((what, key))

    def write_lines(self) -> None:
        """Lock the head and chain the lines. Called last, so that the head is held only for the commit itself.

        Written by Core, not as objects: every act of the product pays for this.
        """
        self.session.flush()
        if not self._lines:
            return
        connection = self.session.connection()
        head = connection.execute(_HEAD).one_or_none()
        if head is None:
            raise RuntimeError("the journal has no head: the database was not migrated, or somebody removed it")
        at, (seq, previous) = self.now(), head
        rows = []
        for line in self._lines:
            seq += 1
            row = {"seq": seq, "at": at, "previous": previous, **line}
            previous = row["hash"] = _hash(previous, row)
            rows.append(row)
        connection.execute(_ADD_LINES, rows)
        connection.execute(_MOVE_HEAD, {"last": seq, "chained": previous})


_HEAD = sa.select(col(JournalHead.seq), col(JournalHead.hash)).where(col(JournalHead.id) == 1).with_for_update()
_ADD_LINES = sa.insert(JournalLine)
_MOVE_HEAD = (
    sa.update(JournalHead)
    .where(col(JournalHead.id) == 1)
    .values(seq=sa.bindparam("last"), hash=sa.bindparam("chained"))
    .execution_options(synchronize_session=False)
)


_HASHED = ("seq", "at", "verb", "actor", "organisation", "subject", "thread", "facts")


def line_hash(line: Any) -> str:
    """The hash that chains a line (anything with its columns as attributes) to the one before it."""
    return _hash(line.previous, {key: getattr(line, key) for key in _HASHED})


def _hash(previous: str, columns: Mapping[str, Any]) -> str:
    return sha256_hex(previous + canonical_json({key: columns[key] for key in _HASHED}))


@contextmanager
def unit_of_work(database: Database, nudge: Nudge | None = None) -> Iterator[Work]:
    """Everything inside happens, with its journal lines, or nothing does. Nudges go out after the commit."""
    with database.writing() as session:
        work = Work(database, session)
        try:
            yield work
            work.write_lines()
            session.commit()
        except BaseException:
            session.rollback()
            raise
    if nudge is not None:
        for what, key in dict.fromkeys(work._nudges):
            nudge(what, key)
