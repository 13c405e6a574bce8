"""Made-up bids scored by the real engine (pure): what the buyer's choices would do, before anybody bids."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle
from typing import Any

from marketplace.needs.method import FORMULAS, USES_FLOOR
from marketplace.scoring.reading import ScoreFileError
from marketplace.scoring.score_file import evaluate, parse

BIDS = ("A", "B", "C", "D")
STORIES = {
    "A": "cheap and far away",
    "B": "in the middle",
    "C": "close to you, rather dear",
    "D": "as close as can be, near the ceiling",
}
_SHARES = {"A": 40, "B": 60, "C": 80, "D": 95}  # percent of the ceiling
_LEVELS = {
    "A": (1, 2),
    "B": (2,),
    "C": (3, 3, 2, 3),
    "D": (3, 4, 3, 3),
}  # repeated over the questions: close enough to be a contest

Levels = Mapping[str, Mapping[str, int]]


def example_prices(score_file: Mapping[str, Any]) -> dict[str, int]:
    """A price in pence for each made-up bid, below the ceiling."""
    return {bid: score_file["ceiling_pence"] * share // 100 // 100 * 100 or 1 for bid, share in _SHARES.items()}


def example_levels(score_file: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """{bid: {indicator: level}} to start from."""
    ids = [row["id"] for row in score_file["indicators"]]
    return {bid: dict(zip(ids, cycle(levels), strict=False)) for bid, levels in _LEVELS.items()}


@dataclass(frozen=True)
class Row:
    """One made-up bid as scored. Scores are decimal strings in points; rank is None when it is excluded."""

    bid: str
    price_pence: int
    rank: int | None
    joint: bool
    scores: Mapping[str, str]
    total: str | None
    parts: tuple[int, ...]
    reasons: tuple[str, ...]
    price_to_win_pence: int | None


@dataclass(frozen=True)
class Outcome:
    """What one formula makes of the bids; `problem` says why it cannot be used."""

    formula: str
    rows: tuple[Row, ...]
    problem: str = ""

    @property
    def order(self) -> str:
        """The order of the bids, best first: "C, B, A"; equal ones joined: "C = B, A"."""
        words = ""
        for row in (row for row in self.rows if row.rank is not None):
            words += (
                " = " if row.joint and words and not words.endswith(", ") and self._same(row) else ", " if words else ""
            ) + row.bid
        return words

    def _same(self, row: Row) -> bool:
        place = self.rows.index(row)
        return place > 0 and self.rows[place - 1].rank == row.rank


def simulate(score_file: Mapping[str, Any], prices: Mapping[str, int], levels: Levels, **instead: Any) -> Outcome:
    """Score made-up bids by the lot's method; `instead`: other values for keys of the score file, such as formula."""
    document = {**score_file, **instead}
    document["bids"] = [
        {"id": bid, "price_pence": prices[bid], "levels": dict(levels[bid]), "fail": []} for bid in prices
    ]
    try:
        result = evaluate(parse(document))
    except ScoreFileError as error:
        return Outcome(document["formula"], (), str(error))
    weights = document["weights"]
    return Outcome(document["formula"], tuple(_row(bid, weights) for bid in result["bids"]))


def _row(bid: Mapping[str, Any], weights: Mapping[str, int]) -> Row:
    contributions = bid.get("contributions") or {}
    parts = tuple(int(Decimal(contributions[name]) * 10_000) if name in contributions else 0 for name in weights)
    ranked = bid["status"] == "ranked"
    return Row(
        bid["id"],
        bid["price_pence"],
        bid["rank"] if ranked else None,
        bool(bid["joint"]),
        bid["scores"] or {},
        bid["total"] if ranked else None,
        parts,
        tuple(bid["reasons"]),
        bid["price_to_win_pence"],
    )


def compare(
    score_file: Mapping[str, Any], prices: Mapping[str, int], levels: Levels, floor_pence: int
) -> list[Outcome]:
    """What each of the four formulas makes of the same bids; `floor_pence` for those that use a floor."""
    floors = {formula: floor_pence if formula in USES_FLOOR else 0 for formula in FORMULAS}
    return [
        simulate(score_file, prices, levels, formula=formula, floor_pence=floor) for formula, floor in floors.items()
    ]
