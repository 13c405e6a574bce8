"""Opened bids and evaluations."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from marketplace.kit.ids import new_id
from marketplace.kit.tables import UtcTime


class OpenedBid(SQLModel, table=True):
    """One bid as opened: the record of the opening and the input of the scoring. Written once a bid and need.

    `offer` is the envelope's canonical JSON; `problem` says why an envelope could not be read (then `offer` is empty
    and the bid waits for a person; it never stops the others). `organisation_name` is copied, so that the page stays
    as it was.
    """

    __tablename__ = "opened_bid"
    __table_args__ = (sa.UniqueConstraint("bid_id", "version"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    need_id: str = Field(foreign_key="need.id", max_length=12, index=True)
    bid_id: str = Field(foreign_key="bid.id", max_length=12)
    organisation_id: str = Field(foreign_key="organisation.id", max_length=12)
    organisation_name: str = Field(max_length=200)
    version: int
    receipt: str = Field(max_length=20)
    digest: str = Field(max_length=64)
    offer: str = Field(default="", sa_type=sa.Text)
    problem: str = Field(default="", max_length=300)
    opened_at: datetime = Field(sa_type=UtcTime)


class Evaluation(SQLModel, table=True):
    """The scoring of one lot by one version of the method, in one round: written once, whatever is delivered again.

    Round 1 is the worker's, after the opening. While a bid is held for a missing register fact, an approver may ask for
    another round with what is known then; every earlier round stays, so that nobody can lose a result that they
    dislike.

    `score_file` is the input in the form of the score file (canonical JSON), `result` its output, `sheet` what the
    page shows beside it: every indicator's answer, level, evidence and reason, and the parts of every evaluated cost
    (canonical JSON). `hash` is the SHA-256 of `result`.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        sa.UniqueConstraint("need_id", "lot", "method_version", "round"),
        sa.CheckConstraint("round >= 1", name="round"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    need_id: str = Field(foreign_key="need.id", max_length=12, index=True)
    lot: int
    method_version: int
    round: int = Field(default=1)
    method_hash: str = Field(max_length=64)
    engine: str = Field(max_length=40)
    score_file: str = Field(sa_type=sa.Text)
    result: str = Field(sa_type=sa.Text)
    sheet: str = Field(sa_type=sa.Text)
    hash: str = Field(max_length=64)
    provisional: bool = Field(
        description="a register fact was missing: a bid is held, and another round may be asked for"
    )
    scored_at: datetime = Field(sa_type=UtcTime)


class ScoringProgress(SQLModel, table=True):
    """How far the worker is with a need, for the page that waits: a word for the step, and done of total. Overwritten
    freely.

    `wanted_round` is the round of scoring that was asked for last: 1 by the opening, more by an approver. `attempts`
    counts the failures in a row; `problem` says where the last one was (never what a bid says). `failed_at` is set
    when the machine has given up and an operator must look.
    """

    __tablename__ = "scoring_progress"

    need_id: str = Field(foreign_key="need.id", primary_key=True, max_length=12)
    step: str = Field(max_length=40)
    wanted_round: int = Field(default=1)
    asked_by: str = Field(default="", max_length=80, description="the actor who asked for a later round")
    done: int = Field(default=0)
    total: int = Field(default=0)
    attempts: int = Field(default=0)
    problem: str = Field(default="", max_length=300)
    failed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    changed_at: datetime = Field(sa_type=UtcTime)
