"""Who is first: criterion scores, exclusions, cost scores, totals and the order of the bids, in whole numbers only.

Scores are hundredths of a point (0..10000), totals 1/10000 of a point. The order of work is that of the score file:
exclusions that need no cost score come before reference prices, so that an excluded bid never sets the lowest price.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from marketplace.kit.money import pounds
from marketplace.scoring.canonical import decimal_text, fixed_text
from marketplace.scoring.method import COST, PRICE, Bid, Indicator, Method, Tender

FULL = 10000  # hundredths of a point

# A key orders bids: the greater one is better. First the total (or the adjusted price, negative), then the tie-breaks.
Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Runner:
    """What is left of a bid for comparing: its price and its criterion scores in the order of ``Method.qualities``."""

    id: str
    price: int
    quality: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Assessed:
    """A bid after steps 1 and 2.

    ``sums`` are the numerators of the criterion scores and ``room`` what its held indicators could still add to each.
    ``blocks`` maps a cause ("fail", "over_ceiling", "level LA1", "threshold independence") to the sentences shown.
    """

    bid: Bid
    runner: Runner
    sums: tuple[int, ...]
    room: tuple[int, ...]
    held: tuple[str, ...]
    blocks: dict[str, list[str]]


def assess(method: Method, bid: Bid, *, assume: int | None = None) -> Assessed:
    """Steps 1 and 2: criterion scores, and the exclusions that need no cost score.

    A held indicator counts as level 0 until its fact is found and excludes nobody: neither by its own least level nor
    by a threshold that the fact could still lift. With ``assume`` held facts are taken as found at that level.
    """
    sums, room = [0] * len(method.qualities), [0] * len(method.qualities)
    held: list[str] = []
    blocks: dict[str, list[str]] = {}
    if bid.fail:
        blocks["fail"] = list(bid.fail)
    if method.over_ceiling == "reject" and bid.price > method.ceiling:
        blocks["over_ceiling"] = [
            f"the evaluated cost of {pounds(bid.price, exact=True)} is above the ceiling of "
            f"{pounds(method.ceiling, exact=True)}"
        ]
    for indicator in method.indicators:
        place = method.qualities.index(indicator.criterion)
        gains, level = method.gains[indicator.id], bid.levels.get(indicator.id)
        if level is None and indicator.missing == "hold":
            held.append(indicator.id)
            level = assume
            if assume is None:
                room[place] += gains[4] - gains[0]
        problem = level_problem(indicator, level)
        if problem:
            blocks[f"level {indicator.id}"] = [problem]
        sums[place] += gains[level or 0]
    for place, name in enumerate(method.qualities):
        problem = threshold_problem(method, name, criterion_score(method, name, sums[place] + room[place]))
        if problem:
            blocks[f"threshold {name}"] = [problem]
    scores = tuple(criterion_score(method, name, total) for name, total in zip(method.qualities, sums, strict=True))
    return Assessed(bid, Runner(bid.id, bid.price, scores), tuple(sums), tuple(room), tuple(held), blocks)


def criterion_score(method: Method, name: str, total: int) -> int:
    """The score of a criterion in hundredths of a point: the one rounding, half up."""
    scale = method.scale[name]
    return (2 * total + scale) // (2 * scale)


def level_problem(indicator: Indicator, level: int | None) -> str | None:
    """Why this level excludes the bid, or None. A missing level is level 0, an exclusion, or (held) nothing yet."""
    if level is None:
        if indicator.missing == "fail":
            return f"{indicator.id} has no answer, and one is required"
        if indicator.missing == "hold":
            return None
    if indicator.min_level is not None and (level or 0) < indicator.min_level:
        found = "no answer, which is level 0," if level is None else f"level {level}"
        return f"{indicator.id} has {found} and at least level {indicator.min_level} is required"
    return None


def threshold_problem(method: Method, name: str, score: int) -> str | None:
    """Why this score (hundredths) of a criterion excludes the bid, or None."""
    least = method.thresholds.get(name)
    if least is None or score >= 100 * least:
        return None
    return f"{name} has {points(score)} points and at least {decimal_text(least)} are required"


def points(hundredths: int) -> str:
    """Hundredths of a point as a decimal string in points."""
    return fixed_text(hundredths, 2)


def cost_score(method: Method, price: int, lowest: int) -> int:
    """The score for cost in hundredths of a point; ``lowest`` (the reference price) counts for lowest_ratio only."""
    if price > method.ceiling:
        return 0  # only with over_ceiling "zero": a bid above the ceiling gets no points for cost
    if method.formula == "lowest_ratio":
        if price == 0:
            return FULL  # the limit of 100 p_min / p: nothing can be cheaper
        return min(FULL, (20000 * lowest + price) // (2 * price))
    span = method.ceiling - method.used_floor
    return max(0, min(FULL, (20000 * (method.ceiling - price) + span) // (2 * span)))


class Scale:
    """Turns prices and criterion scores into keys for one method; holds what would be computed for every bid again."""

    def __init__(self, method: Method) -> None:
        self.method = method
        self.monetised = method.formula == "monetised"
        self.cost_weight = method.weights[COST]
        worth = method.worth if self.monetised else method.weights
        self._parts = tuple(worth[name] for name in method.qualities)
        self._weights = tuple(method.weights[name] for name in method.qualities)
        names = {name: place for place, name in enumerate(method.qualities)}
        self._steps = tuple(-1 if step == COST else -2 if step == PRICE else names[step] for step in method.tie_break)
        self.least_cost = -(-100 * method.thresholds.get(COST, Fraction(0)) // 1)

    def base(self, quality: Sequence[int]) -> int:
        """What the criterion scores bring, whatever the price: 1/10000 of a point, with monetised of a penny."""
        return sum(part * score for part, score in zip(self._parts, quality, strict=True))

    def total(self, runner: Runner, lowest: int) -> int:
        """The total in 1/10000 of a point (with monetised it informs, the adjusted price ranks)."""
        cost = cost_score(self.method, runner.price, lowest)
        return self.cost_weight * cost + sum(
            weight * score for weight, score in zip(self._weights, runner.quality, strict=True)
        )

    def measure(self, price: int, base: int, lowest: int) -> int | None:
        """What ranks before any tie-break, greater is better; None where the threshold on cost excludes the bid."""
        cost = cost_score(self.method, price, lowest)
        if cost < self.least_cost:
            return None
        return base - FULL * price if self.monetised else self.cost_weight * cost + base

    def key(self, runner: Runner, lowest: int, price: int | None = None) -> Key | None:
        """The key of a runner (at another ``price``, if given), or None where the threshold on cost excludes it."""
        if price is None:
            price = runner.price
        cost = cost_score(self.method, price, lowest)
        if cost < self.least_cost:
            return None
        base = self.base(runner.quality)
        measure = base - FULL * price if self.monetised else self.cost_weight * cost + base
        quality = runner.quality
        return (measure, *[cost if step == -1 else -price if step == -2 else quality[step] for step in self._steps])


def lowest_price(runners: Iterable[Runner]) -> int:
    """Step 3: the reference price over the bids still in; 0 if there are none."""
    return min((runner.price for runner in runners), default=0)


def firsts(scale: Scale, runners: Sequence[Runner]) -> tuple[str, ...]:
    """The ids of the bids that are first, in alphabetical order; several share the place only if nothing parts them."""
    lowest = lowest_price(runners)
    best: Key | None = None
    ids: list[str] = []
    for runner in runners:
        key = scale.key(runner, lowest)
        if key is None or (best is not None and key < best):
            continue
        if best is None or key > best:
            best, ids = key, []
        ids.append(runner.id)
    return tuple(sorted(ids))


class Contest:
    """All bids of a tender after steps 1 to 5: who is still in, the reference price, the keys, and who is first."""

    def __init__(self, tender: Tender) -> None:
        self.method = tender.method
        self.scale = Scale(tender.method)
        self.assessed = [assess(tender.method, bid) for bid in tender.bids]
        self.runners = [entry.runner for entry in self.assessed if not entry.blocks]
        self.lowest = lowest_price(self.runners)
        self.keys: dict[str, Key] = {}
        for runner in self.runners:
            key = self.scale.key(runner, self.lowest)
            if key is not None:
                self.keys[runner.id] = key
        self.first = tuple(sorted(self._with_key(max(self.keys.values())))) if self.keys else ()

    def _with_key(self, key: Key) -> list[str]:
        return [name for name, own in self.keys.items() if own == key]

    def best_without(self, name: str) -> tuple[Key | None, tuple[str, ...]]:
        """The greatest key among the other bids and whose it is, at the present reference price."""
        if name not in self.first:
            return (self.keys[self.first[0]] if self.first else None), self.first
        if len(self.first) > 1:
            return self.keys[name], tuple(other for other in self.first if other != name)
        rest = {other: key for other, key in self.keys.items() if other != name}
        if not rest:
            return None, ()
        best = max(rest.values())
        return best, tuple(sorted(other for other, key in rest.items() if key == best))
