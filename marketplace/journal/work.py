"""The unit of work: one transaction, its journal lines, and the nudges sent after it. The only commit in the product."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlmodel import Session

from marketplace.journal.models import JournalHead, JournalLine
from marketplace.kit.database import Database, lock_row
from marketplace.scoring.canonical import canonical_json, sha256_hex

log = structlog.get_logger(__name__)

Nudge = Callable[[str, str], None]
"""Tells the workers that something may be due: (name of the work, id). Best effort: the timetable finds what it missed."""

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

    def record(self, actor: Actor, verb: str, subject: str, *, thread: str | None = None, facts: Mapping[str, Any] | None = None) -> None:
        """Write one line about this act: `verb` such as "need.published", `subject` such as "need:4k7d9x2m01ab".

        `facts` must be JSON without floats, and must not contain what is sealed: no price, no answer, no password, no token.
        """
        self._lines.append({
            "verb": verb, "actor": actor.actor, "organisation": actor.organisation_id,
            "subject": subject, "thread": thread, "facts": canonical_json(dict(facts or {})),
        })

    def nudge(self, what: str, key: str) -> None:
        """After the commit, tell the workers about it."""
        self._nudges.append((what, key))

    def write_lines(self) -> None:
        """Lock the head and chain the lines. Called last, so that the head is held only for the commit itself."""
        self.session.flush()
        if not self._lines:
            return
        head = lock_row(self.session, JournalHead, 1)
        if head is None:
            raise RuntimeError("the journal has no head: the database was not migrated, or somebody removed it")
        at = self.now()
        for line in self._lines:
            row = JournalLine(seq=head.seq + 1, at=at, previous=head.hash, hash="", **line)
            row.hash = line_hash(row)
            self.session.add(row)
            head.seq, head.hash = row.seq, row.hash
        self.session.flush()


def line_hash(line: JournalLine) -> str:
    """The hash that chains a line to the one before it."""
    body = {
        "seq": line.seq, "at": line.at, "verb": line.verb, "actor": line.actor, "organisation": line.organisation,
        "subject": line.subject, "thread": line.thread, "facts": line.facts,
    }
    return sha256_hex(line.previous + canonical_json(body))


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
