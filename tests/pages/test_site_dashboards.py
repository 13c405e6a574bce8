"""Dashboards: everybody sees what waits for them, and nobody what is sealed."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from marketplace.identity.models import Organisation, Standing, User
from marketplace.identity.roles import Kind, Role
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.needs import actions as needs
from marketplace.register.importing import EXAMPLE, import_register
from tests.factories import make_organisation, make_user, viewer_of
from tests.factories_bids import make_bidder, make_complete_bid, make_open_need, submit
from tests.factories_needs import make_buyer, make_draft, make_published
from tests.factories_scored import make_scored

SignIn = Callable[[User], FlaskClient]


def board(sign_in: SignIn, user: User) -> str:
    """The dashboard that this person sees."""
    answer = sign_in(user).get("/dashboard")
    assert answer.status_code == 200, answer.text
    return answer.text


def colleague(database: Database, organisation: Organisation, role: Role) -> User:
    """Another person of the organisation."""
    with unit_of_work(database) as work:
        return make_user(work, organisation, role)


def test_an_approver_is_told_who_asks_to_join(database: Database, sign_in: SignIn) -> None:
    with unit_of_work(database) as work:
        organisation, manager, approver = make_buyer(work)
        make_user(work, organisation, Role.EVALUATOR, name="Ann <i>", standing=Standing.WAITING)
        make_user(work, make_buyer(work)[0], Role.EVALUATOR, name="Foreign", standing=Standing.WAITING)
    page = board(sign_in, approver)
    assert "Ann &lt;i&gt; asks to join your team." in page
    assert "Foreign" not in page
    assert "asks to join" not in board(sign_in, manager)


def test_nobody_without_sign_in(client: FlaskClient) -> None:
    answer = client.get("/dashboard")
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_an_empty_dashboard_says_so_in_plain_words(database: Database, sign_in: SignIn) -> None:
    with unit_of_work(database) as work:
        organisation, manager, approver = make_buyer(work)
        _provider, bidder, _viewer = make_bidder(work)
        operator = make_user(work, make_organisation(work, Kind.OPERATOR), Role.OPERATOR)
    people = [
        manager,
        approver,
        bidder,
        *(colleague(database, organisation, r) for r in (Role.EVALUATOR, Role.AUDITOR)),
    ]
    for user in people:
        page = board(sign_in, user)
        assert "Nothing waits for you." in page
        assert "<table" not in page
    assert "The register of commissioners is empty" in board(sign_in, operator)


def test_a_buyer_sees_drafts_reviews_and_open_needs(database: Database, sign_in: SignIn) -> None:
    with unit_of_work(database) as work:
        organisation, manager, approver = make_buyer(work)
        drafter = viewer_of(manager, organisation)
        make_draft(work, drafter, title="Payroll for <b>all</b>")
        waiting = make_draft(work, drafter, title="Estates help")
        needs.ask_approval(work, drafter, need_id=waiting.id, note="", address="http://example.org")
        make_published(work, organisation, approver, title="HR back office")
        other, _manager, stranger = make_buyer(work)
        make_draft(work, viewer_of(stranger, other), title="Somebody else's need")
    theirs, mine = board(sign_in, approver), board(sign_in, manager)
    assert "1 need waits for your approval." in theirs
    assert "Waiting for an approver" in mine
    assert "waits for your approval" not in mine
    for page in (theirs, mine):
        assert "Payroll for &lt;b&gt;all&lt;/b&gt;" in page
        assert f'href="/buyer/needs/{waiting.id}"' in page
        assert "HR back office" in page
        assert "days" in page
        assert "Somebody else" not in page
    evaluator = board(sign_in, colleague(database, organisation, Role.EVALUATOR))
    assert "HR back office" in evaluator
    assert "Payroll for" not in evaluator
    assert "Draft a need" not in evaluator


def test_before_the_deadline_a_buyer_learns_nothing_of_bids(database: Database, sign_in: SignIn) -> None:
    with unit_of_work(database) as work:
        organisation, _manager, approver = make_buyer(work)
        need = make_published(work, organisation, approver)
        provider, _bidder, viewer = make_bidder(work)
    before = board(sign_in, approver)
    bid_id, _revision = make_complete_bid(database, viewer, need.id, offered=(1,))
    receipt = submit(database, viewer, bid_id, key="a" * 32)
    after = board(sign_in, approver)
    main = [re.sub(r"[0-9]+ days?( [0-9]+ hours?)?", "", page.split("<main")[1]) for page in (before, after)]
    assert main[0] == main[1]
    assert receipt.number not in after
    assert provider.name not in after


def test_an_auditor_and_a_manager_find_the_scored_need(database: Database, sign_in: SignIn) -> None:
    need_id = make_scored(database)
    with unit_of_work(database) as work:
        need = needs.lock(work, need_id)
        organisation = work.session.get_one(Organisation, need.organisation_id)
        auditor, manager = make_user(work, organisation, Role.AUDITOR), make_user(work, organisation, Role.MANAGER)
    audit, manage = board(sign_in, auditor), board(sign_in, manager)
    assert f'href="/buyer/needs/{need_id}/evaluation"' in audit
    assert f'href="/buyer/needs/{need_id}/history"' in audit
    assert f'href="/buyer/needs/{need_id}/evaluation"' in manage
    assert f'href="/buyer/needs/{need_id}/history"' not in manage


def test_a_bidder_sees_own_bids_and_needs_that_ask_it(database: Database, sign_in: SignIn) -> None:
    with unit_of_work(database) as work:
        organisation, _manager, approver = make_buyer(work)
        begun = make_published(work, organisation, approver, title="Begun", days=15)
        sent = make_published(work, organisation, approver, title="Sent", days=20)
        make_published(work, organisation, approver, title="Fresh", days=25)
        make_open_need(work, organisation, title="For others only", bidders={"mode": "invited", "invited": ["nobody"]})
        past = make_open_need(work, organisation, title="Long over", closes_at=work.now() - timedelta(days=1))
        _provider, bidder, viewer = make_bidder(work)
        _rival, _user, rival = make_bidder(work)
    make_complete_bid(database, viewer, begun.id, offered=(1,))
    bid_id, _revision = make_complete_bid(database, viewer, sent.id, offered=(1,))
    receipt = submit(database, viewer, bid_id, key="b" * 32)
    rivals, _revision = make_complete_bid(database, rival, begun.id, offered=(1,))
    page = board(sign_in, bidder)
    assert "1 bid not submitted yet. The first deadline, of “Begun”, is in" in page
    assert receipt.number in page
    assert "Fresh" in page
    assert "For others only" not in page
    assert past.title not in page
    assert rivals not in page


@pytest.mark.parametrize("waits", [True, False])
def test_an_operator_sees_who_waits(database: Database, sign_in: SignIn, waits: bool) -> None:
    import_register(database, EXAMPLE)
    with unit_of_work(database) as work:
        operator = make_user(work, make_organisation(work, Kind.OPERATOR), Role.OPERATOR)
        if waits:
            make_organisation(work, Kind.PRIVATE, standing=Standing.WAITING)
    page = board(sign_in, operator)
    assert ("1 organisation waits for approval." in page) is waits
    assert ("Nothing waits for you." in page) is not waits
    assert "Groups in the register" in page
