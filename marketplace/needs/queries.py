"""Reading needs for their buyer, for bidders and for the other houses. The public list is in listing.py."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from marketplace.identity.models import Organisation, Standing
from marketplace.identity.roles import PROVIDERS
from marketplace.identity.viewer import Viewer
from marketplace.kit.errors import NotHere
from marketplace.needs.method import Lot, lots_of
from marketplace.needs.models import Need, NeedDocument, NeedFunction, NeedLot, SupportSpend
from marketplace.needs.states import PUBLISHED, Stage
from marketplace.needs.tasks import Draft
from marketplace.policy import Parameter, functions, planning_pence_per_head
from marketplace.register import queries as register

MOST_DUE = 100


def own_need(session: Session, viewer: Viewer, need_id: str) -> Need:
    """A need of the viewer's own organisation. Raises NotHere for all others."""
    need = session.get(Need, need_id)
    if need is None or viewer.organisation_id is None or need.organisation_id != viewer.organisation_id:
        raise NotHere(f"need {need_id}")
    return need


def published_need(session: Session, need_id: str) -> Need:
    """A need that everybody may see. Raises NotHere for drafts and unknown ones."""
    need = session.get(Need, need_id)
    if need is None or need.stage not in PUBLISHED:
        raise NotHere(f"need {need_id}")
    return need


def lots(session: Session, need_id: str) -> list[Lot]:
    """The lots of a need by number: as frozen in the method once published, as drafted before."""
    need = session.get(Need, need_id)
    if need is None:
        raise NotHere(f"need {need_id}")
    return lots_of(need.method) if need.stage in PUBLISHED else _draft_lots(session, need_id)


def _draft_lots(session: Session, need_id: str) -> list[Lot]:
    in_lot: dict[int, list[str]] = {}
    for row in function_rows(session, need_id):
        in_lot.setdefault(row.lot, []).append(row.function)
    rows = session.exec(select(NeedLot).where(NeedLot.need_id == need_id).order_by(col(NeedLot.number)))
    return [Lot(row.number, tuple(in_lot.get(row.number, ())), row.ceiling_pence, row.floor_pence) for row in rows]


def function_rows(session: Session, need_id: str) -> list[NeedFunction]:
    """The functions of a need with their details, in the order of the rubric."""
    order = {function.code: place for place, function in enumerate(functions())}
    rows = session.exec(select(NeedFunction).where(NeedFunction.need_id == need_id))
    return sorted(rows, key=lambda row: order.get(row.function, len(order)))


def due(session: Session, now: datetime, limit: int = MOST_DUE) -> list[str]:
    """Ids of needs with which the worker has something to do at `now`, the longest waiting first."""
    found = select(Need.id).where(col(Need.next_due) <= now).order_by(col(Need.next_due)).limit(limit)
    return list(session.exec(found))


def draft(session: Session, need: Need) -> Draft:
    """The need as values, for the rules of the task list."""
    documents = session.exec(
        select(sa.func.count())
        .select_from(NeedDocument)
        .where(NeedDocument.need_id == need.id, col(NeedDocument.dropped).is_(False))
    ).one()
    return Draft(
        id=need.id,
        title=need.title,
        details=need.details,
        term_years=need.term_years,
        starts_on=need.starts_on,
        questions_until=need.questions_until,
        closes_at=need.closes_at,
        lots=tuple(_draft_lots(session, need.id)),
        functions={row.function: row.details for row in function_rows(session, need.id)},
        population=population(session, need),
        documents=documents,
    )


def population(session: Session, need: Need) -> int | None:
    """The people served: as copied at publication, else of the register, else as the buyer typed.

    None where nobody knows.
    """
    if need.population is not None:
        return need.population
    organisation = session.get(Organisation, need.organisation_id)
    body = register.body(session, organisation.register_code) if organisation and organisation.register_code else None
    if body is not None:
        return body.population
    typed = need.details.get("budget", {}).get("population")
    return int(typed) if typed else None


def own_needs(session: Session, viewer: Viewer) -> list[Need]:
    """The needs of the viewer's organisation, the last changed first (without their long columns)."""
    found = (
        select(Need)
        .where(Need.organisation_id == viewer.organisation_id)
        .order_by(col(Need.changed_at).desc(), col(Need.id))
        .options(defer(Need.method), defer(Need.details), defer(Need.search_text))  # type: ignore[arg-type]
    )
    return list(session.exec(found))


def waiting_for_approval(session: Session, organisation_id: str) -> list[Need]:
    """Needs of an organisation that wait for an approver."""
    found = (
        select(Need)
        .where(Need.organisation_id == organisation_id, Need.stage == Stage.REVIEW)
        .order_by(col(Need.changed_at))
    )
    return list(session.exec(found))


def providers(session: Session) -> list[Organisation]:
    """The active providers by name: who can be invited."""
    found = select(Organisation).where(col(Organisation.kind).in_(PROVIDERS), Organisation.standing == Standing.ACTIVE)
    return list(session.exec(found.order_by(sa.func.lower(Organisation.name), col(Organisation.id))))


def spend_lines(session: Session, organisation_id: str) -> list[SupportSpend]:
    """The ledger of a buyer: what it pays for support, by function and provider."""
    found = select(SupportSpend).where(SupportSpend.organisation_id == organisation_id)
    order = {function.code: place for place, function in enumerate(functions())}
    return sorted(session.exec(found), key=lambda row: (order.get(row.function, 99), row.provider_name.lower(), row.id))


def spend_is_complete(session: Session, organisation_id: str) -> bool:
    """Whether the buyer ticked "these lines are all our support spend": without it IN1 cannot be known."""
    organisation = session.get(Organisation, organisation_id)
    return bool(organisation and organisation.facts.get("spend_complete"))


def allowance(session: Session, organisation: Organisation, on: date) -> tuple[int, Parameter] | None:
    """The running-cost allowance in pence a year with its parameter (source, doubt).

    None for a buyer outside the register.
    """
    if not organisation.register_code or register.body(session, organisation.register_code) is None:
        return None
    return register.allowance(session, organisation.register_code, on)


@dataclass(frozen=True)
class LotFigures:
    """What to compare a ceiling with; money in pence, None where it cannot be known yet.

    `estimate_pence` is the planning estimate for the whole term; `share_e2` the ceiling a year in hundredths of a
    percent of the running-cost allowance.
    """

    lot: Lot
    per_head_pence: int | None
    share_e2: int | None
    estimate_pence: int | None
    estimate_per_head: int


def lot_figures(lot: Lot, people: int | None, years: int | None, allowance_pence: int | None) -> LotFigures:
    """Figures for the budget page and the notice. `people` served, term in `years`, allowance in pence a year."""
    head = planning_pence_per_head(lot.functions)
    ceiling = lot.ceiling_pence
    per_head = _half_up(ceiling, people * years) if ceiling and people and years else None
    share = _half_up(ceiling * 10_000, allowance_pence * years) if ceiling and allowance_pence and years else None
    return LotFigures(lot, per_head, share, head * people * years if people and years else None, head)


def _half_up(number: int, by: int) -> int:
    return (2 * number + by) // (2 * by)


def spend_of(session: Session, organisation_id: str, codes: tuple[str, ...]) -> int:
    """Pence a year that the buyer's ledger has for these functions."""
    return sum(line.annual_pence for line in spend_lines(session, organisation_id) if line.function in codes)
