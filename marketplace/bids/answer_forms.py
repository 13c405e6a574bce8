"""The forms of a bid's answers, made from the rubric's fields: they parse and phrase, nothing else."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from wtforms.validators import ValidationError

from marketplace import policy
from marketplace.bids.draft import asked_fields
from marketplace.bids.forms import DraftForm, as_text, make_form
from marketplace.scoring.canonical import decimal_text
from marketplace.web.fields import (
    BooleanField,
    CheckboxesField,
    DecimalPercentField,
    FieldBase,
    Option,
    RadioField,
    SelectField,
    TextField,
    WholeNumberField,
)

YES_NO = (Option("yes", "Yes"), Option("no", "No"))
NULL = "_null"  # the box beside a number: "no promise"
AREA_CODE = "la1_body_area_code"


class NumberField(FieldBase):
    """A number with at most two decimals from `least` to `most`: Decimal, or None."""

    defaults = {"inputmode": "decimal", "spellcheck": False, "width": "5"}

    def __init__(self, label: str = "", *, least: Decimal, most: Decimal, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(label, **kwargs)

    def parse(self, text: str) -> Decimal:
        bare = text.strip()
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", bare, re.ASCII):
            raise ValueError(
                f"{self.named} must be a number in the digits 0 to 9 with at most two decimals, for example 1.5"
            )
        value = Decimal(bare)
        if not self.least <= value <= self.most:
            raise ValueError(f"{self.named} must be from {self.least} to {self.most}")
        return value

    def say(self, value: Any) -> str:
        return decimal_text(Decimal(value))


def answers_form(indicators: Sequence[str], councils: Sequence[Option] = ()) -> type[DraftForm]:
    """The page of some indicators' questions, made from the rubric's fields. `councils` are those of the register, to
    choose the body's area from; without any, its code is typed.
    """
    fields: list[tuple[str, Any]] = []
    for each in indicators:
        for field in asked_fields(each):
            chosen_area = field.key == AREA_CODE and councils
            fields.append((field.key, _council_field(councils) if chosen_area else _answer_field(field)))
            if field.nullable:
                fields.append((field.key + NULL, BooleanField(field.null_label or "None")))
    return make_form("AnswersForm", fields)


def _council_field(councils: Sequence[Option]) -> SelectField:
    return SelectField(
        "If that body is a council, or covers the area of one: which council?",
        called="the council",
        description="It is checked against the register: how many of the buyer's patients live in its area decides the "
        "level. If you choose none, the evaluation says that your answer was not checked.",
        prompt="None of these",
        choices=councils,
    )


def _answer_field(field: policy.Field) -> Any:
    words: dict[str, Any] = {"called": f"“{field.label}”", "description": field.hint}
    options = tuple(Option(choice.value, choice.label) for choice in field.choices)
    if field.nullable:
        words["description"] = ""  # the rubric's hint says to leave it empty; here a box beside it says so
    if field.kind == "choice":
        return RadioField(field.label, choices=options, **words)
    if field.kind == "multi_choice":
        return CheckboxesField(field.label, choices=options, **words)
    if field.kind == "boolean":
        return RadioField(field.label, choices=YES_NO, **words)
    if field.kind == "share":
        return DecimalPercentField(field.label, **words)
    if field.kind == "text":
        return TextField(
            field.label, most=field.longest, validators=[_Pattern(field)] if field.pattern else None, **words
        )
    least, most = field.least or Decimal(0), field.most if field.most is not None else Decimal(10**9)
    if field.kind == "number":
        return NumberField(field.label, least=least, most=most, **words)
    return WholeNumberField(field.label, least=int(least), most=int(most), **words)


class _Pattern:
    """The text must have the form that the rubric asks for."""

    def __init__(self, field: policy.Field) -> None:
        self.field = field

    def __call__(self, _form: Any, field: Any) -> None:
        if field.data and not re.fullmatch(self.field.pattern or "", field.data, re.ASCII):
            raise ValidationError(f"“{self.field.label}” must be of the form described: {self.field.hint}")


def answers_of(form: DraftForm, indicators: Sequence[str]) -> dict[str, Any] | None:
    """The answers of a valid form, as the draft stores them; None (with the errors at their fields) where a box
    contradicts a number.
    """
    found: dict[str, Any] = {}
    for each in indicators:
        for field in asked_fields(each):
            value = form[field.key].data
            ticked = field.nullable and form[field.key + NULL].data
            if ticked and value is not None:
                form[field.key].errors = [f"Either enter “{field.label}” or tick “{field.null_label}”, not both"]
            elif ticked:
                found[field.key] = None
            elif field.kind == "boolean" and value:
                found[field.key] = value == "yes"
            elif value not in (None, "", []):
                found[field.key] = as_text(value)
    return None if any(field.errors for field in form) else found


def answers_data(answers: Mapping[str, Any], indicators: Sequence[str]) -> dict[str, Any]:
    """The data of an answers form for what is stored."""
    data: dict[str, Any] = {}
    for each in indicators:
        for field in asked_fields(each):
            if field.key not in answers:
                continue
            value = answers[field.key]
            if value is None:
                data[field.key + NULL] = True
            elif field.kind == "boolean":
                data[field.key] = "yes" if value else "no"
            else:
                data[field.key] = Decimal(str(value)) if field.kind in ("share", "number") else value
    return data
