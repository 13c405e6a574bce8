"""How far the weights would have had to differ: intervals of one weight, and the least shift, in closed form.

Score vectors are whole numbers, one for each criterion in the same order as the weights. Weights are whole parts of
``sum(weights)``, which stands for 100 points; results are exact, in points.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Vector = Sequence[int]


def interval(
    first: Sequence[Vector], others: Sequence[Vector], weights: Sequence[int], place: int
) -> tuple[Fraction, Fraction] | None:
    """The interval of one weight (points) in which the first stay first, the other weights kept in proportion.

    None where the other weights are all zero, so that there is no proportion to keep.
    """
    rest = sum(weights) - weights[place]
    if rest == 0:
        return None
    low, high = Fraction(0), Fraction(100)
    for own in first:
        for other in (*first, *others):
            # At t points the lead is t * here + (100 - t) * apart / rest, which must not be negative.
            here = own[place] - other[place]
            apart = sum(w * (a - b) for w, a, b in zip(weights, own, other, strict=True)) - weights[place] * here
            slope = here * rest - apart
            bound = -100 * apart
            if slope > 0 and bound * low.denominator > low.numerator * slope:
                low = Fraction(bound, slope)
            elif slope < 0 and bound * high.denominator > high.numerator * slope:
                high = Fraction(bound, slope)
    return low, high


def least_shift(first: Vector, rival: Vector, weights: Sequence[int]) -> tuple[Fraction, list[Fraction]] | None:
    """The fewest points of weight to move until the rival is level with the first, and the weights then.

    Points go to the criterion where the rival is furthest ahead, first from where it is furthest behind. None if no
    weights make it level.
    """
    gap = [b - a for a, b in zip(first, rival, strict=True)]
    behind = -sum(weight * part for weight, part in zip(weights, gap, strict=True))
    moved, last, shifted = 0, Fraction(0), [Fraction(weight) for weight in weights]
    gainer = gap.index(max(gap))
    for place in sorted(range(len(gap)), key=lambda place: gap[place]):
        each = gap[gainer] - gap[place]
        if behind <= 0 or each == 0:
            break
        whole = weights[place] * each <= behind
        step = Fraction(weights[place]) if whole else Fraction(behind, each)
        shifted[place] -= step
        shifted[gainer] += step
        moved, last = (moved + weights[place], last) if whole else (moved, step)
        behind = behind - weights[place] * each if whole else 0
    if behind > 0:
        return None
    points = Fraction(100, sum(weights))
    return (moved + last) * points, [weight * points for weight in shifted]
