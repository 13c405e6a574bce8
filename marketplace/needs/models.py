"""A need, its lots, its documents, and the buyer's ledger of support spend."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Field, SQLModel

from marketplace.kit.ids import new_id
from marketplace.kit.tables import UtcTime, words
from marketplace.needs.states import Stage

# The public list walks these indexes and stops after a page, so that its cost does not grow with the number of needs.
_published: dict[str, Any] = {
    "sqlite_where": sa.text("published_at IS NOT NULL"),
    "postgresql_where": sa.text("published_at IS NOT NULL"),
}


class Need(SQLModel, table=True):
    """One need of one buyer.

    `details` holds what the short pages of the draft ask ({page: {field: value}}, JSON without floats; money in
    pence). `method` is the method of judging, in the form of the score file without bids for each lot (see
    needs/method.py); it is frozen at publication and `method_hash` is the SHA-256 of its canonical JSON, shown on the
    notice. `method_version` counts amendments from 1. `next_due` is when the worker has something to do with this
    need; None when it has not. `search_text` is what the public search looks through, lower case. Population and
    allowance are copied from the register at publication, so that an old page still explains itself. `functions`
    repeats the codes of need_function as " hr it ", so that one row of the public list is one row of the table.
    """

    __tablename__ = "need"
    __table_args__ = (
        sa.CheckConstraint(
            "stage IN ('draft', 'review') OR (published_at IS NOT NULL AND closes_at IS NOT NULL AND "
            "method_hash <> '')",
            name="published",
        ),
        sa.CheckConstraint("stage IN ('draft', 'review', 'open') OR closed_at IS NOT NULL", name="closed"),
        sa.CheckConstraint("stage NOT IN ('opened', 'scored') OR opened_at IS NOT NULL", name="opened"),
        sa.Index("ix_need_stage_closes_at", "stage", "closes_at", "id"),
        sa.Index("ix_need_stage_published_at", "stage", "published_at", "id"),
        sa.Index("ix_need_published_at", "published_at", "id", **_published),
        sa.Index("ix_need_region_closes_at", "region", "stage", "closes_at", "id", **_published),
        sa.Index("ix_need_closes_at", "closes_at", "id", **_published),
        sa.Index("ix_need_next_due", "next_due"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    organisation_id: str = Field(foreign_key="organisation.id", max_length=12, index=True)
    title: str = Field(default="", max_length=160)
    stage: Stage = Field(default=Stage.DRAFT, sa_type=words(Stage))
    revision: int = Field(default=1, description="optimistic lock of the draft: raised by every save")
    term_years: int | None = Field(default=None)
    starts_on: date | None = Field(default=None)
    questions_until: datetime | None = Field(default=None, sa_type=UtcTime)
    closes_at: datetime | None = Field(default=None, sa_type=UtcTime)
    buyer_name: str = Field(default="", max_length=200)
    region: str = Field(default="", max_length=60)
    population: int | None = Field(default=None)
    allowance_pence: int | None = Field(default=None, sa_type=sa.BigInteger)
    total_ceiling_pence: int | None = Field(default=None, sa_type=sa.BigInteger)
    functions: str = Field(default="", max_length=240)
    method_hash: str = Field(default="", max_length=64)
    method_version: int = Field(default=1)
    copied_from: str | None = Field(default=None, max_length=12)
    created_by: str = Field(max_length=12)
    created_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime = Field(sa_type=UtcTime)
    published_at: datetime | None = Field(default=None, sa_type=UtcTime)
    published_by: str | None = Field(default=None, max_length=12)
    closed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    opened_at: datetime | None = Field(default=None, sa_type=UtcTime)
    scored_at: datetime | None = Field(default=None, sa_type=UtcTime)
    next_due: datetime | None = Field(default=None, sa_type=UtcTime)
    # The long columns come last: SQLite reads a row from its beginning, and a list needs only what stands before them.
    details: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    search_text: str = Field(default="", sa_type=sa.Text)
    method: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)


class NeedLot(SQLModel, table=True):
    """What is ranked and awarded on its own.

    One or more of the twelve functions, with a ceiling for the whole term in pence.
    """

    __tablename__ = "need_lot"
    __table_args__ = (
        sa.UniqueConstraint("need_id", "number"),
        sa.CheckConstraint("ceiling_pence IS NULL OR ceiling_pence > 0", name="ceiling"),
        sa.CheckConstraint("floor_pence IS NULL OR (floor_pence >= 0 AND floor_pence < ceiling_pence)", name="floor"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    need_id: str = Field(foreign_key="need.id", max_length=12, index=True)
    number: int = Field(ge=1)
    ceiling_pence: int | None = Field(default=None, sa_type=sa.BigInteger)
    floor_pence: int | None = Field(default=None, sa_type=sa.BigInteger)


class NeedFunction(SQLModel, table=True):
    """One function bought, in which lot.

    `details`: volumes, service levels, current cost in pence, staff who would transfer, data, systems.
    """

    __tablename__ = "need_function"

    need_id: str = Field(foreign_key="need.id", primary_key=True, max_length=12)
    function: str = Field(primary_key=True, max_length=30, index=True)
    lot: int = Field(ge=1)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)


class NeedDocument(SQLModel, table=True):
    """A file that the buyer adds to a need. A new version of the same title is a new row; the old one stays."""

    __tablename__ = "need_document"
    __table_args__ = (sa.UniqueConstraint("need_id", "title", "version"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    need_id: str = Field(foreign_key="need.id", max_length=12, index=True)
    title: str = Field(max_length=120)
    version: int = Field(default=1)
    file_name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(max_length=64)
    content: bytes = Field(sa_type=sa.LargeBinary)
    dropped: bool = Field(default=False)
    added_by: str = Field(default="", max_length=12)
    added_at: datetime = Field(sa_type=UtcTime)


class SupportSpend(SQLModel, table=True):
    """One line of a buyer's ledger.

    What it pays a year for support, to whom, for which function. For IN1 and the budget.
    """

    __tablename__ = "support_spend"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    organisation_id: str = Field(foreign_key="organisation.id", max_length=12, index=True)
    provider_id: str | None = Field(default=None, foreign_key="organisation.id", max_length=12)
    provider_name: str = Field(max_length=200)
    function: str = Field(max_length=30)
    annual_pence: int = Field(sa_type=sa.BigInteger)
    changed_at: datetime = Field(sa_type=UtcTime)


# The index of the public search is a table of each database's own kind: see search.py.
_SEARCH_SQLITE = (
    "CREATE VIRTUAL TABLE need_search USING fts5(need_id UNINDEXED, words, tokenize='porter unicode61 "
    "remove_diacritics 2')",
)
_SEARCH_POSTGRES = (
    "CREATE TABLE need_search (rowid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, need_id varchar(12) NOT NULL "
    "UNIQUE, words tsvector NOT NULL)",
    "CREATE INDEX ix_need_search_words ON need_search USING gin (words)",
)
_table = SQLModel.metadata.tables["need"]
for _dialect, _lines in (("sqlite", _SEARCH_SQLITE), ("postgresql", _SEARCH_POSTGRES)):
    for _line in _lines:
        event.listen(_table, "after_create", sa.DDL(_line).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
event.listen(_table, "before_drop", sa.DDL("DROP TABLE IF EXISTS need_search"))  # type: ignore[no-untyped-call]
