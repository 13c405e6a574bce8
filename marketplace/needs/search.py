"""Full-text search through published needs: FTS5 on SQLite, tsvector on PostgreSQL, one interface.

The index is its own table (see models.py), written once when a need is published. Its row numbers rise with
publication, so the newest matches are read first and reading stops: a common word costs no more than a rare one.
"""

import re

import sqlalchemy as sa
from sqlmodel import Session

MOST_MATCHES = 300  # the newest that are looked at: a bound on the cost of a common word; the page says so
_MOST_WORDS = 12
_WORD = re.compile(r"[^\W_]+")

need_search = sa.table("need_search", sa.column("rowid"), sa.column("need_id"), sa.column("words"))


def put(session: Session, need_id: str, text: str) -> None:
    """Make a published need findable by the words of `text`. Once a need."""
    if session.get_bind().dialect.name == "sqlite":
        statement = sa.text("INSERT INTO need_search (need_id, words) VALUES (:need_id, :words)")
    else:
        statement = sa.text(
            "INSERT INTO need_search (need_id, words) VALUES (:need_id, to_tsvector('english', :words))"
        )
    session.connection().execute(statement, {"need_id": need_id, "words": text})


def words_of(typed: str) -> list[str]:
    """The words to look for in what a person typed.

    Letters and digits only, so that no sign has a meaning to the index.
    """
    return _WORD.findall(typed.lower())[:_MOST_WORDS]


def matching(session: Session, typed: str) -> sa.Select[tuple[str]] | None:
    """A select of the ids of needs that hold all the words typed (the last one may be a beginning), newest first, at
    most MOST_MATCHES. None when there is no word to look for.
    """
    words = words_of(typed)
    if not words:
        return None
    sqlite = session.get_bind().dialect.name == "sqlite"
    if sqlite:
        found = sa.text("need_search MATCH :words").bindparams(words=" ".join(f'"{word}"' for word in words) + "*")
    else:
        found = sa.text("words @@ to_tsquery('english', :words)").bindparams(words=" & ".join(words) + ":*")
    return sa.select(need_search.c.need_id).where(found).order_by(need_search.c.rowid.desc()).limit(MOST_MATCHES)
