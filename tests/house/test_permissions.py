"""The checked-in table of who may do what (permissions.toml) is what the running application does."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from marketplace.identity.roles import EVERYBODY, PUBLIC, RULES, Rule
from marketplace.web.guards import SAFE, rule_of
from tests.house import permissions

NOBODY = Rule("nobody", frozenset(), anonymous=False, changes=True)
ANYBODY = Rule("anybody", EVERYBODY, anonymous=True, changes=True)
REWRITE = "run `python -m tests.house.permissions --write` and read the diff of permissions.toml"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """The table as checked in."""
    return permissions.read_table()


@pytest.fixture
def app() -> Iterator[Flask]:
    """The whole application on an empty database."""
    with permissions.application() as app:
        yield app


def test_every_route_is_in_the_table_with_its_rule(app: Flask, expected: dict[str, Any]) -> None:
    found = {}
    for route in permissions.routes(app):
        rule = rule_of(app, route.endpoint)
        found[route.name] = (route.endpoint, rule.name if rule else "none")
    assert found == {name: (row["endpoint"], row["rule"]) for name, row in expected["roles"].items()}, REWRITE
    staged = {route.name for route in permissions.routes(app) if route.staged}
    assert staged == set(expected["stages"]), REWRITE


def test_every_route_names_a_rule_of_the_table_of_rules(app: Flask) -> None:
    for endpoint in app.view_functions:
        assert rule_of(app, endpoint) in RULES, f"{endpoint} names no rule"


def test_no_reading_rule_guards_a_change(app: Flask) -> None:
    for route in permissions.routes(app):
        rule = rule_of(app, route.endpoint)
        assert route.method in SAFE or (rule is not None and rule.changes), f"{route.name} changes under a reading rule"


def test_view_without_a_rule_and_change_under_a_reading_rule_are_refused(app: Flask) -> None:
    def view() -> str:
        return "shown"

    app.add_url_rule("/nameless", "nameless", view, methods=["GET", "POST"])
    client = app.test_client()
    assert client.get("/nameless").status_code == 403
    view.__dict__["rule"] = PUBLIC
    assert client.get("/nameless").get_data() == b"shown"
    assert client.post("/nameless").status_code == 403


def test_roles_get_past_the_guard_as_the_table_says(app: Flask, expected: dict[str, Any]) -> None:
    found = permissions.role_table(app)
    wrong = {name: (row, found.get(name)) for name, row in expected["roles"].items() if found.get(name) != row}
    assert wrong == {}, REWRITE


def test_opening_or_closing_any_rule_breaks_a_cell(app: Flask, expected: dict[str, Any]) -> None:
    """So that no rule can be loosened or tightened without somebody reading the change."""
    people = permissions.people_of_every_role(app)
    browser = permissions.Browser(app)
    unnoticed = []
    for route in permissions.routes(app):
        view = app.view_functions[route.endpoint]
        real, yes = view.__dict__["rule"], expected["roles"][route.name]["yes"]
        # One person is enough to notice: somebody whom the table lets in, and somebody whom it keeps out.
        let_in = next(role for role in permissions.ROLES if role in yes)
        kept_out = next((role for role in permissions.ROLES if role not in yes), None)
        try:
            view.__dict__["rule"] = NOBODY
            if permissions.passes(browser, route, people[let_in]):
                unnoticed.append(f"{route.name} for nobody")
            view.__dict__["rule"] = ANYBODY
            if kept_out is not None:
                refusal = 401 if kept_out == permissions.ANONYMOUS else 403
                answer = browser.status(route, permissions.fill(route.path, {}), people[kept_out])
                unnoticed += [f"{route.name} for anybody"] if answer == refusal else []
        finally:
            view.__dict__["rule"] = real
        if "sign-out" in route.path:
            browser.forget()
        assert kept_out is not None or real.anonymous, f"{route.name} lets everybody in and is not public"
    assert unnoticed == []


@pytest.mark.parametrize("half", ["of needs", "of bids"])
def test_stages_give_the_answers_of_the_table(expected: dict[str, Any], half: str) -> None:
    with permissions.application(permissions.CLOCK) as app:
        wanted = {name for name in expected["stages"] if ("<need_id>" in name) == (half == "of needs")}
        found = permissions.stage_table(app, wanted)
    wrong = {
        f"{name} {stage}": (answers, found[name].get(stage))
        for name in wanted
        for stage, answers in expected["stages"][name].items()
        if found[name].get(stage) != answers
    }
    assert wrong == {}, REWRITE


def test_foreign_objects_are_not_there(expected: dict[str, Any]) -> None:
    """In every stage, whatever is not public: 404 for other organisations, and no route breaks for anybody."""
    for name, row in expected["stages"].items():
        public = expected["roles"][name]["rule"] == PUBLIC.name
        for stage, answers in row.items():
            by_person = dict(each.rsplit(" ", 1) for each in answers.split(", "))
            assert not [code for code in by_person.values() if code.startswith("5")], f"{name} in {stage}"
            if name.startswith(("GET /buyer", "POST /buyer", "GET /bids", "POST /bids")):
                foreign = {code for person, code in by_person.items() if person.startswith("foreign_")}
                assert foreign == {"404"}, f"{name} in {stage}"
            if public and stage in ("draft", "review"):
                assert set(by_person.values()) == {"404"}, f"{name} shows a need in {stage}"
