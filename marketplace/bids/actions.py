"""Submitting, replacing and withdrawing a bid, and submitting at closing what its bidder asked for.

Everything that can be done before is done before the lock: checking, serialising and sealing (`prepare`). Inside
stand the lock, the clock and a few inserts, because other bidders wait meanwhile, most of them in the last minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from marketplace.bids import access, wording
from marketplace.bids.drafting import BiddingClosed
from marketplace.bids.envelope import seal
from marketplace.bids.models import Bid, BidVersion
from marketplace.bids.offer import OfferError
from marketplace.bids.preparing import (
    VERSIONS,
    Addressee,
    KeyUsed,
    NotComplete,
    Prepared,
    Receipt,
    name_of,
    people_of,
    prepare,
    repeated,
)
from marketplace.bids.states import BID_STAGES, BidStage
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.database import lock_row
from marketplace.kit.errors import NotHere, Refusal
from marketplace.kit.ids import receipt_number
from marketplace.needs.models import Need
from marketplace.needs.states import Stage
from marketplace.notices.actions import send
from marketplace.scoring.canonical import canonical_json

CLOSING_KEY = "closing"
MACHINE = "closing"


class ChangedMeanwhile(Refusal):
    """The draft was saved after it was checked."""


def submit(work: Work, viewer: Viewer, prepared: Prepared, *, key: str, revision: int, address: str = "") -> Receipt:
    """Submit or replace: a new version under the need's lock, strictly before the deadline by the database's clock.

    The same `key` with the same `revision` again returns the first receipt. Raises KeyUsed for another revision under
    the same key, BiddingClosed, ChangedMeanwhile when the draft was saved since `revision`. `address` is the site's,
    for the mail.
    """
    if viewer.organisation_id != prepared.organisation_id:
        raise NotHere(prepared.bid_id)
    stage, closes_at, method_hash = _need_facts(work, prepared.need_id)
    connection = work.session.connection()
    bid = connection.execute(_LOCK_BID, {"bid_id": prepared.bid_id}).first()
    if bid is None:
        raise NotHere(prepared.bid_id)
    earlier = connection.execute(VERSIONS, {"bid_id": prepared.bid_id}).all()
    for version in earlier:
        if version.key == key:
            return repeated(version, revision)
    now = work.now()  # after the locks and after the last byte of the request: the deadline is decided here
    if stage is not Stage.OPEN or now >= closes_at:
        raise BiddingClosed("The bid was not submitted: bidding has closed.")
    if bid.revision != revision or prepared.revision != revision:
        raise ChangedMeanwhile(
            "The bid was not submitted: it was changed since you checked it.",
            "A colleague saved it, or you did in another window.",
            "Open the check page again, look at the bid as it is now, and submit it.",
        )
    if method_hash != prepared.method_hash:
        raise ChangedMeanwhile(
            "The bid was not submitted: the buyer changed the method of judging.", "", "Open the check page again."
        )
    return _store(work, viewer, bid.stage, prepared, earlier, key=key, now=now, closes_at=closes_at, address=address)


# Built once: with hundreds of bidders in the last minute, building statements anew is half of their cost.
_TABLES = SQLModel.metadata.tables
_NEED, _BID = _TABLES["need"], _TABLES["bid"]
_LOCK_NEED = (
    sa.select(_NEED.c.stage, _NEED.c.closes_at, _NEED.c.method_hash)
    .where(_NEED.c.id == sa.bindparam("need_id"))
    .with_for_update(read=True)
)
_LOCK_BID = sa.select(_BID.c.stage, _BID.c.revision).where(_BID.c.id == sa.bindparam("bid_id")).with_for_update()
_LIVE = (
    sa.update(_BID)
    .where(_BID.c.id == sa.bindparam("this_bid"))
    .values(
        stage=sa.bindparam("new_stage", type_=_BID.c.stage.type),
        live_version=sa.bindparam("number"),
        changed_at=sa.bindparam("at", type_=_BID.c.changed_at.type),
    )
)


@dataclass
class _Staged:
    """The stage of a bid whose row is written by a plain statement."""

    stage: BidStage


def _need_facts(work: Work, need_id: str) -> tuple[Stage, datetime, str]:
    """Stage, deadline and method hash of a need, its row locked against closing (but not against other bidders)."""
    row = work.session.connection().execute(_LOCK_NEED, {"need_id": need_id}).first()
    if row is None or row[1] is None:
        raise NotHere(need_id)
    return row[0], row[1], row[2]


def _store(
    work: Work,
    viewer: Viewer,
    stage: BidStage,
    prepared: Prepared,
    earlier: Any,
    *,
    key: str,
    now: datetime,
    closes_at: datetime,
    address: str,
) -> Receipt:
    number = max((version.version for version in earlier), default=0) + 1
    receipt = Receipt(prepared.bid_id, receipt_number(), number, now, prepared.sealed.digest)
    by_machine = bool(viewer.machine)
    access.store_version(
        work,
        {
            "bid_id": prepared.bid_id,
            "version": number,
            "receipt": receipt.number,
            "key": key,
            "revision": prepared.revision,
            "method_hash": prepared.method_hash,
            "submitted_by": MACHINE if by_machine else viewer.user_id or "",
            "submitted_at": now,
        },
        prepared.sealed,
    )
    staged = _Staged(stage)
    BID_STAGES.move(staged, BidStage.SUBMITTED)
    work.session.connection().execute(
        _LIVE, {"this_bid": prepared.bid_id, "new_stage": staged.stage, "number": number, "at": now}
    )
    verb = "bid.submitted_at_closing" if by_machine else "bid.submitted" if number == 1 else "bid.replaced"
    work.record(
        viewer,
        verb,
        f"bid:{prepared.bid_id}",
        thread=prepared.need_id,
        facts={
            "receipt": receipt.number,
            "version": number,
            "digest": receipt.digest,
            "method": prepared.method_hash,
        },
    )
    subject, text = wording.receipt(
        organisation=prepared.organisation_name,
        title=prepared.need_title,
        bid_id=prepared.bid_id,
        number=receipt.number,
        version=number,
        at=now,
        digest=receipt.digest,
        method_hash=prepared.method_hash,
        closes_at=closes_at,
        by_machine=by_machine,
        address=address,
    )
    _mail(work, prepared.people, f"receipt:{receipt.number}", "receipt", subject, text)
    return receipt


def _mail(work: Work, people: tuple[Addressee, ...], stable: str, kind: str, subject: str, text: str) -> None:
    # Secret: before closing nobody who runs the site learns from its outbox who bids for what.
    for person in people:
        stable_id = f"{stable}:{person.user_id}"
        send(work, stable_id=stable_id, to=person.email, subject=subject, text=text, kind=kind, secret=True)


def withdraw(work: Work, viewer: Viewer, *, bid_id: str, address: str = "") -> Bid:
    """Withdraw the submitted version; it can be submitted again until closing. Takes "submit at closing" back too.

    Raises BiddingClosed, WrongStage when nothing is submitted, NotHere.
    """
    need_id = access.own_bid(work.session, viewer, bid_id).need_id
    stage, closes_at, _hash = _need_facts(work, need_id)
    bid: Bid | None = lock_row(work.session, Bid, bid_id)
    if bid is None:
        raise NotHere(bid_id)
    now = work.now()
    if stage is not Stage.OPEN or now >= closes_at:
        raise BiddingClosed("The bid was not withdrawn: bidding has closed.")
    BID_STAGES.move(bid, BidStage.WITHDRAWN)
    version, bid.live_version, bid.submit_at_closing, bid.changed_at = bid.live_version, None, False, now
    work.record(viewer, "bid.withdrawn", f"bid:{bid_id}", thread=need_id, facts={"version": version})
    title = work.session.exec(select(Need.title).where(col(Need.id) == need_id)).one()
    subject, text = wording.withdrawn(
        organisation=name_of(work.session, bid.organisation_id),
        title=title,
        bid_id=bid_id,
        at=now,
        closes_at=closes_at,
        address=address,
    )
    _mail(
        work, people_of(work.session, bid.organisation_id), f"withdrawn:{bid_id}:{version}", "withdrawn", subject, text
    )
    return bid


def submit_at_closing(work: Work, viewer: Viewer, need: Need, *, address: str = "") -> int:
    """Submit, for every bidder who asked for it, the last complete draft that differs from its live version; returns
    how many.

    Called by the closing, under the need's lock and before the need is marked closed. A draft that cannot be sealed
    is told to its bidder and stops nobody else's.
    """
    done = 0
    for bid, offer, revision, live in access.drafts_for_closing(work, need):
        if live is not None and canonical_json(live) == canonical_json(offer):
            continue
        done += _submit_one(work, viewer, need, bid, offer, revision, address)
    return done


def _submit_one(
    work: Work, viewer: Viewer, need: Need, bid: Bid, offer: Mapping[str, Any], revision: int, address: str
) -> int:
    session = work.session
    people = people_of(session, bid.organisation_id)
    name = name_of(session, bid.organisation_id)
    earlier = session.exec(select(BidVersion).where(col(BidVersion.bid_id) == bid.id)).all()
    if any(version.key == CLOSING_KEY for version in earlier):
        return 0
    now = work.now()
    try:
        sealed = seal(offer, need_id=need.id, organisation_id=bid.organisation_id, method_hash=need.method_hash)
    except (OfferError, ValueError, TypeError) as error:
        why = f"The draft cannot be read any more ({type(error).__name__})."
        work.record(
            viewer, "bid.not_submitted_at_closing", f"bid:{bid.id}", thread=need.id, facts={"revision": revision}
        )
        subject, text = wording.not_submitted(
            organisation=name, title=need.title, bid_id=bid.id, why=why, address=address
        )
        _mail(work, people, f"not-submitted:{bid.id}", "receipt", subject, text)
        return 0
    prepared = Prepared(
        bid.id, need.id, bid.organisation_id, name, need.title, revision, need.method_hash, sealed, people
    )
    _store(
        work,
        viewer,
        bid.stage,
        prepared,
        earlier,
        key=CLOSING_KEY,
        now=now,
        closes_at=need.closes_at or now,
        address=address,
    )
    session.expire(bid)  # its row was written by a plain statement
    return 1


__all__ = [
    "BiddingClosed",
    "KeyUsed",
    "NotComplete",
    "Prepared",
    "Receipt",
    "prepare",
    "submit",
    "submit_at_closing",
    "withdraw",
]
