"""The engine against a second one, written from the text of the score file with fractions and no cleverness."""

from __future__ import annotations

import copy
import itertools
import math
from fractions import Fraction as F
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.scoring.canonical import canonical_json
from marketplace.scoring.reading import ScoreFileError
from marketplace.scoring.score_file import evaluate, parse

CEILING = 400
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# ------------------------------------------------------------------ the second engine


def half_up(number: F) -> int:
    return math.floor(number + F(1, 2))


def naive_levels(doc: dict[str, Any], bid: dict[str, Any]) -> dict[str, Any]:
    return {row["id"]: bid["levels"].get(row["id"]) for row in doc["indicators"]}


def naive_scores(doc: dict[str, Any], bid: dict[str, Any], held: int = 0) -> dict[str, F]:
    """Points of each criterion other than cost, with two decimals."""
    scores = {}
    for name in doc["weights"]:
        if name == "cost":
            continue
        top = bottom = F(0)
        for row in doc["indicators"]:
            if row["criterion"] == name:
                level = bid["levels"].get(row["id"])
                if level is None:
                    level = held if row.get("missing") == "hold" else 0
                weight = F(row.get("weight", 1))
                top += weight * F(row.get("value", [0, 25, 50, 75, 100])[level])
                bottom += weight
        scores[name] = F(half_up(100 * top / bottom), 100)
    return scores


def naive_is_in(doc: dict[str, Any], bid: dict[str, Any]) -> bool:
    if bid.get("fail"):
        return False
    if doc.get("over_ceiling", "reject") == "reject" and bid["price_pence"] > doc["ceiling_pence"]:
        return False
    for row in doc["indicators"]:
        level, missing = bid["levels"].get(row["id"]), row.get("missing", "zero")
        if level is None and missing == "fail":
            return False
        if level is None and missing == "hold":
            continue
        if (level or 0) < row.get("min_level", 0):
            return False
    best = naive_scores(doc, bid, held=4)
    return all(best[name] >= F(least) for name, least in doc.get("thresholds", {}).items() if name != "cost")


def naive_cost(doc: dict[str, Any], price: int, lowest: int) -> F:
    ceiling = doc["ceiling_pence"]
    floor = doc.get("floor_pence", 0) if doc["formula"] in ("linear", "monetised") else 0
    if price > ceiling:
        return F(0)
    if doc["formula"] == "lowest_ratio":
        points = F(100 * lowest, price) if price else F(100)
    else:
        points = F(100 * (ceiling - price), ceiling - floor)
    return F(half_up(100 * min(F(100), max(F(0), points))), 100)


def naive_keys(doc: dict[str, Any]) -> dict[str, tuple[F, ...]]:
    """For each ranked bid what it is compared by; greater is better."""
    bids = [bid for bid in doc["bids"] if naive_is_in(doc, bid)]
    lowest = min((bid["price_pence"] for bid in bids), default=0)
    weights = doc["weights"]
    usual = [*sorted(weights, key=lambda name: (-weights[name], name)), "price"]
    keys = {}
    for bid in bids:
        scores = naive_scores(doc, bid) | {"cost": naive_cost(doc, bid["price_pence"], lowest)}
        if scores["cost"] < F(doc.get("thresholds", {}).get("cost", 0)):
            continue
        if doc["formula"] == "monetised":
            span = doc["ceiling_pence"] - doc.get("floor_pence", 0)
            worth = {name: F(half_up(F(span * weights[name], weights["cost"]))) for name in weights if name != "cost"}
            worth |= {name: F(pence) for name, pence in doc.get("monetised", {}).items()}
            measure = -(bid["price_pence"] - sum(worth[name] * scores[name] / 100 for name in worth))
        else:
            measure = sum((weights[name] * scores[name] for name in weights), F(0))
        breaks = [F(-bid["price_pence"]) if step == "price" else scores[step] for step in doc.get("tie_break", usual)]
        keys[bid["id"]] = (measure, *breaks)
    return keys


def naive_first(doc: dict[str, Any]) -> list[str]:
    keys = naive_keys(doc)
    return sorted(name for name, key in keys.items() if key == max(keys.values()))


