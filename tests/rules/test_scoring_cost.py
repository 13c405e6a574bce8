"""Evaluated cost: sums by hand, exactness against fractions, whole pence that add up, and refusals."""

from __future__ import annotations

import math
import tomllib
from decimal import Decimal
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.scoring.cost import CostError, CostLine, evaluated_cost, half_up, share_out

FILE = Path(__file__).parent.parent / "cases" / "evaluated_cost.toml"
CASES = tomllib.loads(FILE.read_text("utf-8"))["cost"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"][:40])
def test_worked_case(case: dict[str, Any]) -> None:
    lines = [
        CostLine(
            row["function"],
            tuple(row.get("prices", [row.get("price")] * case["term_years"])),
            Decimal(row["vat"]),
            Decimal(row["recoverable"]),
            Decimal(row["index"]),
        )
        for row in case["lines"]
    ]
    cost = evaluated_cost(
        lines, term_years=case["term_years"], one_offs=case["one_offs"], client_side_per_year=case["client_side"]
    )
    assert cost.total == case["total"]
    assert sum(part.pence for part in cost.parts) == cost.total
    assert [part.year for part in cost.parts if part.kind == "client_side"] == list(range(1, case["term_years"] + 1))
    assert {part.name for part in cost.parts if part.kind == "one_off"} == set(case["one_offs"])


shares = st.decimals(0, 1, places=3)
lines = st.lists(st.tuples(st.lists(st.integers(0, 10**9), min_size=3, max_size=3), shares, shares, shares), max_size=4)


@settings(max_examples=60, deadline=None)
@given(lines, st.integers(0, 10**6), st.integers(0, 10**6))
def test_equals_the_formula_in_fractions(rows: list[Any], exit_cost: int, yearly: int) -> None:
    built = [CostLine(str(n), tuple(prices), vat, back, index) for n, (prices, vat, back, index) in enumerate(rows)]
    cost = evaluated_cost(built, term_years=3, one_offs={"exit": exit_cost}, client_side_per_year=yearly)
    whole = F(exit_cost + 3 * yearly)
    for prices, vat, back, index in rows:
        for year, price in enumerate(prices):
            whole += price * (1 + F(index)) ** year * (1 + F(vat) * (1 - F(back)))
    assert cost.total == math.floor(whole + F(1, 2))
    assert sum(part.pence for part in cost.parts) == cost.total
    assert all(abs(part.pence - part.exact) < 1 for part in cost.parts)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fractions(0, 1000), min_size=1, max_size=8))
def test_shared_out_pence_add_up(parts: list[F]) -> None:
    total = half_up(sum(parts, F(0)))
    shared = share_out(parts, total)
    assert sum(shared) == total
    assert all(math.floor(part) <= pence <= math.floor(part) + 1 for part, pence in zip(parts, shared, strict=True))


def test_largest_remainders_come_first_and_an_impossible_total_is_refused() -> None:
    assert share_out([F(1, 3), F(1, 2), F(1, 6)], 1) == [0, 1, 0]
    assert share_out([F(1, 2), F(1, 2)], 1) == [1, 0]
    with pytest.raises(ValueError, match="not the rounded sum"):
        share_out([F(1, 2)], 3)


def line(**change: Any) -> CostLine:
    figures: dict[str, Any] = {"vat_rate": Decimal("0.2"), "vat_recoverable": Decimal("0.5"), "index": Decimal(0)}
    return CostLine("hr", change.pop("pence_by_year", (100, 100)), **figures | change)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (line(pence_by_year=(100,)), "1 yearly prices for a term of 2 years"),
        (line(pence_by_year=(100, -1)), "-1 is not a whole number"),
        (line(pence_by_year=(100, 1.5)), "1.5 is not a whole number"),
        (line(pence_by_year=(100, True)), "True is not a whole number"),
        (line(vat_rate=Decimal("1.1")), "VAT rate of 1.1"),
        (line(vat_rate=Decimal("NaN")), "VAT rate of NaN"),
        (line(vat_recoverable=Decimal("-0.1")), "recoverable share of -0.1"),
        (line(index=Decimal(-1)), "index of -1"),
        (line(index=Decimal("Infinity")), "index of Infinity"),
    ],
)
def test_refusals_name_the_line_and_the_figure(bad: CostLine, words: str) -> None:
    with pytest.raises(CostError, match=f"hr: .*{words}"):
        evaluated_cost([bad], term_years=2, one_offs={})


def test_other_figures_are_refused_too() -> None:
    with pytest.raises(CostError, match="bonus is not a cost"):
        evaluated_cost([], term_years=1, one_offs={"bonus": 1})
    with pytest.raises(CostError, match="exit: -1"):
        evaluated_cost([], term_years=1, one_offs={"exit": -1})
    with pytest.raises(CostError, match="client_side: -5"):
        evaluated_cost([], term_years=1, one_offs={}, client_side_per_year=-5)


def test_pence_a_head() -> None:
    cost = evaluated_cost([line()], term_years=2, one_offs={})
    assert cost.per_head_per_year(10, 2) == F(220, 20)
