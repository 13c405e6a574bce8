"""How long 200 bids take: the evaluation, and the exact robustness of the first place. Prints; asserts nothing.

Run: python tests/benchmarks/bench_robustness.py
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from marketplace.policy import default_indicators
from marketplace.scoring.contest import Contest
from marketplace.scoring.robustness import areas, robustness, undominated
from marketplace.scoring.score_file import evaluate, parse
from marketplace.scoring.triangle import cells, share

BIDS = 200
ROUNDS = 7


def ordinary(bids: int, formula: str = "ceiling") -> dict[str, Any]:
    """A score file with the default indicators of two functions and bids as a market would send them."""
    random.seed(7)
    indicators = [setting.as_document() for setting in default_indicators(["hr", "business_intelligence"])]
    return {
        "tender": "benchmark",
        "formula": formula,
        "ceiling_pence": 100_000_000,
        "population": 200_000,
        "term_years": 3,
        "weights": {"cost": 40, "accountability": 30, "independence": 30},
        "indicators": indicators,
        "bids": [
            {
                "id": f"bid-{number:04d}",
                "price_pence": random.randrange(50_000_000, 100_000_000),
                "levels": {
                    str(row["id"]): random.choice([1, 2, 2, 3, 3, 4, 4] if row["id"] == "IN4" else [0, 1, 2, 2, 3, 4])
                    for row in indicators
                },
            }
            for number in range(bids)
        ],
    }


def sphere(bids: int) -> list[tuple[int, int, int]]:
    """Score vectors on a sphere: nobody is dominated and nearly everybody is first somewhere, the hardest case."""
    random.seed(7)
    found: set[tuple[int, int, int]] = set()
    while len(found) < bids:
        parts = [abs(random.gauss(0, 1)) for _ in range(3)]
        length = math.sqrt(sum(part * part for part in parts))
        a, b, c = (round(10000 * part / length) for part in parts)
        found.add((a, b, c))
    return sorted(found)


def measure(name: str, work: Callable[[], object]) -> None:
    """Print the median and the worst time of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    print(f"{name:<58}{statistics.median(times):9.1f} ms   worst {max(times):7.1f} ms")


def main() -> None:
    """Run and print all measurements."""
    document = ordinary(BIDS)
    relative = parse(ordinary(BIDS, "lowest_ratio"))
    tender = parse(document)
    contest = Contest(tender)
    hard = undominated(sphere(BIDS))
    triples = [(a, b, c) for a, b, c in hard]
    measure(f"parse {BIDS} bids", lambda: parse(document))
    measure(f"evaluate {BIDS} bids, ceiling", lambda: evaluate(tender))
    measure(f"evaluate {BIDS} bids, lowest_ratio", lambda: evaluate(relative))
    measure(f"robustness of {BIDS} ordinary bids", lambda: robustness(contest))
    weights = [Fraction(40), Fraction(30), Fraction(30)]
    measure(f"shares, within 5 and 10, of {len(hard)} undominated bids", lambda: areas(hard, weights))
    total = sum(share(cell) for cell in cells(triples))
    print(f"the {len(hard)} areas add to {total}")


if __name__ == "__main__":
    main()
