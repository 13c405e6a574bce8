"""The picture of the weight triangle: in which part of all possible weightings each bid would be first (pure, exact).

It informs and never decides: it says how far the weights would have had to differ, not how likely anything is.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from marketplace.scoring import triangle
from marketplace.scoring.method import COST, Method, parse_method
from marketplace.scoring.robustness import undominated

Vector = tuple[int, int, int]


def polygons(document: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any] | None:
    """The corners of each bid's part of the triangle, as exact shares of the weight; None unless there are three
    criteria.

    {"criteria": [three names], "weights": [three shares as fractions], "cells": [{"bids": [ids with equal scores],
    "corners": [[share, share, share], ...]}]}. Bids that are first nowhere have no cell.
    """
    method = parse_method({key: value for key, value in document.items() if key != "bids"})
    names = (COST, *method.qualities)
    if len(names) != 3:
        return None
    groups: dict[Vector, list[str]] = {}
    for row in result["bids"]:
        if row["status"] == "ranked":
            groups.setdefault(_vector(method, row), []).append(row["id"])
    kept = [(a, b, c) for a, b, c in undominated(list(groups))]
    found = [
        {"bids": sorted(groups[vector]), "corners": [_shares(corner) for corner, _ in cell]}
        for vector, cell in zip(kept, triangle.cells(kept), strict=True)
        if cell
    ]
    weights = _weights(method)
    return {
        "criteria": list(names),
        "weights": [_text(each / sum(weights)) for each in weights],
        "cells": sorted(found, key=lambda cell: cell["bids"]),
    }


def _weights(method: Method) -> list[Fraction]:
    """The published weights; with monetised those that its values in pence amount to."""
    if method.formula != "monetised":
        return [Fraction(method.weights[name]) for name in (COST, *method.qualities)]
    return [Fraction(method.ceiling - method.used_floor), *(Fraction(method.worth[name]) for name in method.qualities)]


def _vector(method: Method, row: Mapping[str, Any]) -> Vector:
    """A bid's scores as whole numbers, in the order of the criteria, as the ranking compares them."""
    hundredths = [int(Fraction(row["scores"][name]) * 100) for name in (COST, *method.qualities)]
    if method.formula != "monetised":
        return hundredths[0], hundredths[1], hundredths[2]
    span = method.ceiling - method.used_floor  # there cost is neither rounded nor clamped
    return 10_000 * (method.ceiling - row["price_pence"]), span * hundredths[1], span * hundredths[2]


def _shares(corner: tuple[int, int, int]) -> list[str]:
    return [_text(Fraction(part, sum(corner))) for part in corner]


def _text(share: Fraction) -> str:
    return f"{share.numerator}/{share.denominator}"
