"""Walking the chain of hashes: whether the journal is as it was written, and if not, the first line that is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from marketplace.journal.models import JournalHead, JournalLine
from marketplace.journal.work import GENESIS, line_hash

LINES: sa.Table = JournalLine.__table__  # type: ignore[attr-defined]
HEAD: sa.Table = JournalHead.__table__  # type: ignore[attr-defined]
BATCH = 1_000  # lines in memory at a time


@dataclass(frozen=True)
class Verdict:
    """What the walk found: how many lines hold, the last good hash, and the first fault (None: the chain is whole).

    `seq` is the number of the first line that does not hold; None when the fault is not about one line.
    """

    lines: int
    last_hash: str
    fault: str | None = None
    seq: int | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault is None


def verify(session: Session, *, batch: int = BATCH) -> Verdict:
    """Check every line against the one before it, and the last one against the head. Constant memory.

    Finds lines that were edited, removed, put in another order, inserted or cut off at the end. It cannot find one
    that was written anew from a changed line on, together with its head: for that, compare `last_hash` with one that
    was kept elsewhere. Acts that go on during the walk do no harm: the walk ends at the head as it was at the start.
    """
    head = session.connection().execute(sa.select(HEAD)).one_or_none()
    previous, count = GENESIS, 0
    for line in _lines(session, head.seq if head else 0, batch):
        fault = _fault(line, count + 1, previous)
        if fault is not None:
            return Verdict(count, previous, fault, line.seq)
        previous, count = line.hash, count + 1
    return Verdict(count, previous, _end_fault(session, head, count, previous))


def _lines(session: Session, last: int, batch: int) -> Iterator[Any]:
    """The lines up to number `last`, in order, in batches by number: a long journal needs no long cursor."""
    after: int | None = None
    while True:
        statement = sa.select(LINES).where(LINES.c.seq <= last).order_by(LINES.c.seq).limit(batch)
        if after is not None:
            statement = statement.where(LINES.c.seq > after)
        rows = session.connection().execute(statement).all()
        yield from rows
        if len(rows) < batch:
            return
        after = rows[-1].seq


def _fault(line: Any, expected: int, previous: str) -> str | None:
    if line.seq != expected:
        if line.seq < expected:
            return f"line {line.seq} should not be there: the journal begins with line 1"
        missing = f"line {expected} is" if line.seq == expected + 1 else f"lines {expected} to {line.seq - 1} are"
        return f"{missing} missing before line {line.seq}"
    if line.previous != previous:
        return f"line {line.seq} does not follow the line before it: it names another hash as the one before"
    if line.hash != line_hash(line):
        return f"line {line.seq} ({line.verb}, {line.subject}) was changed after it was written: its hash does not fit"
    return None


def _end_fault(session: Session, head: Any, count: int, last: str) -> str | None:
    """What is wrong with the end. The first and the last question are each one statement: they see one moment."""
    if head is not None and head.seq > count:
        return f"the end was cut off: the head names line {head.seq} as the last, and the last line found is {count}"
    if head is not None and head.hash != last:
        return f"the head's hash is not that of line {count}, the last one"
    newest = sa.select(sa.func.coalesce(sa.func.max(LINES.c.seq), 0)).scalar_subquery()
    named = sa.select(sa.func.coalesce(sa.func.max(HEAD.c.seq), 0)).scalar_subquery()
    written, known = session.connection().execute(sa.select(newest, named)).one()
    if written > known:
        return f"lines were added past the head: it names line {known} as the last, and there is a line {written}"
    return None
