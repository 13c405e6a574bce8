"""A bid, its versions (sealed), its evidence (sealed). Only access.py of this house may read what is sealed."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from marketplace.bids.states import BidStage
from marketplace.kit.ids import new_id
from marketplace.kit.tables import UtcTime, words


class Bid(SQLModel, table=True):
    """One provider's bid for one need: at most one row for the two, by a unique constraint.

    `live_version` is the number of the version that takes part (None: none was submitted, or it was withdrawn).
    `revision` is the optimistic lock of the draft. `submit_at_closing`: "submit my last complete version at closing".
    """

    __tablename__ = "bid"
    __table_args__ = (
        sa.UniqueConstraint("need_id", "organisation_id"),
        sa.CheckConstraint("(stage = 'submitted') = (live_version IS NOT NULL)", name="live"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    need_id: str = Field(foreign_key="need.id", max_length=12, index=True)
    organisation_id: str = Field(foreign_key="organisation.id", max_length=12, index=True)
    stage: BidStage = Field(default=BidStage.DRAFT, sa_type=words(BidStage))
    live_version: int | None = Field(default=None)
    submit_at_closing: bool = Field(default=False)
    revision: int = Field(default=1)
    created_by: str = Field(max_length=12)
    created_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime = Field(sa_type=UtcTime)


class BidDraft(SQLModel, table=True):
    """SEALED. What the bidder has typed so far (see bids/draft.py). Only the bidder's organisation sees it.

    `complete` is the offer that the draft made when it was last complete (see bids/offer.py), at the bid's
    `complete_revision`: what is submitted at closing if the bidder asked for it. Both None while it was never
    complete.
    """

    __tablename__ = "bid_draft"

    bid_id: str = Field(foreign_key="bid.id", primary_key=True, max_length=12)
    content: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    complete: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    complete_revision: int | None = Field(default=None)


class BidVersion(SQLModel, table=True):
    """One submission: the receipt's facts. `digest` is the SHA-256 of the envelope with its salt.

    `key` is the one-time key of the form and `revision` the draft's revision that was sent: the same key with the
    same revision is the same request. `submitted_by` is a user's id, or "closing" when the machine submitted the last
    complete draft as the bidder had asked.
    """

    __tablename__ = "bid_version"
    __table_args__ = (sa.UniqueConstraint("bid_id", "version"), sa.UniqueConstraint("bid_id", "key"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    bid_id: str = Field(foreign_key="bid.id", max_length=12, index=True)
    version: int
    receipt: str = Field(max_length=20, unique=True)
    key: str = Field(max_length=40)
    revision: int
    digest: str = Field(max_length=64)
    method_hash: str = Field(max_length=64)
    submitted_by: str = Field(max_length=12)
    submitted_at: datetime = Field(sa_type=UtcTime)


class BidEnvelope(SQLModel, table=True):
    """SEALED. The content of one version: canonical JSON of the offer with a random salt (so that the digest tells
    nothing).
    """

    __tablename__ = "bid_envelope"

    version_id: str = Field(foreign_key="bid_version.id", primary_key=True, max_length=12)
    content: str = Field(sa_type=sa.Text)


class BidEvidence(SQLModel, table=True):
    """SEALED. A document that backs an answer. Rows are never changed; a draft refers to them by id, and so do
    versions.
    """

    __tablename__ = "bid_evidence"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    bid_id: str = Field(foreign_key="bid.id", max_length=12, index=True)
    file_name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(max_length=64)
    content: bytes = Field(sa_type=sa.LargeBinary)
    added_by: str = Field(max_length=12)
    added_at: datetime = Field(sa_type=UtcTime)


class BidIntention(SQLModel, table=True):
    """What a provider said before bidding: it intends to bid, or declines, with its reason. The buyer sees it after
    closing.
    """

    __tablename__ = "bid_intention"

    need_id: str = Field(foreign_key="need.id", primary_key=True, max_length=12)
    organisation_id: str = Field(foreign_key="organisation.id", primary_key=True, max_length=12, index=True)
    intends: bool
    reason: str = Field(default="", max_length=1000)
    said_by: str = Field(max_length=12)
    said_at: datetime = Field(sa_type=UtcTime)
