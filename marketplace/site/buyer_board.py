"""The dashboard of a buyer's people: what to approve, drafts, open needs, what is being scored, what to read."""

from datetime import datetime

from markupsafe import Markup
from sqlmodel import Session

from marketplace.identity import queries as identity
from marketplace.identity.models import Standing
from marketplace.identity.roles import Role
from marketplace.identity.viewer import Viewer
from marketplace.needs import queries as needs
from marketplace.needs.models import Need
from marketplace.needs.rules import PHASE_NAMES, phase
from marketplace.needs.states import Stage
from marketplace.site.board import Board, Cell, Section, link, section
from marketplace.web.filters import london, plural, time_left

UNTITLED = "Need without a title"


def board(session: Session, viewer: Viewer, now: datetime) -> Board:
    """What waits for one of the buyer's people. Before the opening nothing tells how many bids there are."""
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
    if approves:
        team = identity.team(session, viewer.organisation_id or "")
        waits += [
            link(f"{person.name} asks to join your team.", f"/team/{person.id}")
            for person in team
            if person.standing is Standing.WAITING
        ]
    whole = ("See all your needs", "/buyer/needs")
    sections = []
    if drafts:
        sections.append(
            section(
                "Waiting for your approval" if approves else "Waiting for an approver",
                ("Need", "Last changed"),
                [(_own(need, ""), london(need.changed_at)) for need in in_review],
                "No need waits for approval.",
            )
        )
        sections.append(
            section(
                "Drafts",
                ("Need", "Last changed"),
                [(_own(need, ""), london(need.changed_at)) for need in by_stage[Stage.DRAFT]],
                "You have no drafts. Press “Draft a need” to begin one, or copy an earlier need from its page.",
                whole,
            )
        )
    sections.append(
        section(
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
        section(
            "Being opened and scored",
            ("Need", "Stage", "Closed"),
            [(_own(need, "/evaluation"), PHASE_NAMES[phase(need, now)], london(need.closes_at)) for need in working],
            "Nothing is being scored. Opening and scoring begin by themselves when a need closes.",
        )
    )
    place = len(sections) if drafts else 0  # evaluators and auditors come to read
    sections.insert(place, _scored(scored, viewer, whole))
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
    return section(
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
