"""Preparing a submission outside the lock: reading, checking, serialising and sealing, so that nobody waits for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from marketplace.bids import access, draft
from marketplace.bids.envelope import Sealed, seal
from marketplace.identity import queries as identity
from marketplace.identity.models import Organisation
from marketplace.identity.roles import Role
from marketplace.identity.viewer import Viewer
from marketplace.kit.errors import Invalid, Refusal
from marketplace.needs.models import Need

_VERSION = SQLModel.metadata.tables["bid_version"]
VERSIONS = sa.select(
    _VERSION.c.bid_id,
    _VERSION.c.receipt,
    _VERSION.c.version,
    _VERSION.c.submitted_at,
    _VERSION.c.digest,
    _VERSION.c.key,
    _VERSION.c.revision,
).where(_VERSION.c.bid_id == sa.bindparam("bid_id"))


class NotComplete(Refusal):
    """Something is missing in the draft."""


class KeyUsed(Invalid):
    """The one-time key was used for another content."""


@dataclass(frozen=True)
class Addressee:
    """One person who gets the mails about a bid."""

    user_id: str
    email: str


@dataclass(frozen=True)
class Prepared:
    """A complete draft, sealed, with all that its submission needs; made outside the lock, checked again inside."""

    bid_id: str
    need_id: str
    organisation_id: str
    organisation_name: str
    need_title: str
    revision: int
    method_hash: str
    sealed: Sealed
    people: tuple[Addressee, ...]


@dataclass(frozen=True)
class Receipt:
    """What the bidder gets: number, version, the database's time, digest. `repeated`: the request was answered
    before.
    """

    bid_id: str
    number: str
    version: int
    at: datetime
    digest: str
    repeated: bool = False


def prepare(
    session: Session, viewer: Viewer, bid_id: str, *, key: str = "", revision: int | None = None
) -> Prepared | Receipt:
    """Seal the viewer's draft as it is now, for `submit`; or the receipt, when this key was answered already.

    Raises KeyUsed when the key was answered for another revision than `revision` (None: any), NotComplete while
    something is missing, NotHere.
    """
    bid = access.ready(session, viewer, bid_id)
    known = session.connection().execute(VERSIONS, {"bid_id": bid_id}).all() if key else []
    for version in known:
        if version.key == key:
            return repeated(version, version.revision if revision is None else revision)
    if bid.complete is None or bid.complete_revision != bid.revision:
        raise _incomplete(session, viewer, bid_id)
    sealed = seal(bid.complete, need_id=bid.need_id, organisation_id=bid.organisation_id, method_hash=bid.method_hash)
    return Prepared(
        bid_id,
        bid.need_id,
        bid.organisation_id,
        bid.organisation_name,
        bid.need_title,
        bid.revision,
        bid.method_hash,
        sealed,
        people_of(session, bid.organisation_id),
    )


def _incomplete(session: Session, viewer: Viewer, bid_id: str) -> NotComplete:
    stored = access.own_draft(session, viewer, bid_id)
    need = session.get(Need, stored.bid.need_id)
    gaps = draft.missing(stored.content, need.method) if need else []
    return NotComplete(
        "The bid was not submitted: something is missing.",
        " ".join(gap.text for gap in gaps[:3]) + (" …" if len(gaps) > 3 else ""),
        "Open the check page: it lists everything that is missing, with links.",
    )


def name_of(session: Session, organisation_id: str) -> str:
    """The organisation's name."""
    return session.exec(select(Organisation.name).where(col(Organisation.id) == organisation_id)).one()


def people_of(session: Session, organisation_id: str) -> tuple[Addressee, ...]:
    """The bidders of an organisation, to whom its mails go."""
    return tuple(Addressee(user.id, user.email) for user in identity.people(session, organisation_id, {Role.BIDDER}))


def repeated(version: Any, revision: int) -> Receipt:
    """The receipt that a key brought before. Raises KeyUsed when it was for another revision."""
    if version.revision != revision:
        raise KeyUsed(
            "The bid was not submitted: this form was used already.",
            f"It brought you receipt {version.receipt}, and the bid has changed since.",
            "Open the check page again, look at the bid as it is now, and submit it.",
        )
    return _receipt_of(version, repeated=True)


def _receipt_of(version: Any, *, repeated: bool = False) -> Receipt:
    return Receipt(version.bid_id, version.receipt, version.version, version.submitted_at, version.digest, repeated)
