"""The policy data: whole, sourced, dated, and the same as the rubric's text says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from marketplace.policy import (
    PolicyError,
    answer_fields,
    criteria,
    default_indicators,
    evidence_cap,
    function,
    functions,
    indicator,
    indicator_weight_bounds,
    indicators,
    parameter,
    parameter_history,
    parameter_names,
    planning_pence_per_head,
    stops,
)


def test_the_twelve_functions_and_their_tiers() -> None:
    tiers = {
        "back_office": {"hr", "payroll", "it", "estates"},
        "middle": {"finance", "governance", "procurement", "communications"},
        "core": {"business_intelligence", "contracting", "redesign", "medicines"},
    }
    assert {tier: {entry.code for entry in functions() if entry.tier == tier} for tier in tiers} == tiers
    assert len(functions()) == 12


def test_planning_figures_count_the_shared_one_once() -> None:
    assert planning_pence_per_head(entry.code for entry in functions()) == 970
    assert planning_pence_per_head(["hr"]) == planning_pence_per_head(["payroll", "hr"]) == 45
    assert planning_pence_per_head(["contracting", "it", "it"]) == 290
    with pytest.raises(PolicyError, match="catering"):
        function("catering")


def test_the_sixteen_indicators_are_whole() -> None:
    assert [spec.id for spec in indicators()] == [f"LA{n}" for n in range(1, 9)] + [f"IN{n}" for n in range(1, 9)]
    for spec in indicators():
        assert spec.criterion == ("accountability" if spec.id.startswith("LA") else "independence")
        assert len(spec.levels) == 5
        assert all(spec.levels)
        assert [bool(spec.level_from), bool(spec.rules), bool(spec.parts)].count(True) == 1
        used = {condition.key for rule in (*spec.rules, *spec.parts) for condition in rule.when}
        used |= {spec.level_from} if spec.level_from else set()
        assert used <= {field.key for field in spec.fields}
        for row in (*spec.rules, *spec.parts):
            for condition in row.when:
                field = spec.field(condition.key)
                words = {choice.value for choice in field.choices}
                asked = {*(condition.one_of or ()), *condition.includes, *condition.includes_any}
                assert field.kind == "boolean" or asked <= words
        if spec.level_from:
            assert {choice.level for choice in spec.field(spec.level_from).choices} == set(range(5))
        assert any(field.required for field in spec.fields)
    assert len(answer_fields()) == sum(len(spec.fields) for spec in indicators())
    assert evidence_cap() == 2


def test_sources_are_those_of_the_rubric() -> None:
    found = {spec.id: spec.source for spec in indicators()}
    assert {name for name, source in found.items() if source == "register"} == {"LA1", "IN1", "IN6"}
    assert {name for name, source in found.items() if source == "register_or_declared"} == {"LA7", "IN8"}
    assert {name for name, source in found.items() if source == "commissioner"} == {"IN7"}


def weights(*codes: str) -> dict[str, Decimal]:
    return {setting.id: setting.weight for setting in default_indicators(codes)}


def test_default_weights_by_relevance_the_greatest_of_the_tiers_counts() -> None:
    double = {"LA1", "LA2", "IN1", "IN5", "IN6", "IN7"}
    plain = {spec.id: Decimal(2 if spec.id in double else 1) for spec in indicators()}
    assert weights("medicines") == plain
    office = {"LA3": Decimal("0.5"), "LA8": Decimal("0.25"), "IN5": Decimal(1), "IN6": Decimal("0.5")}
    assert weights("hr", "it") == plain | office
    middle = {"LA8": Decimal("0.5"), "IN6": Decimal(1)}
    assert weights("hr", "finance") == weights("finance") == plain | middle
    assert weights("hr", "finance", "redesign") == plain


def test_default_stops_and_held_facts() -> None:
    office = {setting.id: setting for setting in default_indicators(["hr"])}
    core = {setting.id: setting for setting in default_indicators(["hr", "medicines"])}
    assert {name for name, entry in office.items() if entry.min_level} == {"IN4"}
    assert {name for name, entry in core.items() if entry.min_level} == {"IN4", "IN6"}
    assert {name for name, entry in office.items() if entry.missing == "hold"} == {"LA1", "IN1", "IN6"}
    assert office["LA8"].as_document() == {
        "id": "LA8", "criterion": "accountability", "weight": "0.25", "source": "declared",
    }  # fmt: skip
    assert core["IN6"].as_document()["weight"] == 2
    with pytest.raises(PolicyError):
        default_indicators([])


def test_criteria_add_to_100_and_lie_in_their_bounds() -> None:
    assert [entry.name for entry in criteria()] == ["cost", "accountability", "independence"]
    assert sum(entry.default_weight for entry in criteria()) == 100
    assert all(entry.lowest_weight <= entry.default_weight <= entry.highest_weight for entry in criteria())
    low, high = indicator_weight_bounds()
    assert all(low <= setting.weight <= high for setting in default_indicators(["medicines"]))
    assert set(stops()) >= {"over_ceiling", "data_owner", "clinical_conflict", "ceases", "mandatory_unanswered"}
    assert {spec.stop.code for spec in indicators() if spec.stop} <= set(stops())


@pytest.mark.parametrize(
    ("name", "on", "value"),
    [
        ("running_cost_allowance_per_head", date(2013, 4, 1), "2500"),
        ("running_cost_allowance_per_head", date(2014, 3, 31), "2500"),
        ("running_cost_allowance_per_head", date(2014, 4, 1), "2473"),
        ("running_cost_allowance_per_head", date(2016, 3, 31), "2207"),
        ("running_cost_allowance_per_head", date(2025, 9, 30), "1607"),
        ("running_cost_allowance_per_head", date(2026, 11, 22), "1876"),
        ("vat_standard_rate", date(2011, 1, 3), "0.175"),
        ("vat_standard_rate", date(2011, 1, 4), "0.2"),
    ],
)
def test_values_hold_from_their_first_to_their_last_day(name: str, on: date, value: str) -> None:
    assert parameter(name, on).value == Decimal(value)


def test_where_nothing_is_known_it_is_said() -> None:
    with pytest.raises(PolicyError, match="2019-01-01"):
        parameter("running_cost_allowance_per_head", date(2019, 1, 1))
    with pytest.raises(PolicyError, match="no parameter called 'price_of_tea'"):
        parameter("price_of_tea", date(2019, 1, 1))
    with pytest.raises(PolicyError, match="IN9"):
        indicator("IN9")


@pytest.mark.parametrize("name", parameter_names())
def test_every_value_has_a_source_and_no_two_hold_on_one_day(name: str) -> None:
    history = parameter_history(name)
    for entry in history:
        assert entry.source
        assert entry.unit
        assert entry.until is None or entry.until >= entry.since
    for earlier, later in pairwise(history):
        assert earlier.until is not None
        assert earlier.until + timedelta(days=1) <= later.since
