"""Accounts as people meet them: signing in, registering, joining, teams, the operator's pages, the outbox."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import col, select

from marketplace.identity.models import Organisation, SignIn, Standing, User
from marketplace.identity.passwords import Passwords
from marketplace.identity.roles import Kind, Role
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.notices.models import Mail
from marketplace.policy.service import service_policy
from marketplace.register.models import Body
from tests.factories import PASSWORD, make_organisation, make_user

SignInHelper = Callable[[User], FlaskClient]
GOOD = "elf under cold bridge"
PROVIDER = {
    "organisation": "Care Back Office Ltd",
    "kind": "private",
    "number": "01234567",
    "address": "1 High Street\nBlackpool",
    "contact_name": "Bids team",
    "contact_email": "bids@cbo.example",
    "size": "small",
    "group_name": "",
    "name": "Ann Example",
    "email": "ann@cbo.example",
}


def _person(database: Database, kind: Kind, role: Role, **facts: object) -> User:
    with unit_of_work(database) as work:
        return make_user(work, make_organisation(work, kind), role, **facts)


def _text(answer: object) -> str:
    return unescape(re.sub(r"\s+", " ", answer.get_data(as_text=True)))


def _last_mail(database: Database, to: str) -> str:
    with database.reading() as session:
        return session.exec(select(Mail.text).where(col(Mail.to) == to).order_by(col(Mail.created_at).desc())).first()


def _link(database: Database, to: str) -> str:
    return re.search(r"https?://[^/\s]+(/link/\S+)", _last_mail(database, to))[1]


# Signing in and out


def test_signs_in_and_goes_where_it_wanted(app: Flask, database: Database) -> None:
    user = _person(database, Kind.CCG, Role.APPROVER)
    browser = app.test_client()
    first = browser.get("/team")
    assert first.location == "/sign-in?next=/team"
    page = browser.get(first.location)
    assert 'name="next" type="hidden" value="/team"' in page.get_data(as_text=True)
    answer = browser.post("/sign-in", data={"email": user.email.upper(), "password": PASSWORD, "next": "/team"})
    assert (answer.status_code, answer.location) == (303, "/team")
    assert user.name in _text(browser.get("/team"))


def test_never_leads_to_another_site(app: Flask, database: Database) -> None:
    user = _person(database, Kind.CCG, Role.APPROVER)
    answer = app.test_client().post(
        "/sign-in", data={"email": user.email, "password": PASSWORD, "next": "//evil.example"}
    )
    assert answer.location == "/dashboard"


def test_wrong_password_and_unknown_address_read_the_same(app: Flask, database: Database) -> None:
    user = _person(database, Kind.CCG, Role.APPROVER)
    pages = []
    for email in (user.email, "nobody@example.org"):
        answer = app.test_client().post("/sign-in", data={"email": email, "password": "wrong wrong wrong"})
        assert answer.status_code == 422
        pages.append(_text(answer).replace(email, "EMAIL"))
    assert pages[0] == pages[1]
    assert "is not right" in pages[0]
    assert 'value="EMAIL"' in pages[0]  # what was typed is kept
    assert "wrong wrong" not in pages[0]  # but not the password


def test_same_hashing_work_for_an_unknown_address(app: Flask, database: Database) -> None:
    class Counting(Passwords):
        done = 0

        def matches(self, kept: str, password: str) -> bool:
            Counting.done += 1
            return super().matches(kept, password)

    app.extensions["marketplace_passwords"] = Counting(1, 8, 1)
    user = _person(database, Kind.CCG, Role.APPROVER)
    for number, email in enumerate((user.email, "nobody@example.org"), 1):
        app.test_client().post("/sign-in", data={"email": email, "password": "wrong"})
        assert Counting.done == number


def test_lock_out_reads_like_a_wrong_password_and_a_reset_opens_it(app: Flask, database: Database) -> None:
    user = _person(database, Kind.CCG, Role.APPROVER)
    browser = app.test_client()
    for _ in range(service_policy().sign_in_failures):
        wrong = browser.post("/sign-in", data={"email": user.email, "password": "wrong"})
    right = browser.post("/sign-in", data={"email": user.email, "password": PASSWORD})
    assert right.status_code == 422
    assert _text(right) == _text(wrong)
    browser.post("/reset", data={"email": user.email})
    link = _link(database, user.email)
    answer = browser.post(link, data={"password": GOOD})
    assert (answer.status_code, answer.location) == (303, "/dashboard")
    assert browser.get("/account").status_code == 200
    assert app.test_client().post("/sign-in", data={"email": user.email, "password": GOOD}).status_code == 303


def test_new_secret_at_every_sign_in_and_none_after_signing_out(app: Flask, database: Database) -> None:
    user = _person(database, Kind.CCG, Role.APPROVER)
    browser = app.test_client()
    cookies = []
    for _ in range(2):
        browser.post("/sign-in", data={"email": user.email, "password": PASSWORD})
        cookies.append(browser.get_cookie("marketplace").value)
    assert cookies[0] != cookies[1]
    cookie = browser.get_cookie("marketplace")
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    browser.post("/sign-out")
    assert browser.get("/account").status_code == 302
    thief = app.test_client()
    thief.set_cookie("marketplace", cookies[1])
    assert thief.get("/account").status_code == 302  # the old cookie is worth nothing


def test_old_hash_is_made_anew_at_sign_in(app: Flask, database: Database) -> None:
    user = _person(database, Kind.CCG, Role.APPROVER)
    app.extensions["marketplace_passwords"] = Passwords(2, 16, 1)
    app.test_client().post("/sign-in", data={"email": user.email, "password": PASSWORD})
    with database.reading() as session:
        assert "m=16,t=2,p=1" in session.get(User, user.id).password_hash


def test_waiting_person_is_told_what_for(app: Flask, database: Database) -> None:
    user = _person(database, Kind.CCG, Role.MANAGER, standing=Standing.WAITING)
    answer = app.test_client().post("/sign-in", data={"email": user.email, "password": PASSWORD})
    assert answer.status_code == 403
    assert "waits for approval" in _text(answer)


def test_too_many_tries_are_answered_with_429(app: Flask, database: Database) -> None:
    app.config["RATELIMIT_ENABLED"] = True
    browser = app.test_client()
    codes = [browser.post("/reset", data={"email": "a@example.org"}).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    page = browser.post("/reset", data={"email": "a@example.org"})
    assert "Too many tries" in _text(page)
    assert browser.post("/reset", data={"email": "b@example.org"}).status_code == 200


def test_signed_in_page_asks_the_database_once(app: Flask, database: Database, sign_in: SignInHelper) -> None:
    browser = sign_in(_person(database, Kind.CCG, Role.APPROVER))
    lines: list[str] = []
    import sqlalchemy as sa

    sa.event.listen(database.engine, "before_cursor_execute", lambda *args: lines.append(args[2]))
    assert browser.get("/account/name").status_code == 200
    assert len([line for line in lines if line.startswith("SELECT")]) == 1
    lines.clear()
    app.test_client().get("/sign-in")
    assert [line for line in lines if line.startswith("SELECT")] == []


# What was typed when the sign-in had run out


def test_typed_form_survives_an_ended_sign_in(app: Flask, database: Database, sign_in: SignInHelper) -> None:
    user = _person(database, Kind.CCG, Role.APPROVER)
    browser = sign_in(user)
    _end_all(database)
    answer = browser.post("/account/name", data={"name": "Ann <b>New</b>", "password": "never shown"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert "Nothing that you typed is lost" in page
    packed = re.search(r'name="resume" type="hidden" value="([^"]+)"', page)[1]
    wrong = browser.post("/sign-in", data={"email": user.email, "password": "wrong", "resume": packed})
    assert f'value="{packed}"' in wrong.get_data(as_text=True)  # a slip at the password loses nothing either
    again = browser.post("/sign-in", data={"email": user.email, "password": PASSWORD, "resume": packed})
    page = again.get_data(as_text=True)
    assert again.status_code == 200
    assert 'action="/account/name"' in page
    assert "Ann &lt;b&gt;New&lt;/b&gt;" in page
    assert "never shown" not in page
    assert "Passwords and files are not kept" in page
    with database.reading() as session:
        assert session.get(User, user.id).name == user.name
    assert browser.post("/account/name", data={"name": "Ann New"}).status_code == 303


def test_typed_form_is_given_back_only_to_who_typed_it(app: Flask, database: Database, sign_in: SignInHelper) -> None:
    user, other = _person(database, Kind.CCG, Role.APPROVER), _person(database, Kind.CCG, Role.APPROVER)
    browser = sign_in(user)
    _end_all(database)
    page = browser.post("/account/name", data={"name": "My secret plan"}).get_data(as_text=True)
    packed = re.search(r'name="resume" type="hidden" value="([^"]+)"', page)[1]
    answer = browser.post("/sign-in", data={"email": other.email, "password": PASSWORD, "resume": packed})
    assert (answer.status_code, answer.location) == (303, "/dashboard")
    tampered = browser.post("/sign-in", data={"email": user.email, "password": PASSWORD, "resume": packed[:-2] + "xx"})
    assert tampered.status_code == 303


def test_typed_form_comes_back_with_a_token_that_counts(
    app: Flask, database: Database, sign_in: SignInHelper
) -> None:
    """The cookie is new after the sign-in, and so is the token of forms in it."""
    user = _person(database, Kind.CCG, Role.APPROVER)
    browser = sign_in(user)
    app.config["WTF_CSRF_ENABLED"] = True
    token = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
    form = {"name": "Ann New", "csrf_token": token.search(browser.get("/account/name").get_data(as_text=True))[1]}
    _end_all(database)
    page = browser.post("/account/name", data=form).get_data(as_text=True)
    packed = re.search(r'name="resume" type="hidden" value="([^"]+)"', page)[1]
    late = {"email": user.email, "password": PASSWORD, "resume": packed, "csrf_token": token.search(page)[1]}
    page = browser.post("/sign-in", data=late).get_data(as_text=True)
    tokens = set(token.findall(page))
    assert len(tokens) == 1
    assert tokens != {form["csrf_token"]}
    answer = browser.post("/account/name", data={"name": "Ann New", "csrf_token": tokens.pop()})
    assert (answer.status_code, answer.location) == (303, "/account")


def _end_all(database: Database) -> None:
    with unit_of_work(database) as work:
        for each in work.session.exec(select(SignIn)):
            work.session.delete(each)


def test_form_of_somebody_who_never_signed_in_changes_nothing(client: FlaskClient) -> None:
    answer = client.post("/account/name", data={"name": "X"})
    assert answer.status_code == 401
    assert "You have to sign in before" in _text(answer)
    assert 'name="resume" type="hidden" value=""' in answer.get_data(as_text=True)


# Registering and joining


def test_provider_registers_and_bids_the_same_day(app: Flask, database: Database) -> None:
    browser = app.test_client()
    assert browser.get("/register").status_code == 200
    sent = browser.post("/register", data=PROVIDER)
    assert "Look in your mail" in _text(sent)
    link = _link(database, "ann@cbo.example")
    assert "Ann Example" in _text(browser.get(link))
    assert browser.get(link).status_code == 200  # looking does not use it
    refused = browser.post(link, data={"password": GOOD})
    assert refused.status_code == 422
    assert "terms of use and tick" in _text(refused)
    weak = browser.post(link, data={"password": "password1234", "terms": "yes"})
    assert weak.status_code == 422
    assert "harder to guess" in _text(weak)
    done = browser.post(link, data={"password": GOOD, "terms": "yes"})
    assert (done.status_code, done.location) == (303, "/dashboard")
    assert "Care Back Office Ltd" in _text(browser.get("/account"))
    gone = app.test_client().get(link)
    assert gone.status_code == 410
    assert "was used already" in _text(gone)


def test_registering_does_not_tell_whether_an_address_is_known(app: Flask, database: Database) -> None:
    user = _person(database, Kind.PRIVATE, Role.BIDDER)
    answers = [
        app.test_client().post("/register", data=PROVIDER | {"email": email})
        for email in (user.email, "new@example.org")
    ]
    pages = [_text(answer).replace(user.email, "E").replace("new@example.org", "E") for answer in answers]
    assert pages[0] == pages[1]
    resets = [app.test_client().post("/reset", data={"email": email}) for email in (user.email, "other@example.org")]
    pages = [_text(answer).replace(user.email, "E").replace("other@example.org", "E") for answer in resets]
    assert pages[0] == pages[1]


def test_registering_keeps_what_was_typed_and_names_what_is_missing(client: FlaskClient) -> None:
    answer = client.post(
        "/register", data={"organisation": "Caf\u00e9 <Ltd>", "email": "not an address", "kind": "ccg"}
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Café &lt;Ltd&gt;"' in page
    assert 'value="not an address"' in page
    for part in ("There is a problem", "name@example.org.uk", "Enter the address", "kind of organisation"):
        assert part in _text(answer)


def test_person_of_a_new_commissioner_joins_and_is_approved(
    app: Flask, database: Database, sign_in: SignInHelper
) -> None:
    operator = sign_in(_person(database, Kind.OPERATOR, Role.OPERATOR, email="op@site.example"))
    _add_body(database)
    browser = app.test_client()
    assert "NHS Bexley CCG" in _text(browser.get("/join"))
    form = {"body": "register:07N", "name": "Bea Exley", "email": "bea@gmail.example"}
    refused = browser.post("/join", data=form)
    assert refused.status_code == 422
    assert "gmail.example are not approved" in _text(refused)
    assert "Look in your mail" in _text(browser.post("/join", data=form | {"email": "bea@nhs.net"}))
    waiting = browser.post(_link(database, "bea@nhs.net"), data={"password": GOOD, "terms": "yes"})
    assert "waits for approval" in _text(waiting)
    assert browser.post("/sign-in", data={"email": "bea@nhs.net", "password": GOOD}).status_code == 403
    page = re.search(r"https?://[^/\s]+(/operator/\S+)", _last_mail(database, "op@site.example"))[1]
    assert "Waits for your approval" in _text(operator.get(page))
    operator.post(f"{page}/approve")
    assert browser.post("/sign-in", data={"email": "bea@nhs.net", "password": GOOD}).status_code == 303
    assert "Approver" in _text(browser.get("/account"))


def _add_body(database: Database) -> None:
    with unit_of_work(database) as work:
        work.session.add(
            Body(
                code="07N",
                kind="ccg",
                name="NHS Bexley CCG",
                population=226_000,
                latitude_e4=514_600,
                longitude_e4=1_400,
            )
        )


def test_join_page_without_a_register_says_so(client: FlaskClient) -> None:
    assert "has not imported the register" in _text(client.get("/join"))


# Own account and team


def test_change_of_password_ends_other_sign_ins(app: Flask, database: Database, sign_in: SignInHelper) -> None:
    user = _person(database, Kind.CCG, Role.APPROVER)
    here, there = sign_in(user), sign_in(user)
    wrong = here.post("/account/password", data={"current": "wrong", "password": GOOD})
    assert wrong.status_code == 422
    assert "not your current password" in _text(wrong)
    assert here.post("/account/password", data={"current": PASSWORD, "password": "short"}).status_code == 422
    assert here.post("/account/password", data={"current": PASSWORD, "password": GOOD}).status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302
    assert "was changed" in _last_mail(database, user.email)


def test_signs_out_everywhere(database: Database, sign_in: SignInHelper) -> None:
    user = _person(database, Kind.CCG, Role.APPROVER)
    here, there = sign_in(user), sign_in(user)
    assert "(this one)" in _text(here.get("/account"))
    here.post("/account/sign-out-everywhere")
    assert here.get("/account").status_code == there.get("/account").status_code == 302


def test_approver_invites_changes_and_switches_off(app: Flask, database: Database, sign_in: SignInHelper) -> None:
    user = _person(database, Kind.CCG, Role.APPROVER)
    browser = sign_in(user)
    empty = browser.post("/team/invite", data={})
    assert empty.status_code == 422
    answer = browser.post("/team/invite", data={"name": "Max", "email": "max@nhs.net", "role": "manager"})
    assert answer.status_code == 303
    assert "Invited" in _text(browser.get("/team"))
    colleague = app.test_client()
    colleague.post(_link(database, "max@nhs.net"), data={"password": GOOD, "terms": "yes"})
    assert "Your approvers manage the team" in _text(colleague.get("/team"))
    assert colleague.get("/team/invite").status_code == 403
    with database.reading() as session:
        max_id = session.exec(select(User.id).where(col(User.email) == "max@nhs.net")).one()
    assert browser.get(f"/team/{max_id}").status_code == 200
    browser.post(f"/team/{max_id}/role", data={"role": "evaluator"})
    assert "Evaluator" in _text(colleague.get("/account"))
    browser.post(f"/team/{max_id}/deactivate")
    assert colleague.get("/account").status_code == 302
    assert browser.post(f"/team/{user.id}/deactivate").status_code == 409  # the last approver
    refused = browser.post("/team/invite", data={"name": "Max", "email": "max@nhs.net", "role": "manager"})
    assert refused.status_code == 422
    assert "has an account already" in _text(refused)


def test_people_of_other_organisations_are_not_found(database: Database, sign_in: SignInHelper) -> None:
    browser, foreign = sign_in(_person(database, Kind.CCG, Role.APPROVER)), _person(database, Kind.CCG, Role.MANAGER)
    assert browser.get(f"/team/{foreign.id}").status_code == 404
    for verb in ("role", "deactivate", "reactivate", "decline", "invite"):
        assert browser.post(f"/team/{foreign.id}/{verb}", data={"role": "manager"}).status_code == 404


# The operator


def test_operator_makes_a_buyer_from_the_register(app: Flask, database: Database, sign_in: SignInHelper) -> None:
    browser = sign_in(_person(database, Kind.OPERATOR, Role.OPERATOR))
    assert "import-register DIR" in _text(browser.get("/operator/organisations/new"))
    _add_body(database)
    assert "NHS Bexley CCG" in _text(browser.get("/operator/organisations/new?q=bexley"))
    assert browser.get("/operator/organisations/new/XXX").status_code == 404
    bad = browser.post(
        "/operator/organisations/new/07N", data={"name": "Bea", "email": "bea@nhs.net", "domains": "not a domain"}
    )
    assert bad.status_code == 422
    assert "is not a domain" in _text(bad)
    with database.reading() as session:
        assert session.exec(select(Organisation).where(col(Organisation.register_code) == "07N")).first() is None
    made = browser.post(
        "/operator/organisations/new/07N",
        data={"name": "Bea", "email": "bea@partner.example", "domains": "partner.example"},
    )
    assert made.status_code == 303
    assert "partner.example" in _text(browser.get(made.location))
    assert "Has an account" in _text(browser.get("/operator/organisations/new?q=07N"))
    again = browser.post("/operator/organisations/new/07N", data={"name": "B", "email": "b@nhs.net"})
    assert again.status_code == 422
    first = app.test_client()
    first.post(_link(database, "bea@partner.example"), data={"password": GOOD, "terms": "yes"})
    assert "Approver" in _text(first.get("/account"))


def test_operator_edits_with_both_texts_kept_when_somebody_was_faster(
    database: Database, sign_in: SignInHelper
) -> None:
    browser = sign_in(_person(database, Kind.OPERATOR, Role.OPERATOR))
    with unit_of_work(database) as work:
        firm = make_organisation(work, Kind.PRIVATE, name="Old Name Ltd")
    path = f"/operator/organisations/{firm.id}/edit"
    assert 'value="Old Name Ltd"' in browser.get(path).get_data(as_text=True)
    assert browser.post(path, data={"name": "Faster Ltd", "revision": "1"}).status_code == 303
    stale = browser.post(path, data={"name": "Slower Ltd", "revision": "1"})
    page = stale.get_data(as_text=True)
    assert stale.status_code == 409
    assert 'value="Slower Ltd"' in page
    assert "Faster Ltd" in page
    assert 'value="2"' in page
    assert browser.post(path, data={"name": "Slower Ltd", "revision": "2"}).status_code == 303


def test_operator_finds_unlocks_moves_and_switches_off(app: Flask, database: Database, sign_in: SignInHelper) -> None:
    browser = sign_in(_person(database, Kind.OPERATOR, Role.OPERATOR))
    user = _person(database, Kind.COUNCIL, Role.BIDDER, name="Zoe Findme")
    second = None
    with unit_of_work(database) as work:
        target = make_organisation(work, Kind.PRIVATE, name="Target Ltd")
        second = make_user(work, work.session.get(Organisation, user.organisation_id), Role.BIDDER)
    assert "Zoe Findme" in _text(browser.get("/operator/users?q=findme"))
    assert "Nobody fits" in _text(browser.get("/operator/users?q=zzz&page=x"))
    for _ in range(service_policy().sign_in_failures):
        app.test_client().post("/sign-in", data={"email": user.email, "password": "wrong"})
    assert "Unlock" in _text(browser.get(f"/operator/users/{user.id}"))
    browser.post(f"/operator/users/{user.id}/unlock")
    theirs = sign_in(user)
    path = f"/operator/users/{user.id}/move?q=target"
    assert "Target Ltd" in _text(browser.get(path))
    assert browser.post(path, data={"organisation": "nothing", "role": "bidder"}).status_code == 422
    assert browser.post(path, data={"organisation": target.id, "role": "bidder"}).status_code == 303
    assert theirs.get("/account").status_code == 302
    theirs = sign_in(second)
    browser.post(f"/operator/organisations/{second.organisation_id}/off")
    assert theirs.get("/account").status_code == 302
    refused = app.test_client().post("/sign-in", data={"email": second.email, "password": PASSWORD})
    assert refused.status_code == 403
    assert "is switched off" in _text(refused)
    browser.post(f"/operator/organisations/{second.organisation_id}/on")
    sign_in(second)


def test_operator_sees_the_outbox_but_no_secret(database: Database, sign_in: SignInHelper) -> None:
    user = _person(database, Kind.OPERATOR, Role.OPERATOR)
    browser = sign_in(user)
    browser.post("/reset", data={"email": user.email})
    link = _link(database, user.email)
    page = _text(browser.get("/operator/outbox"))
    mail = re.search(r'href="(/operator/outbox/[^"?]+)"', page)[1]
    assert link not in _text(browser.get(mail))
    assert "Nobody but the recipient" in _text(browser.get(mail))
    assert browser.post(f"{mail}/again").status_code == 303
    assert browser.get("/operator/outbox/nothing").status_code == 404


def test_everybody_reads_the_outbox_of_an_example_market_only(
    app: Flask, database: Database, settings: Settings, client: FlaskClient
) -> None:
    user = _person(database, Kind.CCG, Role.APPROVER)
    client.post("/reset", data={"email": user.email})
    assert client.get("/demo/outbox").status_code == 404
    settings.example_market = True
    page = client.get("/demo/outbox").get_data(as_text=True)
    mail = re.search(r'href="(/demo/outbox/[^"?]+)"', page)[1]
    link = _link(database, user.email)
    shown = client.get(mail).get_data(as_text=True)
    assert f'{link}"' in shown  # a link to press, not only its text
    settings.example_market = False
    assert client.get(mail).status_code == 404


@pytest.mark.parametrize("token", ["x", "a" * 500, "%00", "..%2f"])
def test_damaged_link_is_explained(client: FlaskClient, token: str) -> None:
    answer = client.get(f"/link/{token}")
    assert answer.status_code in (404, 410)
    assert client.post(f"/link/{token}", data={"password": GOOD}).status_code in (404, 410)
