"""Drafting a bid: start it, save a page of it, add evidence, ask for submission at closing."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from sqlmodel import col, select

from marketplace.bids import access, draft, rules
from marketplace.bids.models import Bid, BidIntention
from marketplace.bids.states import BidStage
from marketplace.identity.models import Organisation
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.database import lock_row
from marketplace.kit.errors import Invalid, NotHere, Refusal
from marketplace.kit.uploads import Upload
from marketplace.needs import rules as needs
from marketplace.needs.models import Need
from marketplace.needs.states import PUBLISHED

MOST_DOCUMENTS_MEGABYTES = 100  # a guard of the disk: all documents of one bid together


class MayNotBid(Refusal):
    """The viewer cannot bid for this need."""


class BiddingClosed(Refusal):
    """The deadline has passed: nothing of a bid can be changed any more."""

    def __init__(self, what: str = "Nothing was changed: bidding has closed.") -> None:
        super().__init__(
            what,
            "The deadline is decided by the server's clock.",
            "Your drafts and submitted versions stay readable under “Your bids”.",
        )


class StaleDraft(Refusal):
    """Somebody saved the draft since the page was opened."""

    def __init__(self) -> None:
        super().__init__(
            "This page was not saved: the bid was changed since you opened it.",
            "A colleague saved it, or you did in another window.",
            "Compare with what is stored now, shown on this page, and save again to keep what you typed.",
        )


def shared_need(work: Work, need_id: str) -> Need:
    """The need's row, locked against closing but not against other bidders. Raises NotHere for drafts and unknown
    needs.
    """
    need = work.session.get(Need, need_id, with_for_update={"read": True}, populate_existing=True)
    if need is None or need.stage not in PUBLISHED:
        raise NotHere(need_id)
    return need


def _open_draft(work: Work, viewer: Viewer, bid_id: str) -> tuple[Need, access.Draft]:
    """The viewer's draft with need and bid locked, in that order. Raises NotHere, BiddingClosed."""
    need = shared_need(work, access.own_bid(work.session, viewer, bid_id).need_id)
    lock_row(work.session, Bid, bid_id)
    if not needs.accepts_bids(need, work.now()):
        raise BiddingClosed
    return need, access.own_draft(work.session, viewer, bid_id)


def start(work: Work, viewer: Viewer, *, need_id: str) -> Bid:
    """The organisation's bid for a need: a new draft, or the one that it has. Raises MayNotBid with the exact reason,
    or NotHere.
    """
    need = shared_need(work, need_id)
    organisation = lock_row(work.session, Organisation, viewer.organisation_id) if viewer.organisation_id else None
    barred = rules.why_not(
        viewer,
        need,
        work.now(),
        buyer_id=need.organisation_id,
        bidders=need.details.get("bidders", {}),
        standing=organisation.standing if organisation else None,
    )
    if barred is not None or organisation is None:
        raise MayNotBid(*((barred.what, barred.why, barred.next_step) if barred else ("Your account cannot bid.",)))
    known = work.session.exec(select(Bid).where(Bid.need_id == need.id, Bid.organisation_id == organisation.id)).first()
    if known is not None:
        return known
    now = work.now()
    bid = Bid(
        need_id=need.id,
        organisation_id=organisation.id,
        created_by=viewer.user_id or "",
        created_at=now,
        changed_at=now,
    )
    answers = {**organisation.facts, **access.last_answers(work.session, organisation.id)}
    contact = {f"contact_{key}": getattr(organisation, f"contact_{key}") for key in ("name", "email", "phone")}
    access.new_draft(work, bid, draft.blank(need.method, answers, contact), None)
    work.record(viewer, "bid.started", f"bid:{bid.id}", thread=need.id)
    return bid


def _save(
    work: Work, viewer: Viewer, bid_id: str, revision: int, change: Callable[[dict[str, Any]], None]
) -> access.Draft:
    """Change the draft's content under its locks and raise its revision. Raises StaleDraft when `revision` is not the
    stored one.
    """
    need, stored = _open_draft(work, viewer, bid_id)
    if stored.bid.revision != revision:
        raise StaleDraft
    content = deepcopy(stored.content)
    change(content)
    if content == stored.content:
        return stored
    stored.bid.revision += 1
    stored.bid.changed_at = work.now()
    complete = draft.complete(content, need.method)
    access.write_draft(work, stored.bid, content, complete)
    work.record(viewer, "bid.draft_saved", f"bid:{bid_id}", thread=need.id, facts={"revision": stored.bid.revision})
    return access.Draft(stored.bid, content, complete, stored.bid.revision if complete else stored.complete_revision)


def save_lot(
    work: Work, viewer: Viewer, *, bid_id: str, revision: int, number: int, values: Mapping[str, Any]
) -> access.Draft:
    """Store the prices or the costs of one lot: `values` replaces the parts that it names ("offered", "lines", one-
    off costs).

    Raises StaleDraft, BiddingClosed, NotHere.
    """

    def change(content: dict[str, Any]) -> None:
        if str(number) not in content["lots"]:
            raise NotHere(f"lot {number}")
        content["lots"][str(number)].update(deepcopy(dict(values)))

    return _save(work, viewer, bid_id, revision, change)


