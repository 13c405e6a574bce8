"""An evaluation as its page says it (pure): the ranking with names, and for each bid the sums that can be checked by
hand.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from marketplace import policy
from marketplace.evaluations.models import Evaluation
from marketplace.kit.money import pounds
from marketplace.scoring.canonical import decimal_text
from marketplace.scoring.method import COST, Indicator, Method, parse_method

TEN_THOUSANDTHS = 10_000


@dataclass(frozen=True)
class Row:
    """One bid of the ranking. Scores and totals are decimal strings, None where there is none; money in pence.

    `parts` are the contributions of the criteria in 1/10000 of a point, for the chart. `share_e3` is the share of the
    running-cost allowance in thousandths; None when the allowance is not known. `adjusted_price` is said in words.
    """

    id: str
    name: str
    status: str
    rank: str
    reasons: tuple[str, ...]
    scores: Mapping[str, str | None]
    contributions: Mapping[str, str]
    parts: tuple[int, ...]
    total: str | None
    tie_note: str
    price_pence: int
    per_head: str
    share_e3: int | None
    price_to_win_pence: int | None
    adjusted_price: str | None
    bounds: tuple[str, str] | None
    held: tuple[str, ...]

    def points(self, criterion: str) -> str:
        """Its points of 100 for a criterion with two decimals, "85.00"; "none" when it was not scored on it."""
        score = self.scores.get(criterion)
        return "none" if score is None else two(Fraction(score))


@dataclass(frozen=True)
class Page:
    """A whole evaluation, ready to be shown. `criteria`: (name, title, weight in whole percent), cost first."""

    tender: str
    method: Method
    criteria: tuple[tuple[str, str, int], ...]
    rows: tuple[Row, ...]
    names: Mapping[str, str]
    result: Mapping[str, Any]
    sheet: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def ranked(self) -> tuple[Row, ...]:
        """The bids in the ranking, best first."""
        return tuple(row for row in self.rows if row.status == "ranked")

    @property
    def excluded(self) -> tuple[Row, ...]:
        """The bids that are excluded, with reasons."""
        return tuple(row for row in self.rows if row.status != "ranked")

    def row(self, bid_id: str) -> Row | None:
        """The row of a bid; None when it is not part of this lot."""
        return next((row for row in self.rows if row.id == bid_id), None)

    def say(self, text: str) -> str:
        """A sentence of the engine with the bidders' names in place of the bids' ids."""
        for bid_id, name in self.names.items():
            text = text.replace(bid_id, name)
        return text

    def held_words(self, row: Row) -> str:
        """The questions that a bid is held for, with their titles."""
        titles = {spec.id: spec.title for spec in policy.indicators()}
        return "; ".join(f"{each}: {titles.get(each, each).lower()}" for each in row.held)

    def called(self, ids: Sequence[str]) -> str:
        """The names of some bids in one phrase."""
        names = [self.names.get(bid_id, bid_id) for bid_id in ids]
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def page_of(evaluation: Evaluation, *, allowance_pence: int | None) -> Page:
    """The page of a stored evaluation. `allowance_pence` is the buyer's running-cost allowance for a year, if known."""
    document, result, sheet = (
        json.loads(text) for text in (evaluation.score_file, evaluation.result, evaluation.sheet)
    )
    method = parse_method({key: value for key, value in document.items() if key != "bids"})
    names = _names(sheet["bids"])
    titles = {criterion.name: criterion.title for criterion in policy.criteria()}
    criteria = tuple(
        (name, titles.get(name, name.capitalize()), method.weights[name]) for name in (COST, *method.qualities)
    )
    held = {bid["id"]: _held(method, bid["levels"]) for bid in document["bids"]}
    rows = tuple(
        _row(entry, names, [name for name, _, _ in criteria], held, method.term_years, allowance_pence)
        for entry in result["bids"]
    )
    return Page(document["tender"], method, criteria, rows, names, result, sheet, document)


