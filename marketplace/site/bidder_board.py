"""The dashboard of a bidder: drafts with their deadlines, what is submitted, and open needs."""

from datetime import datetime

import sqlalchemy as sa
from markupsafe import Markup
from sqlmodel import Session, col

from marketplace.bids import queries as bids
from marketplace.bids.states import BidStage
from marketplace.identity.viewer import Viewer
from marketplace.needs.models import Need
from marketplace.needs.rules import may_bid
from marketplace.needs.states import Stage
from marketplace.site.board import Board, Cell, Section, link, section
from marketplace.web.filters import london, plural, pounds, time_left

MOST_LOOKED_AT = 200  # open needs: enough to find those that ask this provider, and a bound on the cost


def board(session: Session, viewer: Viewer, now: datetime) -> Board:
    """What waits for a bidder."""
    mine = bids.mine(session, viewer)
    live = [bid for bid in mine if bid.need_stage is Stage.OPEN and bid.closes_at and now < bid.closes_at]
    unsent = [bid for bid in live if bid.stage is not BidStage.SUBMITTED]
    sent = [bid for bid in live if bid.stage is BidStage.SUBMITTED]
    past = [bid for bid in mine if bid not in live]
    waits: list[Cell] = []
    if unsent:
        first = unsent[0]
        waits.append(
            f"{plural(len(unsent), 'bid')} not submitted yet. The first deadline, of “{first.title}”, "
            f"is in {time_left(first.closes_at, now)}."
        )
    whole = ("See all your bids", "/bids")
    sections = (
        section(
            "Bids not submitted yet",
            ("Need", "Buyer", "Closes", "Time left", "At closing"),
            [
                (
                    _bid(bid),
                    bid.buyer,
                    london(bid.closes_at),
                    time_left(bid.closes_at, now),
                    "Last complete version is submitted" if bid.submit_at_closing else "Nothing is submitted",
                )
                for bid in unsent
            ],
            "No draft waits for you.",
            whole,
        ),
        section(
            "Submitted, waiting for the deadline",
            ("Need", "Buyer", "Closes", "Receipt"),
            [(_bid(bid), bid.buyer, london(bid.closes_at), bid.receipt) for bid in sent],
            "No submitted bid waits for its deadline.",
            whole,
        ),
        _open_needs(session, viewer, now, {bid.need_id for bid in mine}),
        section(
            "After the deadline",
            ("Need", "Buyer", "Closed", "Your bid"),
            [(_bid(bid), bid.buyer, london(bid.closes_at), bid.receipt or "Not submitted") for bid in reversed(past)],
            "None of the needs that you bid for has closed yet.",
            whole,
        ),
    )
    ways = (("Find needs", "/needs"), ("All your bids", "/bids"), ("Your team", "/team"))
    return Board(tuple(waits), sections, ways)


def _bid(bid: bids.OwnBid) -> Markup:
    return link(bid.title, f"/bids/{bid.bid_id}")


def _open_needs(session: Session, viewer: Viewer, now: datetime, bid_for: set[str]) -> Section:
    """The open needs that close first, of those that ask this provider and that it has not begun to bid for."""
    found = session.execute(
        sa.select(
            col(Need.id),
            col(Need.title),
            col(Need.buyer_name),
            col(Need.total_ceiling_pence),
            col(Need.closes_at),
            col(Need.details),
        )
        .where(col(Need.stage) == Stage.OPEN, col(Need.closes_at) > now)
        .order_by(col(Need.closes_at), col(Need.id))
        .limit(MOST_LOOKED_AT)
    )
    rows: list[tuple[Cell, ...]] = []
    for need_id, title, buyer, ceiling, closes_at, details in found:
        asked = may_bid(details.get("bidders") or {}, viewer.organisation_id or "", viewer.kind or "")
        if need_id not in bid_for and asked:
            rows.append((link(title, f"/needs/{need_id}"), buyer, pounds(ceiling), london(closes_at)))
    return section(
        "Open needs that you have not bid for",
        ("Need", "Buyer", ("Ceiling", "number"), "Closes"),
        rows,
        "You have begun a bid for every need that is open to you, or none is open now.",
        ("See all open needs", "/needs"),
    )
