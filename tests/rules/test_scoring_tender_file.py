"""The tender file: a small one of our own by hand, the shared examples where they are at hand, and every refusal."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest

from marketplace.scoring.canonical import canonical_json
from marketplace.scoring.facts import AreaRegister
from marketplace.scoring.reading import ScoreFileError, read_json
from marketplace.scoring.score_file import evaluate, parse
from marketplace.scoring.tender_file import judge_tenders, score_tenders

FILE = Path(__file__).parent.parent / "cases" / "tenders.json"
REGISTER = AreaRegister({"07N": {"E09000004": F(1)}, "99X": {"E09000004": F(1, 4), "E09000005": F(3, 4)}})


def document() -> Any:
    return read_json(FILE.read_text("utf-8"), decimals=True)


def bids(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in result["bids"]}


def test_the_small_file_by_hand() -> None:
    [result] = score_tenders(document())
    # Ceiling 2.00 x 1,000 patients x 2 years = 4,000 pounds, target 1.00 = 2,000 pounds: formula linear.
    assert (result["tender"], result["title"], result["formula"]) == ("S1", "HR for two small groups", "linear")
    assert result["exchange_rate_pence_per_point"] == {"accountability": "1500", "independence": "1500"}
    rows = bids(result)
    # council: 1,000 x (1 + 1.05) x (1 + 0.2 x 0.5) = 2,255 + 100 + 50 + 0 + 20 + 2 x 10.25 = 2,445.50 pounds
    council = rows["council"]
    assert council["price_pence"] == 244550
    assert council["pence_per_head_per_year"] == "122.28"
    assert council["scores"]["cost"] == "77.73"  # 100 x (4,000 - 2,445.50) / 2,000 = 77.725
    # Weights of HR: LA1 2, LA2 2, LA3 0.5, LA4 to LA7 1, LA8 0.25: 8.75.  Levels 4 3 4 4 3 2 4 3:
    # (2 x 100 + 2 x 75 + 0.5 x 100 + 100 + 75 + 50 + 100 + 0.25 x 75) / 8.75 = 743.75 / 8.75 = 85
    assert council["scores"]["accountability"] == "85"
    # IN1 2, IN2 to IN4 1, IN5 1, IN6 0.5, IN7 2, IN8 1: 9.5.  Levels 3 3 2 3 3 4 2 3:
    # (150 + 75 + 50 + 75 + 75 + 50 + 100 + 75) / 9.5 = 650 / 9.5 = 68.42
    assert council["scores"]["independence"] == "68.42"
    assert sum(part["pence"] for part in council["cost_parts"]) == council["price_pence"]
    assert result["winner"] == "council"
    assert rows["half"]["reasons"] == [
        "it does not offer every function that is asked for: hr",
        "the provider ceases to exist before the term ends",
    ]
    owner = rows["owner"]
    assert (owner["status"], owner["levels"]["IN4"]) == ("excluded", 0)
    assert "IN4: the provider would own the data" in owner["reasons"]


def test_levels_come_with_reasons_and_nothing_is_missing() -> None:
    for row in score_tenders(document())[0]["bids"]:
        assert len(row["levels"]) == len(row["level_reasons"]) == 16
        assert all(row["level_reasons"].values())


def test_the_result_is_that_of_the_score_file_inside_it() -> None:
    [judged], [result] = judge_tenders(document()), score_tenders(document(), robustness=True)
    alone = evaluate(parse(json.loads(canonical_json(judged.score_file))), robustness=True)
    assert alone["hash"] == result["hash"]
    for row in alone["bids"]:
        assert {key: bids(result)[row["id"]][key] for key in row if key != "reasons"} == {
            key: value for key, value in row.items() if key != "reasons"
        }


def test_the_providers_kind_and_name_change_nothing() -> None:
    other = document()
    for bid in other["tenders"][0]["bids"]:
        bid |= {"provider_type": "other", "provider": "Somebody"}
    assert canonical_json(score_tenders(other)) == canonical_json(score_tenders(document()))


def test_a_file_order_of_bids_changes_nothing() -> None:
    other = document()
    other["tenders"][0]["bids"].reverse()
    assert canonical_json(score_tenders(other, REGISTER)) == canonical_json(score_tenders(document(), REGISTER))


def test_la1_is_checked_where_there_is_a_register_and_an_area_code() -> None:
    doc = document()
    assert bids(score_tenders(doc)[0])["council"]["levels"]["LA1"] == 4  # the answer stands
    # 600 of 1,000 patients in a group wholly inside, 400 in one a quarter inside: 70 %
    assert bids(score_tenders(doc, REGISTER)[0])["council"]["levels"]["LA1"] == 3
    doc["tenders"][0]["buyers"][1]["code"] = "00Z"
    [result] = score_tenders(doc, REGISTER)
    council = bids(result)["council"]
    assert (council["levels"]["LA1"], result["provisional"], council["bounds"] is not None) == (None, True, True)
    assert council["level_reasons"]["LA1"] == "Held: the register has no areas for 00Z."
    del doc["tenders"][0]["bids"][0]["answers"]["la1_body_area_code"]
    council = bids(score_tenders(doc, REGISTER)[0])["council"]
    assert council["levels"]["LA1"] == 4
    assert council["level_reasons"]["LA1"].endswith("declared: no council was looked up in the register to check this.")


def test_evidence_none_caps_a_declared_answer_only() -> None:
    doc = document()
    doc["tenders"][0]["bids"][0]["answers"]["evidence"] = {
        "LA4": "none",
        "LA1": "none",
        "IN6": "none",
        "LA2": "document",
    }
    council = bids(score_tenders(doc)[0])["council"]
    assert {name: council["levels"][name] for name in ("LA4", "LA1", "IN6", "LA2")} == {
        "LA4": 2,
        "LA1": 4,
        "IN6": 4,
        "LA2": 3,
    }


def test_missing_answers_are_level_0_and_said_and_missing_register_facts_are_held() -> None:
    doc = document()
    answers = doc["tenders"][0]["bids"][0]["answers"]
    del answers["la5_kpi_publication"], answers["in1_share_of_ccg_support_spend_after_award"]
    [result] = score_tenders(doc)
    council = bids(result)["council"]
    assert (council["levels"]["LA5"], council["levels"]["IN1"]) == (0, None)
    assert "council: LA5 has no answer, which counts as level 0." in result["warnings"]
    assert result["provisional"] is True


def test_core_functions_stop_an_unseparated_clinical_interest() -> None:
    doc = document()
    tender = doc["tenders"][0]
    tender["bids"][0]["answers"]["in6_clinical_services"] = "sells_here_no_separation"
    assert bids(score_tenders(doc)[0])["council"]["status"] == "ranked"
    del tender["bids"][1:]
    [bid] = tender["bids"]
    bid["functions_offered"] = ["hr", "medicines"]
    bid["cost"]["lines"].append({**bid["cost"]["lines"][0], "function": "medicines"})
    tender["functions"] = ["hr", "medicines"]
    tender["ceiling_per_head_gbp"] = 20
    reasons = bids(score_tenders(doc)[0])["council"]["reasons"]
    assert any("sells care" in reason for reason in reasons)


def test_a_provider_that_lasts_just_as_long_as_the_term_is_in() -> None:
    doc = document()
    doc["tenders"][0]["bids"][0]["provider_ceases_months"] = 24
    assert bids(score_tenders(doc)[0])["council"]["status"] == "ranked"
    doc["tenders"][0]["bids"][0]["provider_ceases_months"] = Decimal("23.9")
    assert bids(score_tenders(doc)[0])["council"]["status"] == "excluded"


def test_formula_by_target_and_explicit() -> None:
    doc = document()
    del doc["tenders"][0]["target_per_head_gbp"]
    assert score_tenders(doc)[0]["formula"] == "ceiling"
    doc = document()
    doc["tenders"][0]["formula"] = "lowest_ratio"
    assert score_tenders(doc)[0]["formula"] == "lowest_ratio"


T, B = "tenders[0]", "tenders[0].bids[0]"
GONE = object()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("surprise", 1),
        (f"{T}.surprise", 1),
        (f"{T}.buyers[0].surprise", 1),
        (f"{B}.surprise", 1),
        (f"{B}.cost.surprise", 1),
        (f"{B}.cost.lines[0].surprise", 1),
        (f"{B}.answers.la9_charm", 1),
        (f"{B}.answers.evidence.LA9", "none"),
        (f"{B}.answers.evidence", {"LA1": "photograph"}),
        (f"{B}.answers.la5_kpi_publication", "sometimes"),
        (f"{B}.answers.in7_safeguards", ["promise"]),
        (f"{B}.answers.la3_local_fte_share", Decimal("1.2")),
        (f"{B}.answers.la2_veto", 1),
        (f"{T}.id", GONE),
        (f"{T}.date", "20 February"),
        (f"{T}.title", ""),
        (f"{T}.population", 0),
        (f"{T}.population", Decimal("1.5")),
        (f"{T}.functions", []),
        (f"{T}.functions[0]", "catering"),
        (f"{T}.term_years", 0),
        (f"{T}.buyers", []),
        (f"{T}.buyers[0].patients", -5),
        (f"{T}.ceiling_per_head_gbp", GONE),
        (f"{T}.ceiling_per_head_gbp", float("nan")),
        (f"{T}.ceiling_per_head_gbp", Decimal("Infinity")),
        (f"{T}.ceiling_per_head_gbp", Decimal("1E+999999")),
        (f"{T}.ceiling_per_head_gbp", -1),
        (f"{T}.ceiling_per_head_gbp", 0),
        (f"{T}.target_per_head_gbp", 2),
        (f"{T}.weights.cost", Decimal("0.405")),
        (
            f"{T}.weights",
            {"cost": Decimal("0.4"), "local_accountability": Decimal("0.3"), "independence": Decimal("0.4")},
        ),
        (f"{T}.weights.local_accountability", GONE),
        (f"{T}.formula", "cheapest"),
        (f"{T}.hwb_areas", "Bexley"),
        (f"{T}.bids[1].id", "council"),
        (f"{B}.provider", GONE),
        (f"{B}.provider_type", 5),
        (f"{B}.functions_offered[0]", "catering"),
        (f"{B}.provider_ceases_months", -1),
        (f"{B}.cost.lines", []),
        (f"{B}.cost.lines[0].function", "it"),
        (f"{B}.cost.lines[0].annual_price_gbp", Decimal("10.001")),
        (f"{B}.cost.lines[0].annual_price_gbp", -1),
        (f"{B}.cost.lines[0].annual_price_gbp", True),
        (f"{B}.cost.lines[0].annual_price_gbp", GONE),
        (f"{B}.cost.lines[0].vat_rate", Decimal("1.2")),
        (f"{B}.cost.lines[0].vat_rate", GONE),
        (f"{B}.cost.lines[0].vat_recoverable_share", Decimal("-0.2")),
        (f"{B}.cost.exit_gbp", GONE),
        (f"{B}.cost.exit_gbp", "12,50"),
        (f"{B}.cost.indexation", 0.5),
    ],
)
def test_refused_with_the_path(path: str, value: Any) -> None:
    doc: Any = document()
    steps: list[Any] = [int(step[:-1]) if step.endswith("]") else step for step in path.replace("[", ".").split(".")]
    node = doc
    for step in steps[:-1]:
        node = node.setdefault(step, {}) if isinstance(node, dict) else node[step]
    if value is GONE:
        del node[steps[-1]]
    else:
        node[steps[-1]] = value
    with pytest.raises(ScoreFileError) as refused:
        score_tenders(doc)
    assert refused.value.path.startswith(path)


def test_an_absurd_index_is_refused_with_the_costs_path() -> None:
    doc = document()
    doc["tenders"][0]["bids"][0]["cost"]["indexation"] = 3
    with pytest.raises(ScoreFileError, match=r"^tenders\[0\]\.bids\[0\]\.cost: hr: the index of 3"):
        score_tenders(doc)


def test_two_tenders_of_one_id_are_refused() -> None:
    doc = document()
    doc["tenders"].append(copy.deepcopy(doc["tenders"][0]))
    with pytest.raises(ScoreFileError, match=r"^tenders\[1\]\.id"):
        score_tenders(doc)
