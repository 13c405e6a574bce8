"""What held register facts could still change: bounds of each total, and whether who is first is certain.

Every criterion score rises (or stays) with every level, so the extremes are reached with all held facts at level 0 or
all at level 4. Only the reference price of `lowest_ratio` couples the bids: a held bid that a fact would exclude does
not set it. All reference prices that can come about are tried.
"""

from __future__ import annotations

from marketplace.scoring.contest import Assessed, Contest, Runner, assess

_LOWEST, _HIGHEST = 0, 4


class Outlook:
    """The two ends of every bid while facts are held."""

    def __init__(self, contest: Contest) -> None:
        self.contest = contest
        self.provisional = any(entry.held for entry in contest.assessed if entry.bid.id in contest.keys)
        self._low = {entry.bid.id: self._end(entry, _LOWEST) for entry in contest.assessed}
        self._high = {entry.bid.id: self._end(entry, _HIGHEST) for entry in contest.assessed}
        self._prices = self._reference_prices()

    def _end(self, entry: Assessed, level: int) -> Assessed:
        return assess(self.contest.method, entry.bid, assume=level) if entry.held else entry

    def _reference_prices(self) -> list[int]:
        """Every lowest price that can come about: that of the bids surely in, and any lower one of a bid perhaps in."""
        if self.contest.method.formula != "lowest_ratio":
            return [self.contest.lowest]
        sure = [entry.bid.price for entry in self._low.values() if not entry.blocks]
        dearest = min(sure, default=None)
        perhaps = {
            entry.bid.price
            for key, entry in self._high.items()
            if not entry.blocks and self._low[key].blocks and (dearest is None or entry.bid.price < dearest)
        }
        return sorted(perhaps | (set() if dearest is None else {dearest}))

    def _prices_with(self, *runners: Runner) -> list[int]:
        """The reference prices that can come about while these bids are in."""
        if self.contest.method.formula != "lowest_ratio":
            return self._prices
        own = min(runner.price for runner in runners)
        return sorted({min(price, own) for price in self._prices} | ({own} if self._may_be_lowest(own) else set()))

    def _may_be_lowest(self, price: int) -> bool:
        return all(entry.bid.price >= price for entry in self._low.values() if not entry.blocks)

    def bounds(self, name: str) -> tuple[int, int]:
        """Least and greatest total of a ranked bid in 1/10000 of a point, its held facts at level 0 and at level 4."""
        low, high = self._low[name].runner, self._high[name].runner
        prices = self._prices_with(low)
        return self.contest.scale.total(low, prices[0]), self.contest.scale.total(high, prices[-1])

    def winner_certain(self) -> bool:
        """Whether no held evidence could change who is first (nobody being first counts as an answer too)."""
        first = self.contest.first
        high = {name: entry.runner for name, entry in self._high.items() if not entry.blocks}
        if not first:
            return not any(self._in_somewhere(runner) for runner in high.values())
        if any(self._low[name].blocks for name in first):
            return False
        return all(
            self._stays(self._low[name].runner, runner, joint=other in first)
            for name in first
            for other, runner in high.items()
            if other != name
        ) and all(self._always_in(self._low[name].runner) for name in first)

    def _in_somewhere(self, runner: Runner) -> bool:
        return any(self.contest.scale.key(runner, lowest) is not None for lowest in self._prices_with(runner))

    def _always_in(self, runner: Runner) -> bool:
        return all(self.contest.scale.key(runner, lowest) is not None for lowest in self._prices_with(runner))

    def _stays(self, low: Runner, rival: Runner, *, joint: bool) -> bool:
        """Whether the first bid at its lowest stays before the rival at its highest (or, joint, level with it)."""
        for lowest in self._prices_with(low, rival):
            own, other = self.contest.scale.key(low, lowest), self.contest.scale.key(rival, lowest)
            if own is None:
                return False
            if joint:
                if other != own:
                    return False
            elif other is not None and other >= own:
                return False
        return True
