"""The worked cases of tests/cases: figures and sums that a finance officer can follow, and the engine."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from marketplace.scoring.score_file import evaluate, parse

CASES = Path(__file__).parent.parent / "cases"
SCORED = sorted(path.stem for path in CASES.glob("*.toml") if "[document]" in path.read_text("utf-8"))


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))


def test_there_are_cases() -> None:
    assert len(SCORED) >= 4


@pytest.mark.parametrize("name", SCORED)
def test_worked_case(name: str) -> None:
    case = load(name)
    result = evaluate(parse(case["document"]), robustness=True)
    assert {key: result[key] for key in case["expected"]} == case["expected"]
    rows = {row["id"]: row for row in result["bids"]}
    for bid, wanted in case["bids"].items():
        wanted = {key: None if value == "none" else value for key, value in wanted.items()}
        assert {key: rows[bid][key] for key in wanted} == wanted, bid
