"""Fields: one exact value or one sentence, and the typing kept."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from marketplace.kit.errors import Invalid, Refusal
from marketplace.kit.settings import Settings
from marketplace.web import fields
from marketplace.web.forms import PageForm, build_form
from tests.toolkit_gallery import make_app

APP: Flask = make_app(Settings(example_market=False))


@pytest.fixture(autouse=True)
def _in_a_request() -> Iterator[None]:
    with APP.test_request_context():
        yield


def form_with(field: Any, typed: dict[str, Any] | list[tuple[str, str]] | None, **data: Any) -> PageForm:
    """A form with the one field "x", sent with `typed` (None: not sent, drawn with `data`)."""
    kind = build_form("OneField", [("x", field)])
    sent = None if typed is None else MultiDict(typed)
    return kind(formdata=sent, meta={"csrf": False}, **data)


def take(field: Any, text: Any) -> Any:
    """The value of what was typed; it must be right."""
    form = form_with(field, text if isinstance(text, dict) else {"x": text})
    assert form.validate(), form.errors
    return form["x"].data


def refuse(field: Any, text: Any) -> str:
    """The one sentence about what was typed; it must be wrong, and be kept in the field."""
    typed = text if isinstance(text, dict | list) else {"x": text}
    form = form_with(field, typed)
    assert not form.validate()
    assert len(form["x"].errors) == 1
    drawn = str(form["x"]())
    assert form["x"].errors[0].replace("'", "&#39;").split("&")[0] in drawn
    assert "nhsuk-error-message" in drawn
    return str(form["x"].errors[0])


def test_pounds() -> None:
    price = fields.PoundsField("Yearly price", called="the yearly price")
    assert take(price, "£1,250,000.50") == 125_000_050
    assert refuse(price, "") == "Enter the yearly price in pounds, for example 1250000 or 1,250,000.50"
    assert refuse(price, "1.234").startswith("The yearly price must have at most two decimals")
    assert refuse(price, "sNaN").startswith("Enter the yearly price in pounds using digits only")
    assert take(fields.PoundsField("Floor", optional=True), "  ") is None
    assert 'value="1,250,000.50"' in str(form_with(price, None, x=125_000_050)["x"]())
    assert 'value="0"' in str(form_with(price, None, x=0)["x"]())  # a true 0 is not an empty field
    assert 'value="1.234"' in str(form_with(price, {"x": "1.234"})["x"]())


def test_text_that_cannot_be_read_does_not_leave_the_stored_value_behind() -> None:
    form = form_with(fields.PoundsField("Price"), {"x": "abc"}, x=500)
    assert not form.validate()
    assert form["x"].data is None


def test_whole_numbers() -> None:
    staff = fields.WholeNumberField("Staff", called="the number of staff", least=1, most=5000)
    assert take(staff, " 1,200 ") == 1200
    assert refuse(staff, "") == "Enter the number of staff as a whole number"
    assert "from 1 to 5,000" in refuse(staff, "0")
    assert "from 1 to 5,000" in refuse(staff, "5001")
    assert "without decimals" in refuse(staff, "2.5")
    assert "cannot be negative" in refuse(staff, "-3")
    assert "only look like them" in refuse(staff, "１２")
    for text in ("1e3", "Infinity", "NaN", "12,5", "0x1", "1_000", "9" * 400, "1\0"):
        assert "The number of staff must" in refuse(staff, text)


def test_percentages() -> None:
    weight = fields.PercentField("Weight", called="the weight of cost", least=20, most=70)
    assert take(weight, "40") == 40
    assert take(weight, "40 %") == 40
    assert "from 20 to 70" in refuse(weight, "19")
    index = fields.DecimalPercentField("Index", called="the index", least=Decimal(-5), most=Decimal(20))
    assert take(index, "2.5") == Decimal("0.025")
    assert take(index, "-1%") == Decimal("-0.01")
    assert take(index, "0") == 0
    assert "at most 2 decimals" in refuse(index, "2.505")
    assert "from -5 to 20 percent" in refuse(index, "20.01")
    for text in ("NaN", "sNaN", "Infinity", "1e1", "٢", "2,5", "--1", "1.", ".5"):
        refuse(index, text)
    assert 'value="2.5"' in str(form_with(index, None, x=Decimal("0.025"))["x"]())
    assert 'value="10"' in str(form_with(index, None, x=Decimal("0.1"))["x"]())


def test_text() -> None:
    title = fields.TextField("Title", called="a title", most=10)
    assert take(title, "  Payroll\u200b ") == "Payroll"
    assert take(title, "Cafe\u0301") == "Café"
    assert refuse(title, " ") == "Enter a title"
    assert "10 characters or fewer: it has 11" in refuse(title, "x" * 11)
    for text in ("a\0b", "a\x07b", "a\x85b", "a\u2028b"):
        assert "unprintable" in refuse(title, text)
    for text in ("a\u202eb", "a\u2066b", "\u200fab"):
        assert "direction marks" in refuse(title, text)
    assert "on one line" in refuse(title, "a\nb")
    assert take(fields.TextField("Other", optional=True), "") == ""


def test_long_text_counts_words_and_keeps_lines() -> None:
    about = fields.TextAreaField("About", words=3)
    assert take(about, "one\r\ntwo\r\n") == "one\ntwo"
    assert refuse(about, "one two three four") == "About must be 3 words or fewer: it has 4"
    drawn = str(form_with(about, {"x": "\n  <b>one</b>\n\ttwo"})["x"]())
    assert "You can write up to 3 words." in drawn
    assert ">\n\n  &lt;b&gt;one&lt;/b&gt;\n\ttwo</textarea>" in drawn


def test_email_and_password() -> None:
    email = fields.EmailField("E-mail", called="your e-mail address")
    assert take(email, " Ada@Example.ORG.uk ") == "Ada@example.org.uk"
    for text in ("ada", "ada@", "a b@example.org", "ada@example.org\u202e"):
        assert "your e-mail address" in refuse(email, text)
    password = fields.PasswordField(called="your password")
    assert take(password, " with spaces ") == " with spaces "
    assert "s3cret" not in str(form_with(password, {"x": "s3cret"})["x"]())
    assert 'autocomplete="new-password"' in str(form_with(fields.PasswordField(new=True), None)["x"]())


def test_radios_and_lists_take_only_what_is_offered() -> None:
    for kind in (fields.RadioField, fields.SelectField):
        tier = kind("Tier", called="a tier", choices=[("1", "One", "a hint"), ("2", "Two")], coerce=int)
        assert take(tier, "2") == 2
        assert refuse(tier, {}) == "Choose a tier"
        assert "not in it any more" in refuse(tier, "3")
        assert take(kind("Tier", optional=True, choices=[("1", "One")]), {}) is None
        drawn = str(form_with(tier, None, x=2)["x"]())
        assert drawn.count(" checked") + drawn.count(" selected") == 1


def test_checkboxes_come_in_the_order_of_the_choices() -> None:
    functions = fields.CheckboxesField("Functions", missing="Choose a function", choices=[("hr", "HR"), ("it", "IT")])
    form = form_with(functions, [("x", "it"), ("x", "hr")])
    assert form.validate()
    assert form["x"].data == ["hr", "it"]
    assert refuse(functions, {}) == "Choose a function"
    assert "not in it any more" in refuse(functions, [("x", "hr"), ("x", "spying")])
    assert take(fields.CheckboxesField("F", optional=True, choices=[("a", "A")]), {}) == []
    assert str(form_with(functions, None, x=["it"])["x"]()).count(" checked") == 1


def test_one_box() -> None:
    assert take(fields.BooleanField("Late bids"), {}) is False
    assert take(fields.BooleanField("Late bids"), "yes") is True
    must = fields.BooleanField("I agree", must=True, missing="Agree to go on")
    assert refuse(must, {}) == "Agree to go on"
    assert " checked" in str(form_with(must, None, x=True)["x"]())


def day(d: str, m: str, y: str, at: str | None = None) -> dict[str, str]:
    return {"x-day": d, "x-month": m, "x-year": y} | ({} if at is None else {"x-time": at})


def test_dates() -> None:
    start = fields.DateField("First day", called="the first day")
    assert take(start, day("1", "04", "2013")) == date(2013, 4, 1)
    assert take(start, day("29", "2", "2012")) == date(2012, 2, 29)
    assert refuse(start, day("", "", "")) == "Enter the first day"
    assert refuse(start, day("1", "", "")) == "The first day must include a month and a year"
    assert refuse(start, day("29", "2", "2013")) == "The first day must be a real date: February 2013 has 28 days"
    assert "day as a number from 1 to 31" in refuse(start, day("32", "1", "2013"))
    assert "month as a number from 1 to 12" in refuse(start, day("1", "13", "2013"))
    assert "year of four digits" in refuse(start, day("1", "1", "13"))
    assert "year of four digits" in refuse(start, day("1", "1", "99999"))
    for text in ("１", "٣", "-1", "1.0", "x", "²", "\0"):
        assert "in the digits 0 to 9" in refuse(start, day(text, "1", "2013"))
    assert take(fields.DateField("Last day", optional=True), {}) is None
    drawn = str(form_with(start, None, x=date(2013, 4, 1))["x"]())
    assert [part in drawn for part in ('value="1"', 'value="4"', 'value="2013"')] == [True] * 3


def test_only_the_box_at_fault_is_marked_and_linked() -> None:
    form = form_with(fields.DateField("First day"), day("1", "13", "2013"))
    assert not form.validate()
    assert form.problems[0][1] == "x-month"
    assert str(form["x"]()).count("nhsuk-input--error") == 1


@pytest.mark.parametrize(
    ("at", "hour", "minute"),
    [
        ("14:00", 14, 0),
        ("9:05", 9, 5),
        ("2pm", 14, 0),
        ("2:30 PM", 14, 30),
        ("12am", 0, 0),
        ("12pm", 12, 0),
        ("9.30", 9, 30),
    ],
)
def test_times_of_day_in_winter(at: str, hour: int, minute: int) -> None:
    closing = fields.LondonDateTimeField("Closing time")
    assert take(closing, day("4", "3", "2013", at)) == datetime(2013, 3, 4, hour, minute, tzinfo=UTC)


def test_london_times() -> None:
    closing = fields.LondonDateTimeField("Closing time", called="the closing time")
    assert take(closing, day("1", "7", "2013", "14:00")) == datetime(2013, 7, 1, 13, tzinfo=UTC)  # summer time
    assert "clocks go forward" in refuse(closing, day("31", "3", "2013", "1:30"))
    assert "clocks go back" in refuse(closing, day("27", "10", "2013", "1:30"))
    assert "include a time of day" in refuse(closing, day("1", "7", "2013", ""))
    for at in ("24:00", "12:60", "13pm", "0am", "14", "noon", "１４:００", "14:00:00"):
        assert "time of day" in refuse(closing, day("1", "7", "2013", at))
    drawn = str(form_with(closing, None, x=datetime(2013, 7, 1, 13, tzinfo=UTC))["x"]())
    assert 'value="14:00"' in drawn


def test_form_key_is_made_once_and_checked() -> None:
    form = form_with(fields.FormKey(), None)
    key = form["x"].data
    assert UUID(key).version == 4
    assert take(fields.FormKey(), key) == key
    for bad in ("", "x" * 32, key.upper() + "0", "１" * 32):
        form = form_with(fields.FormKey(), {"x": bad})
        assert not form.validate()
        assert form.problems == [
            ("The form had lost its key. Press the button once more: what you typed is kept", None)
        ]
        assert UUID(form["x"].data).version == 4  # so that pressing again works


def test_what_a_page_carries_along_is_blank_when_it_came_back_without_it() -> None:
    assert form_with(fields.HiddenField(), {"other": "1"}, data={"x": "7"})["x"].data == ""
    assert form_with(fields.HiddenField(), None, data={"x": "7"})["x"].data == "7"
    lost = form_with(fields.FormKey(), {"other": "1"})
    assert not lost.validate()
    assert "lost its key" in lost["x"].errors[0]


def test_labels_hints_and_choices_are_escaped() -> None:
    nasty = "<script>alert(1)</script>"
    for field in (
        fields.TextField(nasty, description=nasty),
        fields.TextAreaField(nasty, description=nasty),
        fields.PoundsField(nasty, description=nasty),
        fields.RadioField(nasty, description=nasty, choices=[(nasty, nasty, nasty)]),
        fields.CheckboxesField(nasty, description=nasty, choices=[(nasty, nasty, nasty)]),
        fields.SelectField(nasty, description=nasty, choices=[(nasty, nasty)]),
        fields.DateField(nasty, description=nasty),
        fields.FileField(nasty, description=nasty),
        fields.BooleanField(nasty),
    ):
        typed = {"x": nasty, "x-day": f'"{nasty}', "x-month": nasty}
        form = form_with(field, typed)
        form.validate()
        assert "<script" not in str(form["x"]())


def test_refusals_of_an_action_stand_at_their_field_or_on_top() -> None:
    form = form_with(fields.TextField("Title"), {"x": "Payroll"})
    assert form.validate()
    form.refuse(Invalid("That title is taken.", "Another need has it.", "Choose another.", field="x"))
    form.refuse(Refusal("The need is closed."))
    form.refuse(Invalid("No such place.", field="unknown"))
    assert form.problems == [
        ("The need is closed.", None),
        ("No such place.", None),
        ("That title is taken. Another need has it. Choose another.", "x"),
    ]
    assert 'value="Payroll"' in str(form["x"]())


def test_forms_made_from_data_keep_the_order_given_and_refuse_bad_names() -> None:
    late, early = fields.TextField("Late"), fields.TextField("Early")
    form = build_form("F", [("b", early), ("a", late)])(formdata=None, meta={"csrf": False})
    assert [field.name for field in form] == ["b", "a"]
    for name in ("validate", "_x", "a-b", "data", "ä", ""):
        with pytest.raises(ValueError, match="not a name for a field"):
            build_form("F", [(name, late)])
    with pytest.raises(ValueError, match="not a name for a field"):
        build_form("F", [("a", late), ("a", early)])


ALL = {
    "text": fields.TextField("T"),
    "lines": fields.TextAreaField("T"),
    "email": fields.EmailField("E"),
    "password": fields.PasswordField(),
    "pounds": fields.PoundsField("P"),
    "number": fields.WholeNumberField("N"),
    "percent": fields.PercentField("%"),
    "decimal": fields.DecimalPercentField("D"),
    "radio": fields.RadioField("R", choices=[("a", "A")]),
    "boxes": fields.CheckboxesField("C", choices=[("a", "A")]),
    "date": fields.DateField("D"),
    "time": fields.LondonDateTimeField("D"),
}


@pytest.mark.parametrize("kind", ALL)
@settings(deadline=None, max_examples=50)
@given(text=st.text(max_size=30))
def test_no_text_breaks_a_field(kind: str, text: str) -> None:
    with APP.test_request_context():
        form = form_with(ALL[kind], {"x": text} | day(text, text, text, text))
        valid = form.validate()
        assert valid != bool(form["x"].errors)
        assert valid or len(form["x"].errors[0]) > 3
        str(form["x"]())
