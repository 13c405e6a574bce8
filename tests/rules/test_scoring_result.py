"""The result of a score file: its keys, its hash, and the rules that the worked cases do not show."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

from marketplace.scoring import explain
from marketplace.scoring.canonical import canonical_json
from marketplace.scoring.score_file import ENGINE, evaluate, exchange_rate, parse, parse_method
from tests.rules.test_scoring_refusals import GOOD, put

TOP = {
    "tender", "formula", "exchange_rate_pence_per_point", "winner", "joint_winners", "decision_needed", "provisional",
    "winner_certain", "reversals", "level_flips", "warnings", "hash", "engine", "bids",
}  # fmt: skip
BID = {
    "id", "status", "reasons", "scores", "contributions", "total", "rank", "joint", "tie_note", "price_pence",
    "pence_per_head_per_year", "price_to_win_pence",
}  # fmt: skip
ROBUST = {"first_share", "within_5", "within_10", "weight_intervals", "least_shift"}


def test_the_keys_are_those_of_the_text() -> None:
    held = evaluate(parse(GOOD), robustness=True)
    assert set(held) == TOP | ROBUST
    assert all(set(row) == BID | {"bounds"} for row in held["bids"])
    settled = evaluate(parse(put("bids[0].levels.LA1", 1)))
    assert set(settled) == TOP
    assert all(set(row) == BID for row in settled["bids"])
    assert settled["engine"] == ENGINE
    priced = evaluate(parse(put("formula", "monetised")))
    assert all(set(row) == BID | {"bounds", "adjusted_price_pence"} for row in priced["bids"])


def test_the_hash_is_that_of_the_canonical_input_with_bids_by_id() -> None:
    # Anybody can recompute it: standard JSON, keys sorted, no spaces, UTF-8, bids by id, decimals without ending zeros.
    doc = copy.deepcopy(GOOD)
    doc["bids"].sort(key=lambda bid: bid["id"])
    text = json.dumps(doc, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert evaluate(parse(GOOD))["hash"] == hashlib.sha256(text.encode()).hexdigest()
    assert evaluate(parse(put("indicators[1].weight", "2.50")))["hash"] == evaluate(parse(GOOD))["hash"]
    assert evaluate(parse(put("bids[1].price_pence", 72000001)))["hash"] != evaluate(parse(GOOD))["hash"]


def test_the_result_can_be_written_canonically_and_has_no_float() -> None:
    text = canonical_json(evaluate(parse(GOOD), robustness=True))
    assert "." in text
    assert not [value for value in json.loads(text, parse_float=lambda _: 1 / 0)["bids"] if isinstance(value, float)]


def test_a_held_fact_makes_the_result_provisional_and_excludes_nobody() -> None:
    doc = put("indicators[0].min_level", 1)  # LA1, held for the firm
    doc["thresholds"] = {"accountability": 60}  # the firm has 27.78 now and could have 72.22
    result = evaluate(parse(doc))
    firm = next(row for row in result["bids"] if row["id"] == "firm")
    assert (firm["status"], firm["scores"]["accountability"]) == ("ranked", "27.78")
    assert result["provisional"] is True
    assert (
        "firm: LA1 is held, because its fact is missing. It counts as level 0 until it is found." in result["warnings"]
    )
    doc["thresholds"] = {"accountability": 73}  # out of reach even at level 4
    assert next(row for row in evaluate(parse(doc))["bids"] if row["id"] == "firm")["status"] == "excluded"


def test_an_excluded_bid_with_a_held_fact_does_not_make_the_result_provisional() -> None:
    result = evaluate(parse(put("bids[0].fail", ["late"])))
    assert (result["provisional"], result["winner_certain"]) == (False, True)


def test_missing_answers_count_as_level_0_and_are_said() -> None:
    result = evaluate(parse(put("bids[0].levels.IN1", None) | {"thresholds": {}}))
    assert "firm: IN1 has no answer, which counts as level 0." in result["warnings"]
    firm = next(row for row in result["bids"] if row["id"] == "firm")
    assert firm["scores"]["independence"] == "0"


def test_a_missing_answer_can_exclude() -> None:
    doc = put("indicators[2].missing", "fail")
    del doc["bids"][0]["levels"]["IN1"]
    firm = next(row for row in evaluate(parse(doc))["bids"] if row["id"] == "firm")
    assert firm["status"] == "excluded"
    assert "IN1 has no answer, and one is required" in firm["reasons"]
    assert (firm["scores"]["cost"], firm["contributions"], firm["rank"]) == (None, {}, None)


def test_the_threshold_on_cost_comes_after_the_reference_price_and_does_not_move_it() -> None:
    doc = {**GOOD, "formula": "lowest_ratio", "thresholds": {"cost": 70}, "bids": [
        {"id": "a", "price_pence": 100, "levels": {"LA1": 4, "LA2": 4, "IN1": 4}},
        {"id": "b", "price_pence": 140, "levels": {"LA1": 4, "LA2": 4, "IN1": 4}},
        {"id": "c", "price_pence": 200, "levels": {"LA1": 4, "LA2": 4, "IN1": 4}},
    ]}  # fmt: skip
    rows = {row["id"]: row for row in evaluate(parse(doc))["bids"]}
    assert [rows[name]["scores"]["cost"] for name in "abc"] == ["100", "71.43", "50"]
    assert rows["c"]["reasons"] == ["cost has 50 points and at least 70 are required"]


def test_a_bid_above_the_ceiling_gets_no_points_where_the_method_says_zero() -> None:
    doc = put("over_ceiling", "zero")
    doc["bids"][0]["price_pence"] = 95000000
    firm = next(row for row in evaluate(parse(doc))["bids"] if row["id"] == "firm")
    assert (firm["status"], firm["scores"]["cost"]) == ("ranked", "0")


def test_equal_in_everything_shares_the_first_place_and_needs_a_decision() -> None:
    doc = put("bids[0].id", "other")
    doc["bids"][0] |= {key: doc["bids"][1][key] for key in ("price_pence", "levels")}
    result = evaluate(parse(doc), robustness=True)
    assert (result["winner"], result["joint_winners"], result["decision_needed"]) == (None, ["council", "other"], True)
    assert [(row["rank"], row["joint"]) for row in result["bids"]] == [(1, True), (1, True)]
    assert result["first_share"] == {"council": {"exact": "1/1", "decimal": "1", "with": ["other"]}}
    assert result["least_shift"] == {}
    assert any("joint first: people must decide" in sentence for sentence in explain.outcome(result, {}))


def test_the_added_bid_warning_of_the_relative_formula_is_true() -> None:
    doc = {**GOOD, "formula": "lowest_ratio", "thresholds": {}, "weights": {"cost": 40, "accountability": 60}}
    doc |= {"indicators": [{"id": "LA1", "criterion": "accountability"}], "tie_break": ["cost"]}
    doc["bids"] = [
        {"id": "cheap", "price_pence": 40000000, "levels": {"LA1": 2}},
        {"id": "good", "price_pence": 80000000, "levels": {"LA1": 3}},
    ]
    result = evaluate(parse(doc))
    assert result["winner"] == "cheap"
    [warning] = [words for words in result["warnings"] if words.startswith("An added losing bid of ")]
    price = int(warning.split("£")[1].split(" ")[0].replace(",", "").replace(".", ""))
    added = {"id": "new", "price_pence": price, "levels": {"LA1": 0}}
    assert evaluate(parse({**doc, "bids": [*doc["bids"], added]}))["winner"] == "good"


def test_exchange_rates_follow_the_formula() -> None:
    def rate(**change: Any) -> dict[str, str]:
        return exchange_rate(parse_method({key: value for key, value in (GOOD | change).items() if key != "bids"}))

    assert rate() == {"accountability": "787500", "independence": "562500"}
    assert rate(formula="linear") == {"accountability": "393750", "independence": "281250"}
    assert rate(formula="monetised") == rate(formula="linear")
    assert rate(formula="lowest_ratio") == {}
    assert rate(ceiling_pence=100, floor_pence=0, weights={"cost": 30, "accountability": 35, "independence": 35}) == {
        "accountability": "1.17",
        "independence": "1.17",
    }
    free = {"cost": 0, "accountability": 50, "independence": 50}
    assert rate(weights=free) == {}


def test_sentences_say_what_would_have_had_to_differ() -> None:
    doc = put("bids[0].levels", {"LA1": 0, "LA2": 2, "IN1": 2})
    result = evaluate(parse(doc), robustness=True)
    names, titles = {"firm": "Firm Ltd"}, {"cost": "cost"}
    sentences = explain.outcome(result, names) + explain.prices_to_win(result, names)
    sentences += explain.weights_to_win(result, names, titles) + explain.intervals(result, names, titles)
    sentences += explain.judgements(result, names)
    wins = next(row["price_to_win_pence"] for row in result["bids"] if row["id"] == "firm")
    assert f"Firm Ltd would have been first at a cost of £{wins / 100:,.2f} or less." in sentences
    assert any(words.startswith("council is first with ") for words in sentences)
    assert any(
        "points of weight would have had to move until Firm Ltd was level with the first" in s for s in sentences
    )
    assert any(words.startswith("Check twice: ") for words in sentences)
    assert any(words.startswith("With a weight of cost anywhere from ") for words in sentences)
    assert not any("probab" in words for words in sentences)
    rates = result["exchange_rate_pence_per_point"]
    assert explain.exchange_rates(rates, {"accountability": "local accountability"})[0] == (
        "One point of local accountability is worth £7,875.00: a bid that is better by one point may cost that much "
        "more and still be level."
    )


def test_a_score_exactly_between_two_hundredths_is_rounded_up() -> None:
    doc = put("indicators[2].value", [0, "12.345", 40, 80, 100]) | {"thresholds": {}, "ceiling_pence": 20000}
    doc |= {"floor_pence": 0, "bids": [{"id": "a", "price_pence": 19999, "levels": {"LA1": 1, "LA2": 1, "IN1": 1}}]}
    [row] = evaluate(parse(doc))["bids"]
    assert row["scores"] == {"cost": "0.01", "accountability": "25", "independence": "12.35"}


def test_a_price_at_the_ceiling_is_in_and_has_no_points_for_cost() -> None:
    [row] = [row for row in evaluate(parse(put("bids[1].price_pence", 90000000)))["bids"] if row["id"] == "council"]
    assert (row["status"], row["scores"]["cost"], row["contributions"]["cost"]) == ("ranked", "0", "0")


def test_the_bounds_of_a_relative_formula_count_with_a_held_bid_that_may_drop_out() -> None:
    doc = {
        "tender": "Estates", "formula": "lowest_ratio", "ceiling_pence": 400000, "population": 1000, "term_years": 1,
        "weights": {"cost": 60, "accountability": 40},
        "indicators": [
            {
                "id": "LA1", "criterion": "accountability", "value": [0, 20, 40, 80, 100],
                "missing": "hold", "min_level": 1,
            }
        ],
        "bids": [
            {"id": "good", "price_pence": 200000, "levels": {"LA1": 4}},
            {"id": "middle", "price_pence": 150000, "levels": {"LA1": 3}},
            {"id": "cheap", "price_pence": 75000, "levels": {}},
        ],
    }  # fmt: skip
    result = evaluate(parse(doc))
    # With cheap in: good 60 x 37.5 % + 40 = 62.5.  If its fact turns out as level 0 it is out: 60 x 75 % + 40 = 85.
    bounds = {row["id"]: row["bounds"] for row in result["bids"]}
    assert bounds == {"good": ["62.5", "85"], "middle": ["62", "92"], "cheap": ["60", "100"]}
    assert (result["winner"], result["winner_certain"]) == ("good", False)


def test_a_held_fact_that_could_only_make_a_rival_equal_leaves_the_winner_uncertain() -> None:
    doc = put("bids[0].levels", {"LA1": None, "LA2": 3, "IN1": 2})
    doc["bids"][0]["price_pence"] = doc["bids"][1]["price_pence"]
    result = evaluate(parse(doc))
    assert (result["winner"], result["provisional"], result["winner_certain"]) == ("council", True, False)
    doc["bids"][0]["price_pence"] += 1
    doc["tie_break"] = ["price"]
    assert evaluate(parse(doc))["winner_certain"] is True


def relative(**change: Any) -> dict[str, Any]:
    """The worked reversal: good 62.5, middle 62, cheap 60 points; without cheap middle 92, good 85."""
    return {
        "tender": "Estates", "formula": "lowest_ratio", "ceiling_pence": 400000, "population": 1000, "term_years": 1,
        "weights": {"cost": 60, "accountability": 40},
        "indicators": [{"id": "LA1", "criterion": "accountability", "value": [0, 0, 40, 80, 100], "min_level": 1}],
        "bids": [
            {"id": "good", "price_pence": 200000, "levels": {"LA1": 4}},
            {"id": "middle", "price_pence": 150000, "levels": {"LA1": 3}},
            {"id": "cheap", "price_pence": 75000, "levels": {"LA1": 1}},
        ],
    } | change  # fmt: skip


def test_a_level_that_excludes_the_cheapest_bid_moves_the_reference_price_and_the_winner() -> None:
    result = evaluate(parse(relative()))
    assert result["winner"] == "good"
    assert {"bid": "cheap", "indicator": "LA1", "old": 1, "new": 0, "first": ["middle"]} in result["level_flips"]


def test_a_level_that_draws_level_is_a_flip_where_the_tie_break_favours_it() -> None:
    # b with LA1 at 4: 40 x 25 % + 40 x 25 % + 20 = 40, and a: 40 x 50 % + 0 + 20 = 40.
    # The tie-break asks accountability first.
    doc = put("tie_break", ["accountability"]) | {"thresholds": {}, "ceiling_pence": 400, "floor_pence": 0}
    doc["weights"] = {"cost": 40, "accountability": 40, "independence": 20}
    doc["indicators"] = [
        {"id": "LA1", "criterion": "accountability", "value": [0, 0, 0, 0, 25]},
        {"id": "IN1", "criterion": "independence"},
    ]
    doc["bids"] = [
        {"id": "a", "price_pence": 200, "levels": {"LA1": 0, "IN1": 4}},
        {"id": "b", "price_pence": 300, "levels": {"LA1": 3, "IN1": 4}},
    ]
    result = evaluate(parse(doc))
    assert result["winner"] == "a"
    assert {"bid": "b", "indicator": "LA1", "old": 3, "new": 4, "first": ["b"]} in result["level_flips"]


def test_to_be_equal_in_everything_is_not_to_be_first_alone() -> None:
    twins = [{"id": name, "price_pence": 200000, "levels": {"LA1": 4}} for name in "ab"]
    rows = evaluate(parse(relative(bids=twins, tie_break=["cost"])))["bids"]
    # Equal cost scores down to 100 x p / 200,000 = 99.995: from there the other has 99.99 at most, so p <= 199,989.
    assert [row["price_to_win_pence"] for row in rows] == [199989, 199989]
