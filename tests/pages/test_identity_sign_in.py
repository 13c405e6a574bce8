"""Signing in, in a browser without JavaScript."""

from marketplace.identity.roles import Kind, Role
from marketplace.journal.work import unit_of_work
from tests.factories import PASSWORD, make_organisation, make_user


def test_signs_in(app, database, sign_in):
    with unit_of_work(database) as work:
        user = make_user(work, make_organisation(work, Kind.CCG), Role.APPROVER)
    browser = sign_in(user)
    assert browser.get("/sign-in?next=/account").location == "/account"