def changed(doc: dict[str, Any], bid_id: str, *, price: int | None = None, **levels: int) -> dict[str, Any]:
    """The document with another price, or other levels, of one bid."""
    bids = []
    for bid in doc["bids"]:
        if bid["id"] == bid_id:
            bid = {**bid, "levels": bid["levels"] | levels}
            bid |= {} if price is None else {"price_pence": price}
        bids.append(bid)
    return {**doc, "bids": bids}


# ------------------------------------------------------------------ score files small enough to try everything

INDICATORS = ("A1", "A2", "I1")
levels = st.integers(0, 4)
values = st.lists(st.sampled_from([0, 10, "12.5", 33, 50, "66.7", 100]), min_size=5, max_size=5).map(
    lambda row: sorted(row, key=F)
)


@st.composite
def indicators(draw: st.DrawFn, missing: list[str]) -> list[dict[str, Any]]:
    rows = []
    for name in INDICATORS:
        row: dict[str, Any] = {"id": name, "criterion": "independence" if name == "I1" else "accountability"}
        row["weight"] = draw(st.sampled_from([1, 2, "0.25", "1.5"]))
        row["missing"] = draw(st.sampled_from(missing))
        if draw(st.booleans()):
            row["value"] = draw(values)
        if draw(st.integers(0, 3)) == 0:
            row["min_level"] = draw(st.integers(0, 2))
        rows.append(row)
    return rows


