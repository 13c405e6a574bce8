"""Reading the journal: the history of one need, and how long the journal is."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from marketplace.journal.models import JournalHead, JournalLine

PAGE = 50


@dataclass(frozen=True)
class History:
    """One page of a thread's lines, and how many lines and pages there are in all. Pages count from 1."""

    lines: list[JournalLine]
    total: int
    page: int
    pages: int


def history(
    session: Session,
    thread: str,
    *,
    without: Collection[str] = (),
    only: Collection[str] = (),
    newest_first: bool = True,
    page: int = 1,
    size: int = PAGE,
) -> History:
    """The lines of a need, a page of them.

    `without` and `only` are prefixes of verbs ("bid.") that are left out, or that alone are shown. Lines left out are
    not counted either: before the opening even the number of bids is secret. A page beyond the last is the last.
    """
    conditions = [col(JournalLine.thread) == thread, *(~_begins(prefix) for prefix in without)]
    if only:
        conditions.append(sa.or_(*map(_begins, only)))
    total = session.exec(select(sa.func.count()).select_from(JournalLine).where(*conditions)).one()
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    order = col(JournalLine.seq).desc() if newest_first else col(JournalLine.seq)
    statement = select(JournalLine).where(*conditions).order_by(order).offset((page - 1) * size).limit(size)
    return History(list(session.exec(statement)), total, page, pages)


def _begins(prefix: str) -> Any:
    return col(JournalLine.verb).startswith(prefix, autoescape=True)


def of_subject(session: Session, subject: str, *, limit: int = PAGE) -> list[JournalLine]:
    """The latest lines about one object, such as "organisation:4k7d9x2m01ab", the newest first."""
    statement = select(JournalLine).where(col(JournalLine.subject) == subject)
    return list(session.exec(statement.order_by(col(JournalLine.seq).desc()).limit(limit)))


def length(session: Session) -> int:
    """How many lines the journal has, as its head says."""
    return session.exec(select(JournalHead.seq).where(col(JournalHead.id) == 1)).first() or 0
