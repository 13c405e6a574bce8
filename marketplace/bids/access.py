"""The only door to what is sealed: drafts, envelopes, evidence. A house test proves that nothing else reads their
tables.

A bidder's own people come in by the functions called `own_...`; the opening comes in by `open_bids`, after closing
only; the buyer comes in by `opened_document`, after opening only. The operator never does.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import load_only
from sqlmodel import Session, SQLModel, col, select

from marketplace.bids.envelope import EnvelopeError, Sealed, unseal
from marketplace.bids.models import Bid, BidDraft, BidEnvelope, BidEvidence, BidVersion
from marketplace.bids.states import BidStage
from marketplace.identity.models import Organisation
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.errors import NotHere
from marketplace.kit.ids import new_id
from marketplace.kit.uploads import Upload
from marketplace.needs.models import Need
from marketplace.needs.states import Stage
from marketplace.scoring.canonical import canonical_json, sha256_hex

OPENED = frozenset({Stage.OPENED, Stage.SCORED})


@dataclass(frozen=True)
class Draft:
    """A bid's draft as read: its row, its content (bids/draft.py), the last complete offer and the revision that it
    was complete at.
    """

    bid: Bid
    content: dict[str, Any]
    complete: dict[str, Any] | None
    complete_revision: int | None


@dataclass(frozen=True)
class Opened:
    """One live bid at opening. `offer` is the offer's canonical JSON, "" when `problem` says why it cannot be read."""

    bid_id: str
    organisation_id: str
    organisation_name: str
    version: int
    receipt: str
    digest: str
    offer: str
    problem: str


def own_bid(session: Session, viewer: Viewer, bid_id: str) -> Bid:
    """The viewer's own bid. Raises NotHere for one that does not exist or is another organisation's."""
    bid = session.get(Bid, bid_id)
    if bid is None or not viewer.provides or bid.organisation_id != viewer.organisation_id:
        raise NotHere(bid_id)
    return bid


def own_draft(session: Session, viewer: Viewer, bid_id: str) -> Draft:
    """The viewer's own draft. Raises NotHere."""
    bid = own_bid(session, viewer, bid_id)
    row = session.get(BidDraft, bid.id)
    if row is None:
        raise NotHere(bid_id)
    return Draft(bid, row.content, row.complete, row.complete_revision)


def new_draft(work: Work, bid: Bid, content: dict[str, Any], complete: dict[str, Any] | None) -> None:
    """The first draft of a new bid."""
    work.session.add(bid)
    work.session.flush()
    work.session.add(
        BidDraft(
            bid_id=bid.id,
            content=content,
            complete=complete,
            complete_revision=None if complete is None else bid.revision,
        )
    )


def write_draft(work: Work, bid: Bid, content: dict[str, Any], complete: dict[str, Any] | None) -> None:
    """Store the draft of a locked bid whose revision was raised. An incomplete draft leaves the last complete offer
    as it was.
    """
    values: dict[str, Any] = {"content": content}
    if complete is not None:
        values |= {"complete": complete, "complete_revision": bid.revision}
    work.session.execute(sa.update(BidDraft).where(col(BidDraft.bid_id) == bid.id).values(**values))


def last_answers(session: Session, organisation_id: str) -> dict[str, Any]:
    """The answers of the organisation's last submitted bid, for its own next one; {} when there is none that can be
    read.
    """
    row = session.exec(
        select(BidEnvelope.content, BidVersion.digest, Bid.need_id)
        .join(BidVersion, col(BidVersion.id) == col(BidEnvelope.version_id))
        .join(Bid, col(Bid.id) == col(BidVersion.bid_id))
        .where(col(Bid.organisation_id) == organisation_id)
        .order_by(col(BidVersion.submitted_at).desc(), col(BidVersion.id))
        .limit(1)
    ).first()
    if row is None:
        return {}
    content, digest, need_id = row
    try:
        document, _offer = unseal(content, digest, need_id=need_id, organisation_id=organisation_id)
    except EnvelopeError:
        return {}  # its own page says what is wrong with it; a new bid can do without
    return dict(document["answers"])


def versions(session: Session, viewer: Viewer, bid_id: str) -> list[BidVersion]:
    """The receipts of the viewer's own bid, newest first. Raises NotHere."""
    bid = own_bid(session, viewer, bid_id)
    return list(
        session.exec(
            select(BidVersion).where(col(BidVersion.bid_id) == bid.id).order_by(col(BidVersion.version).desc())
        )
    )


