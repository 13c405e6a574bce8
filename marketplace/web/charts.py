"""Geometry of the charts (pure): whole numbers and strings for SVG attributes; the security policy allows no styles.

A bar is drawn in a box of 1,000 by 24 units that the page stretches to the width it has. The weight triangle is drawn
in a box of 4,000 by 3,700 units. Every chart stands beside the same numbers in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

WIDE = 1000
LOOKS = 6  # how many fills app.css tells apart, in colour and in greyscale print

# Corners of the triangle: weight wholly on the first criterion (top), the second (left), the third (right).
_TOP, _LEFT, _RIGHT = (2000, 300), (300, 3244), (3700, 3244)
Weights = Sequence[str | int | Fraction]  # three parts in proportion: "1/2", "1/4", "1/4" or 2, 1, 1


@dataclass(frozen=True)
class Segment:
    """A part of a bar, `x` to `x + width` of WIDE; `look` numbers its fill."""

    x: int
    width: int
    look: int


@dataclass(frozen=True)
class Bar:
    """One bar: its segments, and where a reference line crosses it (None: nowhere)."""

    segments: tuple[Segment, ...]
    mark: int | None = None


@dataclass(frozen=True)
class Region:
    """Where one bid is first: `points` for a polygon, the place of its letter (None: too small for one), its fill."""

    points: str
    label_x: int | None
    label_y: int | None
    look: int


@dataclass(frozen=True)
class Triangle:
    """The weight triangle: outline, regions in the order given, the published weights, a grid line each 20 %."""

    outline: str
    regions: tuple[tuple[Region, ...], ...]
    mark: tuple[int, int]
    grid: tuple[tuple[int, int, int, int], ...]


def stacked_bar(parts: Sequence[int], full: int) -> Bar:
    """Parts laid end to end where `full` is the whole width. Edges are rounded once: parts never gap or overlap.

    Raises ValueError for a negative part, or a sum above `full`.
    """
    if full <= 0 or any(part < 0 for part in parts) or sum(parts) > full:
        raise ValueError(f"parts {list(parts)} do not fit on a scale of {full}")
    edges, total = [0], 0
    for part in parts:
        total += part
        edges.append(_round(Fraction(total * WIDE, full)))
    return Bar(tuple(Segment(a, b - a, look) for look, (a, b) in enumerate(pairwise(edges))))


def bars_to(values: Sequence[int], reference: int | None) -> list[Bar]:
    """One bar a value from 0 on a common scale, with the reference line; a value above it is drawn in the second fill.

    Raises ValueError for a negative value.
    """
    if any(value < 0 for value in values) or (reference is not None and reference < 0):
        raise ValueError("a bar cannot show a negative value")
    most = max([*values, reference or 0, 1])
    full = most + most // 20  # a little room beyond the longest, so that the line stays visible
    mark = None if reference is None else _round(Fraction(reference * WIDE, full))
    return [
        Bar((Segment(0, _round(Fraction(value * WIDE, full)), int(reference is not None and value > reference)),), mark)
        for value in values
    ]


def weight_triangle(regions: Sequence[Sequence[Sequence[Weights]]], published: Weights) -> Triangle:
    """The triangle of all weights, per bid its polygons (lists of corners of three exact weights), and the published.

    Raises ValueError for weights that are negative or all zero.
    """
    drawn = tuple(tuple(_region(corners, bid % LOOKS) for corners in polygons) for bid, polygons in enumerate(regions))
    grid = []
    for step in range(1, 5):
        low, high = Fraction(step, 5), Fraction(5 - step, 5)
        for a, b in (
            ((low, high, 0), (low, 0, high)),
            ((high, low, 0), (0, low, high)),
            ((high, 0, low), (0, high, low)),
        ):
            grid.append((*_place(a), *_place(b)))
    outline = _points([_TOP, _LEFT, _RIGHT])
    return Triangle(outline, drawn, _place(published), tuple(grid))


def _region(corners: Sequence[Weights], look: int) -> Region:
    places = [_place(corner) for corner in corners]
    area, x, y = _centre(places)
    roomy = area > 60_000  # square units: below it a letter would cover its region
    return Region(_points(places), x if roomy else None, y if roomy else None, look)


def _place(weights: Weights) -> tuple[int, int]:
    a, b, c = (Fraction(weight) for weight in weights)
    whole = a + b + c
    if min(a, b, c) < 0 or whole == 0:
        raise ValueError(f"not a weighting: {list(weights)}")
    x = (a * _TOP[0] + b * _LEFT[0] + c * _RIGHT[0]) / whole
    y = (a * _TOP[1] + b * _LEFT[1] + c * _RIGHT[1]) / whole
    return _round(x), _round(y)


def _centre(places: Sequence[tuple[int, int]]) -> tuple[int, int, int]:
    """(area, x, y) of a polygon's centre of gravity; the middle of its corners when it has no area."""
    twice = x = y = 0
    for (ax, ay), (bx, by) in zip(places, [*places[1:], places[0]], strict=True):
        cross = ax * by - bx * ay
        twice += cross
        x += (ax + bx) * cross
        y += (ay + by) * cross
    if twice == 0:
        return 0, sum(px for px, _ in places) // len(places), sum(py for _, py in places) // len(places)
    return abs(twice) // 2, _round(Fraction(x, 3 * twice)), _round(Fraction(y, 3 * twice))


def _points(places: Sequence[tuple[int, int]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)


def _round(value: Fraction) -> int:
    """Half up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def letter(number: int) -> str:
    """The name of a bid in a picture: A, B ... Z, AA, AB ... for 0, 1 ..."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name
