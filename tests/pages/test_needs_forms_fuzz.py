"""Whatever is typed into the forms of a need: a value or a sentence, never an exception, nothing lost."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wtforms import Field

from marketplace.needs import forms, judging_form, table_forms
from marketplace.needs.method import Lot, default_judging
from marketplace.web.choices import BooleanField, RadioField
from marketplace.web.dates import DateField
from marketplace.web.forms import PageForm

NASTY = [
    "", " ", "0", "-1", "sNaN", "NaN", "Infinity", "1e9", "１２", "٣", "1,2,3", "£", "£1", "1.234",
    "99" * 20, "<b>", "a\0b", "\ud7ff", "\u202e", "13", "31", "=1+1", "'; --", "\r\n\r\n",
    "x" * 10_000, "word " * 31, "12:00", "25:61", "1", "open", "ceiling", "hr",
]  # fmt: skip
TYPED = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
LOTS = [Lot(1, ("hr", "it"), None), Lot(2, ("estates",), None)]
FORMS: dict[str, Callable[..., PageForm]] = {
    "what": forms.WhatForm,
    "service": forms.ServiceForm,
    "requirements": forms.RequirementsForm,
    "budget": forms.budget_form(LOTS, ask_population=True),
    "judging": judging_form.judging_form(),
    "dates": forms.DatesForm,
    "bidders": forms.BiddersForm,
    "ledger": table_forms.ledger_form(2),
}


def inputs_of(field: Field) -> list[str]:
    """The names that a browser sends for a field."""
    return [f"{field.name}-{part}" for part in field.parts] if isinstance(field, DateField) else [field.name]


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_typing_gives_a_value_or_a_sentence(app: Flask, name: str, data: Any) -> None:
    with app.test_request_context("/", method="POST"):
        names = [each for field in FORMS[name]().visible_fields for each in inputs_of(field)]
    typed = {
        each: data.draw(TYPED, label=each)
        for each in data.draw(st.lists(st.sampled_from(names), unique=True, max_size=12))
    }
    with app.test_request_context("/", method="POST", data=typed):
        form = FORMS[name]()
        valid = form.validate()
        sentences = [sentence for sentence, _target in form.problems]
        assert valid == (not sentences)
        assert all(len(sentence) > 10 and sentence[0].isupper() for sentence in sentences), sentences
        for field in form.visible_fields:
            drawn = str(field())
            if field.name in typed and not isinstance(field, BooleanField | RadioField | DateField):
                assert field._value() == str(typed[field.name]).replace("\r\n", "\n") or "\r" in typed[field.name]
            assert "<b>" not in drawn
        if valid and name == "judging":
            assert set(judging_form.judging_from(form)) == set(default_judging())
