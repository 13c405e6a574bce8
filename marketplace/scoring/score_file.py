"""The score file: one need's evaluation as a document, in and out (docs: domain/score-file.md).

``parse`` and ``evaluate`` are pure and deterministic: the same document gives the same result in any order of its bids.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from marketplace.scoring import reading
from marketplace.scoring.canonical import decimal_text, digest, fixed_text, rounded
from marketplace.scoring.certainty import Outlook
from marketplace.scoring.contest import Assessed, Contest, cost_score, points, threshold_problem
from marketplace.scoring.method import COST, Method, Tender, parse_bids, parse_method
from marketplace.scoring.places import Place, places
from marketplace.scoring.price_to_win import UNBOUNDED, PricesToWin
from marketplace.scoring.reading import ScoreFileError
from marketplace.scoring.robustness import robustness as robustness_of
from marketplace.scoring.warnings import warnings
from marketplace.scoring.what_if import level_flips, reversals

__all__ = ["ENGINE", "ScoreFileError", "evaluate", "exchange_rate", "parse", "parse_method"]

ENGINE = "1.0"  # raised whenever the same input could give another result


def parse(document: object) -> Tender:
    """The tender of a score file; raises ScoreFileError with the path of the first key that is wrong."""
    top = reading.mapping(document, "")
    bids = reading.need(top, "bids")
    method = parse_method({key: value for key, value in top.items() if key != "bids"})
    return Tender(method, parse_bids(bids, method), canonical_input(top))


def canonical_input(document: Mapping[str, Any]) -> dict[str, Any]:
    """A valid score file as it is hashed: bids by id, decimals without trailing zeros, nothing added or left out."""
    found = dict(document)
    found["bids"] = sorted(document["bids"], key=lambda bid: str(bid["id"]))
    found["indicators"] = [_plain_indicator(row) for row in document["indicators"]]
    if "thresholds" in document:
        found["thresholds"] = {name: _plain(least) for name, least in document["thresholds"].items()}
    return found


def _plain_indicator(row: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(row)
    if "weight" in row:
        found["weight"] = _plain(row["weight"])
    if "value" in row:
        found["value"] = [_plain(points) for points in row["value"]]
    return found


def _plain(number: int | str) -> int | str:
    return decimal_text(Fraction(number)) if isinstance(number, str) else number


def exchange_rate(method: Method) -> dict[str, str]:
    """Pence that one point of each criterion other than cost is worth, as decimal strings of two places.

    The floor counts where the formula uses it. Empty with `lowest_ratio`, whose points have no fixed price, and without
    a weight on cost.
    """
    if method.formula == "monetised":
        rates = {name: Fraction(pence, 100) for name, pence in method.worth.items()}
    elif method.formula == "lowest_ratio" or not method.weights[COST]:
        return {}
    else:
        span = method.ceiling - method.used_floor
        rates = {name: Fraction(span * method.weights[name], 100 * method.weights[COST]) for name in method.qualities}
    return {name: decimal_text(rounded(rate, 2)) for name, rate in rates.items()}


def evaluate(tender: Tender, *, robustness: bool = False) -> dict[str, Any]:
    """The result of a tender, ready for JSON; with ``robustness`` also how far the weights would have had to differ."""
    contest = Contest(tender)
    outlook = Outlook(contest)
    order = places(contest)
    finder = PricesToWin(contest)
    wins = {entry.bid.id: finder.of(entry) for entry in contest.assessed}
    ranked = [_ranked(contest, outlook, place, wins[place.id]) for place in order]
    excluded = [
        _excluded(contest, outlook, entry, wins) for entry in contest.assessed if entry.bid.id not in contest.keys
    ]
    first = list(contest.first)
    result: dict[str, Any] = {
        "tender": tender.method.tender,
        "formula": tender.method.formula,
        "exchange_rate_pence_per_point": exchange_rate(tender.method),
        "winner": first[0] if len(first) == 1 else None,
        "joint_winners": first if len(first) > 1 else [],
        "decision_needed": len(first) > 1,
        "provisional": outlook.provisional,
        "winner_certain": outlook.winner_certain(),
        "reversals": [{"without": name, "first": list(ids)} for name, ids in reversals(contest)],
        "level_flips": [
            {"bid": flip.bid, "indicator": flip.indicator, "old": flip.old, "new": flip.new, "first": list(flip.first)}
            for flip in level_flips(contest)
        ],
        "warnings": warnings(contest, unbounded=[name for name, price in wins.items() if price == UNBOUNDED]),
        "hash": digest(tender.document),
        "engine": ENGINE,
        "bids": ranked + excluded,
    }
    if robustness:
        result |= robustness_of(contest)
    return result


def _ranked(contest: Contest, outlook: Outlook, place: Place, to_win: int | None) -> dict[str, Any]:
    method, entry = contest.method, place.entry
    scores = _scores(method, entry) | {COST: cost_score(method, entry.bid.price, contest.lowest)}
    row = _common(method, entry, to_win) | {
        "status": "ranked",
        "reasons": [],
        "scores": {name: points(score) for name, score in scores.items()},
        "contributions": {name: _total(method.weights[name] * score) for name, score in scores.items()},
        "total": _total(sum(method.weights[name] * score for name, score in scores.items())),
        "rank": place.rank,
        "joint": place.joint,
        "tie_note": place.tie_note,
    }
    if method.formula == "monetised":
        row["adjusted_price_pence"] = fixed_text(-contest.keys[place.id][0], 4)
    if outlook.provisional:
        row["bounds"] = [_total(end) for end in outlook.bounds(entry.bid.id)]
    return row


def _excluded(contest: Contest, outlook: Outlook, entry: Assessed, wins: Mapping[str, int | None]) -> dict[str, Any]:
    """An excluded bid keeps the scores it reached: no cost score if it was excluded before step 4, never a total."""
    method, name = contest.method, entry.bid.id
    reasons = [reason for cause in entry.blocks.values() for reason in cause]
    scores: dict[str, str | None] = {key: points(score) for key, score in _scores(method, entry).items()}
    scores[COST] = None
    if not entry.blocks:  # step 5: the threshold on cost
        cost = cost_score(method, entry.bid.price, contest.lowest)
        scores[COST] = points(cost)
        reasons.append(threshold_problem(method, COST, cost) or "")
    row = _common(method, entry, wins[name]) | {
        "status": "excluded",
        "reasons": reasons,
        "scores": scores,
        "contributions": {},
        "total": None,
        "rank": None,
        "joint": False,
        "tie_note": None,
    }
    if method.formula == "monetised":
        row["adjusted_price_pence"] = None
    if outlook.provisional:
        row["bounds"] = None
    return row


def _common(method: Method, entry: Assessed, to_win: int | None) -> dict[str, Any]:
    yearly = Fraction(entry.bid.price, method.population * method.term_years)
    return {
        "id": entry.bid.id,
        "price_pence": entry.bid.price,
        "pence_per_head_per_year": decimal_text(rounded(yearly, 2)),
        "price_to_win_pence": None if to_win == UNBOUNDED else to_win,
    }


def _scores(method: Method, entry: Assessed) -> dict[str, int]:
    return dict(zip(method.qualities, entry.runner.quality, strict=True))


def _total(number: int) -> str:
    return fixed_text(number, 4)