def save_answers(
    work: Work, viewer: Viewer, *, bid_id: str, revision: int, indicators: list[str], answers: Mapping[str, Any]
) -> access.Draft:
    """Store the answers to some indicators; a question that `answers` leaves out is unanswered afterwards. Answers
    filled in from the last bid count as looked at. Raises StaleDraft, BiddingClosed, NotHere.
    """
    keys = {field.key for each in indicators for field in draft.asked_fields(each)}

    def change(content: dict[str, Any]) -> None:
        kept = {key: value for key, value in content["answers"].items() if key not in keys}
        content["answers"] = kept | {key: value for key, value in answers.items() if key in keys}
        content["prefilled"] = [each for each in content["prefilled"] if each not in indicators]

    return _save(work, viewer, bid_id, revision, change)


def save_organisation(
    work: Work, viewer: Viewer, *, bid_id: str, revision: int, values: Mapping[str, Any]
) -> access.Draft:
    """Store what the bidder says of itself. Raises StaleDraft, BiddingClosed, NotHere."""
    return _save(work, viewer, bid_id, revision, lambda content: content["organisation"].update(values))


def attach_document(
    work: Work, viewer: Viewer, *, bid_id: str, revision: int, indicator: str, upload: Upload
) -> access.Draft:
    """Back an indicator's answer with a document. Raises StaleDraft, BiddingClosed, NotHere, Invalid when the bid's
    documents are too many.
    """
    _need, stored = _open_draft(work, viewer, bid_id)
    if stored.bid.revision != revision:
        raise StaleDraft
    if access.documents_size(work.session, stored.bid) + len(upload.content) > MOST_DOCUMENTS_MEGABYTES * 1024 * 1024:
        raise Invalid(
            f"The documents of one bid may have {MOST_DOCUMENTS_MEGABYTES} MB together.",
            "Every document ever added counts, versions refer to them.",
            "Give a link instead.",
            field="document",
        )
    reference = access.add_document(work, viewer, stored.bid, upload)
    return _set_evidence(work, viewer, bid_id, revision, indicator, reference)


def attach_link(work: Work, viewer: Viewer, *, bid_id: str, revision: int, indicator: str, url: str) -> access.Draft:
    """Back an indicator's answer with a link. Raises StaleDraft, BiddingClosed, NotHere."""
    return _set_evidence(work, viewer, bid_id, revision, indicator, {"kind": "link", "url": url})


def remove_evidence(work: Work, viewer: Viewer, *, bid_id: str, revision: int, indicator: str) -> access.Draft:
    """Take the evidence away from an answer; versions that refer to the document keep it. Raises StaleDraft,
    BiddingClosed, NotHere.
    """
    return _set_evidence(work, viewer, bid_id, revision, indicator, None)


def _set_evidence(
    work: Work, viewer: Viewer, bid_id: str, revision: int, indicator: str, reference: dict[str, Any] | None
) -> access.Draft:
    def change(content: dict[str, Any]) -> None:
        content["evidence"].pop(indicator, None)
        if reference is not None:
            content["evidence"][indicator] = reference

    return _save(work, viewer, bid_id, revision, change)


def ask_at_closing(work: Work, viewer: Viewer, *, bid_id: str, wanted: bool) -> Bid:
    """Tick or untick "submit my last complete version at closing". Raises BiddingClosed, NotHere."""
    need, stored = _open_draft(work, viewer, bid_id)
    if stored.bid.submit_at_closing != wanted:
        stored.bid.submit_at_closing = wanted
        stored.bid.changed_at = work.now()
        work.record(
            viewer, "bid.at_closing_asked" if wanted else "bid.at_closing_taken_back", f"bid:{bid_id}", thread=need.id
        )
    return stored.bid


def say_intention(work: Work, viewer: Viewer, *, need_id: str, intends: bool, reason: str) -> BidIntention:
    """Store that the organisation intends to bid, or declines and why. Not shown to the buyer before closing.

    Raises MayNotBid for somebody who could not bid, NotHere, BiddingClosed.
    """
    need = shared_need(work, need_id)
    now = work.now()
    if not viewer.provides or viewer.organisation_id is None:
        raise MayNotBid(
            "Your account cannot bid.", "It does not belong to a provider.", "Sign in with a provider's account."
        )
    if not needs.accepts_bids(need, now):
        raise BiddingClosed
    row = work.session.exec(
        select(BidIntention).where(
            col(BidIntention.need_id) == need_id, col(BidIntention.organisation_id) == viewer.organisation_id
        )
    ).first()
    if row is None:
        row = BidIntention(
            need_id=need_id, organisation_id=viewer.organisation_id, intends=intends, said_by="", said_at=now
        )
        work.session.add(row)
    row.intends, row.reason, row.said_by, row.said_at = intends, reason, viewer.user_id or "", now
    work.record(viewer, "bid.intended" if intends else "bid.declined", f"need:{need_id}", thread=need_id)
    return row


def may_withdraw(bid: Bid) -> bool:
    """Whether there is a submitted version to withdraw."""
    return bid.stage is BidStage.SUBMITTED
