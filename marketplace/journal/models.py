"""The journal's lines and its head."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Field, SQLModel

from marketplace.kit.tables import UtcTime


class JournalLine(SQLModel, table=True):
    """One act: who did what to which object, when, with which facts. Never changed, never deleted (a trigger says no).

    `thread` is the need the line belongs to (None for acts outside any need): the history page reads by it.
    `facts` is canonical JSON. `hash` is SHA-256 of the previous line's hash and this line's canonical JSON.
    """

    __tablename__ = "journal_line"
    __table_args__ = (
        sa.Index("ix_journal_line_thread_seq", "thread", "seq"),
        sa.Index("ix_journal_line_subject", "subject", "seq"),
    )

    seq: int = Field(
        sa_type=sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        primary_key=True,
        sa_column_kwargs={"autoincrement": False},
    )
    at: datetime = Field(sa_type=UtcTime)
    verb: str = Field(max_length=60)
    actor: str = Field(max_length=80)
    organisation: str | None = Field(default=None, max_length=12)
    subject: str = Field(max_length=80)
    thread: str | None = Field(default=None, max_length=12)
    facts: str = Field(sa_type=sa.Text)
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class JournalHead(SQLModel, table=True):
    """The last line's number and hash. One row; it is locked before a line is added, or lines would fork."""

    __tablename__ = "journal_head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = Field(default=0, sa_type=sa.BigInteger)
    hash: str = Field(default="0" * 64, max_length=64)


_REFUSE = "the journal is append-only"

SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER journal_line_no_{verb} BEFORE {verb.upper()} ON journal_line "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSE}'); END"
    for verb in ("update", "delete")
)
POSTGRES_TRIGGERS = (
    "CREATE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSE}'; END $$",
    "CREATE TRIGGER journal_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_line "
    "FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()",
)
# A row to lock from the first act on.
FIRST_HEAD = f"INSERT INTO journal_head (id, seq, hash) VALUES (1, 0, '{'0' * 64}')"  # noqa: S608 - no value from outside
event.listen(SQLModel.metadata.tables["journal_head"], "after_create", sa.DDL(FIRST_HEAD))  # type: ignore[no-untyped-call]
for _dialect, _lines in (("sqlite", SQLITE_TRIGGERS), ("postgresql", POSTGRES_TRIGGERS)):
    for _line in _lines:
        event.listen(
            SQLModel.metadata.tables["journal_line"],
            "after_create",
            sa.DDL(_line.replace("%", "%%")).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )
