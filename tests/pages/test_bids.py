"""The bidder's pages, as a browser without JavaScript uses them."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from marketplace.bids import access
from marketplace.bids.draft import PAGES
from marketplace.bids.models import Bid, BidVersion
from marketplace.identity.models import User
from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.money import NotMoney, parse_pounds
from marketplace.needs.models import Need
from marketplace.register.models import Council
from marketplace.scoring.canonical import sha256_hex
from tests.factories import make_organisation, make_user
from tests.factories_bids import ANSWERS, make_bidder, make_open_need

SignIn = Callable[[User], FlaskClient]


@dataclass
class Desk:
    """A bidder at the desk: signed in, with a need that is open."""

    database: Database
    browser: FlaskClient
    need_id: str
    viewer: Viewer

    def start(self) -> str:
        """Press "Start a bid"; returns the bid's id."""
        answer = self.browser.post(f"/needs/{self.need_id}/bid")
        assert answer.status_code == 303
        return str(answer.location).rsplit("/", 1)[1]

    def bid(self) -> Bid:
        with self.database.reading() as session:
            return session.exec(select(Bid)).one()

    def draft(self) -> dict[str, Any]:
        with self.database.reading() as session:
            return access.own_draft(session, self.viewer, self.bid().id).content

    def send(self, page: str, data: dict[str, Any], **options: Any) -> Any:
        """Send a page of the draft with the draft's revision."""
        return self.browser.post(
            f"/bids/{self.bid().id}/{page}", data={"revision": self.bid().revision, **data}, **options
        )


@pytest.fixture
def desk(database: Database, sign_in: SignIn) -> Desk:
    with unit_of_work(database) as work:
        need_id = make_open_need(work, make_organisation(work)).id
        _organisation, user, viewer = make_bidder(work)
    return Desk(database, sign_in(user), need_id, viewer)


def words(answer: Any) -> str:
    """What a person reads on the page."""
    text = re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))
    return re.sub(r"\s+", " ", unescape(text))


def price_page(lot: int = 1, price: str = "£120,000.50") -> dict[str, str]:
    """What a bidder types on the page of a lot's prices."""
    data = {"offered": "yes"}
    for code in {1: ("hr",), 2: ("it", "finance")}[lot]:
        data |= {f"price_{code}_{year}": price for year in (1, 2, 3)}
        data |= {
            f"index_{code}": "2.5",
            f"vat_rate_{code}": "20",
            f"vat_recoverable_share_{code}": "80 %",
            f"vat_confirmed_by_{code}": "Pat Ledger",
        }
    return data


COSTS = {
    "mobilisation_pence": "5,000",
    "tupe_redundancy_pension_pence": "0",
    "transition_double_running_pence": "0",
    "exit_pence": "0",
    "client_side_pence_per_year": "2000",
}


def answers_page(page: str) -> dict[str, Any]:
    """What a bidder ticks on a page of answers."""
    data: dict[str, Any] = {}
    for key, value in ANSWERS.items():
        if key[:3].upper() in PAGES[page]:
            data[key] = (
                {True: "yes", False: "no"}.get(value, value)
                if isinstance(value, bool)
                else "65"
                if key == "la3_local_fte_share"
                else value
            )
    return data


def complete(desk: Desk) -> None:
    """Fill in every page."""
    assert desk.send("organisation", {"ceases": "no"}).status_code == 303
    assert desk.send("lots/1", price_page()).status_code == 303
    assert desk.send("lots/1/costs", COSTS).status_code == 303
    assert desk.send("lots/2", {"offered": "no"}).status_code == 303
    for page in PAGES:
        assert desk.send(f"answers/{page}", answers_page(page)).status_code == 303


def form_key(answer: Any) -> str:
    found = re.search(r'name="key"[^>]*value="([0-9a-f]{32})"', answer.get_data(as_text=True))
    assert found
    return found[1]


def test_from_you_can_bid_to_the_receipt(desk: Desk) -> None:
    assert "You can bid" in words(desk.browser.get(f"/needs/{desk.need_id}/bid"))
    bid_id = desk.start()
    assert desk.start() == bid_id
    page = words(desk.browser.get(f"/bids/{bid_id}"))
    assert "Nothing is submitted yet" in page
    complete(desk)
    check = desk.browser.get(f"/bids/{bid_id}/check")
    text = words(check)
    # 120,000.50 x (1 + 1.025 + 1.050625) x 1.04 + 5,000 + 3 x 2,000 = 394,839.60
    assert "£394,839.60" in text
    assert "points for cost" in text
    assert "Add evidence: a document or a link." in text
    data = {"revision": desk.bid().revision, "key": form_key(check)}
    answers = [desk.browser.post(f"/bids/{bid_id}/submit", data=data) for _ in range(2)]  # a double click
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    with desk.database.reading() as session:
        version = session.exec(select(BidVersion)).one()
    receipt = words(desk.browser.get(answers[0].location))
    for part in (version.receipt, version.digest, version.method_hash, "GMT", "Pat Ledger", "£120,000.50"):
        assert part in receipt
    download = desk.browser.get(f"/bids/{bid_id}/versions/1/envelope.json")
    assert sha256_hex(download.get_data()) == version.digest
    assert "attachment" in download.headers["Content-Disposition"]
    assert version.receipt in words(desk.browser.get("/bids"))
    assert "exactly the version that you submitted last" in words(desk.browser.get(f"/bids/{bid_id}/check"))


def test_a_key_used_for_another_content_is_refused_with_a_fresh_form(desk: Desk) -> None:
    bid_id = desk.start()
    complete(desk)
    data = {"revision": desk.bid().revision, "key": "a" * 32}
    assert desk.browser.post(f"/bids/{bid_id}/submit", data=data).status_code == 303
    desk.send("organisation", {"ceases": "no", "contact_name": "Sam"})
    answer = desk.browser.post(f"/bids/{bid_id}/submit", data={**data, "revision": desk.bid().revision})
    assert answer.status_code == 422
    assert "this form was used already" in words(answer)
    assert form_key(answer) != "a" * 32
    with desk.database.reading() as session:
        assert len(session.exec(select(BidVersion)).all()) == 1


def test_replace_and_withdraw(desk: Desk) -> None:
    bid_id = desk.start()
    complete(desk)
    for key in "ab":
        assert (
            desk.browser.post(
                f"/bids/{bid_id}/submit", data={"revision": desk.bid().revision, "key": key * 32}
            ).status_code
            == 303
        )
        desk.send("organisation", {"ceases": "no", "contact_name": f"Sam {key}"})
    page = words(desk.browser.get(f"/bids/{bid_id}"))
    assert "Version 2 takes part" in page
    assert "replaced" in page
    assert "does not take part" in words(desk.browser.get(f"/bids/{bid_id}/versions/1"))
    assert "Withdraw your bid?" in words(desk.browser.get(f"/bids/{bid_id}/withdraw"))
    assert desk.browser.post(f"/bids/{bid_id}/withdraw").status_code == 303
    assert "You withdrew your bid" in words(desk.browser.get(f"/bids/{bid_id}"))
    assert desk.browser.get(f"/bids/{bid_id}/withdraw").status_code == 303  # nothing left to withdraw


def test_the_tick_for_closing(desk: Desk) -> None:
    bid_id = desk.start()
    desk.browser.post(f"/bids/{bid_id}/at-closing", data={"wanted": "yes"})
    page = words(desk.browser.get(f"/bids/{bid_id}"))
    assert "No draft was complete so far, so nothing would be submitted." in page
    complete(desk)
    assert "No draft was complete" not in words(desk.browser.get(f"/bids/{bid_id}"))
    desk.browser.post(f"/bids/{bid_id}/at-closing", data={"wanted": "no"})
    assert not desk.bid().submit_at_closing


@pytest.mark.parametrize(
    "typed",
    ["sNaN", "Infinity", "１２０", "12.345", "-5", "1e9", "12,34", "<script>alert(1)</script>", "9" * 40, "\x00", "٣"],
)
def test_bad_prices_are_refused_and_kept_and_nothing_is_half_stored(desk: Desk, typed: str) -> None:
    desk.start()
    before = desk.draft()
    answer = desk.send("lots/1", {**price_page(), "price_hr_2": typed})
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert "There is a problem" in html
    assert 'href="#price_hr_2"' in html
    assert "<title>Error: " in html
    assert "£120,000.50" in unescape(html)  # the other fields keep what was typed
    if typed.isprintable():
        assert f'value="{typed}"' in unescape(html)
        assert "<script>" not in html
    assert desk.draft() == before


@given(typed=st.text(max_size=24) | st.from_regex(r"£?[0-9,]{1,9}(\.[0-9]{0,3})?", fullmatch=True))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_as_a_price_is_stored_exactly_or_refused(desk: Desk, typed: str) -> None:
    desk.start()
    answer = desk.send("lots/1", {**price_page(), "price_hr_1": typed})
    stored = desk.draft()["lots"]["1"]["lines"].get("hr", {}).get("prices_pence", [None])[0]
    try:
        expected: int | None = parse_pounds(typed) if typed.strip() else None
    except NotMoney:
        assert answer.status_code == 422
        return
    assert answer.status_code == 303
    assert stored == expected


def test_gaps_are_no_errors_and_are_listed_with_links(desk: Desk) -> None:
    bid_id = desk.start()
    assert desk.send("lots/1", {"offered": "yes", "price_hr_1": "10"}).status_code == 303
    html = desk.browser.get(f"/bids/{bid_id}/check").get_data(as_text=True)
    assert "for year 2, 3" in html
    assert f'href="/bids/{bid_id}/lots/1"' in html
    assert "Submit the bid" not in html
    answer = desk.browser.post(f"/bids/{bid_id}/submit", data={"revision": desk.bid().revision, "key": "a" * 32})
    assert answer.status_code == 409
    assert "something is missing" in words(answer)


def test_a_page_saved_by_a_colleague_meanwhile_keeps_both_texts(desk: Desk) -> None:
    desk.start()
    old = desk.bid().revision
    desk.send("organisation", {"ceases": "no", "contact_name": "Grace"})
    answer = desk.send("organisation", {"revision": old, "ceases": "no", "contact_name": "Ada"})
    assert answer.status_code == 409
    html = answer.get_data(as_text=True)
    assert 'value="Ada"' in html
    assert "Grace" in words(answer)
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', html)
    assert revision
    assert (
        desk.send("organisation", {"revision": revision[1], "ceases": "no", "contact_name": "Ada"}).status_code == 303
    )
    assert desk.draft()["organisation"]["contact_name"] == "Ada"


@pytest.mark.parametrize("page", ["organisation", "lots/1", "lots/1/costs", "answers/accountability-1"])
def test_a_page_that_lost_its_revision_never_writes_over_the_draft(desk: Desk, page: str) -> None:
    desk.start()
    complete(desk)
    before, revision = desk.draft(), desk.bid().revision
    address = f"/bids/{desk.bid().id}/{page}"
    sent: list[dict[str, Any]] = [{"data": {}}, {"data": {"then": "list"}}, {"data": {"revision": ""}}, {"json": {}}]
    for body in [*sent, {"json": {"revision": str(revision)}}, {"json": [1, 2]}, {"json": "x"}]:
        answer = desk.browser.post(address, **body)
        assert answer.status_code == 409
        assert "the bid was changed since you opened it" in words(answer)
    assert (desk.draft(), desk.bid().revision) == (before, revision)


def test_answers_are_stored_in_the_words_of_the_tender_file(desk: Desk) -> None:
    desk.start()
    data = {
        "in2_customer_notice_months_null": "yes",
        "in4_data_owner": "ccg_all",
        "provider_controlled_by_customer_ccgs": "no",
    }
    assert desk.send("answers/independence-1", data).status_code == 303
    assert desk.draft()["answers"] == {
        "in2_customer_notice_months": None,
        "in4_data_owner": "ccg_all",
        "provider_controlled_by_customer_ccgs": False,
    }
    page = desk.browser.get(f"/bids/{desk.bid().id}/answers/independence-1").get_data(as_text=True)
    assert re.search(r'name="in2_customer_notice_months_null"[^>]*checked', page)
    assert "in1_share_of_ccg_support_spend_after_award" not in page  # the buyer's ledger answers that
    assert desk.send("answers/accountability-1", {"la3_local_fte_share": "62.5"}).status_code == 303
    assert desk.draft()["answers"]["la3_local_fte_share"] == "0.625"


def test_the_area_of_a_body_is_chosen_from_the_councils_of_the_register(desk: Desk) -> None:
    with unit_of_work(desk.database) as work:
        work.session.add_all(
            [Council(code="E10000017", name="Lancashire"), Council(code="E06000009", name="Blackpool")]
        )
    desk.start()
    assert desk.send("answers/accountability-1", {"la1_body_area_code": "E10000017"}).status_code == 303
    assert desk.draft()["answers"]["la1_body_area_code"] == "E10000017"
    address = f"/bids/{desk.bid().id}/answers/accountability-1"
    page = desk.browser.get(address)
    offered = re.search(r'<select[^>]*name="la1_body_area_code".*?</select>', page.get_data(as_text=True), re.DOTALL)
    assert offered
    assert re.findall(r'value="([^"]*)"', offered[0]) == ["", "E06000009", "E10000017"]
    assert re.search(r'value="E10000017" selected', offered[0])
    assert "If you choose none, the evaluation says that your answer was not checked" in words(page)
    assert "95% or more is level 4, 50% or more is level 3, less is level 2." in words(page)
    refused = desk.send("answers/accountability-1", {"la1_body_area_code": "E99999999"})
    assert refused.status_code == 422
    assert "not in it" in words(refused)
    with unit_of_work(desk.database) as work:  # a later import without it: what was chosen is not lost
        work.session.delete(work.session.get(Council, "E10000017"))
    assert "E10000017 (not in the register)" in words(desk.browser.get(address))


@pytest.mark.parametrize(
    ("page", "data", "said"),
    [
        (
            "answers/independence-1",
            {"in2_customer_notice_months_null": "yes", "in2_customer_notice_months": "3"},
            "not both",
        ),
        ("answers/accountability-1", {"la1_body_area_code": "here"}, "of the form described"),
        ("answers/accountability-1", {"la3_local_fte_share": "101"}, "from 0 to 100 percent"),
        ("answers/accountability-1", {"la3_named_lead_onsite_days_per_week": "8"}, "from 0 to 7"),
        ("answers/accountability-1", {"la4_public_meetings_per_year": "-2"}, "cannot be negative"),
        ("answers/accountability-2", {"la5_kpi_publication": "secret"}, "not in it"),
        ("organisation", {"ceases": "yes", "ceases_months": "soon"}, "whole number"),
        ("organisation", {"contact_email": "nobody"}, "name@example.org.uk"),
    ],
)
def test_bad_answers_are_told_at_their_fields(desk: Desk, page: str, data: dict[str, str], said: str) -> None:
    desk.start()
    answer = desk.send(page, data)
    assert answer.status_code == 422
    assert said in words(answer)


def docx(extra: dict[str, bytes] | None = None) -> bytes:
    """A small Word document."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {
            "[Content_Types].xml": b"<Types/>",
            "word/document.xml": b"<w/>",
            **(extra or {}),
        }.items():
            archive.writestr(name, content)
    return out.getvalue()


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("offer.pdf", b"MZ\x90\x00" + b"\0" * 200, "what is in it"),
        ("picture.png", b"<!doctype html><script>alert(1)</script>", "what is in it"),
        ("empty.pdf", b"", "empty"),
        ("big.pdf", PDF + b"0" * (10 * 1024 * 1024), "larger than 10 MB"),
        ("bomb.docx", docx({"word/media/zero": b"\0" * 60_000_000}), "unpacks to far more"),
        ("macro.docx", docx({"word/vbaProject.bin": b"x"}), "macros"),
        ("page.html", b"<html></html>", "kind of file"),
        ("noending", PDF, "kind of file"),
    ],
)
def test_bad_uploads_are_refused_and_nothing_is_stored(desk: Desk, name: str, content: bytes, said: str) -> None:
    desk.start()
    answer = desk.send("evidence/LA2", {"document": (io.BytesIO(content), name)}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert said in words(answer)
    assert desk.draft()["evidence"] == {}


def test_evidence_by_document_and_by_link(desk: Desk) -> None:
    bid_id = desk.start()
    answer = desk.send(
        "evidence/LA2",
        {"document": (io.BytesIO(PDF), "../../etc/Minutes “May”.pdf")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303
    stored = desk.draft()["evidence"]["LA2"]
    assert "/" not in stored["name"]
    assert stored["sha256"] == sha256_hex(PDF)
    download = desk.browser.get(f"/bids/{bid_id}/documents/{stored['id']}")
    assert download.get_data() == PDF
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert desk.send("evidence/LA4", {"url": "https://www.example.org/minutes"}).status_code == 303
    for bad in (
        "http://example.org/x",
        "javascript:alert(1)",
        "https://user:pw@example.org/",
        "https://",
        "example.org",
        "https://exa mple.org",
    ):
        assert desk.send("evidence/LA5", {"url": bad}).status_code == 422
    assert desk.send("evidence/LA5", {}).status_code == 422
    both = {"url": "https://www.example.org/", "document": (io.BytesIO(PDF), "a.pdf")}
    assert desk.send("evidence/LA5", both, content_type="multipart/form-data").status_code == 422
    assert desk.send("evidence/LA2/remove", {}).status_code == 303
    assert set(desk.draft()["evidence"]) == {"LA4"}
    assert desk.browser.get(f"/bids/{bid_id}/evidence/LA1").status_code == 404  # looked up, not declared


def test_after_closing_nothing_changes_and_everything_can_be_read(desk: Desk) -> None:
    bid_id = desk.start()
    complete(desk)
    desk.browser.post(f"/bids/{bid_id}/submit", data={"revision": desk.bid().revision, "key": "a" * 32})
    with unit_of_work(desk.database) as work:
        need = work.session.get(Need, desk.need_id)
        assert need is not None
        need.closes_at = work.now() - timedelta(seconds=1)
    assert desk.browser.get(f"/bids/{bid_id}/lots/1").status_code in (302, 303)
    assert desk.send("organisation", {"ceases": "yes"}).status_code == 303
    assert desk.draft()["organisation"]["ceases"] == "no"
    answer = desk.browser.post(f"/bids/{bid_id}/submit", data={"revision": desk.bid().revision, "key": "b" * 32})
    assert answer.status_code == 409
    assert "bidding has closed" in words(answer)
    assert "The bids are opened and scored next." in words(desk.browser.get(f"/bids/{bid_id}"))
    for page in ("", "/check", "/versions/1", "/evidence"):
        assert desk.browser.get(f"/bids/{bid_id}{page}").status_code == 200
    assert "takes no more bids" in words(desk.browser.get(f"/needs/{desk.need_id}/bid"))


def test_an_intention(desk: Desk) -> None:
    answer = desk.browser.post(f"/needs/{desk.need_id}/bid/intention", data={"intends": "no", "reason": "Too far away"})
    assert answer.status_code == 303
    assert "You said: you decline" in words(desk.browser.get(f"/needs/{desk.need_id}/bid"))
    assert desk.browser.post(f"/needs/{desk.need_id}/bid/intention", data={}).status_code == 422


def test_why_not_for_others(desk: Desk, client: FlaskClient, sign_in: SignIn) -> None:
    page = words(client.get(f"/needs/{desk.need_id}/bid"))
    assert "Sign in to bid." in page
    with unit_of_work(desk.database) as work:
        other = make_user(work, make_organisation(work, Kind.CCG), Role.MANAGER)
    assert "Your account cannot bid." in words(sign_in(other).get(f"/needs/{desk.need_id}/bid"))
    assert client.get("/needs/unknown00000/bid").status_code == 404


def test_a_bid_is_found_by_nobody_else(desk: Desk, app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    """Every page of a bid, for everybody but its own people: not there, or not theirs to open."""
    bid_id = desk.start()
    complete(desk)
    desk.browser.post(f"/bids/{bid_id}/submit", data={"revision": desk.bid().revision, "key": "a" * 32})
    with unit_of_work(desk.database) as work:
        need = work.session.get(Need, desk.need_id)
        assert need is not None
        from marketplace.identity.models import Organisation

        buyer = work.session.get(Organisation, need.organisation_id)
        assert buyer is not None
        people = [
            (make_user(work, buyer, Role.APPROVER), 403),
            (make_user(work, buyer, Role.AUDITOR), 403),
            (make_user(work, make_organisation(work, Kind.OPERATOR), Role.OPERATOR), 403),
            (make_bidder(work)[1], 404),
        ]
    paths = [
        f"/bids/{bid_id}{page}"
        for page in (
            "",
            "/check",
            "/lots/1",
            "/lots/1/costs",
            "/answers/independence-1",
            "/organisation",
            "/evidence",
            "/evidence/LA2",
            "/versions/1",
            "/versions/1/envelope.json",
            "/withdraw",
            "/documents/whatever0000",
        )
    ]
    for user, status in people:
        browser = sign_in(user)
        assert {browser.get(path).status_code for path in paths} == {status}
        for path in ("/submit", "/withdraw", "/at-closing", "/lots/1", "/evidence/LA2/remove"):
            assert (
                browser.post(
                    f"/bids/{bid_id}{path}", data={"revision": 1, "key": "c" * 32, "wanted": "yes"}
                ).status_code
                == status
            )
    assert {client.get(path).status_code for path in paths} == {302}