@st.composite
def documents(
    draw: st.DrawFn,
    formulas: tuple[str, ...] = ("ceiling", "linear", "lowest_ratio", "monetised"),
    missing: tuple[str, ...] = ("zero", "fail", "hold"),
    over: tuple[str, ...] = ("reject", "zero"),
    most: int = 5,
    ceiling: int = CEILING,
) -> dict[str, Any]:
    cost = draw(st.sampled_from([10, 34, 50, 80]))
    accountability = draw(st.integers(0, 100 - cost))
    doc: dict[str, Any] = {
        "tender": "made up",
        "formula": draw(st.sampled_from(formulas)),
        "ceiling_pence": ceiling,
        "population": 7,
        "term_years": 3,
        "weights": {"cost": cost, "accountability": accountability, "independence": 100 - cost - accountability},
        "indicators": draw(indicators(list(missing))),
        "over_ceiling": draw(st.sampled_from(over)),
    }
    if draw(st.booleans()):
        doc["floor_pence"] = draw(st.integers(0, ceiling - 1))
    doc["thresholds"] = draw(
        st.dictionaries(
            st.sampled_from(["cost", "accountability", "independence"]), st.sampled_from([10, "33.34", 50]), max_size=2
        )
    )
    if draw(st.booleans()):
        steps = ["cost", "accountability", "independence", "price"]
        doc["tie_break"] = draw(st.lists(st.sampled_from(steps), unique=True))
    if doc["formula"] == "monetised" and draw(st.booleans()):
        doc["monetised"] = {"accountability": draw(st.integers(0, 900))}
    prices = st.one_of(st.integers(0, ceiling + ceiling // 8), st.sampled_from([ceiling // 2, ceiling // 2 + 1]))
    few = st.sampled_from([0, 2, 4])
    known = st.one_of(levels, few) if tuple(missing) == ("zero",) else st.one_of(levels, few, st.none())
    doc["bids"] = [
        {
            "id": name,
            "price_pence": draw(prices),
            "levels": {key: draw(known) for key in INDICATORS},
            "fail": draw(st.sampled_from([[], [], [], [], ["not signed"]])),
        }
        for name in "abcde"[: draw(st.integers(0, most))]
    ]
    return doc


# ------------------------------------------------------------------ the properties


@QUICK
@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_bids_and_keys_changes_nothing(doc: dict[str, Any], random: Any) -> None:
    other = copy.deepcopy(doc)
    random.shuffle(other["bids"])
    other = dict(sorted(other.items(), reverse=True))
    assert canonical_json(evaluate(parse(doc), robustness=True)) == canonical_json(
        evaluate(parse(other), robustness=True)
    )


@settings(QUICK, max_examples=150)
@given(documents())
def test_ranking_scores_and_totals_equal_the_second_engine(doc: dict[str, Any]) -> None:
    result, keys = evaluate(parse(doc)), naive_keys(doc)
    lowest = min((bid["price_pence"] for bid in doc["bids"] if naive_is_in(doc, bid)), default=0)
    assert {row["id"] for row in result["bids"] if row["status"] == "ranked"} == set(keys)
    given_bids = {bid["id"]: bid for bid in doc["bids"]}
    for row in result["bids"]:
        if row["status"] == "excluded":
            assert row["reasons"]
            assert all(row["reasons"])
            assert row["total"] is None
            continue
        bid = given_bids[row["id"]]
        scores = naive_scores(doc, bid) | {"cost": naive_cost(doc, bid["price_pence"], lowest)}
        assert {name: F(score) for name, score in row["scores"].items()} == scores
        total = sum((doc["weights"][name] * score / 100 for name, score in scores.items()), F(0))
        assert F(row["total"]) == total == sum(map(F, row["contributions"].values()))
        assert row["rank"] == 1 + sum(1 for key in keys.values() if key > keys[row["id"]])
        assert row["joint"] == (list(keys.values()).count(keys[row["id"]]) > 1)
        assert (row["tie_note"] is not None) == ([key[0] for key in keys.values()].count(keys[row["id"]][0]) > 1)
        if doc["formula"] == "monetised":
            assert F(row["adjusted_price_pence"]) == -keys[row["id"]][0]
        assert F(row["pence_per_head_per_year"]) == F(half_up(F(100 * bid["price_pence"], 21)), 100)
    first = naive_first(doc)
    assert result["winner"] == (first[0] if len(first) == 1 else None)
    assert result["joint_winners"] == (first if len(first) > 1 else [])
    assert result["decision_needed"] == (len(first) > 1)
    ranked = [row for row in result["bids"] if row["status"] == "ranked"]
    excluded = [row["id"] for row in result["bids"] if row["status"] == "excluded"]
    assert [row["rank"] for row in ranked] == sorted(row["rank"] for row in ranked)
    assert result["bids"] == [*ranked, *[row for row in result["bids"] if row["id"] in excluded]]
    assert excluded == sorted(excluded)


@settings(QUICK, max_examples=80)
@given(documents(over=("reject",), most=4, ceiling=40))
def test_price_to_win_is_the_highest_price_that_wins_alone(doc: dict[str, Any]) -> None:
    for row in evaluate(parse(doc))["bids"]:
        wins = [p for p in range(42) if naive_first(changed(doc, row["id"], price=p)) == [row["id"]]]
        assert row["price_to_win_pence"] == (max(wins) if wins else None)


@settings(QUICK, max_examples=50)
@given(documents(over=("zero",), most=4))
def test_price_to_win_without_a_rejecting_ceiling(doc: dict[str, Any]) -> None:
    for row in evaluate(parse(doc))["bids"]:
        name, price = row["id"], row["price_to_win_pence"]

        def alone(price: int, name: str = name) -> bool:
            return naive_first(changed(doc, name, price=price)) == [name]

        if price is None:
            # Either no price wins, or every price does and the result says so.
            assert alone(10**6) == any(f"{name}: it would be first alone at any price" in w for w in warnings_of(doc))
            assert alone(10**6) or not any(alone(p) for p in range(0, 1000, 23))
        else:
            assert alone(price)
            assert not any(alone(price + more) for more in (1, 2, 5, 50, 500))


def warnings_of(doc: dict[str, Any]) -> list[str]:
    found: list[str] = evaluate(parse(doc))["warnings"]
    return found


@settings(QUICK, max_examples=60)
@given(documents(most=4))
def test_level_flips_are_all_single_changes_that_change_the_first(doc: dict[str, Any]) -> None:
    before, expected = naive_first(doc), []
    for bid in sorted(doc["bids"], key=lambda bid: bid["id"]):
        for name in INDICATORS:
            for new in range(5):
                first = naive_first(changed(doc, bid["id"], **{name: new}))
                old = bid["levels"][name]
                if new != old and first != before:
                    expected.append({"bid": bid["id"], "indicator": name, "old": old, "new": new, "first": first})
    expected.sort(key=lambda flip: (flip["bid"], flip["indicator"], flip["new"]))
    assert evaluate(parse(doc))["level_flips"] == expected


@QUICK
@given(documents())
def test_reversals_are_the_losing_bids_whose_removal_changes_the_first(doc: dict[str, Any]) -> None:
    before, expected = naive_first(doc), []
    for name in sorted(set(naive_keys(doc)) - set(before)):
        rest = {**doc, "bids": [bid for bid in doc["bids"] if bid["id"] != name]}
        if naive_first(rest) != before:
            expected.append({"without": name, "first": naive_first(rest)})
    assert evaluate(parse(doc))["reversals"] == expected
    assert doc["formula"] == "lowest_ratio" or not expected


def held_of(doc: dict[str, Any]) -> list[tuple[str, str]]:
    holds = [row["id"] for row in doc["indicators"] if row["missing"] == "hold"]
    return [(bid["id"], name) for bid in doc["bids"] for name in holds if bid["levels"].get(name) is None]


@settings(QUICK, max_examples=50)
@given(documents(missing=("hold", "zero"), most=3).filter(lambda doc: 0 < len(held_of(doc)) <= 3))
def test_bounds_and_certainty_over_every_way_the_held_facts_can_turn_out(doc: dict[str, Any]) -> None:
    result, held = evaluate(parse(doc)), held_of(doc)
    totals: dict[str, list[F]] = {}
    firsts = set()
    for found in itertools.product(range(5), repeat=len(held)):
        new = doc
        for (name, indicator), level in zip(held, found, strict=True):
            new = changed(new, name, **{indicator: level})
        firsts.add(tuple(naive_first(new)))
        for row in evaluate(parse(new))["bids"]:
            if row["status"] == "ranked":
                totals.setdefault(row["id"], []).append(F(row["total"]))
    ranked = {row["id"] for row in result["bids"] if row["status"] == "ranked"}
    assert result["provisional"] == any(name in ranked for name, _ in held)
    now = tuple(result["joint_winners"] or [result["winner"]] if ranked else ())
    assert result["winner_certain"] == (firsts == {now})
    if result["provisional"]:
        for row in result["bids"]:
            if row["status"] == "ranked":
                low, high = map(F, row["bounds"])
                assert low <= F(row["total"]) <= high
                assert all(low <= total <= high for total in totals.get(row["id"], []))
    else:
        assert all("bounds" not in row for row in result["bids"])


@QUICK
@given(documents(formulas=("ceiling", "linear", "monetised"), missing=("zero",)), st.integers(0, 4))
def test_with_an_absolute_formula_a_worse_bid_changes_nothing_for_the_others(doc: dict[str, Any], least: int) -> None:
    before = evaluate(parse(doc))
    if before["winner"] is None:
        return
    best = next(bid for bid in doc["bids"] if bid["id"] == before["winner"])
    levels = {name: min(level or 0, least) for name, level in best["levels"].items()}
    worse = {"id": "zz", "price_pence": best["price_pence"] + 1, "levels": levels, "fail": []}
    after = evaluate(parse({**doc, "bids": [*doc["bids"], worse]}))
    assert after["winner"] == before["winner"]
    kept = {row["id"]: row["total"] for row in after["bids"] if row["id"] != "zz"}
    assert kept == {row["id"]: row["total"] for row in before["bids"]}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 10**19)
    | st.floats()
    | st.sampled_from(["", "cost", "ceiling", "0.5", "1e9", "LA1", "\x00", "\ud800", "٣"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@settings(QUICK, max_examples=200)
@given(documents(), st.data())
def test_a_damaged_document_is_refused_with_a_path_or_scored(doc: dict[str, Any], data: st.DataObject) -> None:
    node: Any = doc
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
            node = node[key]
            continue
        action = data.draw(st.sampled_from(["replace", "drop", "add"]))
        if action == "replace":
            node[key] = data.draw(json_values)
        elif action == "drop":
            del node[key]
        elif isinstance(node, dict):
            node[data.draw(st.text(max_size=6))] = data.draw(json_values)
        break
    try:
        tender = parse(doc)
    except ScoreFileError:
        return
    canonical_json(evaluate(tender, robustness=True))


@settings(QUICK, max_examples=200)
@given(json_values)
def test_any_json_is_refused_without_a_traceback(value: Any) -> None:
    with pytest.raises(ScoreFileError):
        parse(value)
