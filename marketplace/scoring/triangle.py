"""Exact areas of the weight triangle in which each bid is first, with whole numbers only.

A weighting is a point (a, b, c) with no part negative; only the proportions count, so points are homogeneous and stay
whole numbers: the crossing of two lines is the cross product of their coefficients. A bid is first where its total is
the greatest, which is a convex polygon. Each polygon starts as the triangle; a corner is settled when no bid does
better there, and else the triangle is cut by the line on which that better bid is level. Corners are shared by
neighbours, so the best bid at a corner is looked for once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd

Point = tuple[int, int, int]
# A corner with the line along which its polygon goes on to the next corner.
Polygon = list[tuple[Point, Point]]

CORNERS: Polygon = [((1, 0, 0), (0, 0, 1)), ((0, 1, 0), (1, 0, 0)), ((0, 0, 1), (0, 1, 0))]


def cells(vectors: Sequence[Point]) -> list[Polygon]:
    """For each score vector the polygon in which it is first (shared edges aside); empty where it never is.

    The vectors must differ, and none may equal or beat another in all parts. Neighbours are worked on one after the
    other, because most lines of a polygon are known from those already done.
    """
    settled: dict[Point, Point] = {}
    likely: dict[Point, dict[Point, None]] = {vector: {} for vector in vectors}
    found: dict[Point, Polygon] = {}
    waiting = list(vectors)
    while waiting:
        own = waiting.pop()
        if own in found:
            continue
        polygon = found[own] = _cell(own, vectors, likely[own], settled)
        around = [(own[0] - p, own[1] - q, own[2] - r) for _, (p, q, r) in polygon]
        for place, neighbour in enumerate(around):
            if neighbour in likely:
                beside = (around[place - 1], own, around[(place + 1) % len(around)])
                likely[neighbour].update((other, None) for other in beside if other in likely)
                waiting.append(neighbour)
    return [found[vector] for vector in vectors]


def _cell(own: Point, vectors: Sequence[Point], likely: Iterable[Point], settled: dict[Point, Point]) -> Polygon:
    polygon = list(CORNERS)
    for rival in likely:
        polygon = clip(polygon, (own[0] - rival[0], own[1] - rival[1], own[2] - rival[2]))
    place = 0
    while place < len(polygon):
        x, y, z = corner = polygon[place][0]
        best = settled.get(corner)
        if best is None:
            totals = [a * x + b * y + c * z for a, b, c in vectors]
            best = settled[corner] = vectors[totals.index(max(totals))]
        line = (own[0] - best[0], own[1] - best[1], own[2] - best[2])
        if line[0] * x + line[1] * y + line[2] * z >= 0:
            place += 1
        else:
            polygon, place = clip(polygon, line), 0
    return polygon


def clip(polygon: Polygon, line: Point) -> Polygon:
    """The part of a polygon on the side where the line's value is positive; empty where only an edge is left."""
    p, q, r = line
    values = [p * x + q * y + r * z for (x, y, z), _ in polygon]
    if min(values, default=0) >= 0:
        return polygon
    if max(values) <= 0:
        return []
    kept: Polygon = []
    for place, (corner, edge) in enumerate(polygon):
        value, after = values[place], values[(place + 1) % len(polygon)]
        if value > 0:
            kept.append((corner, edge))
            if after < 0:
                kept.append((crossing(edge, line), line))
        elif value == 0:
            kept.append((corner, line if after < 0 else edge))
        elif after > 0:
            kept.append((crossing(edge, line), edge))
    return kept


def crossing(one: Point, other: Point) -> Point:
    """The point on both lines, in least whole numbers with a positive sum."""
    x = one[1] * other[2] - one[2] * other[1]
    y = one[2] * other[0] - one[0] * other[2]
    z = one[0] * other[1] - one[1] * other[0]
    by = gcd(x, y, z)
    if x + y + z < 0:
        by = -by
    return x // by, y // by, z // by


def share(polygon: Polygon) -> Fraction:
    """The area of a polygon as an exact share of the whole triangle."""
    total = Fraction(0)
    for place in range(1, len(polygon) - 1):
        one, two, three = polygon[0][0], polygon[place][0], polygon[place + 1][0]
        area = (
            one[0] * (two[1] * three[2] - two[2] * three[1])
            - one[1] * (two[0] * three[2] - two[2] * three[0])
            + one[2] * (two[0] * three[1] - two[1] * three[0])
        )
        total += Fraction(abs(area), sum(one) * sum(two) * sum(three))
    return total


def surroundings(weights: Sequence[Fraction], distance: int) -> list[Point]:
    """The six lines that keep each weight within ``distance`` points of the published ones (which add to 100)."""
    lines: list[Point] = []
    for place, weight in enumerate(weights):
        for bound, side in ((weight - distance, 1), (weight + distance, -1)):
            # side * (100 w - bound * (a + b + c)) >= 0, multiplied up to whole numbers
            parts = [-bound.numerator * side] * 3
            parts[place] += 100 * bound.denominator * side
            lines.append((parts[0], parts[1], parts[2]))
    return lines
