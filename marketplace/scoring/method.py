"""The method of a need (formula, ceiling, weights, indicators, stops) and its bids, as parsed from the score file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

from marketplace.scoring import reading
from marketplace.scoring.reading import ScoreFileError, below

COST = "cost"
PRICE = "price"
FORMULAS = ("ceiling", "linear", "lowest_ratio", "monetised")
MISSING = ("zero", "fail", "hold")
OVER_CEILING = ("reject", "zero")
DEFAULT_VALUES = tuple(Fraction(points) for points in (0, 25, 50, 75, 100))

METHOD_KEYS = (
    "tender",
    "formula",
    "ceiling_pence",
    "floor_pence",
    "population",
    "term_years",
    "weights",
    "indicators",
    "thresholds",
    "over_ceiling",
    "monetised",
    "tie_break",
)
_INDICATOR_KEYS = ("id", "criterion", "weight", "source", "missing", "min_level", "value")
_BID_KEYS = ("id", "price_pence", "levels", "fail")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator: ``value`` is the points (0-100) of levels 0 to 4, ``min_level`` a stop or None."""

    id: str
    criterion: str
    weight: Fraction
    value: tuple[Fraction, ...]
    missing: str
    min_level: int | None
    source: str | None


@dataclass(frozen=True, slots=True)
class Method:
    """How a need's bids compare. Money in pence, weights in whole percent, thresholds in points.

    ``qualities`` are the criteria other than cost in alphabetical order. ``gains[indicator]`` and ``scale[criterion]``
    hold the levels' points times weight as whole numbers: the score of a criterion in hundredths of a point is the sum
    of gains divided by the scale. ``floor`` is the published floor; ``worth`` the pence of 100 points with monetised.
    """

    tender: str
    formula: str
    ceiling: int
    floor: int
    population: int
    term_years: int
    weights: Mapping[str, int]
    qualities: tuple[str, ...]
    indicators: tuple[Indicator, ...]
    thresholds: Mapping[str, Fraction]
    over_ceiling: str
    monetised: Mapping[str, int] | None
    tie_break: tuple[str, ...]
    gains: Mapping[str, tuple[int, ...]]
    scale: Mapping[str, int]

    @property
    def used_floor(self) -> int:
        """The floor that the formula uses: `linear` and the values of `monetised` do, the others count from zero."""
        return self.floor if self.formula in ("linear", "monetised") else 0

    @property
    def worth(self) -> dict[str, int]:
        """Pence that 100 points of each criterion but cost are worth: as given, else half up (C - F) w_c / w_cost."""
        given, cost = self.monetised or {}, self.weights[COST]
        span = self.ceiling - self.used_floor
        return {
            name: given[name] if name in given else (2 * span * self.weights[name] + cost) // (2 * cost)
            for name in self.qualities
            if name in given or cost
        }


@dataclass(frozen=True, slots=True)
class Bid:
    """One bid: evaluated cost in pence, a level 0-4 or None (missing) by indicator, and reasons found by people."""

    id: str
    price: int
    levels: Mapping[str, int | None]
    fail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tender:
    """A method with its bids in order of their ids, and the canonical form of the document they were read from."""

    method: Method
    bids: tuple[Bid, ...]
    document: Mapping[str, Any]


def parse_method(document: object) -> Method:
    """The method of a score file without ``bids``; raises ScoreFileError naming the key that is wrong."""
    top = reading.mapping(document, "", METHOD_KEYS)
    tender = reading.text(reading.need(top, "tender"), "tender")
    formula = reading.one_of(top.get("formula", "ceiling"), "formula", FORMULAS)
    ceiling = reading.whole(reading.need(top, "ceiling_pence"), "ceiling_pence", least=1)
    floor = reading.whole(top.get("floor_pence", 0), "floor_pence")
    if floor >= ceiling:
        raise ScoreFileError("floor_pence", f"the floor of {floor} is not below the ceiling of {ceiling}")
    population = reading.whole(reading.need(top, "population"), "population", least=1, most=10**10)
    term_years = reading.whole(reading.need(top, "term_years"), "term_years", least=1, most=100)
    weights = _weights(reading.need(top, "weights"))
    qualities = tuple(sorted(name for name in weights if name != COST))
    indicators = _indicators(reading.need(top, "indicators"), qualities)
    gains, scale = _scaled(indicators, qualities)
    thresholds = {
        _criterion(name, "thresholds", weights): reading.exact(points, below("thresholds", name), most=100)
        for name, points in reading.mapping(top.get("thresholds", {}), "thresholds").items()
    }
    monetised = _monetised(top["monetised"], qualities) if "monetised" in top else None
    if formula == "monetised" and not weights[COST] and set(monetised or {}) != set(qualities):
        raise ScoreFileError("monetised", "with no weight on cost every criterion needs its value in pence")
    return Method(
        tender=tender,
        formula=formula,
        ceiling=ceiling,
        floor=floor,
        population=population,
        term_years=term_years,
        weights=weights,
        qualities=qualities,
        indicators=indicators,
        thresholds=thresholds,
        over_ceiling=reading.one_of(top.get("over_ceiling", "reject"), "over_ceiling", OVER_CEILING),
        monetised=monetised,
        tie_break=_tie_break(top["tie_break"], weights) if "tie_break" in top else _usual_tie_break(weights),
        gains=gains,
        scale=scale,
    )


def parse_bids(entries: object, method: Method) -> tuple[Bid, ...]:
    """The bids in order of their ids; raises ScoreFileError naming the key that is wrong."""
    bids: dict[str, Bid] = {}
    for place, entry in enumerate(reading.sequence(entries, "bids")):
        path = below("bids", place)
        bid = _bid(entry, path, method)
        if bid.id in bids:
            raise ScoreFileError(below(path, "id"), f"{reading.show(bid.id)} is the id of another bid too")
        bids[bid.id] = bid
    return tuple(bids[key] for key in sorted(bids))


