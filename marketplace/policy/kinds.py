"""The shapes of the policy data: what a function, an indicator, a field and a parameter are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


class PolicyError(LookupError):
    """A figure, function or indicator was asked for that the policy data do not have (on that day)."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that others set, with the days it holds and where it comes from.

    ``until`` is the last day it holds, None while it still does. ``status`` is one of law, guidance, opinion,
    contested, estimate. ``doubt`` is None where nothing is doubtful.
    """

    name: str
    value: Decimal
    unit: str
    since: date
    until: date | None
    source: str
    status: str
    doubt: str | None


@dataclass(frozen=True, slots=True)
class Function:
    """A back-office function a need can ask for.

    ``planning_pence_per_head`` is an ESTIMATE in pence a head a year; where ``planning_shared_with`` names another
    function the figure is for both together.
    """

    code: str
    name: str
    tier: str
    tier_name: str
    planning_pence_per_head: int
    planning_shared_with: str | None


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion with its default weight and the bounds a buyer may choose within, in whole percent."""

    name: str
    title: str
    explanation: str
    default_weight: int
    lowest_weight: int
    highest_weight: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed answer. ``level`` is set where the answer alone gives the level, else None."""

    value: str
    label: str
    level: int | None


@dataclass(frozen=True, slots=True)
class Field:
    """One question of an indicator, as it appears in forms and in the tender file.

    ``kind``: choice, multi_choice, boolean, integer, number, months, share (0 to 1) or text. ``nullable``: an empty
    answer has the meaning ``null_label``. ``required``: without it the indicator counts as not answered. ``least`` and
    ``most`` are inclusive bounds of numbers, None for none. ``longest`` is in characters.
    """

    key: str
    label: str
    hint: str
    kind: str
    choices: tuple[Choice, ...]
    required: bool
    nullable: bool
    null_label: str | None
    least: Decimal | None
    most: Decimal | None
    longest: int
    pattern: str | None


@dataclass(frozen=True, slots=True)
class Condition:
    """What one answer must be; every part that is set must hold. Numbers compare exactly."""

    key: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    above: Decimal | None = None
    one_of: tuple[str | bool, ...] | None = None
    includes: tuple[str, ...] = ()
    includes_any: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """All conditions together give the level."""

    level: int
    when: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a sum: its points when the conditions hold."""

    points: int
    label: str
    when: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AreaCheck:
    """LA1's check against the register: the answers it is for, and (least share of patients, level) from the top."""

    applies_to: tuple[str, ...]
    bands: tuple[tuple[Decimal, int], ...]


@dataclass(frozen=True, slots=True)
class IndicatorStop:
    """Level 0 excludes the bid, where a function of one of ``tiers`` is bought; no tiers means always."""

    code: str
    text: str
    tiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndicatorSpec:
    """One indicator of the rubric: question, answers, rules, default weight and relevance for each tier.

    ``source``: register, declared, register_or_declared or commissioner. ``levels`` has the wording of levels 0 to 4.
    Exactly one of ``level_from`` (a choice field), ``rules`` and ``parts`` decides the level.
    """

    id: str
    criterion: str
    title: str
    question: str
    source: str
    mandatory: bool
    weight: Decimal
    relevance: Mapping[str, Decimal]
    levels: tuple[str, ...]
    fields: tuple[Field, ...]
    level_from: str | None
    rules: tuple[Rule, ...]
    parts: tuple[Part, ...]
    area_check: AreaCheck | None
    stop: IndicatorStop | None

    @property
    def needs_evidence(self) -> bool:
        """Whether the answer is the bidder's word, so that without a document its level is capped."""
        return self.source in ("declared", "register_or_declared")

    def field(self, key: str) -> Field:
        """The field of that key; raises PolicyError where the indicator has none."""
        for field in self.fields:
            if field.key == key:
                return field
        raise PolicyError(f"{self.id} has no answer called {key!r}")


@dataclass(frozen=True, slots=True)
class IndicatorSetting:
    """An indicator as a need starts with it: weight times relevance, and what happens when it is missing or low."""

    id: str
    criterion: str
    weight: Decimal
    source: str
    missing: str
    min_level: int | None

    def as_document(self) -> dict[str, object]:
        """The indicator in the form of the score file: a whole weight as int, another as decimal string."""
        whole = self.weight == self.weight.to_integral_value()
        entry: dict[str, object] = {
            "id": self.id,
            "criterion": self.criterion,
            "weight": int(self.weight) if whole else format(self.weight.normalize(), "f"),
            "source": self.source,
        }
        if self.missing != "zero":
            entry["missing"] = self.missing
        if self.min_level is not None:
            entry["min_level"] = self.min_level
        return entry
