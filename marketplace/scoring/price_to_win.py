"""The highest price, to the penny, at which a bid would be first alone, all else as it is.

A lower price never harms its bid: its cost score and its tie-break on price rise or stay, with `lowest_ratio` the cost
scores of the others fall or stay, and with `monetised` the adjusted price falls. So the prices that win are those up to
one price, and halving finds it. Every candidate is judged by the same keys as the ranking.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from marketplace.scoring.contest import Assessed, Contest, Key, Runner, lowest_price

UNBOUNDED = -1


class PricesToWin:
    """Finds the price to win of each bid of a contest; holds what is the same for all of them."""

    def __init__(self, contest: Contest) -> None:
        self.contest = contest
        self._relative = contest.method.formula == "lowest_ratio"
        self._front = _front(contest, contest.runners) if self._relative else []

    def of(self, entry: Assessed) -> int | None:
        """Pence, None where no price would do, UNBOUNDED where every price would (without a rejecting ceiling)."""
        if set(entry.blocks) - {"over_ceiling"}:
            return None
        method = self.contest.method
        wins = self._wins_relative(entry.runner) if self._relative else self._wins_absolute(entry)
        high = method.ceiling
        if method.over_ceiling == "zero":
            # Beyond the ceiling and everybody's price nothing changes any more, save with monetised.
            high = max([method.ceiling, *(runner.price for runner in self.contest.runners)]) + 1
            rivalled = self.contest.best_without(entry.bid.id)[0] is not None
            while method.formula == "monetised" and rivalled and wins(high):
                high *= 2
            if wins(high):
                return UNBOUNDED
        return _highest(wins, high)

    def _wins_absolute(self, entry: Assessed) -> Callable[[int], bool]:
        best, _ = self.contest.best_without(entry.bid.id)
        scale, runner = self.contest.scale, entry.runner
        base = scale.base(runner.quality)

        def wins(price: int) -> bool:
            measure = scale.measure(price, base, 0)
            if measure is None or best is None or measure != best[0]:
                return measure is not None and (best is None or measure > best[0])
            key = scale.key(runner, 0, price)
            return key is not None and key > best

        return wins

    def _wins_relative(self, own: Runner) -> Callable[[int], bool]:
        """The own price moves the reference price of the others where it is the lowest.

        Compared is with the bids that no cheaper one equals in what its scores bring: at every reference price one of
        them has the greatest total. All others are looked at only where totals are equal.
        """
        scale, contest = self.contest.scale, self.contest
        others = [runner for runner in contest.runners if runner.id != own.id]
        cheapest, base = lowest_price(others), scale.base(own.quality)
        front = self._front if own.id not in {name for name, _, _ in self._front} else _front(contest, others)

        @cache
        def best_key(lowest: int) -> Key:
            keys = (scale.key(other, lowest) for other in others)
            return max(key for key in keys if key is not None)

        def wins(price: int) -> bool:
            lowest = min(price, cheapest) if others else price
            measure = scale.measure(price, base, lowest)
            if measure is None:
                return False
            found = (scale.measure(other, brings, lowest) for _, other, brings in front)
            best = max((rival for rival in found if rival is not None), default=None)
            if best is None or best != measure:
                return best is None or measure > best
            key = scale.key(own, lowest, price)
            return key is not None and key > best_key(lowest)

        return wins


def _front(contest: Contest, runners: list[Runner]) -> list[tuple[str, int, int]]:
    """Id, price and what the scores bring, of the bids that no cheaper one equals or beats in that."""
    rows = sorted((runner.price, -contest.scale.base(runner.quality), runner.id) for runner in runners)
    kept: list[tuple[str, int, int]] = []
    for price, brings, name in rows:
        if not kept or -brings > kept[-1][2]:
            kept.append((name, price, -brings))
    return kept


def _highest(wins: Callable[[int], bool], high: int) -> int | None:
    if not wins(0):
        return None
    if wins(high):
        return high
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wins(middle) else (low, middle)
    return low
