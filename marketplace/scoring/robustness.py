"""How far the first place depends on the weights: exact shares, intervals and least shifts, ready for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from marketplace.scoring import shifts, triangle
from marketplace.scoring.canonical import fixed_text
from marketplace.scoring.contest import Contest, Runner, cost_score
from marketplace.scoring.method import COST

Vector = tuple[int, ...]
_PLACES = 4
_NOTHING = {"exact": "0/1", "decimal": "0"}


def shown(number: Fraction) -> dict[str, str]:
    """An exact fraction of 0 or more with its decimal of four places, rounded half up."""
    factor = 10**_PLACES
    return {
        "exact": f"{number.numerator}/{number.denominator}",
        "decimal": fixed_text(
            (2 * factor * number.numerator + number.denominator) // (2 * number.denominator), _PLACES
        ),
    }


def robustness(contest: Contest) -> dict[str, Any]:
    """The keys that ``--robustness`` adds to the result. Shares are None for more than three criteria."""
    names = (COST, *contest.method.qualities)
    weights = _weights(contest)
    vectors = {runner.id: _vector(contest, runner) for runner in contest.runners if runner.id in contest.keys}
    groups: dict[Vector, list[str]] = {}
    for name in sorted(vectors):
        groups.setdefault(vectors[name], []).append(name)
    result: dict[str, Any] = _shares(groups, weights)
    first = list(dict.fromkeys(vectors[name] for name in contest.first))
    # Whoever is behind an undominated bid is behind at all weights, so only those can end an interval.
    others = [vector for vector in undominated(list(groups)) if vector not in first]
    parts = _whole(weights)
    result["weight_intervals"] = {
        name: _ends(shifts.interval(first, others, parts, place) if first else None) for place, name in enumerate(names)
    }
    result["least_shift"] = {
        rival: _shift(shifts.least_shift(first[0], vectors[rival], parts), names)
        for rival in sorted(vectors)
        if rival not in contest.first
    }
    return result


def _weights(contest: Contest) -> list[Fraction]:
    """The published weights in points; with monetised those that its values in pence amount to."""
    method = contest.method
    if method.formula != "monetised":
        return [Fraction(method.weights[name]) for name in (COST, *method.qualities)]
    parts = [method.ceiling - method.used_floor, *(method.worth[name] for name in method.qualities)]
    return [Fraction(100 * part, sum(parts)) for part in parts]


def _whole(weights: list[Fraction]) -> list[int]:
    """The weights as whole numbers in the same proportion."""
    factor = lcm(*(weight.denominator for weight in weights))
    return [int(weight * factor) for weight in weights]


def _vector(contest: Contest, runner: Runner) -> Vector:
    """The scores of a bid as whole numbers. With monetised cost is neither rounded nor clamped, as in its ranking."""
    method = contest.method
    if method.formula != "monetised":
        return (cost_score(method, runner.price, contest.lowest), *runner.quality)
    span = method.ceiling - method.used_floor
    return (10000 * (method.ceiling - runner.price), *(span * score for score in runner.quality))


def _ends(ends: tuple[Fraction, Fraction] | None) -> dict[str, Any] | None:
    return None if ends is None else {"low": shown(ends[0]), "high": shown(ends[1])}


def _shift(found: tuple[Fraction, list[Fraction]] | None, names: Sequence[str]) -> dict[str, Any] | None:
    if found is None:
        return None
    points, weights = found
    return {
        "points": shown(points),
        "weights": {name: shown(weight) for name, weight in zip(names, weights, strict=True)},
    }


def undominated(vectors: Sequence[Vector]) -> list[Vector]:
    """The vectors that no other equals or beats in every criterion; only these are ever first on an area."""
    kept: list[Vector] = []
    for vector in sorted(set(vectors), reverse=True):
        # Sorted, a vector can only be dominated by one before it.
        if not any(all(a >= b for a, b in zip(other, vector, strict=True)) for other in kept):
            kept.append(vector)
    return kept


def _shares(groups: dict[Vector, list[str]], weights: list[Fraction]) -> dict[str, Any]:
    if len(weights) > 3:
        return {"first_share": None, "within_5": None, "within_10": None}
    kept = undominated(list(groups))
    if len(weights) == 3:
        found = areas(kept, weights)
    else:
        found = _lengths(kept, weights)
    return {
        key: {
            ids[0]: (shown(shares[vector]) if vector in shares else _NOTHING)
            | ({"with": ids[1:]} if len(ids) > 1 else {})
            for vector, ids in groups.items()
        }
        for key, shares in found.items()
    }


def areas(kept: list[Vector], weights: list[Fraction]) -> dict[str, dict[Vector, Fraction]]:
    """Exact shares of the triangle, and of its part within 5 and 10 points of the weights, of undominated vectors."""
    polygons = triangle.cells([(a, b, c) for a, b, c in kept])
    found = {"first_share": {vector: triangle.share(cell) for vector, cell in zip(kept, polygons, strict=True)}}
    for distance in (5, 10):
        around = triangle.surroundings(weights, distance)
        whole, shares = triangle.share(_cut(triangle.CORNERS, around)), {}
        for vector, cell in zip(kept, polygons, strict=True):
            near = _cut(cell, around)
            if near:
                shares[vector] = triangle.share(near) / whole
        found[f"within_{distance}"] = shares
    return found


def _cut(polygon: triangle.Polygon, lines: list[triangle.Point]) -> triangle.Polygon:
    for line in lines:
        polygon = triangle.clip(polygon, line)
    return polygon


def _lengths(kept: list[Vector], weights: list[Fraction]) -> dict[str, dict[Vector, Fraction]]:
    """With two criteria the triangle is a line, with one it is a point."""
    found: dict[str, dict[Vector, Fraction]] = {}
    for key, distance in (("first_share", 100), ("within_5", 5), ("within_10", 10)):
        if len(weights) == 1:
            found[key] = {vector: Fraction(1) for vector in kept}
            continue
        start, end = max(Fraction(0), weights[0] - distance), min(Fraction(100), weights[0] + distance)
        found[key] = {vector: _length(vector, kept, start, end) / (end - start) for vector in kept}
    return found


def _length(own: Vector, kept: list[Vector], start: Fraction, end: Fraction) -> Fraction:
    for other in kept:
        slope, lead = own[0] - other[0] - own[1] + other[1], own[1] - other[1]
        # The lead at the weight t of the first criterion is t * slope + 100 * lead.
        if slope > 0:
            start = max(start, Fraction(-100 * lead, slope))
        elif slope < 0:
            end = min(end, Fraction(-100 * lead, slope))
    return max(Fraction(0), end - start)
