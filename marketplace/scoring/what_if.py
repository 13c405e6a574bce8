"""Single changes that would change who is first: a level, a bid withdrawn or added. They inform, never decide."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.kit.money import MAX_PENCE
from marketplace.scoring.contest import (
    Assessed,
    Contest,
    Key,
    Runner,
    criterion_score,
    firsts,
    level_problem,
    threshold_problem,
)
from marketplace.scoring.method import Indicator

_LEVELS = range(5)


@dataclass(frozen=True, slots=True)
class Flip:
    """Changing one indicator of one bid from ``old`` (None: missing) to ``new`` makes ``first`` the first bids."""

    bid: str
    indicator: str
    old: int | None
    new: int
    first: tuple[str, ...]


def level_flips(contest: Contest) -> list[Flip]:
    """Every change of one level of one bid that changes who is first, by bid, indicator and new level."""
    flips: list[Flip] = []
    for entry in contest.assessed:
        if "fail" in entry.blocks or "over_ceiling" in entry.blocks:
            continue  # no level lets this bid in
        changes = _Changes(contest, entry)
        if changes.hopeless():
            continue
        for indicator in contest.method.indicators:
            flips += changes.flips(indicator)
    return flips


class _Changes:
    """The consequences of changing one level of one bid, without working through the other bids again."""

    def __init__(self, contest: Contest, entry: Assessed) -> None:
        self.contest, self.entry = contest, entry
        self.best, self.best_ids = contest.best_without(entry.bid.id)
        self.others: list[Runner] = []
        # Only lowest_ratio couples bids, by the reference price: it moves if this bid, cheaper than all, comes or goes.
        self.couples = False
        if contest.method.formula == "lowest_ratio" and (entry.bid.price <= contest.lowest or not contest.runners):
            self.others = [runner for runner in contest.runners if runner.id != entry.bid.id]
            self.couples = entry.bid.price < min((runner.price for runner in self.others), default=MAX_PENCE + 1)

    def hopeless(self) -> bool:
        """Whether no single level could matter: a losing bid that stays behind even with its best change."""
        entry, contest = self.entry, self.contest
        if self.couples or self.best is None or entry.bid.id in contest.first:
            return False
        most = [0] * len(entry.sums)
        for indicator in contest.method.indicators:
            gains, place = contest.method.gains[indicator.id], contest.method.qualities.index(indicator.criterion)
            most[place] = max(most[place], gains[4] - gains[entry.bid.levels.get(indicator.id) or 0])
        quality = entry.runner.quality
        for place, name in enumerate(contest.method.qualities):
            score = criterion_score(contest.method, name, entry.sums[place] + most[place])
            base = contest.scale.base((*quality[:place], score, *quality[place + 1 :]))
            measure = contest.scale.measure(entry.bid.price, base, contest.lowest)
            if measure is not None and measure >= self.best[0]:
                return False
        return True

    def flips(self, indicator: Indicator) -> list[Flip]:
        """The flips of one indicator. Keys rise with the level: if neither end changes who is first, no step does."""
        if self.first(indicator, 0) == self.contest.first == self.first(indicator, 4):
            return []
        name, old = self.entry.bid.id, self.entry.bid.levels.get(indicator.id)
        found = []
        for new in _LEVELS:
            if new != old:
                first = self.first(indicator, new)
                if first != self.contest.first:
                    found.append(Flip(name, indicator.id, old, new, first))
        return found

    def first(self, indicator: Indicator, level: int) -> tuple[str, ...]:
        """Who is first when the indicator has this level."""
        runner = self._runner(indicator, level)
        if self.couples and (runner is None) != bool(self.entry.blocks):
            return firsts(self.contest.scale, [*self.others, *([runner] if runner else [])])
        key: Key | None = None
        if runner is not None:
            key = self.contest.scale.key(runner, self.contest.lowest)
        if key is None or (self.best is not None and key < self.best):
            return self.best_ids
        if key == self.best:
            return tuple(sorted((*self.best_ids, self.entry.bid.id)))
        return (self.entry.bid.id,)

    def _runner(self, indicator: Indicator, level: int) -> Runner | None:
        method, entry = self.contest.method, self.entry
        name = indicator.criterion
        if entry.blocks and not set(entry.blocks) <= {f"level {indicator.id}", f"threshold {name}"}:
            return None
        if level_problem(indicator, level):
            return None
        gains, old = method.gains[indicator.id], entry.bid.levels.get(indicator.id)
        place = method.qualities.index(name)
        room = entry.room[place]
        if old is None and indicator.missing == "hold":
            room -= gains[4] - gains[0]
        total = entry.sums[place] + gains[level] - gains[old or 0]
        if name in method.thresholds and threshold_problem(method, name, criterion_score(method, name, total + room)):
            return None
        score = criterion_score(method, name, total)
        quality = entry.runner.quality
        return Runner(entry.bid.id, entry.bid.price, (*quality[:place], score, *quality[place + 1 :]))


def reversals(contest: Contest) -> list[tuple[str, tuple[str, ...]]]:
    """Losing bids whose withdrawal changes who is first, with who it then is.

    With absolute formulas there are none: a losing bid touches nobody else's score.
    """
    if contest.method.formula != "lowest_ratio":
        return []
    found = []
    for runner in contest.runners:
        if runner.id in contest.first or runner.price != contest.lowest:
            continue
        rest = [other for other in contest.runners if other is not runner]
        first = firsts(contest.scale, rest)
        if first != contest.first:
            found.append((runner.id, first))
    return found


def added_bid_flip(contest: Contest) -> tuple[int, tuple[str, ...]] | None:
    """With lowest_ratio: the price of an added bid that loses and yet changes who is first, and who it then is.

    The added bid has the least quality that is let in. Tried are the ends of the range of prices in which it loses and
    15 steps between, the dearest first, each by a whole new evaluation; None if none of them changes who is first.
    """
    if contest.method.formula != "lowest_ratio" or len(contest.first) != 1 or contest.lowest < 2:
        return None
    method, scale = contest.method, contest.scale
    name = "\uffff"  # an id that no file can hold twice; it is never shown
    least = tuple(int(-(-100 * method.thresholds.get(quality, 0) // 1)) for quality in method.qualities)

    def outcome(price: int) -> tuple[str, ...]:
        return firsts(scale, [*contest.runners, Runner(name, price, least)])

    low, high = 1, contest.lowest - 1
    if name in outcome(high):
        return None  # any cheaper bid would win itself
    while low < high:  # the least price at which the added bid still loses: the others only fall as it gets cheaper
        middle = (low + high) // 2
        low, high = (middle + 1, high) if name in outcome(middle) else (low, middle)
    span = contest.lowest - 1 - low
    for step in range(17):
        price = contest.lowest - 1 - span * step // 16
        first = outcome(price)
        if name not in first and first != contest.first:
            return price, first
    return None
