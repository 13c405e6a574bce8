"""What a reader of the result must know beside it, in plain sentences in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.kit.money import pounds
from marketplace.scoring.contest import Contest
from marketplace.scoring.method import COST
from marketplace.scoring.what_if import added_bid_flip


def warnings(contest: Contest, *, unbounded: Sequence[str]) -> list[str]:
    """The warnings of an evaluation; ``unbounded`` names the bids that would be first alone at any price."""
    return [*_about_method(contest), *_about_result(contest), *_about_bids(contest, unbounded)]


def _about_method(contest: Contest) -> list[str]:
    method = contest.method
    found = []
    if method.formula == "linear" and method.floor == 0:
        found.append("The formula linear has no published floor: it counts from 0, like the formula ceiling.")
    if method.monetised is not None and method.formula != "monetised":
        found.append(f"The values in monetised are not used by the formula {method.formula}.")
    if not method.weights[COST]:
        found.append("Cost has no weight: no point of another criterion has a price.")
    if method.formula == "lowest_ratio":
        found.append(
            "The formula lowest_ratio is relative: each cost score depends on the cheapest bid, "
            "so a point has no fixed price and a losing bid can change who is first."
        )
    return found


def _about_result(contest: Contest) -> list[str]:
    found = []
    if not contest.keys:
        found.append("No bid is ranked.")
    if len(contest.first) > 1:
        found.append(f"{', '.join(contest.first)} are equal in every step of the tie-break: people must decide.")
    added = added_bid_flip(contest)
    if added:
        price, first = added
        found.append(
            f"An added losing bid of {pounds(price, exact=True)} could change who is first "
            f"from {', '.join(contest.first)} to {', '.join(first)}."
        )
    return found


def _about_bids(contest: Contest, unbounded: Sequence[str]) -> list[str]:
    method = contest.method
    found = []
    for entry in contest.assessed:
        name = entry.bid.id
        if name not in contest.keys:
            continue
        for indicator in method.indicators:
            if entry.bid.levels.get(indicator.id) is None:
                why = (
                    "is held, because its fact is missing. It counts as level 0 until it is found."
                    if indicator.missing == "hold"
                    else "has no answer, which counts as level 0."
                )
                found.append(f"{name}: {indicator.id} {why}")
        if entry.bid.price > method.ceiling:
            found.append(f"{name}: its cost is above the ceiling and gets no points.")
        if name in unbounded:
            found.append(f"{name}: it would be first alone at any price, so no price to win is shown.")
    return found
