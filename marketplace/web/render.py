"""Draws a field with its component of the design system: `{{ form.title() }}` in a template ends here."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from wtforms import Field

from marketplace.web.choices import BooleanField, RadioField, SelectField
from marketplace.web.dates import DateField
from marketplace.web.pages import nhsuk
from marketplace.web.text import FieldBase, FileField, TextAreaField

# What a template may give, as in form.price(size="l", width="5"); anything else becomes an attribute of the input.
OURS = frozenset({"size", "heading", "hint", "hide_label"})  # read here
PARAMETERS = frozenset({"width", "prefix", "suffix", "rows", "inline", "small", "classes"})  # handed to the component
PARAMETERS |= {"inputmode", "spellcheck", "autocapitalize", "autocomplete"}


def draw(field: Field, given: Mapping[str, Any]) -> Markup | None:
    """The field with label, hint and error; None when it is not one of ours (a hidden field, say).

    `given`: size ("s", "m", "l": of the label), heading (the label is the page's h1), hint, width (in characters),
    rows, inline and small (radios, checkboxes), hide_label (in cells of a table: read out, not shown), classes.
    """
    if not isinstance(field, FieldBase):
        return None
    options = {**field.defaults, **(field.render_kw or {}), **given}
    hint = options.get("hint", field.description)
    params: dict[str, Any] = {key: value for key, value in options.items() if key in PARAMETERS}
    params["attributes"] = {key: value for key, value in options.items() if key not in PARAMETERS | OURS}
    params["hint"] = {"text": hint} if hint else None
    params["errorMessage"] = {"text": field.errors[0]} if field.errors else None
    return _draw(field, params, options)


def _draw(field: FieldBase, params: dict[str, Any], options: Mapping[str, Any]) -> Markup:
    name = _name(field, options)
    if isinstance(field, DateField):
        return _date(field, params, name)
    if isinstance(field, SelectField):
        return _select(field, params, name)
    if isinstance(field, RadioField | BooleanField):
        return _choices(field, params, name)
    params |= {"id": field.id, "name": field.name, "label": name}
    if isinstance(field, FileField):
        return nhsuk("file-upload", params)
    if isinstance(field, TextAreaField):
        return _textarea(field, params)
    return nhsuk("input", {**params, "type": field.input_type, "value": field._value()})


def _name(field: FieldBase, options: Mapping[str, Any]) -> dict[str, Any]:
    """The label or legend. A field that may stay empty says so, unless its label does."""
    text = field.label.text
    if field.optional and not options.get("hide_label") and "optional" not in text.lower():
        text = f"{text} (optional)"
    return {
        "text": text,
        "size": options.get("size", "s"),
        "isPageHeading": True if options.get("heading") else None,
        "classes": "nhsuk-u-visually-hidden" if options.get("hide_label") else None,
    }


def _textarea(field: TextAreaField, params: dict[str, Any]) -> Markup:
    if field.words:
        limit = f"You can write up to {field.words:,} words."
        params["hint"] = {"text": f"{params['hint']['text']} {limit}" if params["hint"] else limit}
    # A browser drops the first line break inside a textarea: one more keeps the typing as it was.
    return nhsuk("textarea", {**params, "value": Markup("\n") + field._value()})


def _choices(field: RadioField | BooleanField, params: dict[str, Any], name: dict[str, Any]) -> Markup:
    chosen, attributes = field.chosen(), params.pop("attributes")
    params |= {"idPrefix": field.id, "name": field.name}
    params["fieldset"] = {"legend": name} if isinstance(field, RadioField) else None
    params["items"] = [
        {
            "value": each.value,
            "text": each.label,
            "hint": {"text": each.hint} if each.hint else None,
            "checked": each.value in chosen,
            "attributes": attributes,
        }
        for each in field.options()
    ]
    return nhsuk(field.component, params)


def _select(field: SelectField, params: dict[str, Any], name: dict[str, Any]) -> Markup:
    chosen = field.chosen()
    items = [{"value": each.value, "text": each.label, "selected": each.value in chosen} for each in field.options()]
    if field.prompt:
        items.insert(0, {"value": "", "text": field.prompt, "selected": not chosen})
    return nhsuk("select", {**params, "id": field.id, "name": field.name, "label": name, "items": items})


def _date(field: DateField, params: dict[str, Any], name: dict[str, Any]) -> Markup:
    wrong = field.wrong or set(field.parts)
    attributes = params.pop("attributes")
    boxes = [
        {
            "id": f"{field.id}-{part}",
            "name": f"{field.name}-{part}",
            "label": "Time, in London" if part == "time" else part.capitalize(),
            "value": text,
            "width": {"year": "4", "time": "5"}.get(part, "2"),
            "error": bool(field.errors) and part in wrong,
            "inputmode": "text" if part == "time" else "numeric",
            "attributes": attributes,
        }
        for part, text in field.boxes().items()
    ]
    return nhsuk("date-input", {**params, "id": field.id, "fieldset": {"legend": name}, "items": boxes})


def first_input(field: Field) -> str:
    """The id of the input that a link in the error summary leads to."""
    if isinstance(field, DateField):
        part = next((each for each in field.parts if each in field.wrong), field.parts[0])
        return f"{field.id}-{part}"
    return field.id
