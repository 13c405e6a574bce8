"""The rubric as data: functions, criteria, indicators and stops, read once from the packaged TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from marketplace.policy.kinds import (
    AreaCheck,
    Choice,
    Condition,
    Criterion,
    Field,
    Function,
    IndicatorSetting,
    IndicatorSpec,
    IndicatorStop,
    Part,
    PolicyError,
    Rule,
)


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("marketplace.policy").joinpath(name).read_text(encoding="utf-8"))


@cache
def _rubric() -> dict[str, Any]:
    return _toml("rubric.toml")


def edition() -> str:
    """The name of this edition of the rubric, stored with what was decided by it."""
    return str(_rubric()["rubric"])


def evidence_cap() -> int:
    """The highest level of a declared answer without evidence."""
    return int(_rubric()["evidence_cap"])


def default_formula() -> str:
    """The formula for cost that a need starts with."""
    return str(_rubric()["default_formula"])


@cache
def functions() -> tuple[Function, ...]:
    """The twelve functions a need can ask for, in the order of the rubric."""
    tiers = _rubric()["tiers"]
    return tuple(
        Function(
            code=row["code"],
            name=row["name"],
            tier=row["tier"],
            tier_name=tiers[row["tier"]],
            planning_pence_per_head=row["planning_pence_per_head"],
            planning_shared_with=row.get("planning_shared_with"),
        )
        for row in _rubric()["function"]
    )


def function(code: str) -> Function:
    """The function of that code; raises PolicyError for an unknown one."""
    for entry in functions():
        if entry.code == code:
            return entry
    raise PolicyError(f"there is no function with the code {code!r}")


def planning_pence_per_head(codes: Iterable[str]) -> int:
    """The ESTIMATE in pence a head a year for these functions together; a shared figure counts once."""
    total, counted = 0, set()
    for entry in (function(code) for code in dict.fromkeys(codes)):
        if entry.planning_shared_with not in counted:
            total += entry.planning_pence_per_head
        counted.add(entry.code)
    return total


@cache
def criteria() -> tuple[Criterion, ...]:
    """Cost, local accountability and independence, with default weights and bounds in whole percent."""
    return tuple(Criterion(**row) for row in _rubric()["criterion"])


def indicator_weight_bounds() -> tuple[Decimal, Decimal]:
    """The lowest and highest weight a buyer may give one indicator."""
    bounds = _rubric()["indicator_weights"]
    return Decimal(bounds["lowest"]), Decimal(bounds["highest"])


@cache
def stops() -> Mapping[str, str]:
    """Code and sentence of each reason for which a bid is excluded."""
    return {row["code"]: row["text"] for row in _rubric()["stop"]}


@cache
def indicators() -> tuple[IndicatorSpec, ...]:
    """The sixteen indicators, LA1 to LA8 and IN1 to IN8."""
    rows = _toml("accountability.toml")["indicator"] + _toml("independence.toml")["indicator"]
    return tuple(_indicator(row) for row in rows)


@cache
def _by_id() -> dict[str, IndicatorSpec]:
    return {spec.id: spec for spec in indicators()}


def indicator(indicator_id: str) -> IndicatorSpec:
    """The indicator of that id; raises PolicyError for an unknown one."""
    try:
        return _by_id()[indicator_id]
    except KeyError:
        raise PolicyError(f"there is no indicator called {indicator_id!r}") from None


@cache
def answer_fields() -> Mapping[str, tuple[IndicatorSpec, Field]]:
    """Every answer's key with its indicator and field."""
    return {field.key: (spec, field) for spec in indicators() for field in spec.fields}


def default_indicators(function_codes: Iterable[str]) -> tuple[IndicatorSetting, ...]:
    """The indicators of a need for these functions: default weight times the greatest relevance among their tiers.

    Register facts are held when missing; an indicator with a stop for these tiers has the least level 1. Raises
    PolicyError for an unknown function or for none.
    """
    tiers = {function(code).tier for code in function_codes}
    if not tiers:
        raise PolicyError("a need asks for at least one function")
    settings = []
    for spec in indicators():
        missing = "hold" if spec.source == "register" else "fail" if spec.mandatory else "zero"
        stopped = spec.stop is not None and (not spec.stop.tiers or bool(tiers & set(spec.stop.tiers)))
        weight = spec.weight * max(spec.relevance[tier] for tier in tiers)
        settings.append(IndicatorSetting(spec.id, spec.criterion, weight, spec.source, missing, 1 if stopped else None))
    return tuple(settings)


def _indicator(row: Mapping[str, Any]) -> IndicatorSpec:
    check, stop = row.get("area_check"), row.get("stop")
    relevance = row.get("relevance", {})
    return IndicatorSpec(
        id=row["id"],
        criterion=row["criterion"],
        title=row["title"],
        question=row["question"],
        source=row["source"],
        mandatory=row.get("mandatory", False),
        weight=Decimal(row["weight"]),
        relevance={tier: Decimal(relevance.get(tier, "1")) for tier in _rubric()["tiers"]},
        levels=tuple(row["levels"]),
        fields=tuple(_field(entry) for entry in row["field"]),
        level_from=row.get("level_from"),
        rules=tuple(Rule(entry["level"], _conditions(entry["when"])) for entry in row.get("rule", ())),
        parts=tuple(Part(entry["points"], entry["label"], _conditions(entry["when"])) for entry in row.get("part", ())),
        area_check=check
        and AreaCheck(
            tuple(check["applies_to"]), tuple((Decimal(band["at_least"]), band["level"]) for band in check["bands"])
        ),
        stop=stop and IndicatorStop(stop["code"], stop["text"], tuple(stop.get("tiers", ()))),
    )


def _field(row: Mapping[str, Any]) -> Field:
    share = row["kind"] == "share"
    least, most = row.get("least", "0" if share else None), row.get("most", "1" if share else None)
    return Field(
        key=row["key"],
        label=row["label"],
        hint=row.get("hint", ""),
        kind=row["kind"],
        choices=tuple(Choice(entry["value"], entry["label"], entry.get("level")) for entry in row.get("choices", ())),
        required=row.get("required", False),
        nullable=row.get("nullable", False),
        null_label=row.get("null_label"),
        least=None if least is None else Decimal(least),
        most=None if most is None else Decimal(most),
        longest=row.get("longest", 200),
        pattern=row.get("pattern"),
    )


def _conditions(when: Mapping[str, Mapping[str, Any]]) -> tuple[Condition, ...]:
    return tuple(_condition(key, parts) for key, parts in when.items())


def _condition(key: str, parts: Mapping[str, Any]) -> Condition:
    known = {"at_least", "at_most", "above", "is", "includes", "includes_any"}
    if not parts or set(parts) - known:
        raise PolicyError(f"{key}: a condition has one or more of {', '.join(sorted(known))}")
    wanted = parts.get("is")
    if wanted is not None and not isinstance(wanted, list):
        wanted = [wanted]
    numbers = {name: Decimal(parts[name]) for name in ("at_least", "at_most", "above") if name in parts}
    return Condition(
        key,
        one_of=None if wanted is None else tuple(wanted),
        includes=tuple(parts.get("includes", ())),
        includes_any=tuple(parts.get("includes_any", ())),
        **numbers,
    )
