"""A canary: a price planted in a bid is read by its own bidder and by nobody else before the opening, wherever it
might leak.
"""

import logging
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from marketplace.bids import access, actions, drafting
from marketplace.identity.models import User
from marketplace.identity.roles import Kind, Role
from marketplace.journal.models import JournalLine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.errors import NotHere
from marketplace.kit.uploads import Upload
from marketplace.notices.models import Mail
from tests.factories import make_organisation, make_user
from tests.factories_bids import make_bidder, make_complete_bid, make_open_need, submit

PENCE = 7_654_321
SEEN_AS = ("7654321", "76,543.21", "76543.21", "Canary Vat", "canary-minutes", "canary.example", "KANARIENVOGEL")
BIDDER = "Yellow Bird Services"


@pytest.fixture
def planted(database: Database) -> tuple[str, str, User, list[User]]:
    """(need, bid, its bidder, everybody else): a bid whose price, evidence and decline of another are easy to
    recognise.
    """
    with unit_of_work(database) as work:
        buyer = make_organisation(work)
        need_id = make_open_need(work, buyer).id
        _o, user, viewer = make_bidder(work, name=BIDDER)
        _o, rival, _rival_viewer = make_bidder(work)
        _o, _u, decliner = make_bidder(work)
        people = [make_user(work, buyer, role) for role in (Role.MANAGER, Role.APPROVER, Role.EVALUATOR, Role.AUDITOR)]
        people += [make_user(work, make_organisation(work, Kind.OPERATOR), Role.OPERATOR), rival]
    bid_id, revision = make_complete_bid(database, viewer, need_id, yearly_pence=PENCE)
    with unit_of_work(database) as work:
        number = {"bid_id": bid_id, "number": 1}
        content = access.own_draft(work.session, viewer, bid_id).content
        lines = content["lots"]["1"]["lines"]
        lines["hr"]["vat_confirmed_by"] = "Canary Vat"
        saved = drafting.save_lot(work, viewer, **number, revision=revision, values={"lines": lines})
        upload = Upload("canary-minutes.txt", "text/plain", b"KANARIENVOGEL")
        saved = drafting.attach_document(
            work, viewer, bid_id=bid_id, revision=saved.bid.revision, indicator="LA2", upload=upload
        )
        drafting.attach_link(
            work, viewer, bid_id=bid_id, revision=saved.bid.revision, indicator="LA4", url="https://canary.example/"
        )
    with unit_of_work(database) as work:
        drafting.say_intention(work, decliner, need_id=need_id, intends=False, reason="KANARIENVOGEL")
    submit(database, viewer, bid_id, key="a" * 32)
    return need_id, bid_id, user, people


def paths_of(app: Flask, need_id: str, bid_id: str) -> list[str]:
    """Every address of the application that a GET can reach with this need and this bid."""
    values = {
        "need_id": need_id,
        "bid_id": bid_id,
        "number": 1,
        "lot": 1,
        "page": "1",
        "doc_id": "x",
        "document_id": "x",
        "indicator": "LA2",
        "organisation_id": "x",
        "user_id": "x",
        "mail_id": "x",
        "token": "x",
        "code": "x",
        "filename": "app.css",
        "function": "hr",
        "path": "x",
    }
    found = []
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.endpoint != "static":
                given = {name: values.get(name, "x") for name in rule.arguments}
                try:
                    found.append(adapter.build(rule.endpoint, given, method="GET"))
                except Exception:  # a converter that refuses "x": a page that cannot be reached with it
                    continue
    return sorted(set(found))


def test_the_canary_is_nowhere_but_with_its_bidder(
    app: Flask,
    database: Database,
    client: FlaskClient,
    sign_in: Callable[[User], FlaskClient],
    planted: tuple[str, str, User, list[User]],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    need_id, bid_id, bidder, people = planted
    own = sign_in(bidder).get(f"/bids/{bid_id}/versions/1").get_data(as_text=True)
    assert all(
        mark in own for mark in ("76,543.21", "Canary Vat", "canary.example")
    )  # the canary sings where it should
    paths = paths_of(app, need_id, bid_id)
    assert f"/needs/{need_id}" in paths
    leaks = []
    for person in (None, *people):
        browser = sign_in(person) if person else client
        for path in paths:
            if path == "/sign-out":
                continue
            text = browser.get(path).get_data(as_text=True)
            marks = (*SEEN_AS, BIDDER) if person is None or person.role not in (Role.OPERATOR, Role.BIDDER) else SEEN_AS
            leaks += [(person.role if person else "public", path, mark) for mark in marks if mark in text]
            if person and person.role is not Role.BIDDER and f"bid:{bid_id}" in text:
                leaks.append((person.role, path, "the journal's line about the bid"))
    assert not leaks
    with database.reading() as session:
        journal = " ".join(f"{line.verb} {line.subject} {line.facts}" for line in session.exec(select(JournalLine)))
        mails = " ".join(f"{mail.to} {mail.subject} {mail.text}" for mail in session.exec(select(Mail)))
    logs = caplog.text + "".join(capfd.readouterr())
    for place, text in (("journal", journal), ("mail", mails), ("log", logs)):
        assert not [mark for mark in SEEN_AS if mark in text], place


def test_a_refused_submission_says_nothing_of_what_is_inside(
    database: Database, planted: tuple[str, str, User, list[User]]
) -> None:
    _need_id, bid_id, _bidder, _people = planted
    with unit_of_work(database) as work:
        _o, _u, stranger = make_bidder(work)
    with pytest.raises(NotHere) as caught, database.reading() as session:
        actions.prepare(session, stranger, bid_id)
    assert not [mark for mark in SEEN_AS if mark in str(caught.value)]


def test_the_operators_outbox_does_not_tell_who_bids_for_what(
    database: Database, sign_in: Callable[[User], FlaskClient], planted: tuple[str, str, User, list[User]]
) -> None:
    operator = next(person for person in planted[3] if person.role is Role.OPERATOR)
    browser = sign_in(operator)
    outbox = browser.get("/operator/outbox").get_data(as_text=True)
    assert "Private mail" in outbox
    assert "Receipt" not in outbox
    mail = re.search(r'href="(/operator/outbox/[^"?]+)"', outbox)
    assert mail is not None
    shown = browser.get(mail[1]).get_data(as_text=True)
    assert "Nobody but the recipient may read it" in shown
    assert "Receipt" not in shown