def _names(bids: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Bid id to organisation; organisations of the same name are told apart by their receipts."""
    given = [bid["organisation"] for bid in bids.values()]
    return {
        bid_id: bid["organisation"]
        if given.count(bid["organisation"]) == 1
        else f"{bid['organisation']} ({bid['receipt']})"
        for bid_id, bid in bids.items()
    }


def _held(method: Method, levels: Mapping[str, int | None]) -> tuple[str, ...]:
    return tuple(each.id for each in method.indicators if each.missing == "hold" and levels.get(each.id) is None)


def _row(
    entry: Mapping[str, Any],
    names: Mapping[str, str],
    order: Sequence[str],
    held: Mapping[str, tuple[str, ...]],
    term_years: int,
    allowance_pence: int | None,
) -> Row:
    ranked = entry["status"] == "ranked"
    rank = f"{entry['rank']}{'=' if entry['joint'] else ''}" if ranked else "Excluded"
    given = entry["contributions"]
    whole = allowance_pence * term_years if allowance_pence else None
    return Row(
        id=entry["id"],
        name=names[entry["id"]],
        status=entry["status"],
        rank=rank,
        reasons=tuple(entry["reasons"]),
        scores=entry["scores"],
        contributions=given,
        parts=tuple(int(Fraction(given[name]) * TEN_THOUSANDTHS) for name in order) if ranked else (),
        total=entry["total"],
        tie_note=entry["tie_note"] or "",
        price_pence=entry["price_pence"],
        per_head=pounds_a_head(entry["pence_per_head_per_year"]),
        share_e3=None if whole is None else (2000 * entry["price_pence"] + whole) // (2 * whole),
        price_to_win_pence=entry["price_to_win_pence"],
        adjusted_price=_penny_words(entry.get("adjusted_price_pence")),
        bounds=tuple(entry["bounds"]) if entry.get("bounds") else None,
        held=held[entry["id"]],
    )


def _penny_words(pence: str | None) -> str | None:
    """A decimal string of pence as pounds, rounded half up to a penny (an adjusted price may be below 0)."""
    if pence is None:
        return None
    value = Fraction(pence)
    return pounds((2 * value.numerator + value.denominator) // (2 * value.denominator), exact=True)


def pounds_a_head(pence: str) -> str:
    """Pence a head (a decimal string of two places) as pounds with four: "342.5" is "£3.4250"."""
    whole, _, part = decimal_text(Fraction(pence) / 100).partition(".")
    return f"£{int(whole):,}.{part.ljust(4, '0')}"


def percent(thousandths: int | None) -> str:
    """Thousandths as a percentage with one decimal."""
    return "not known" if thousandths is None else f"{thousandths // 10}.{thousandths % 10}%"


@dataclass(frozen=True)
class Line:
    """One indicator of one bid, with its part of the sum: points of the level times weight."""

    id: str
    title: str
    answer: str
    level: int | None
    level_wording: str
    reason: str
    evidence: Any
    source: str
    capped: bool
    held: bool
    points: str
    weight: str
    product: str
    stop: str


@dataclass(frozen=True)
class Sum:
    """The sum of one criterion: `lines` add to `total`, divided by `weights` gives `quotient`, rounded `score`."""

    name: str
    title: str
    weight: int
    lines: tuple[Line, ...]
    total: str
    weights: str
    quotient: str
    score: str
    contribution: str


def sums(page: Page, bid_id: str) -> tuple[Sum, ...]:
    """The sums of the criteria other than cost, worked out again from the levels: a test compares them with the
    result.
    """
    levels = next(bid["levels"] for bid in page.document["bids"] if bid["id"] == bid_id)
    judged = {row["id"]: row for row in page.sheet["bids"][bid_id]["rows"]}
    return tuple(
        _sum(page, name, title, weight, levels, judged) for name, title, weight in page.criteria if name != COST
    )


def _sum(
    page: Page, name: str, title: str, weight: int, levels: Mapping[str, int | None], judged: Mapping[str, Any]
) -> Sum:
    indicators = sorted((each for each in page.method.indicators if each.criterion == name), key=_rubric_order)
    lines = tuple(_line(each, levels.get(each.id), judged.get(each.id, {})) for each in indicators)
    total = sum((each.weight * each.value[levels.get(each.id) or 0] for each in indicators), Fraction(0))
    weights = sum((each.weight for each in indicators), Fraction(0))
    score = half_up(total / weights, 2)
    return Sum(
        name=name,
        title=title,
        weight=weight,
        lines=lines,
        total=decimal_text(total),
        weights=decimal_text(weights),
        quotient=approximate(total / weights),
        score=two(score),
        contribution=decimal_text(score * weight / 100),
    )


def _rubric_order(indicator: Indicator) -> tuple[int, str]:
    order = [spec.id for spec in policy.indicators()]
    return (order.index(indicator.id) if indicator.id in order else len(order), indicator.id)


def _line(indicator: Indicator, level: int | None, judged: Mapping[str, Any]) -> Line:
    spec = next((each for each in policy.indicators() if each.id == indicator.id), None)
    points = indicator.value[level or 0]
    least = indicator.min_level
    return Line(
        id=indicator.id,
        title=spec.title if spec else indicator.id,
        answer=judged.get("answer", ""),
        level=level,
        level_wording=spec.levels[level] if spec and level is not None else "",
        reason=judged.get("reason", ""),
        evidence=judged.get("evidence"),
        source=judged.get("source", indicator.source or ""),
        capped=bool(judged.get("capped")),
        held=bool(judged.get("held")),
        points=decimal_text(points),
        weight=decimal_text(indicator.weight),
        product=decimal_text(indicator.weight * points),
        stop=f"at least level {least} is required" if least else "",
    )


def half_up(value: Fraction, places: int) -> Fraction:
    """A value of 0 or more, rounded half up."""
    scale = 10**places
    return Fraction((2 * value.numerator * scale + value.denominator) // (2 * value.denominator), scale)


def two(value: Fraction) -> str:
    """A rounded value with two decimals."""
    whole, rest = divmod(int(value * 100), 100)
    return f"{whole}.{rest:02d}"


def approximate(value: Fraction) -> str:
    """A quotient exactly where it ends within six places, else cut there with an ellipsis."""
    scaled = value * 10**6
    if scaled.denominator == 1:
        return decimal_text(value)
    whole = scaled.numerator // scaled.denominator
    return f"{whole // 10**6}.{whole % 10**6:06d}…"
