"""What waits for somebody, by role. Each section says what it holds, or in plain words that nothing waits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from markupsafe import Markup
from sqlmodel import Session, col

from marketplace.bids import queries as bids
from marketplace.bids.states import BidStage
from marketplace.evaluations import queries as evaluations
from marketplace.identity import queries as identity
from marketplace.identity.roles import Role
from marketplace.identity.viewer import Viewer
from marketplace.needs import queries as needs
from marketplace.needs.models import Need
from marketplace.needs.rules import PHASE_NAMES, may_bid, phase
from marketplace.needs.states import Stage
from marketplace.notices import queries as notices
from marketplace.register import queries as register
from marketplace.web.filters import london, number, plural, pounds, time_left
from marketplace.web.pages import at

MOST = 10  # rows of a section; the whole list has a page of its own
MOST_LOOKED_AT = 200  # open needs: enough to find MOST that ask this provider, and a bound on the cost
UNTITLED = "Need without a title"
Cell = str | Markup


@dataclass(frozen=True)
class Section:
    """One table of the dashboard. `columns` as in the macro data_table; `empty` is said when there are no rows.

    `more`: (words, path) of the page with the whole list, None when there is none. `left_out`: how many rows stand only
    there.
    """

    title: str
    columns: tuple[str | tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    more: tuple[str, str] | None = None
    left_out: int = 0


@dataclass(frozen=True)
class Board:
    """A dashboard: its sections, what waits (sentences, most urgent first), and the ways to go on as (words, path)."""

    waits: tuple[Cell, ...]
    sections: tuple[Section, ...]
    ways: tuple[tuple[str, str], ...]


def board(session: Session, viewer: Viewer, now: datetime) -> Board:
    """The dashboard of a signed-in person at `now`. A role that is not known gets an empty one."""
    makers: dict[Role, Callable[[Session, Viewer, datetime], Board]] = {
        Role.MANAGER: _buyer,
        Role.APPROVER: _buyer,
        Role.EVALUATOR: _buyer,
        Role.AUDITOR: _buyer,
        Role.BIDDER: _bidder,
        Role.OPERATOR: _operator,
    }
    make = makers.get(viewer.role) if viewer.role else None
    return make(session, viewer, now) if make else Board((), (), ())


def _section(
    title: str,
    columns: tuple[str | tuple[str, str], ...],
    rows: list[tuple[Cell, ...]],
    empty: str,
    more: tuple[str, str] | None = None,
) -> Section:
    return Section(title, columns, tuple(rows[:MOST]), empty, more, max(0, len(rows) - MOST))


def link(words: str, path: str) -> Markup:
    """A link to a page of this site."""
    return Markup('<a href="{}">{}</a>').format(at(path), words)


# Buyers ---------------------------------------------------------------------------------------------------------------


def _buyer(session: Session, viewer: Viewer, now: datetime) -> Board:
    own = needs.own_needs(session, viewer)
    by_stage: dict[Stage, list[Need]] = {stage: [need for need in own if need.stage is stage] for stage in Stage}
    drafts_for = (Role.MANAGER, Role.APPROVER)
    approves, drafts = viewer.role is Role.APPROVER, viewer.role in drafts_for
    in_review, scored = by_stage[Stage.REVIEW], by_stage[Stage.SCORED]
    working = [*by_stage[Stage.CLOSED], *by_stage[Stage.OPENED]]
    waits: list[Cell] = []
    if approves and in_review:
        what = plural(len(in_review), "need")
        waits.append(f"{what} {'waits' if len(in_review) == 1 else 'wait'} for your approval.")
    whole = ("See all your needs", "/buyer/needs")
    sections = []
    if drafts:
        sections.append(
            _section(
                "Waiting for your approval" if approves else "Waiting for an approver",
                ("Need", "Last changed"),
                [(_own(need, ""), london(need.changed_at)) for need in in_review],
                "No need waits for approval.",
            )
        )
        sections.append(
            _section(
                "Drafts",
                ("Need", "Last changed"),
                [(_own(need, ""), london(need.changed_at)) for need in by_stage[Stage.DRAFT]],
                "You have no drafts. Press “Draft a need” to begin one, or copy an earlier need from its page.",
                whole,
            )
        )
    sections.append(
        _section(
            "Open for bids",
            ("Need", "Closes", "Time left"),
            [
                (_own(need, ""), london(need.closes_at), time_left(need.closes_at, now))
                for need in _by_closing(by_stage[Stage.OPEN])
            ],
            "None of your needs is open.",
            whole,
        )
    )
    sections.append(
        _section(
            "Being opened and scored",
            ("Need", "Stage", "Closed"),
            [(_own(need, "/evaluation"), PHASE_NAMES[phase(need, now)], london(need.closes_at)) for need in working],
            "Nothing is being scored. Opening and scoring begin by themselves when a need closes.",
        )
    )
    sections.append(_scored(scored, viewer, whole))
    return Board(tuple(waits), tuple(sections), _buyer_ways(viewer, drafts))


def _scored(scored: list[Need], viewer: Viewer, whole: tuple[str, str]) -> Section:
    latest = sorted(scored, key=lambda need: (need.scored_at or need.changed_at, need.id), reverse=True)
    columns: tuple[str | tuple[str, str], ...] = ("Need", "Closed", "Scored")
    rows: list[tuple[Cell, ...]] = [
        (_own(need, "/evaluation"), london(need.closes_at), london(need.scored_at)) for need in latest
    ]
    if viewer.role is Role.AUDITOR:
        columns = (*columns, "History")
        rows = [
            (*row, link(f"History of {need.title or UNTITLED}", f"/buyer/needs/{need.id}/history"))
            for row, need in zip(rows, latest, strict=True)
        ]
    return _section(
        "Evaluations to read", columns, rows, "No evaluation yet. It appears here when a need was scored.", whole
    )


def _buyer_ways(viewer: Viewer, drafts: bool) -> tuple[tuple[str, str], ...]:
    ways = [("Draft a need", "/buyer/needs/new")] if drafts else []
    ways.append(("All your needs", "/buyer/needs"))
    if drafts:
        ways.append(("What you pay for support now", "/buyer/spend"))
    if viewer.role is Role.APPROVER:
        ways.append(("Your team", "/team"))
    return tuple(ways)


def _own(need: Need, page: str) -> Markup:
    return link(need.title or UNTITLED, f"/buyer/needs/{need.id}{page}")


def _by_closing(found: list[Need]) -> list[Need]:
    return sorted(found, key=lambda need: (need.closes_at or need.changed_at, need.id))


# Bidders --------------------------------------------------------------------------------------------------------------


def _bidder(session: Session, viewer: Viewer, now: datetime) -> Board:
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
        _section(
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
        _section(
            "Submitted, waiting for the deadline",
            ("Need", "Buyer", "Closes", "Receipt"),
            [(_bid(bid), bid.buyer, london(bid.closes_at), bid.receipt) for bid in sent],
            "No submitted bid waits for its deadline.",
            whole,
        ),
        _open_needs(session, viewer, now, {bid.need_id for bid in mine}),
        _section(
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
    columns = (Need.id, Need.title, Need.buyer_name, Need.total_ceiling_pence, Need.closes_at, Need.details)
    found = session.execute(
        sa.select(*columns)  # type: ignore[arg-type]
        .where(col(Need.stage) == Stage.OPEN, col(Need.closes_at) > now)
        .order_by(col(Need.closes_at), col(Need.id))
        .limit(MOST_LOOKED_AT)
    )
    rows: list[tuple[Cell, ...]] = []
    for need_id, title, buyer, ceiling, closes_at, details in found:
        asked = may_bid(details.get("bidders") or {}, viewer.organisation_id or "", viewer.kind or "")
        if need_id not in bid_for and asked:
            rows.append((link(title, f"/needs/{need_id}"), buyer, pounds(ceiling), london(closes_at)))
    return _section(
        "Open needs that you have not bid for",
        ("Need", "Buyer", ("Ceiling", "number"), "Closes"),
        rows,
        "You have begun a bid for every need that is open to you, or none is open now.",
        ("See all open needs", "/needs"),
    )


# The operator ---------------------------------------------------------------------------------------------------------


def _operator(session: Session, _viewer: Viewer, now: datetime) -> Board:
    organisations, people = identity.waiting_counts(session)
    unsent, failed = notices.counts(session)
    jobs = evaluations.jobs(session, now)
    stuck = [job for job in jobs if job.stuck]
    known = register.counts(session)
    waits: list[Cell] = []
    for count, one, many, path in (
        (len(stuck), "need is stuck", "needs are stuck", "/operator/jobs"),
        (
            organisations,
            "organisation waits for approval",
            "organisations wait for approval",
            "/operator/organisations?standing=waiting",
        ),
        (people, "person waits for approval", "people wait for approval", "/operator/users"),
        (failed, "mail could not be sent", "mails could not be sent", "/operator/outbox"),
    ):
        if count:
            waits.append(link(f"{plural(count, one, many)}.", path))
    if not any(known.values()):
        waits.append("The register of commissioners is empty. Load it with: marketplace import-register DIR")
    facts = (
        ("Organisations that wait for approval", number(organisations)),
        ("People who wait for approval", number(people)),
        ("Mails waiting to be sent", number(unsent)),
        ("Mails that failed for good", number(failed)),
        ("Needs that the machine works on", number(len(jobs))),
        ("Needs that are stuck", number(len(stuck))),
        ("Groups in the register", number(known["ccg"])),
        ("Boards in the register", number(known["icb"])),
    )
    sections = (
        _section("How things stand", ("What", ("How many", "number")), list(facts), ""),
        _section(
            "Waiting to be closed, opened or scored",
            ("Need", "Stage", "Step", ("Attempts", "number")),
            [
                (link(job.title, f"/needs/{job.need_id}"), job.stage.value, job.step, number(job.attempts))
                for job in jobs
            ],
            "Nothing is due. Needs are closed, opened and scored by themselves.",
            ("See all jobs", "/operator/jobs"),
        ),
    )
    ways = (
        ("Organisations", "/operator/organisations"),
        ("People", "/operator/users"),
        ("Outbox", "/operator/outbox"),
        ("Jobs", "/operator/jobs"),
        ("Register of commissioners", "/register-of-commissioners"),
    )
    return Board(tuple(waits), sections, ways)
