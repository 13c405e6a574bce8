"""Our quick macros for forms draw what the design system's own library draws, only faster."""

from html.parser import HTMLParser
from typing import Any

import pytest

from marketplace.kit.settings import Settings
from marketplace.web import pages
from tests.toolkit_gallery import make_app

APP = make_app(Settings())
LABEL = {"text": "Title & <b>"}
SPOKEN = {"hint": {"text": "Hint <i>"}, "errorMessage": {"text": "Enter <it>"}}
ITEMS = [
    {"value": "a", "text": "A <b>", "hint": {"text": "what A is"}, "checked": True, "attributes": {"data-x": '"1"'}},
    {"value": "b", "text": "B", "checked": False},
]
BOXES = [
    {"id": "x-day", "name": "x-day", "label": "Day", "value": "3", "width": "2", "error": True, "inputmode": "numeric"},
    {"id": "x-time", "name": "x-time", "label": "Time", "value": "", "width": "5", "error": False, "inputmode": "text"},
]
LEGEND = {"fieldset": {"legend": {"text": "Legend <b>", "size": "m"}}}
BIG = {"fieldset": {"legend": {"text": "Legend", "size": "l", "isPageHeading": True, "classes": "own"}}}

CASES: list[tuple[str, dict[str, Any]]] = [
    (
        "input",
        {"value": '"<>', "type": "email", "autocomplete": "email", "spellcheck": False, "autocapitalize": "none"},
    ),
    ("input", {"value": "1", "prefix": "£", "width": "10", "inputmode": "decimal", **SPOKEN}),
    ("input", {"value": "", "suffix": "%", "classes": "own", "attributes": {"maxlength": 5, "data-y": "z"}}),
    ("input", {"label": {"text": "T", "size": "l", "isPageHeading": True, "classes": "nhsuk-u-visually-hidden"}}),
    ("textarea", {"value": "one\n  <two>", "rows": 8, **SPOKEN}),
    ("textarea", {"value": "", "classes": "own", "attributes": {"maxlength": 5}}),
    (
        "select",
        {"items": [{"value": "", "text": "Choose"}, {"value": "a", "text": "A <b>", "selected": True}], **SPOKEN},
    ),
    ("select", {"items": [{"value": "a", "text": "A"}, {"value": "b", "text": "B"}], "value": "b"}),
    ("file-upload", {}),
    ("file-upload", SPOKEN),
    ("radios", {"items": ITEMS, **LEGEND, **SPOKEN}),
    ("radios", {"items": ITEMS, "inline": True, "small": True, "classes": "own", **BIG}),
    ("checkboxes", {"items": ITEMS, **LEGEND, **SPOKEN}),
    ("checkboxes", {"items": ITEMS[1:], **SPOKEN}),
    ("date-input", {"items": BOXES, **LEGEND, **SPOKEN}),
    ("date-input", {"items": BOXES[1:], **BIG}),
]


class Tree(HTMLParser):
    """The elements, their attributes in any order, and the words, without the space around them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[Any] = []
        self.raw = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {name: " ".join(sorted((value or "").split())) for name, value in attrs}))
        self.raw = tag == "textarea"

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(f"/{tag}")
        self.raw = False

    def handle_data(self, data: str) -> None:
        if self.raw or data.strip():
            self.seen.append(data if self.raw else data.strip())


@pytest.mark.parametrize(("name", "own"), CASES)
def test_macro_draws_what_the_library_draws(name: str, own: dict[str, Any]) -> None:
    params = {"id": "x", "name": "x", "label": LABEL, **own}
    if name in ("radios", "checkboxes", "date-input"):
        del params["label"]
        if name != "date-input":
            params["idPrefix"] = params.pop("id")
    with APP.test_request_context():
        ours, theirs = pages.nhsuk(name, params), pages.from_library(name, params)
        assert ours != theirs  # otherwise the library was called twice
        assert Tree(ours).seen == Tree(theirs).seen


def test_a_component_goes_by_its_name_unless_it_has_an_id() -> None:
    with APP.test_request_context():
        for name, params in (("input", {"label": LABEL}), ("radios", {"items": ITEMS, **LEGEND})):
            given = {"name": "x", **params}
            assert Tree(pages.nhsuk(name, given)).seen == Tree(pages.from_library(name, given)).seen


def test_parameters_that_the_macros_do_not_know_go_to_the_library() -> None:
    with APP.test_request_context():
        params = {"id": "x", "name": "x", "label": LABEL, "placeholder": "never mind"}
        assert pages.nhsuk("input", params) == pages.from_library("input", params)
        assert "nhsuk-back-link" in pages.nhsuk("back-link", {"href": "/", "text": "Back"})
