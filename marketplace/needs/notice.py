"""What the public notice tells, gathered from the rows (and, for the preview, from a draft)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from marketplace import policy
from marketplace.identity.models import Organisation
from marketplace.kit.clock import to_london
from marketplace.needs import documents, method, queries, rules
from marketplace.needs.method import Lot
from marketplace.needs.models import Need, NeedDocument
from marketplace.needs.rules import Phase


@dataclass(frozen=True)
class FunctionShown:
    """One function as bidders read it."""

    function: policy.Function
    lot: int
    details: dict[str, Any]


@dataclass(frozen=True)
class IndicatorShown:
    """One question: its weight and the points it can bring to the total, per lot.

    The least level, where there is a stop.
    """

    spec: policy.IndicatorSpec
    weights: tuple[str, ...]
    points: tuple[str, ...]
    least: tuple[int | None, ...]
    missing: str


@dataclass(frozen=True)
class CriterionShown:
    """One criterion with its weight in whole percent, its questions, and the least points a bid needs."""

    criterion: policy.Criterion
    weight: int
    threshold: int | None
    indicators: tuple[IndicatorShown, ...]


@dataclass(frozen=True)
class LotShown:
    """One lot with the figures to compare its ceiling with and what a point is worth in pence ({title.

    Decimal string}).
    """

    lot: Lot
    figures: queries.LotFigures
    rates: dict[str, str]
    uses_floor: bool


@dataclass(frozen=True)
class Notice:
    """Everything on the page. `formula` is None while a draft's choices cannot be used yet."""

    id: str
    title: str
    buyer_name: str
    region: str
    phase: Phase
    phase_name: str
    meaning: str
    term_years: int | None
    starts_on: date | None
    questions_until: datetime | None
    closes_at: datetime | None
    published_at: datetime | None
    changed_at: datetime
    closed_at: datetime | None
    opened_at: datetime | None
    scored_at: datetime | None
    population: int | None
    allowance_pence: int | None
    total_ceiling_pence: int | None
    functions: tuple[FunctionShown, ...]
    essential: tuple[str, ...]
    nice: tuple[str, ...]
    lots: tuple[LotShown, ...]
    bidders: str
    kinds: tuple[str, ...]
    formula: str | None
    ordered_by: str
    criteria: tuple[CriterionShown, ...]
    tie_break: tuple[str, ...]
    method_hash: str
    method_version: int
    documents: tuple[NeedDocument, ...]

    @property
    def open(self) -> bool:
        """Whether bids are taken."""
        return self.phase in (Phase.OPEN, Phase.CLOSING_SOON)


def of_published(session: Session, need: Need, now: datetime) -> Notice:
    """The notice of a published need, from what was frozen at publication."""
    return _notice(session, need, now, need.method, need.allowance_pence)


def of_draft(session: Session, need: Need, now: datetime) -> Notice:
    """The notice as it would be if the draft were published now."""
    draft = queries.draft(session, need)
    organisation = session.get(Organisation, need.organisation_id)
    found = queries.allowance(session, organisation, to_london(now).date()) if organisation else None
    built = None
    priced = draft.lots and all(lot.ceiling_pence is not None for lot in draft.lots)
    if priced and draft.population and draft.term_years and not method.problems(draft.judging, draft.lots):
        built = method.build(
            title=draft.title,
            population=draft.population,
            term_years=draft.term_years,
            lots=draft.lots,
            judging=draft.judging,
        )
    return _notice(session, need, now, built, found[0] if found else None)


def _notice(session: Session, need: Need, now: datetime, built: dict[str, Any] | None, allowance: int | None) -> Notice:
    draft = queries.draft(session, need)
    phase = rules.phase(need, now)
    lots = tuple(method.lots_of(built)) if built else draft.lots
    wishes = draft.details.get("requirements", {})
    lot_of = {code: lot.number for lot in lots for code in lot.functions}
    ceilings = [lot.ceiling_pence for lot in lots]
    return Notice(
        id=need.id,
        title=need.title,
        buyer_name=need.buyer_name,
        region=need.region,
        phase=phase,
        phase_name=rules.PHASE_NAMES[phase],
        meaning=rules.PHASE_MEANINGS[phase],
        term_years=need.term_years,
        starts_on=need.starts_on,
        questions_until=need.questions_until,
        closes_at=need.closes_at,
        published_at=need.published_at,
        changed_at=need.changed_at,
        closed_at=need.closed_at,
        opened_at=need.opened_at,
        scored_at=need.scored_at,
        population=draft.population,
        allowance_pence=allowance,
        total_ceiling_pence=sum(pence or 0 for pence in ceilings) if all(ceilings) and ceilings else None,
        functions=tuple(
            FunctionShown(policy.function(code), lot_of.get(code, 1), dict(details))
            for code, details in draft.functions.items()
        ),
        essential=tuple(wishes.get("essential", ())),
        nice=tuple(wishes.get("nice", ())),
        lots=tuple(_lot(lot, built, draft.population, need.term_years, allowance) for lot in lots),
        bidders=draft.bidders.get("mode", "all"),
        kinds=tuple(draft.bidders.get("kinds", ())),
        formula=built["formula"] if built else None,
        ordered_by=built["ordered_by"] if built else "",
        criteria=_criteria(built) if built else (),
        tie_break=tuple(built["tie_break"]) if built else (),
        method_hash=need.method_hash,
        method_version=need.method_version,
        documents=tuple(documents.current(session, need.id)),
    )


def _lot(
    lot: Lot, built: dict[str, Any] | None, people: int | None, years: int | None, allowance: int | None
) -> LotShown:
    titles = {criterion.name: criterion.title for criterion in policy.criteria()}
    rates = method.exchange_rates(method.lot_method(built, lot.number)) if built else {}
    uses_floor = built is not None and built["formula"] in method.USES_FLOOR
    figures = queries.lot_figures(lot, people, years, allowance)
    return LotShown(lot, figures, {titles[name]: pence for name, pence in rates.items()}, uses_floor)


def _criteria(built: dict[str, Any]) -> tuple[CriterionShown, ...]:
    files = [lot["score_file"] for lot in built["lots"]]
    shown = []
    for criterion in policy.criteria():
        weight = built["weights"][criterion.name]
        rows = [[row for row in file["indicators"] if row["criterion"] == criterion.name] for file in files]
        shown.append(
            CriterionShown(
                criterion,
                weight,
                built["thresholds"].get(criterion.name),
                tuple(
                    _indicator([lot_rows[place] for lot_rows in rows], rows, weight) for place in range(len(rows[0]))
                ),
            )
        )
    return tuple(shown)


def _indicator(entries: list[dict[str, Any]], rows: list[list[dict[str, Any]]], weight: int) -> IndicatorShown:
    points = []
    for entry, lot_rows in zip(entries, rows, strict=True):
        whole = sum(Fraction(Decimal(str(row["weight"]))) for row in lot_rows)
        hundredths = Fraction(Decimal(str(entry["weight"]))) * weight * 100 / whole
        rounded = (2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator)
        points.append(f"{rounded // 100}.{rounded % 100:02d}")
    return IndicatorShown(
        policy.indicator(entries[0]["id"]),
        tuple(str(entry["weight"]) for entry in entries),
        tuple(points),
        tuple(entry.get("min_level") for entry in entries),
        entries[0]["missing"],
    )
