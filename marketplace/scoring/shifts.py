"""How far the weights would have had to differ: intervals of one weight, and the least shift, in closed form.

Score vectors are whole numbers, one for each criterion in the same order as the weights; weights are exact, in points.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Vector = Sequence[int]


def interval(
    first: Sequence[Vector], others: Sequence[Vector], weights: Sequence[Fraction], place: int
) -> tuple[Fraction, Fraction] | None:
    """The interval of one weight (points) in which the first stay first, the other weights kept in proportion.

    None where the other weights are all zero, so that there is no proportion to keep.
    """
    low, high = Fraction(0), Fraction(100)
    rest = 100 - weights[place]
    if rest == 0:
        return None
    pairs = [(own, other) for own in first for other in (*first, *others) if other is not own]
    for own, other in pairs:
        gap = [a - b for a, b in zip(own, other, strict=True)]
        apart = sum(
            (weight * part for at, (weight, part) in enumerate(zip(weights, gap, strict=True)) if at != place),
            Fraction(0),
        )
        apart /= rest
        # The lead is t * gap + (100 - t) * apart, which must not be negative.
        slope = gap[place] - apart
        if slope > 0:
            low = max(low, -100 * apart / slope)
        elif slope < 0:
            high = min(high, -100 * apart / slope)
    return low, high


def least_shift(first: Vector, rival: Vector, weights: Sequence[Fraction]) -> tuple[Fraction, list[Fraction]] | None:
    """The fewest points of weight to move until the rival is level with the first, and the weights then.

    Points go to the criterion where the rival is furthest ahead, first from where it is furthest behind. None if no
    weights make it level.
    """
    gap = [b - a for a, b in zip(first, rival, strict=True)]
    behind = -sum((weight * part for weight, part in zip(weights, gap, strict=True)), Fraction(0))
    moved, shifted = Fraction(0), list(weights)
    gainer = gap.index(max(gap))
    for place in sorted(range(len(gap)), key=lambda place: gap[place]):
        if behind <= 0:
            break
        each = gap[gainer] - gap[place]
        if each == 0:
            break
        step = min(shifted[place], behind / each)
        shifted[place] -= step
        shifted[gainer] += step
        moved += step
        behind -= step * each
    return None if behind > 0 else (moved, shifted)
