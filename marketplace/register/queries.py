"""Looking things up in the register."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from marketplace.policy import Parameter, parameter_history
from marketplace.register.models import Body, BodyCouncil, Council, Neighbour, RegisterImport
from marketplace.register.rules import LAST_DAY_OF_GROUPS, SHARE_WHOLE

KINDS = {"ccg": "Clinical commissioning group", "icb": "Integrated care board"}
RATE = "running_cost_allowance_per_head"


@dataclass(frozen=True)
class CouncilShare:
    """A council and the shares that tie it to a body, in ten-thousandths: of the body's people, of the council's."""

    code: str
    name: str
    share_e4: int
    council_share_e4: int


@dataclass(frozen=True)
class NextDoor:
    """A neighbour: its register row and the length of the common border in metres."""

    body: Body
    shared_metres: int


def body(session: Session, code: str) -> Body | None:
    """The commissioner of that organisation code; None if the register has none."""
    return session.get(Body, code)


def councils_of(session: Session, code: str) -> list[CouncilShare]:
    """The councils in which the body's people live, the greatest share first; none for an unknown body."""
    statement = (
        select(Council, BodyCouncil)
        .join(BodyCouncil, col(BodyCouncil.council_code) == col(Council.code))
        .where(col(BodyCouncil.body_code) == code)
        .order_by(col(BodyCouncil.share_e4).desc(), col(Council.name))
    )
    return [
        CouncilShare(council.code, council.name, share.share_e4, share.council_share_e4)
        for council, share in session.exec(statement)
    ]


def council(session: Session, code: str) -> Council | None:
    """The council of that code of the Office for National Statistics; None if the register has none."""
    return session.get(Council, code)


def councils(session: Session) -> list[Council]:
    """All councils, by name."""
    return list(session.exec(select(Council).order_by(col(Council.name))))


def area_share_e4(session: Session, people: Mapping[str, int | None], council_code: str) -> int | None:
    """What share of the people of some bodies live in a council's area, in ten-thousandths, rounded down.

    `people` gives each body's code and how many of its people count (None: its population in the register). Rounded
    down, so that a threshold of the rubric (95 per cent) is never reached by rounding. None when the register cannot
    tell: no body, an unknown one, one without people, or an unknown council.
    """
    if not people or council(session, council_code) is None:
        return None
    known = {each.code: each for each in session.exec(select(Body).where(col(Body.code).in_(list(people))))}
    if len(known) != len(people):
        return None
    shares = dict(session.exec(
        select(BodyCouncil.body_code, BodyCouncil.share_e4)
        .where(col(BodyCouncil.body_code).in_(list(people)), col(BodyCouncil.council_code) == council_code)
    ).all())
    counted = {code: known[code].population if given is None else given for code, given in people.items()}
    total = sum(counted.values())
    if total <= 0 or min(counted.values()) < 0:
        return None
    inside = sum(count * shares.get(code, 0) for code, count in counted.items()) // total
    return min(inside, SHARE_WHOLE)  # shares were rounded when published: they may add to a little more than 1


def neighbours(session: Session, code: str) -> list[NextDoor]:
    """The bodies whose boundary touches that of this one, the longest common border first."""
    statement = (
        select(Body, Neighbour.shared_metres)
        .join(Neighbour, col(Neighbour.b) == col(Body.code))
        .where(col(Neighbour.a) == code)
        .order_by(col(Neighbour.shared_metres).desc(), col(Body.name))
    )
    return [NextDoor(each, metres) for each, metres in session.exec(statement)]


def search_bodies(
    session: Session, text: str = "", kind: str | None = None, *,
    region: str = "", limit: int | None = None, offset: int = 0,
) -> list[Body]:
    """Bodies whose name or code holds every word of `text`, by name. `kind` is "ccg", "icb" or None for both."""
    statement = select(Body).where(*_matching(text, kind, region)).order_by(col(Body.name), col(Body.code))
    return list(session.exec(statement.offset(offset).limit(limit)))


def count_bodies(session: Session, text: str = "", kind: str | None = None, *, region: str = "") -> int:
    """How many bodies search_bodies() would find without a limit."""
    return session.exec(select(sa.func.count()).select_from(Body).where(*_matching(text, kind, region))).one()


def _matching(text: str, kind: str | None, region: str) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if kind is not None:
        conditions.append(col(Body.kind) == kind)
    if region:
        conditions.append(col(Body.region) == region)
    for word in text.split()[:8]:
        name = sa.func.lower(col(Body.name)).contains(word.lower(), autoescape=True)
        conditions.append(name | (col(Body.code) == word.upper()))
    return conditions


def regions(session: Session) -> list[str]:
    """The regions that groups are in, by name."""
    return list(session.exec(select(Body.region).where(col(Body.region) != "").distinct().order_by(col(Body.region))))


def counts(session: Session) -> dict[str, int]:
    """How many bodies of each kind there are: {"ccg": 211, "icb": 42}; both 0 before the first import."""
    found = dict(session.exec(select(Body.kind, sa.func.count()).group_by(col(Body.kind))).all())
    return {kind: found.get(kind, 0) for kind in KINDS}


def imported_files(session: Session) -> list[RegisterImport]:
    """The files that were imported last, with their digests."""
    return list(session.exec(select(RegisterImport).order_by(col(RegisterImport.file))))


def allowance(session: Session, code: str, on: date) -> tuple[int, Parameter] | None:
    """The running-cost allowance of a body in pence a year on that day, with the figure it rests on.

    A board's own published allowance if there is one; else its people (registered patients of a group, residents of a
    board) times the rate a head. Where no rate was published for that day, the nearest one before it is taken (else the
    first after it), and the parameter's `doubt` says so. None for a body that the register does not have.
    """
    found = body(session, code)
    if found is None:
        return None
    if found.allowance_pence is not None:
        return found.allowance_pence, _published(found)
    rate = _rate(found.kind, on)
    pence = (rate.value * found.population).quantize(Decimal(1), ROUND_HALF_UP)
    return int(pence), rate


def _published(found: Body) -> Parameter:
    return Parameter(
        name="running_cost_allowance_published", value=Decimal(found.allowance_pence or 0), unit="pence a year",
        since=date(2024, 4, 1), until=date(2025, 3, 31), status="guidance",
        source="allowances of the integrated care boards for 2024/25, as published in November 2023",
        doubt="the board's own figure for 2024/25; later figures are not in the register",
    )


def _rate(kind: str, on: date) -> Parameter:
    """The rate a head for that kind of body: those that began while groups existed are theirs, later ones boards'."""
    theirs = [each for each in parameter_history(RATE) if (each.since <= LAST_DAY_OF_GROUPS) == (kind == "ccg")]
    before = [each for each in theirs if each.since <= on]
    chosen = before[-1] if before else theirs[0]
    if before and (chosen.until is None or on <= chosen.until):
        return chosen
    relation = "the last one before" if before else "the first one after"
    unknown = f"no rate is known for {on.day} {on:%B %Y}: this is {relation}"
    doubt = "; ".join(part for part in (chosen.doubt, unknown) if part)
    return replace(chosen, doubt=doubt)
