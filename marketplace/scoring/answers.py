"""From structured answers and register facts to whole levels 0-4, by the rules of the rubric.

The rules themselves are data (marketplace/policy: accountability.toml and independence.toml); here they are applied.
The kind of the provider is not known here and cannot count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from marketplace.policy import IndicatorSpec, evidence_cap, indicator
from marketplace.policy.kinds import Condition
from marketplace.scoring.answer_values import Value, read_answers, value_words
from marketplace.scoring.canonical import decimal_text, rounded
from marketplace.scoring.facts import AreaFact, Facts


@dataclass(frozen=True, slots=True)
class Judged:
    """The level of one indicator and how it came about.

    ``level`` is 0-4, or None while ``held`` (a register fact is missing). ``answer`` is what was answered in words,
    ``reason`` the sentence that led to the level, ``stop`` why this level excludes the bid (None if it does not).
    ``answered`` is False where nothing was answered at all.
    """

    level: int | None
    answer: str
    reason: str
    capped: bool = False
    held: bool = False
    stop: str | None = None
    answered: bool = True


def level(indicator_id: str, answers: Mapping[str, Any], *, evidence: bool, facts: Facts) -> Judged:
    """Judge one indicator. ``answers`` may hold the answers to others too; ``evidence``: a document backs the answer.

    Raises PolicyError for an unknown indicator and ScoreFileError for an answer that is not allowed.
    """
    spec = indicator(indicator_id)
    keys = {field.key for field in spec.fields}
    own = read_answers({key: value for key, value in answers.items() if key in keys})
    if spec.id == "IN1" and facts.support_spend_share is not None:
        own["in1_share_of_ccg_support_spend_after_award"] = facts.support_spend_share
    words = _words(spec, own)
    found, reason = _found(spec, own, facts)
    missing = [field for field in spec.fields if field.required and field.key not in own]
    if found is None or (missing and spec.source == "register" and found < 4):
        why = reason if found is None else f"the register fact is missing: {missing[0].label}"
        return Judged(None, words, f"Held: {why}.", held=True, answered=bool(own))
    if not own:
        return Judged(0, words, "No answer, which is level 0.", stop=_stop(spec, 0, facts), answered=False)
    if missing:
        reason += f". Not answered: {'; '.join(field.label for field in missing)}"
    capped = spec.needs_evidence and not evidence and found > evidence_cap()
    if capped:
        reason += f". Without evidence a declared answer counts as level {evidence_cap()} at most"
        found = evidence_cap()
    return Judged(found, words, f"Level {found}: {reason}.", capped=capped, stop=_stop(spec, found, facts))


def judge_all(
    answers: Mapping[str, Any], *, evidence: Mapping[str, bool], facts: Facts, indicators: tuple[str, ...]
) -> dict[str, Judged]:
    """Every named indicator judged; one not named in ``evidence`` counts as backed by a document."""
    return {name: level(name, answers, evidence=evidence.get(name, True), facts=facts) for name in indicators}


def _words(spec: IndicatorSpec, own: Mapping[str, Value]) -> str:
    given = [f"{field.label}: {value_words(field, own[field.key])}" for field in spec.fields if field.key in own]
    return "; ".join(given) or "No answer"


def _stop(spec: IndicatorSpec, found: int, facts: Facts) -> str | None:
    if spec.stop is None or found != 0 or (spec.stop.tiers and not facts.tiers & set(spec.stop.tiers)):
        return None
    return spec.stop.text


def _found(spec: IndicatorSpec, own: Mapping[str, Value], facts: Facts) -> tuple[int | None, str]:
    """The level before the cap and the words of its rule; None if a register fact is missing."""
    if spec.level_from:
        return _from_choice(spec, own, facts)
    if spec.parts:
        reached = [part for part in spec.parts if _holds(part.when, own)]
        total = min(4, sum(part.points for part in reached))
        added = " + ".join(f"{part.points} ({part.label})" for part in reached) or "none of the parts"
        return total, added
    for rule in spec.rules:
        if _holds(rule.when, own):
            return rule.level, spec.levels[rule.level]
    return 0, spec.levels[0]


def _from_choice(spec: IndicatorSpec, own: Mapping[str, Value], facts: Facts) -> tuple[int | None, str]:
    field = spec.field(spec.level_from or "")
    chosen = own.get(field.key)
    for choice in field.choices:
        if choice.value == chosen:
            found = choice.level or 0
            check = spec.area_check
            if check and facts.area is not None and choice.value in check.applies_to:
                return _from_area(check.bands, facts.area)
            unchecked = ", as declared: no council was looked up in the register to check this"
            return found, spec.levels[found] + (unchecked if check and choice.value in check.applies_to else "")
    return 0, spec.levels[0]


def _from_area(bands: tuple[tuple[Any, int], ...], area: AreaFact) -> tuple[int | None, str]:
    low, high = (_band(bands, share) for share in (area.low, area.high))
    if low != high:
        return None, area.gap or f"the share of patients inside the area {area.area} is not known"
    share = decimal_text(rounded(100 * area.low, 1))
    known = f"{share}%" if area.low == area.high else f"at least {share}%"
    return low, f"checked against the register, {known} of the buyers' patients are inside the area {area.area}"


def _band(bands: tuple[tuple[Any, int], ...], share: Fraction) -> int:
    return next(found for least, found in bands if share >= Fraction(least))


def _holds(conditions: tuple[Condition, ...], own: Mapping[str, Value]) -> bool:
    return all(_meets(condition, own.get(condition.key)) for condition in conditions)


def _meets(condition: Condition, value: Value) -> bool:
    """Whether an answer meets a condition; an answer that is missing, or null, meets none."""
    if value is None:
        return False
    if condition.one_of is not None and value not in condition.one_of:
        return False
    if condition.includes or condition.includes_any:
        given = set(value) if isinstance(value, tuple) else set()
        if not given >= set(condition.includes):
            return False
        if condition.includes_any and not given & set(condition.includes_any):
            return False
    bounds = (condition.at_least, condition.at_most, condition.above)
    if any(bound is not None for bound in bounds):
        if not isinstance(value, Fraction):
            return False
        low, high, over = bounds
        if low is not None and value < Fraction(low):
            return False
        if high is not None and value > Fraction(high):
            return False
        if over is not None and value <= Fraction(over):
            return False
    return True