def _bid(entry: object, path: str, method: Method) -> Bid:
    row = reading.mapping(entry, path, _BID_KEYS)
    known = {indicator.id for indicator in method.indicators}
    levels: dict[str, int | None] = {}
    for name, level in reading.mapping(reading.need(row, "levels", path), below(path, "levels")).items():
        where = below(below(path, "levels"), name)
        if name not in known:
            raise ScoreFileError(where, "the method has no indicator of this name")
        levels[name] = None if level is None else reading.whole(level, where, most=4)
    fails = reading.sequence(row.get("fail", []), below(path, "fail"))
    return Bid(
        id=reading.text(reading.need(row, "id", path), below(path, "id"), longest=200),
        price=reading.whole(reading.need(row, "price_pence", path), below(path, "price_pence")),
        levels=levels,
        fail=tuple(reading.text(reason, below(below(path, "fail"), place)) for place, reason in enumerate(fails)),
    )


def _weights(value: object) -> dict[str, int]:
    rows = reading.mapping(value, "weights")
    weights = {
        reading.text(name, "weights", longest=100): reading.whole(weight, below("weights", name), most=100)
        for name, weight in rows.items()
    }
    if COST not in weights:
        raise ScoreFileError("weights.cost", "this key is missing")
    if PRICE in weights:
        raise ScoreFileError("weights.price", "price is a word of tie_break and cannot name a criterion")
    if sum(weights.values()) != 100:
        raise ScoreFileError("weights", f"the weights add to {sum(weights.values())}, not to 100")
    return weights


def _criterion(name: str, path: str, weights: Mapping[str, int]) -> str:
    if name not in weights:
        raise ScoreFileError(below(path, name), "weights has no criterion of this name")
    return name


def _indicators(value: object, qualities: tuple[str, ...]) -> tuple[Indicator, ...]:
    found: dict[str, Indicator] = {}
    for place, entry in enumerate(reading.sequence(value, "indicators")):
        path = below("indicators", place)
        indicator = _indicator(entry, path, qualities)
        if indicator.id in found:
            raise ScoreFileError(below(path, "id"), f"{reading.show(indicator.id)} is the id of another indicator too")
        found[indicator.id] = indicator
    for name in qualities:
        if not any(indicator.weight for indicator in found.values() if indicator.criterion == name):
            raise ScoreFileError("indicators", f"the criterion {name} has no indicator with a weight")
    return tuple(found[key] for key in sorted(found))


def _indicator(entry: object, path: str, qualities: tuple[str, ...]) -> Indicator:
    row = reading.mapping(entry, path, _INDICATOR_KEYS)
    criterion = reading.text(reading.need(row, "criterion", path), below(path, "criterion"))
    if criterion not in qualities:
        raise ScoreFileError(below(path, "criterion"), f"{reading.show(criterion)} is not a criterion with levels")
    value = DEFAULT_VALUES
    if "value" in row:
        where = below(path, "value")
        points = reading.sequence(row["value"], where)
        if len(points) != 5:
            raise ScoreFileError(where, f"five values were expected, for levels 0 to 4, not {len(points)}")
        value = tuple(reading.exact(point, below(where, place), most=100) for place, point in enumerate(points))
        if list(value) != sorted(value):
            raise ScoreFileError(where, "the values must not fall from one level to the next")
    return Indicator(
        id=reading.text(reading.need(row, "id", path), below(path, "id"), longest=200),
        criterion=criterion,
        weight=reading.exact(row.get("weight", 1), below(path, "weight")),
        value=value,
        missing=reading.one_of(row.get("missing", "zero"), below(path, "missing"), MISSING),
        min_level=reading.whole(row["min_level"], below(path, "min_level"), most=4) if "min_level" in row else None,
        source=reading.text(row["source"], below(path, "source")) if "source" in row else None,
    )


def _scaled(
    indicators: tuple[Indicator, ...], qualities: tuple[str, ...]
) -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
    gains: dict[str, tuple[int, ...]] = {}
    scale: dict[str, int] = {}
    for name in qualities:
        rows = [indicator for indicator in indicators if indicator.criterion == name]
        products = {row.id: [row.weight * points * 100 for points in row.value] for row in rows}
        factor = lcm(
            *(row.weight.denominator for row in rows),
            *(product.denominator for row in products.values() for product in row),
        )
        scale[name] = int(sum(row.weight for row in rows) * factor)
        gains |= {key: tuple(int(product * factor) for product in row) for key, row in products.items()}
    return gains, scale


def _monetised(value: object, qualities: tuple[str, ...]) -> dict[str, int]:
    worth: dict[str, int] = {}
    for name, pence in reading.mapping(value, "monetised").items():
        if name not in qualities:
            raise ScoreFileError(below("monetised", name), "this is not a criterion other than cost")
        worth[name] = reading.whole(pence, below("monetised", name))
    return worth


def _usual_tie_break(weights: Mapping[str, int]) -> tuple[str, ...]:
    return (*sorted(weights, key=lambda name: (-weights[name], name)), PRICE)


def _tie_break(value: object, weights: Mapping[str, int]) -> tuple[str, ...]:
    steps: list[str] = []
    for place, entry in enumerate(reading.sequence(value, "tie_break")):
        step = reading.one_of(entry, below("tie_break", place), (*weights, PRICE))
        if step in steps:
            raise ScoreFileError(below("tie_break", place), f"{step} occurs twice")
        steps.append(step)
    return tuple(steps)
