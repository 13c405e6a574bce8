"""Score files that must not be scored: each refused with the path of the key that is wrong."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest

from marketplace.scoring.reading import ScoreFileError, read_json
from marketplace.scoring.score_file import evaluate, parse, parse_method

GOOD: dict[str, Any] = {
    "tender": "HR back office, 3 years",
    "formula": "ceiling",
    "ceiling_pence": 90000000,
    "floor_pence": 45000000,
    "population": 145000,
    "term_years": 3,
    "weights": {"cost": 40, "accountability": 35, "independence": 25},
    "indicators": [
        {"id": "LA1", "criterion": "accountability", "weight": 2, "source": "register", "missing": "hold"},
        {"id": "LA2", "criterion": "accountability", "weight": "2.5", "min_level": 1},
        {"id": "IN1", "criterion": "independence", "weight": 1, "value": [0, 10, 40, "80.5", 100]},
    ],
    "thresholds": {"independence": 25},
    "over_ceiling": "reject",
    "tie_break": ["cost", "accountability", "independence", "price"],
    "bids": [
        {"id": "firm", "price_pence": 52000000, "levels": {"LA1": None, "LA2": 2, "IN1": 2}},
        {"id": "council", "price_pence": 72000000, "levels": {"LA1": 4, "LA2": 3, "IN1": 2}, "fail": []},
    ],
}
GONE = object()


def put(path: str, value: Any) -> dict[str, Any]:
    """The good document with one place changed, or taken away; the path is written as the errors write it."""
    doc: Any = copy.deepcopy(GOOD)
    steps = path.replace("[", ".[").split(".")
    node = doc
    for step in steps[:-1]:
        node = node[int(step[1:-1])] if step.startswith("[") else node[step]
    last: Any = int(steps[-1][1:-1]) if steps[-1].startswith("[") else steps[-1]
    if value is GONE:
        del node[last]
    else:
        node[last] = value
    return doc  # type: ignore[no-any-return]


def test_the_document_that_the_others_are_made_from_is_good() -> None:
    assert evaluate(parse(GOOD))["winner"] == "council"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("surprise", 1),
        ("indicators[0].surprise", 1),
        ("bids[1].surprise", 1),
        ("weights.surprise", 0.5),
        ("tender", GONE),
        ("tender", ""),
        ("tender", 7),
        ("tender", "a\x00b"),
        ("tender", "\ud800"),
        ("formula", "min_max"),
        ("formula", None),
        ("formula", ["ceiling"]),
        ("ceiling_pence", GONE),
        ("ceiling_pence", 0),
        ("ceiling_pence", 90000000.0),
        ("ceiling_pence", "90000000"),
        ("ceiling_pence", True),
        ("ceiling_pence", None),
        ("ceiling_pence", 10**16),
        ("floor_pence", 90000000),
        ("floor_pence", -1),
        ("population", GONE),
        ("population", 0),
        ("population", 1.5),
        ("term_years", GONE),
        ("term_years", 0),
        ("term_years", 101),
        ("weights", GONE),
        ("weights", []),
        ("weights", {"cost": 40, "accountability": 35, "independence": 26}),
        ("weights.cost", 40.0),
        ("weights.cost", -1),
        ("weights.cost", "40"),
        ("weights.cost", GONE),
        ("indicators", GONE),
        ("indicators", {}),
        ("indicators", []),
        ("indicators[1]", None),
        ("indicators[1].id", "LA1"),
        ("indicators[1].id", GONE),
        ("indicators[1].id", "  "),
        ("indicators[1].criterion", "cost"),
        ("indicators[1].criterion", "beauty"),
        ("indicators[1].criterion", GONE),
        ("indicators[1].weight", 0.5),
        ("indicators[1].weight", "-1"),
        ("indicators[1].weight", "1e3"),
        ("indicators[1].weight", "NaN"),
        ("indicators[1].weight", "٣"),
        ("indicators[1].weight", ".5"),
        ("indicators[1].weight", False),
        ("indicators[1].weight", float("nan")),
        ("indicators[1].weight", Decimal("0.5")),
        ("indicators[1].min_level", 5),
        ("indicators[1].min_level", None),
        ("indicators[1].missing", "ignore"),
        ("indicators[1].source", 3),
        ("indicators[2].value", [0, 25, 50, 75]),
        ("indicators[2].value", [0, 50, 25, 75, 100]),
        ("indicators[2].value[4]", 101),
        ("indicators[2].value[1]", 12.5),
        ("indicators[2].value", "0"),
        ("thresholds.beauty", 10),
        ("thresholds.independence", 101),
        ("thresholds.independence", 33.3),
        ("thresholds", [25]),
        ("over_ceiling", "ignore"),
        ("tie_break", "price"),
        ("tie_break", None),
        ("tie_break[0]", "price_pence"),
        ("tie_break[3]", "cost"),
        ("monetised", {"cost": 1}),
        ("monetised", {"accountability": 1.5}),
        ("bids", GONE),
        ("bids", {}),
        ("bids[1]", "council"),
        ("bids[1].id", "firm"),
        ("bids[1].id", GONE),
        ("bids[1].price_pence", GONE),
        ("bids[1].price_pence", -1),
        ("bids[1].price_pence", 720000.5),
        ("bids[1].price_pence", float("inf")),
        ("bids[1].price_pence", "720000"),
        ("bids[1].levels", GONE),
        ("bids[1].levels", [4]),
        ("bids[1].levels.LA1", 5),
        ("bids[1].levels.LA1", -1),
        ("bids[1].levels.LA1", 2.0),
        ("bids[1].levels.LA1", True),
        ("bids[1].levels.LA1", "4"),
        ("bids[1].levels.LA9", 1),
        ("bids[1].fail", "late"),
        ("bids[1].fail", [""]),
    ],
)
def test_refused_with_the_path(path: str, value: Any) -> None:
    with pytest.raises(ScoreFileError) as refused:
        parse(put(path, value))
    # A wrong part may be named more exactly than the whole that was put in.
    nearest = {
        "weights": "weights",
        "indicators": "indicators",
        "monetised": "monetised.",
        "bids[1].fail": "bids[1].fail",
    }
    if path == "indicators" and value == []:
        assert refused.value.path == "indicators"
    else:
        assert refused.value.path.startswith(nearest.get(path, path))
    assert refused.value.message


@pytest.mark.parametrize("value", [None, [], "text", 3, True])
def test_a_document_that_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(ScoreFileError, match="an object was expected"):
        parse(value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "occurs twice"),
        ('{"bids": [{"levels": {"LA1": 1, "LA1": 2}}]}', "LA1: this key occurs twice"),
        ("{", "not JSON"),
        ("", "not JSON"),
        ("[" * 100000, "nested too deeply"),
        ("1" * 5000, "cannot be read: it has far too many digits"),
    ],
)
def test_text_that_is_no_strict_json_is_refused(text: str, words: str) -> None:
    with pytest.raises(ScoreFileError, match=words):
        read_json(text)


def test_numbers_with_a_point_and_nan_are_named_by_their_path() -> None:
    text = json.dumps(GOOD).replace('"population": 145000', '"population": NaN')
    with pytest.raises(ScoreFileError, match=r"^population: .*nan"):
        parse(read_json(text))
    text = json.dumps(GOOD).replace('"LA2": 3', '"LA2": 3.0')
    with pytest.raises(ScoreFileError, match=r"^bids\[1\]\.levels\.LA2: .*3\.0"):
        parse(read_json(text))


def test_a_method_without_bids_can_be_checked_and_one_with_bids_is_no_method() -> None:
    method = {key: value for key, value in GOOD.items() if key != "bids"}
    assert parse_method(method).weights["cost"] == 40
    with pytest.raises(ScoreFileError, match=r"^bids: this key is not known here"):
        parse_method(GOOD)


def test_what_may_be_left_out_and_its_defaults() -> None:
    doc = {key: GOOD[key] for key in ("tender", "ceiling_pence", "population", "term_years")}
    doc |= {
        "weights": {"cost": 30, "b": 35, "a": 35},
        "indicators": [{"id": "1", "criterion": "a"}, {"id": "2", "criterion": "b"}],
        "bids": [],
    }
    method = parse(doc).method
    assert (method.formula, method.floor, method.over_ceiling, dict(method.thresholds)) == ("ceiling", 0, "reject", {})
    assert method.tie_break == ("a", "b", "cost", "price")
    assert method.indicators[0].value == (0, 25, 50, 75, 100)
    assert (method.indicators[0].weight, method.indicators[0].missing, method.indicators[0].min_level) == (
        1,
        "zero",
        None,
    )
    result = evaluate(parse(doc), robustness=True)
    assert (result["winner"], result["bids"], result["decision_needed"]) == (None, [], False)
    assert result["warnings"] == ["No bid is ranked."]
