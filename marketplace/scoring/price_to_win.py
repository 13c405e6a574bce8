"""The highest price, to the penny, at which a bid would be first alone, all else as it is.

A lower price never harms its bid: its cost score and its tie-break on price rise or stay, with `lowest_ratio` the cost
scores of the others fall or stay, and with `monetised` the adjusted price falls. So the prices that win are those up to
one price, and halving finds it. Every candidate is judged by the same keys as the ranking.
"""

from __future__ import annotations

from collections.abc import Callable

from marketplace.scoring.contest import Assessed, Contest, Key, Runner, lowest_price

UNBOUNDED = -1


def price_to_win(contest: Contest, entry: Assessed) -> int | None:
    """Pence, None where no price would do, UNBOUNDED where every price would (only without a rejecting ceiling)."""
    if set(entry.blocks) - {"over_ceiling"}:
        return None
    method = contest.method
    others = [runner for runner in contest.runners if runner.id != entry.bid.id]
    if method.formula == "lowest_ratio":
        wins = _relative(contest, entry.runner, others)
    else:
        wins = _absolute(contest, entry)
    high = method.ceiling
    if method.over_ceiling == "zero":
        # Beyond the ceiling and everybody's price nothing changes any more, save with monetised.
        high = max([method.ceiling, *(runner.price for runner in others)]) + 1
        rivalled = contest.best_without(entry.bid.id)[0] is not None
        while method.formula == "monetised" and rivalled and wins(high):
            high *= 2
        if wins(high):
            return UNBOUNDED
    return _highest(wins, high)


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


def _absolute(contest: Contest, entry: Assessed) -> Callable[[int], bool]:
    best, _ = contest.best_without(entry.bid.id)

    def wins(price: int) -> bool:
        key = contest.scale.key(entry.runner, contest.lowest, price)
        return key is not None and (best is None or key > best)

    return wins


def _relative(contest: Contest, own: Runner, others: list[Runner]) -> Callable[[int], bool]:
    cheapest = lowest_price(others)
    # Dearer than the cheapest other bid, the own price leaves the others' scores alone.
    still = _best(contest, others, cheapest)

    def wins(price: int) -> bool:
        lowest = min(price, cheapest) if others else price
        key = contest.scale.key(own, lowest, price)
        if key is None:
            return False
        best = still if not others or lowest == cheapest else _best(contest, others, lowest)
        return best is None or key > best

    return wins


def _best(contest: Contest, runners: list[Runner], lowest: int) -> Key | None:
    keys = (contest.scale.key(runner, lowest) for runner in runners)
    return max((key for key in keys if key is not None), default=None)
