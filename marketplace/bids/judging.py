"""Judging one bid by the method of its need (pure): the bidder's own check page and the evaluation call the same
functions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marketplace import policy
from marketplace.bids.draft import asked_indicators, lots_of
from marketplace.bids.offer import Evidence, LotOffer, Offer
from marketplace.scoring import score_file
from marketplace.scoring.answers import level
from marketplace.scoring.canonical import decimal_text
from marketplace.scoring.cost import Cost, CostLine, evaluated_cost
from marketplace.scoring.facts import Facts


@dataclass(frozen=True)
class Row:
    """One indicator of one bid. `level` is 0 to 4, or None while `held` (a register fact is missing).

    `answer` and `reason` are sentences; `evidence` is None, {"kind": "document", "id", "name", "sha256"} or {"kind":
    "link", "url"}; `capped`: without evidence the level stays at 2; `weight` is that of the lot, as in its method;
    `stop` says why the level excludes the bid, None if it does not.
    """

    id: str
    criterion: str
    weight: int | str
    source: str
    answer: str
    level: int | None
    reason: str
    evidence: dict[str, str] | None
    capped: bool
    held: bool
    answered: bool
    stop: str | None


@dataclass(frozen=True)
class Judgement:
    """A bid judged for one lot: its evaluated cost, a row for each indicator, and reasons that exclude it whatever it
    scores.
    """

    lot: int
    cost: Cost
    rows: tuple[Row, ...]
    fail: tuple[str, ...]


def judge(offer: Offer, method: Mapping[str, Any], lot_number: int, facts: Facts) -> Judgement:
    """Judge an offer for one lot that it makes. Raises KeyError for a lot that the method or the offer does not have,
    and CostError when the prices do not fit the term.
    """
    lot = next((each for each in lots_of(method) if each["number"] == lot_number), None)
    if lot is None:
        raise KeyError(f"the method has no lot {lot_number}")
    priced, rules = offer.lots[lot_number], lot["score_file"]
    entries = {entry["id"]: entry for entry in rules["indicators"]}
    rows = tuple(_row(entries[each], offer, facts) for each in asked_indicators(method) if each in entries)
    return Judgement(lot_number, cost_of(priced, rules["term_years"]), rows, _fail(offer, priced, lot, rows, entries))


def cost_of(lot: LotOffer, term_years: int) -> Cost:
    """The evaluated cost of a lot. Raises CostError when a line has not one price for each contract year."""
    lines = [
        CostLine(line.function, line.prices_pence, line.vat_rate, line.vat_recoverable_share, line.index)
        for line in lot.lines.values()
    ]
    one_offs = {
        "mobilisation": lot.mobilisation_pence,
        "transfer": lot.tupe_redundancy_pension_pence,
        "double_running": lot.transition_double_running_pence,
        "exit": lot.exit_pence,
    }
    return evaluated_cost(
        lines, term_years=term_years, one_offs=one_offs, client_side_per_year=lot.client_side_pence_per_year
    )


def _row(entry: Mapping[str, Any], offer: Offer, facts: Facts) -> Row:
    evidence = offer.evidence.get(entry["id"])
    judged = level(entry["id"], offer.answers, evidence=evidence is not None, facts=facts)
    return Row(
        id=entry["id"],
        criterion=entry["criterion"],
        weight=entry.get("weight", 1),
        source=entry.get("source", ""),
        answer=judged.answer,
        level=judged.level,
        reason=judged.reason,
        evidence=_evidence(evidence),
        capped=judged.capped,
        held=judged.held,
        answered=judged.answered,
        stop=judged.stop,
    )


def _evidence(evidence: Evidence | None) -> dict[str, str] | None:
    if evidence is None:
        return None
    if evidence.kind == "link":
        return {"kind": "link", "url": evidence.url}
    return {"kind": "document", "id": evidence.id, "name": evidence.name, "sha256": evidence.sha256}


def _fail(
    offer: Offer,
    priced: LotOffer,
    lot: Mapping[str, Any],
    rows: tuple[Row, ...],
    entries: Mapping[str, Mapping[str, Any]],
) -> tuple[str, ...]:
    """What excludes the bid beside its levels, its cost and its thresholds, which the score file looks at itself."""
    found = []
    lacking = [policy.function(code).name for code in lot["functions"] if code not in priced.lines]
    if lacking:
        found.append(f"it does not offer every function that is asked for: {', '.join(lacking)}")
    ceases = offer.organisation.ceases_months
    if ceases is not None and ceases < 12 * lot["score_file"]["term_years"]:
        found.append("the provider ceases to exist before the term ends")
    # A level that stops a bid has a least level in the method; the sentence is added only where an old method lacks
    # it, since a
    # reason given here would hide from "judgements to check twice" what another level would change.
    return (*found, *(f"{row.id}: {row.stop}" for row in rows if row.stop and not entries[row.id].get("min_level")))


def score_file_bid(judgement: Judgement, bid_id: str) -> dict[str, Any]:
    """The bid in the form of the score file. A level is null where a fact is missing or nothing was answered."""
    return {
        "id": bid_id,
        "price_pence": judgement.cost.total,
        "levels": {row.id: None if row.held or not row.answered else row.level for row in judgement.rows},
        "fail": list(judgement.fail),
    }


@dataclass(frozen=True)
class Estimate:
    """A bid's own result, as far as it can be known alone. Scores and points are decimal strings in points.

    `scores`: of 100 by criterion; `points`: of the weight by criterion; `weights`: whole percent; `total`: of 100;
    `bounds`: lowest and highest total while a fact is held, else None. Excluded: `reasons` is not empty and `points`
    and `total` may be missing. `relative`: the points for cost depend on the cheapest bid, so they are shown as if
    this were it.
    """

    scores: Mapping[str, str]
    points: Mapping[str, str]
    weights: Mapping[str, int]
    total: str | None
    bounds: tuple[str, str] | None
    reasons: tuple[str, ...]
    relative: bool


def estimate(judgement: Judgement, method: Mapping[str, Any]) -> Estimate:
    """The result that the evaluation's own engine gives for this bid alone. Raises ScoreFileError for a method it
    refuses.
    """
    rules = next(lot["score_file"] for lot in lots_of(method) if lot["number"] == judgement.lot)
    result = score_file.evaluate(score_file.parse({**rules, "bids": [score_file_bid(judgement, "you")]}))
    bid = result["bids"][0]
    bounds = bid.get("bounds")
    return Estimate(
        scores=bid["scores"],
        points=bid["contributions"],
        weights=rules["weights"],
        total=bid["total"],
        bounds=(bounds[0], bounds[1]) if bounds else None,
        reasons=tuple(bid["reasons"]),
        relative=rules["formula"] == "lowest_ratio",
    )


PART_NAMES = {
    "mobilisation": "Mobilisation",
    "transfer": "Redundancy, staff transfer and pension",
    "double_running": "Double running",
    "exit": "Exit",
    "client_side": "The buyer's own management",
}
Amounts = tuple[str, list[int | None], int | None, int]
"""A row of the table of cost: name, pence by year (None: nothing in that year), pence once, sum."""


def amounts(cost: Cost, years: int) -> list[Amounts]:
    """The evaluated cost by part and year, with a last row of sums; all of them add up to the penny."""
    rows: dict[str, tuple[list[int | None], list[int]]] = {}
    for part in cost.parts:
        yearly, once = rows.setdefault(part.name, ([None] * years, []))
        if part.year is None:
            once.append(part.pence)
        else:
            yearly[part.year - 1] = part.pence
    found: list[Amounts] = [
        (
            PART_NAMES.get(name) or policy.function(name).name,
            yearly,
            sum(once) if once else None,
            sum(filter(None, yearly)) + sum(once),
        )
        for name, (yearly, once) in rows.items()
    ]
    sums: list[int | None] = [sum(row[1][year] or 0 for row in found) for year in range(years)]
    return [*found, ("Evaluated cost", sums, sum(row[2] or 0 for row in found), cost.total)]


@dataclass(frozen=True)
class Working:
    """How one function's evaluated cost is worked out, as decimal strings: rise a year, VAT rate, the share of VAT
    that stays with the buyer, and the factor that these two make.
    """

    function: str
    rise: str
    vat_rate: str
    stays: str
    burden: str


def workings(lot: LotOffer) -> tuple[Working, ...]:
    """The factors of each line of a lot."""
    return tuple(
        Working(
            line.function,
            decimal_text(1 + line.index),
            f"{decimal_text(100 * line.vat_rate)}%",
            f"{decimal_text(100 * (1 - line.vat_recoverable_share))}%",
            decimal_text(1 + line.vat_rate * (1 - line.vat_recoverable_share)),
        )
        for line in lot.lines.values()
    )


def next_level(row: Row) -> str | None:
    """What would give the next level, in the rubric's words; None at the top, and where the answer is not the
    bidder's.
    """
    if row.level is None or row.level >= 4:
        return None
    if row.capped:
        return "Add evidence: a document or a link."
    return policy.indicator(row.id).levels[row.level + 1]
