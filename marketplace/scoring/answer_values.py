"""Reading answers: each key known, each value of its kind and within its bounds, numbers exact."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.policy import Field, answer_fields
from marketplace.scoring import reading
from marketplace.scoring.canonical import decimal_text, rounded
from marketplace.scoring.reading import ScoreFileError, below

# None means "null" where null is an answer (such as: no promise); a question without an answer has no entry at all.
Value = str | bool | Fraction | tuple[str, ...] | None
_MOST = 10**12


def read_answers(answers: object, path: str = "answers") -> dict[str, Value]:
    """The answers by key, without those left empty; raises ScoreFileError naming the key that is not allowed."""
    fields = answer_fields()
    found: dict[str, Value] = {}
    for key, value in reading.mapping(answers, path, fields.keys()).items():
        _, field = fields[key]
        if _empty(field, value):
            continue
        found[key] = None if value is None else _value(field, value, below(path, key))
    return found


def _empty(field: Field, value: Any) -> bool:
    if value is None:
        return not field.nullable
    return field.kind == "text" and isinstance(value, str) and not value.strip()


def _value(field: Field, value: Any, path: str) -> Value:
    if field.kind == "choice":
        return reading.one_of(value, path, [choice.value for choice in field.choices])
    if field.kind == "multi_choice":
        allowed = [choice.value for choice in field.choices]
        entries = [
            reading.one_of(entry, below(path, place), allowed)
            for place, entry in enumerate(reading.sequence(value, path))
        ]
        if len(set(entries)) != len(entries):
            raise ScoreFileError(path, "an entry occurs twice")
        return tuple(entry for entry in allowed if entry in entries)
    if field.kind == "boolean":
        if not isinstance(value, bool):
            raise ScoreFileError(path, f"true or false was expected, not {reading.kind_of(value)}")
        return value
    if field.kind == "text":
        words = reading.text(value, path, longest=field.longest)
        if field.pattern and not re.fullmatch(field.pattern, words, re.ASCII):
            raise ScoreFileError(path, f"{reading.show(words)} is not of the form that is asked for: {field.hint}")
        return words
    return _number(field, value, path)


def _number(field: Field, value: Any, path: str) -> Fraction:
    number = number_of(value, path)
    if field.kind == "integer" and number.denominator != 1:
        raise ScoreFileError(path, f"a whole number was expected, not {reading.show(str(value))}")
    if field.least is not None and number < Fraction(field.least):
        raise ScoreFileError(path, f"{reading.show(str(value))} is less than {field.least}")
    if field.most is not None and number > Fraction(field.most):
        raise ScoreFileError(path, f"{reading.show(str(value))} is more than {field.most}")
    return number


def number_of(value: object, path: str) -> Fraction:
    """An exact number from a whole number, a Decimal, a Fraction or a decimal written as text; negative ones too.

    Raises ScoreFileError for true, false, floats, NaN, infinities and absurd sizes.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > 30 or len(value.as_tuple().digits) > 30:
            raise ScoreFileError(path, "this number cannot be used")
        value = format(value, "f")
        sign, value = (-1, value[1:]) if value.startswith("-") else (1, value)
        return sign * Fraction(value)
    if isinstance(value, str):
        return reading.exact(value, path, most=_MOST)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ScoreFileError(path, f"a number was expected, not {reading.kind_of(value)}")
    if abs(value) > _MOST:
        raise ScoreFileError(path, "this number cannot be used")
    return Fraction(value)


def value_words(field: Field, value: Value) -> str:
    """An answer as people read it: the label of a choice, a share in percent, yes or no."""
    if value is None:
        return field.null_label or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(choice.label for choice in field.choices if choice.value in value) or "none"
    if isinstance(value, Fraction):
        share = field.kind == "share"
        return f"{decimal_text(rounded(100 * value if share else value, 2))}{'%' if share else ''}"
    return next((choice.label for choice in field.choices if choice.value == value), value)
