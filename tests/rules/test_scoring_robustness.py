"""Exact shares of the weight triangle, intervals and least shifts, against grids and by evaluating again."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.scoring.robustness import areas, undominated
from marketplace.scoring.score_file import evaluate, parse
from marketplace.scoring.shifts import interval, least_shift
from marketplace.scoring.triangle import cells, share

triples = st.tuples(*[st.integers(0, 20).map(lambda n: 500 * n)] * 3)
vectors = st.lists(triples, min_size=1, max_size=6, unique=True)
weightings = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(
    lambda pair: [min(pair), abs(pair[0] - pair[1]), 100 - max(pair)]
)
FEW = settings(max_examples=40, deadline=None)


def total(vector: Any, weights: Any) -> Any:
    return sum(a * b for a, b in zip(vector, weights, strict=True))


@FEW
@given(vectors)
def test_shares_add_to_one_and_agree_with_a_fine_grid(found: list[tuple[int, int, int]]) -> None:
    kept = [(a, b, c) for a, b, c in undominated(found)]
    shares = dict(zip(kept, map(share, cells(kept)), strict=True))
    assert sum(shares.values()) == 1
    steps = 40
    counts = dict.fromkeys(kept, 0.0)
    for i in range(steps):
        for j in range(steps - i):
            # the middle of each of the small triangles, so that ties hardly ever fall on a point
            for shift in (1, 2):
                a, b = 3 * i + shift, 3 * j + shift
                if a + b < 3 * steps:
                    point = (a, b, 3 * steps - a - b)
                    best = max(total(vector, point) for vector in found)
                    tops = [vector for vector in kept if total(vector, point) == best]
                    for vector in tops:
                        counts[vector] += 1 / len(tops)
    whole = sum(counts.values())
    for vector in kept:
        assert abs(float(shares[vector]) - counts[vector] / whole) < 0.05


@FEW
@given(vectors, weightings)
def test_shares_near_the_published_weights_add_to_one(found: list[tuple[int, int, int]], weights: list[int]) -> None:
    kept = undominated(found)
    result = areas(kept, [F(weight) for weight in weights])
    assert all(sum(result[key].values()) == 1 for key in ("first_share", "within_5", "within_10"))


def test_a_known_triangle() -> None:
    # Three bids, each perfect in one criterion: by symmetry a third each. A fourth at half of all is first in the
    # middle, where no weight is over a half: the middle triangle, a quarter; the corners keep a quarter each.
    corners = [(10000, 0, 0), (0, 10000, 0), (0, 0, 10000)]
    assert [share(cell) for cell in cells(corners)] == [F(1, 3)] * 3
    assert [share(cell) for cell in cells([*corners, (5000, 5000, 5000)])] == [F(1, 4)] * 4


def test_many_bids_that_meet_in_one_point() -> None:
    ring = [
        (5000 + 10 * a, 5000 + 10 * b, 5000 - 10 * a - 10 * b)
        for a, b in [(3, 0), (0, 3), (-3, 3), (-3, 0), (0, -3), (3, -3)]
    ]
    assert sum(share(cell) for cell in cells(ring)) == 1


def document(
    bids: dict[str, tuple[int, int, int]], weights: tuple[int, int, int], formula: str = "ceiling"
) -> dict[str, Any]:
    """Bids with given scores in points: cost by the price, the others by one indicator each."""
    return {
        "tender": "t",
        "formula": formula,
        "ceiling_pence": 100,
        "population": 1,
        "term_years": 1,
        "weights": dict(zip(("cost", "accountability", "independence"), weights, strict=True)),
        "indicators": [{"id": "A", "criterion": "accountability"}, {"id": "I", "criterion": "independence"}],
        "bids": [
            {"id": name, "price_pence": 100 - cost, "levels": {"A": a // 25, "I": i // 25}}
            for name, (cost, a, i) in bids.items()
        ],
    }


def exact(shown: dict[str, str]) -> F:
    number = F(shown["exact"])
    assert abs(F(shown["decimal"]) - number) <= F(1, 20000)
    return number


def test_at_the_ends_of_an_interval_a_rival_is_level_and_beyond_it_is_first() -> None:
    bids = {"a": (60, 75, 50), "b": (90, 50, 25), "c": (20, 75, 100)}
    weights = {"cost": F(40), "accountability": F(30), "independence": F(30)}
    result = evaluate(parse(document(bids, (40, 30, 30))), robustness=True)
    assert result["winner"] == "a"
    ends_inside = 0
    for place, name in enumerate(weights):
        low, high = (exact(result["weight_intervals"][name][end]) for end in ("low", "high"))
        assert low <= weights[name] <= high
        for end, step in ((low, F(-1, 10**6)), (high, F(1, 10**6))):
            for t, wanted in ((end, 0), (end + step, -1)):
                rest = (100 - t) / (100 - weights[name])
                at = [t if i == place else weight * rest for i, weight in enumerate(weights.values())]
                lead = min(total(bids["a"], at) - total(bids[other], at) for other in "bc")
                if 0 < end < 100:
                    ends_inside += 1
                    assert lead == 0 if wanted == 0 else lead < 0
    assert ends_inside >= 4


def test_the_least_shift_makes_the_rival_level_and_moves_no_more_than_it_says() -> None:
    bids = {"a": (60, 75, 50), "b": (90, 50, 25), "c": (20, 75, 100), "d": (50, 50, 25)}
    result = evaluate(parse(document(bids, (40, 30, 30))), robustness=True)
    for rival in "bc":
        shift = result["least_shift"][rival]
        at = {name: exact(weight) for name, weight in shift["weights"].items()}
        assert sum(at.values()) == 100
        assert min(at.values()) >= 0
        order = [at[name] for name in ("cost", "accountability", "independence")]
        assert total(bids["a"], order) == total(bids[rival], order)
        moved = sum(abs(new - old) for new, old in zip(order, (40, 30, 30), strict=True)) / 2
        assert moved == exact(shift["points"])
    assert result["least_shift"]["d"] is None  # behind in everything


@FEW
@given(vectors.filter(lambda found: len(found) >= 2), weightings)
def test_no_smaller_shift_makes_the_rival_level(found: list[tuple[int, int, int]], weights: list[int]) -> None:
    first, rival = sorted(found[:2], key=lambda vector: -total(vector, weights))
    shift = least_shift(first, rival, weights)
    # All ways to move whole steps of 2 points between the three criteria.
    least = None
    for x in range(-100, 101, 2):
        for y in range(-100, 101, 2):
            at = [weights[0] + x, weights[1] + y, weights[2] - x - y]
            if min(at) >= 0 and total(rival, at) >= total(first, at):
                moved = F(abs(x) + abs(y) + abs(x + y), 2)
                least = moved if least is None else min(least, moved)
    if shift is None:
        assert least is None
    else:
        assert total(rival, shift[1]) >= total(first, shift[1])
        assert sum(shift[1]) == 100
        assert least is None or shift[0] <= least


def test_an_interval_has_no_meaning_where_nothing_is_left_to_keep_in_proportion() -> None:
    assert interval([(1, 2, 3)], [], [100, 0, 0], 0) is None
    result = evaluate(parse(document({"a": (60, 75, 50)}, (100, 0, 0))), robustness=True)
    assert result["weight_intervals"]["cost"] is None


@pytest.mark.parametrize(("weights", "keys"), [((100,), 1), ((60, 40), 2), ((25, 25, 25, 25), 4)])
def test_other_numbers_of_criteria(weights: tuple[int, ...], keys: int) -> None:
    names = ("cost", "x", "y", "z")[:keys]
    doc = document({}, (40, 30, 30)) | {
        "weights": dict(zip(names, weights, strict=True)),
        "indicators": [{"id": name, "criterion": name} for name in names[1:]],
        "bids": [
            {"id": "a", "price_pence": 20, "levels": dict.fromkeys(names[1:], 1)},
            {"id": "b", "price_pence": 70, "levels": dict.fromkeys(names[1:], 4)},
        ],
    }
    result = evaluate(parse(doc), robustness=True)
    if keys == 4:
        assert result["first_share"] is None
    else:
        assert sum(exact(entry) for entry in result["first_share"].values()) == 1
    if keys == 2:
        # a 80 and 25, b 30 and 100: level at a cost weight of 60 points; published are 60.
        assert result["first_share"]["a"] == {"exact": "2/5", "decimal": "0.4"}
        assert result["within_5"] == {"a": {"exact": "1/2", "decimal": "0.5"}, "b": {"exact": "1/2", "decimal": "0.5"}}


def test_monetised_uses_the_weights_that_its_values_amount_to() -> None:
    doc = document({"a": (60, 75, 50), "b": (30, 100, 100)}, (40, 30, 30), "monetised") | {
        "monetised": {"accountability": 50, "independence": 50}
    }
    result = evaluate(parse(doc), robustness=True)
    # 50 pence for 100 points against a ceiling of 100 pence: half the weight of cost, so 50, 25 and 25 points.
    # a: 0.5 x 60 + 0.25 x 125 = 61.25; b: 15 + 50 = 65. Level when cost has t:
    # 60t + 62.5(1 - t) = 30t + 100(1 - t), so t = 37.5 / 67.5.
    assert result["winner"] == "b"
    assert exact(result["weight_intervals"]["cost"]["high"]) == F(375, 675) * 100