def own_version(session: Session, viewer: Viewer, bid_id: str, number: int) -> tuple[BidVersion, str]:
    """The receipt of one version of the viewer's own bid and its envelope's text. Raises NotHere."""
    bid = own_bid(session, viewer, bid_id)
    row = session.exec(
        select(BidVersion, BidEnvelope.content)
        .join(BidEnvelope, col(BidEnvelope.version_id) == col(BidVersion.id))
        .where(col(BidVersion.bid_id) == bid.id, col(BidVersion.version) == number)
    ).first()
    if row is None:
        raise NotHere(f"{bid_id} version {number}")
    return row[0], row[1]


# Statements of the submission, built once: with hundreds of bidders in the last minute, building them anew is half of
# their cost.
_BID, _DRAFT, _VERSION, _ENVELOPE = (
    SQLModel.metadata.tables[str(model.__tablename__)] for model in (Bid, BidDraft, BidVersion, BidEnvelope)
)
_NEED, _ORGANISATION = SQLModel.metadata.tables["need"], SQLModel.metadata.tables["organisation"]
_READY = (
    sa.select(
        _BID.c.need_id,
        _BID.c.organisation_id,
        _ORGANISATION.c.name,
        _NEED.c.title,
        _BID.c.revision,
        _NEED.c.method_hash,
        _DRAFT.c.complete,
        _DRAFT.c.complete_revision,
    )
    .select_from(_BID)
    .join(_NEED, _NEED.c.id == _BID.c.need_id)
    .join(_DRAFT, _DRAFT.c.bid_id == _BID.c.id)
    .join(_ORGANISATION, _ORGANISATION.c.id == _BID.c.organisation_id)
    .where(_BID.c.id == sa.bindparam("bid_id"), _BID.c.organisation_id == sa.bindparam("organisation_id"))
)
_NEW_VERSION, _NEW_ENVELOPE = sa.insert(_VERSION), sa.insert(_ENVELOPE)


@dataclass(frozen=True)
class Ready:
    """What a submission needs to know of a bid, in one row. `complete` is the last complete offer, of
    `complete_revision`.
    """

    need_id: str
    organisation_id: str
    organisation_name: str
    need_title: str
    revision: int
    method_hash: str
    complete: dict[str, Any] | None
    complete_revision: int | None


def ready(session: Session, viewer: Viewer, bid_id: str) -> Ready:
    """The viewer's own bid as its submission needs it. Raises NotHere."""
    names = {"bid_id": bid_id, "organisation_id": viewer.organisation_id}
    row = session.connection().execute(_READY, names).first() if viewer.provides else None
    if row is None:
        raise NotHere(bid_id)
    return Ready(*row)


def store_version(work: Work, version: Mapping[str, Any], sealed: Sealed) -> None:
    """The receipt and the envelope of a new version: two plain inserts, since other writers wait meanwhile."""
    connection = work.session.connection()
    version_id = new_id()
    connection.execute(_NEW_VERSION, {"id": version_id, "digest": sealed.digest, **version})
    connection.execute(_NEW_ENVELOPE, {"version_id": version_id, "content": sealed.content})


def add_document(work: Work, viewer: Viewer, bid: Bid, upload: Upload) -> dict[str, Any]:
    """Keep an uploaded document with the viewer's locked bid; returns how the draft refers to it."""
    row = BidEvidence(
        bid_id=bid.id,
        file_name=upload.name,
        media_type=upload.media_type,
        size=len(upload.content),
        sha256=sha256_hex(upload.content),
        content=upload.content,
        added_by=viewer.user_id or "",
        added_at=work.now(),
    )
    work.session.add(row)
    work.session.flush()
    return {"kind": "document", "id": row.id, "name": row.file_name, "sha256": row.sha256}


def own_document(session: Session, viewer: Viewer, bid_id: str, document_id: str) -> Upload:
    """A document of the viewer's own bid. Raises NotHere."""
    return _document(session, own_bid(session, viewer, bid_id).id, document_id)


def documents_size(session: Session, bid: Bid) -> int:
    """Bytes of all documents kept with a bid."""
    total = session.exec(
        select(sa.func.coalesce(sa.func.sum(BidEvidence.size), 0)).where(col(BidEvidence.bid_id) == bid.id)
    ).one()
    return int(total)


