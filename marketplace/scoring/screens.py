"""Screens of prices: they ask questions and never exclude. The thresholds are policy and come from the caller.

Source: domain notes on scoring, "Screens". Collusion hints are for the buyer alone and only after opening.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction


def abnormally_low(
    prices: Mapping[str, int], *, below_mean: Fraction, fewest: int, should_cost: int | None = None
) -> dict[str, str]:
    """Bids whose price needs a written explanation before award, with the reason.

    A price is questioned below a published ``should_cost`` (pence, None if there is none), or more than the share
    ``below_mean`` below the mean of the others where there are at least ``fewest`` bids.
    """
    found: dict[str, str] = {}
    everything = sum(prices.values())
    for name in sorted(prices):
        price = prices[name]
        if should_cost is not None and price < should_cost:
            found[name] = "it is below the published should-cost"
        elif len(prices) >= max(2, fewest):
            mean = Fraction(everything - price, len(prices) - 1)
            if price <= (1 - below_mean) * mean:
                found[name] = "it is far below the mean of the other bids"
    return found


def collusion_hints(prices: Mapping[str, int], *, variation: Fraction, distance: Fraction, fewest: int) -> list[str]:
    """Questions the pattern of prices raises: all close together and the cheapest apart. Empty for few bids.

    The pattern is a coefficient of variation (spread of all over their mean) below ``variation`` together with a
    relative distance (gap between the two cheapest over the spread of the losing ones) above ``distance``. Spreads are
    standard deviations with n - 1; they are compared by their squares, so that nothing is rounded.
    """
    ordered = sorted(prices.values())
    if len(ordered) < max(3, fewest):
        return []
    mean = Fraction(sum(ordered), len(ordered))
    close = mean > 0 and _spread_squared(ordered) < (variation * mean) ** 2
    gap = ordered[1] - ordered[0]
    apart = gap**2 > distance**2 * _spread_squared(ordered[1:])
    if not (close and apart):
        return []
    return ["The prices are unusually close together and the cheapest stands apart from the others."]


def _spread_squared(values: list[int]) -> Fraction:
    mean = Fraction(sum(values), len(values))
    return sum(((value - mean) ** 2 for value in values), Fraction(0)) / (len(values) - 1)