def _document(session: Session, bid_id: str, document_id: str) -> Upload:
    row = session.exec(
        select(BidEvidence).where(col(BidEvidence.id) == document_id, col(BidEvidence.bid_id) == bid_id)
    ).first()
    if row is None:
        raise NotHere(document_id)
    return Upload(row.file_name, row.media_type, row.content)


def opened_document(session: Session, viewer: Viewer, need: Need, bid_id: str, document_id: str) -> Upload:
    """A document of an opened bid, for the people of the need's buyer. Raises NotHere before opening, for others, and
    for a document that the live version does not refer to.
    """
    if not viewer.buys or need.organisation_id != viewer.organisation_id or need.stage not in OPENED:
        raise NotHere(document_id)
    bid = session.get(Bid, bid_id)
    if bid is None or bid.need_id != need.id or bid.stage is not BidStage.SUBMITTED:
        raise NotHere(document_id)
    opened = next(iter(_live(session, need, bid_id)), None)
    evidence = json.loads(opened.offer)["evidence"].values() if opened and opened.offer else ()
    if not any(each.get("id") == document_id for each in evidence):
        raise NotHere(document_id)
    return _document(session, bid_id, document_id)


def open_bids(work: Work, need: Need) -> list[Opened]:
    """Every live bid of a closed need, by receipt number; [] in any other stage. What cannot be read is there with
    its problem.
    """
    return _live(work.session, need) if need.stage is Stage.CLOSED else []


def _live(session: Session, need: Need, bid_id: str | None = None) -> list[Opened]:
    query = (
        sa.select(
            col(Bid.id),
            col(Bid.organisation_id),
            col(Organisation.name),
            col(BidVersion.version),
            col(BidVersion.receipt),
            col(BidVersion.digest),
            col(BidEnvelope.content),
        )
        .join(
            BidVersion, sa.and_(col(BidVersion.bid_id) == col(Bid.id), col(BidVersion.version) == col(Bid.live_version))
        )
        .join(Organisation, col(Organisation.id) == col(Bid.organisation_id))
        .outerjoin(BidEnvelope, col(BidEnvelope.version_id) == col(BidVersion.id))
        .where(col(Bid.need_id) == need.id, col(Bid.stage) == BidStage.SUBMITTED)
        .order_by(col(BidVersion.receipt))
    )
    if bid_id is not None:
        query = query.where(col(Bid.id) == bid_id)
    return [_read(need.id, *row) for row in session.execute(query)]


def _read(
    need_id: str,
    bid_id: str,
    organisation_id: str,
    name: str,
    version: int,
    receipt: str,
    digest: str,
    content: str | None,
) -> Opened:
    offer, problem = "", ""
    try:
        if content is None:
            raise EnvelopeError("The envelope is missing.")
        document, _offer = unseal(content, digest, need_id=need_id, organisation_id=organisation_id)
        offer = canonical_json(document)
    except EnvelopeError as error:
        problem = str(error)
    return Opened(bid_id, organisation_id, name, version, receipt, digest, offer, problem)


def drafts_for_closing(work: Work, need: Need) -> list[tuple[Bid, dict[str, Any], int, dict[str, Any] | None]]:
    """The bids (locked) whose people asked that the last complete draft be submitted at closing: (bid, that offer,
    its revision, the offer of the live version or None). Called by the closing under the need's lock.
    """
    rows = work.session.exec(
        select(Bid, BidDraft)
        .join(BidDraft, col(BidDraft.bid_id) == col(Bid.id))
        .where(col(Bid.need_id) == need.id, col(Bid.submit_at_closing).is_(True))
        .order_by(col(Bid.id))
        .with_for_update()
        .options(load_only(BidDraft.complete, BidDraft.complete_revision))  # type: ignore[arg-type]
    ).all()
    live = {opened.bid_id: opened for opened in _live(work.session, need)} if rows else {}
    found = []
    for bid, draft in rows:
        if draft.complete is not None and draft.complete_revision is not None:
            now_live = live.get(bid.id)
            found.append(
                (
                    bid,
                    draft.complete,
                    draft.complete_revision,
                    json.loads(now_live.offer) if now_live and now_live.offer else None,
                )
            )
    return found
