"""A manager writes a need from the first page to publication, as a person would; and bad input at each page."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from werkzeug.test import TestResponse

from marketplace import policy
from marketplace.identity.models import Organisation, User
from marketplace.identity.roles import Kind, Role
from marketplace.journal.work import unit_of_work
from marketplace.kit.clock import to_london
from marketplace.kit.database import Database
from marketplace.needs import queries
from marketplace.needs.models import Need
from marketplace.needs.states import Stage
from tests.factories import make_organisation, make_user, viewer_of
from tests.factories_needs import good_closing, make_buyer, make_draft, make_published


@dataclass
class Team:
    """A buyer with browsers of its people."""

    organisation: Organisation
    manager: User
    approver: User
    drafting: FlaskClient
    approving: FlaskClient
    database: Database

    def need(self, need_id: str) -> Need:
        with self.database.reading() as session:
            return queries.own_need(session, viewer_of(self.manager, self.organisation), need_id)


@pytest.fixture
def team(database: Database, sign_in: Callable[[User], FlaskClient]) -> Team:
    with unit_of_work(database) as work:
        organisation, manager, approver = make_buyer(work)
    return Team(organisation, manager, approver, sign_in(manager), sign_in(approver), database)


def fields_of(answer: TestResponse) -> dict[str, Any]:
    """What a browser would send back: every input, textarea, ticked box and selected option of the page's form."""
    html = answer.get_data(as_text=True)
    form = max(re.findall(r"<form method=\"post\".*?</form>", html, re.S), key=len)
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        attributes = {key: unescape(value) for key, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        kind = attributes.get("type", "text")
        if (
            "name" not in attributes
            or kind in ("submit", "file")
            or (kind in ("radio", "checkbox") and " checked" not in tag)
        ):
            continue
        found.setdefault(attributes["name"], []).append(attributes.get("value", ""))
    for name, text in re.findall(r'<textarea\b[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = [unescape(text).removeprefix("\n")]
    for name, options in re.findall(r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = [chosen[1]] if chosen else [""]
    return found


def submit(browser: FlaskClient, path: str, **changes: Any) -> TestResponse:
    """Open a page, change some fields, press its button."""
    page = browser.get(path)
    assert page.status_code == 200, page.get_data(as_text=True)[:2000]
    return browser.post(path, data={**fields_of(page), **changes})


def date_boxes(name: str, instant: Any, *, at: str = "") -> dict[str, str]:
    local = to_london(instant)
    boxes = {f"{name}-day": str(local.day), f"{name}-month": str(local.month), f"{name}-year": str(local.year)}
    return {**boxes, f"{name}-time": at} if at else boxes


def start(team: Team, **changes: Any) -> str:
    with team.database.reading() as session:
        now = team.database.now(session)
    answer = submit(
        team.drafting,
        "/buyer/needs/new",
        **{
            "title": "HR and IT for three years",
            "functions": ["it", "hr"],
            "together": "separate",
            "term_years": "3",
            **date_boxes("starts_on", good_closing(now, 200)),
            **changes,
        },
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    match = re.search(r"/buyer/needs/(\w{12})/service/hr", answer.location)
    assert match
    return match[1]


def errors(answer: TestResponse) -> str:
    """The error summary of a page that was refused."""
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert "<title>Error:" in html
    match = re.search(r'<div class="nhsuk-error-summary">.*?</ul>', html, re.S)
    assert match
    return unescape(re.sub(r"<[^>]+>", " ", match[0]))


def test_from_the_first_page_to_publication(team: Team, client: FlaskClient) -> None:
    need = start(team)
    base = f"/buyer/needs/{need}"
    prefilled = team.drafting.get(f"{base}/service/hr").get_data(as_text=True)
    assert "[number]" in prefilled
    assert "example text" in prefilled
    saved = submit(team.drafting, f"{base}/service/hr", staff="3")
    assert saved.status_code == 303
    assert saved.location.endswith("/service/it")
    assert "Fill in or take out" in team.drafting.get(f"{base}/service/hr").get_data(as_text=True)
    for code in ("hr", "it"):
        submit(
            team.drafting,
            f"{base}/service/{code}",
            volumes="95 employees and 12 starters in a year",
            service_levels="9 of 10 calls within 20 seconds",
            staff="3",
            staff_note="Band 5",
            data="Files",
            systems="ESR",
            current_cost_pence="£90,000",
        )
    assert submit(
        team.drafting, f"{base}/requirements", essential="- Payslips on time\n\n• Named lead", nice=""
    ).location.endswith("/budget")
    assert submit(
        team.drafting, f"{base}/budget", population="145,000", ceiling_1="£450,000", ceiling_2="450000.00", floor_1=""
    ).location.endswith("/judging")
    budget = team.drafting.get(f"{base}/budget").get_data(as_text=True)
    assert "£195,750" in budget
    assert "estimate" in budget
    assert submit(team.drafting, f"{base}/judging").location.endswith("/dates")
    assert "is worth <strong>£3,375</strong>" in team.drafting.get(f"{base}/judging").get_data(
        as_text=True
    )  # 450,000 x 30 / (100 x 40)
    with team.database.reading() as session:
        closes = good_closing(team.database.now(session))
    answer = submit(team.drafting, f"{base}/dates", length="own", **date_boxes("closes_at", closes, at="12:00"))
    assert answer.location.endswith("/documents")
    upload = team.drafting.post(
        f"{base}/documents", data={"title": "Staff list", "file": (io.BytesIO(b"Two people"), "staff.txt")}
    )
    assert upload.status_code == 303
    assert submit(team.drafting, f"{base}/bidders", then="list").location.endswith(need)
    page = team.drafting.get(base).get_data(as_text=True)
    assert "To do" not in page
    assert "Ask for approval" in page
    assert "Check and publish</a>" not in page
    assert "This is a preview" in team.drafting.get(f"{base}/preview").get_data(as_text=True)
    assert client.get(f"/needs/{need}").status_code == 404
    assert submit(team.drafting, f"{base}/approval", note="Please").status_code == 303
    assert team.drafting.get(f"{base}/publish").status_code == 403
    assert team.drafting.get(f"{base}/budget").status_code == 302  # locked while it waits
    assert "Please" in team.approving.get(base).get_data(as_text=True)
    assert "Tick that you have read" in errors(submit(team.approving, f"{base}/publish"))
    published = submit(team.approving, f"{base}/publish", sure="yes")
    assert published.status_code == 303
    assert published.location.endswith(f"/needs/{need}")
    notice = client.get(f"/needs/{need}")
    assert notice.status_code == 200
    text = notice.get_data(as_text=True)
    assert team.need(need).method_hash in text
    assert "Named lead" in text
    assert "£3,375" in text
    assert "staff.txt" in text
    assert team.need(need).stage is Stage.OPEN


def test_sending_back_tells_the_drafter_why(team: Team) -> None:
    with unit_of_work(team.database) as work:
        need = make_draft(work, viewer_of(team.manager, team.organisation))
    base = f"/buyer/needs/{need.id}"
    submit(team.drafting, f"{base}/approval")
    assert "what has to change" in errors(submit(team.approving, f"{base}/send-back", reason=" ")).lower()
    assert submit(team.approving, f"{base}/send-back", reason="The <b>term</b> is too long").status_code == 303
    assert "The &lt;b&gt;term&lt;/b&gt; is too long" in team.drafting.get(base).get_data(as_text=True)


def test_pages_of_a_draft_lead_on_when_the_need_is_published(team: Team) -> None:
    with unit_of_work(team.database) as work:
        need = make_published(work, team.organisation, team.approver).id
    for page in ("approval", "delete", "publish", "send-back"):
        answer = team.approving.get(f"/buyer/needs/{need}/{page}", follow_redirects=True)
        said = answer.get_data(as_text=True)
        assert answer.request.path == f"/buyer/needs/{need}", page
        assert "This need is published already" in said, page
        assert "Delete this draft?" not in said
    again = team.approving.post(f"/buyer/needs/{need}/publish", data={"sure": "yes"})  # pressed twice
    assert again.status_code == 303


def test_an_incomplete_need_is_not_published_and_says_what_is_missing(team: Team) -> None:
    need = start(team)
    page = team.approving.get(f"/buyer/needs/{need}/publish").get_data(as_text=True)
    assert "Not complete yet" in page
    assert f"/buyer/needs/{need}/budget" in page
    assert "Publish now" not in page
    answer = team.approving.post(f"/buyer/needs/{need}/publish", data={"sure": "yes"})
    assert answer.status_code == 422
    assert team.need(need).stage is Stage.DRAFT


BAD: dict[str, list[tuple[dict[str, Any], str]]] = {
    "what": [
        ({"title": ""}, "Enter title"),
        ({"title": "x" * 161}, "160 characters"),
        ({"title": "a\0b"}, "unprintable"),
        ({"title": "abc\u202edef"}, "direction marks"),
        ({"functions": []}, "at least one function"),
        ({"functions": ["spying"]}, "from the list"),
        ({"together": ""}, "one provider"),
        ({"term_years": "３"}, "digits 0 to 9"),
        ({"term_years": "99"}, "from 1 to 10"),
        ({"term_years": "2.5"}, "without decimals"),
        ({"starts_on-month": "13"}, "month"),
        ({"starts_on-day": "31", "starts_on-month": "2"}, "real date"),
        ({"starts_on-year": "2013"}, "future"),
    ],
    "budget": [
        ({"ceiling_1": "sNaN"}, "digits only"),
        ({"ceiling_1": "Infinity"}, "digits only"),
        ({"ceiling_1": "1e6"}, "digits only"),
        ({"ceiling_1": "１０００"}, "digits 0 to 9"),
        ({"ceiling_1": "-5"}, "negative"),
        ({"ceiling_1": "1.234"}, "two decimals"),
        ({"ceiling_1": "0"}, "more than £0"),
        ({"ceiling_1": "9" * 30}, "larger"),
        ({"floor_1": "450000", "ceiling_1": "450000"}, "below the ceiling"),
        ({"population": "0"}, "from 1 to"),
    ],
    "requirements": [
        ({"essential": "word " * 31}, "31 words"),
        ({"nice": "word\n" * 21}, "at most 20"),
        ({"nice": "x" * 20_001}, "characters or fewer"),
    ],
    "service/hr": [
        ({"staff": "-1"}, "negative"),
        ({"volumes": "x" * 10_000}, "6,000 characters"),
        ({"data": "a\0b"}, "unprintable"),
    ],
    "judging": [
        ({"cost": "39"}, "1 to add"),
        ({"cost": "99"}, "from 20 to 70"),
        ({"accountability": "x"}, "whole number"),
        ({"weight_LA1": "NaN"}, "weight of LA1"),
        ({"weight_LA1": "8.01"}, "from 0 to 8"),
        ({"least_LA1": "5"}, "from the list"),
        ({"formula": "linear"}, "needs a floor"),
        ({"formula": "lowest_ratio"}, "ordered"),
        ({"formula": "lowest_ratio", "ordered_by": "NHS England"}, "ordered"),
        ({"threshold_independence": "101"}, "from 1 to 100"),
    ],
    "dates": [
        ({"length": "own"}, "day and time when bidding closes"),
        ({"length": ""}, "how long is bidding open"),
        (
            {
                "length": "own",
                "closes_at-day": "30",
                "closes_at-month": "13",
                "closes_at-year": "2027",
                "closes_at-time": "12:00",
            },
            "month",
        ),
        (
            {
                "length": "own",
                "closes_at-day": "1",
                "closes_at-month": "3",
                "closes_at-year": "2013",
                "closes_at-time": "12:00",
            },
            "future",
        ),
        (
            {
                "length": "own",
                "closes_at-day": "28",
                "closes_at-month": "3",
                "closes_at-year": "2100",
                "closes_at-time": "01:30",
            },
            "clocks go forward",
        ),
    ],
    "bidders": [
        ({"mode": "invited"}, "at least one provider"),
        ({"mode": "kinds", "kinds": ["ccg"]}, "from the list"),
    ],
}


def echoed(value: Any) -> bool:
    """Whether a page can show again exactly what was typed: no lists, no NUL, nothing a browser sends differently."""
    return isinstance(value, str) and 0 < len(value) < 100 and "\0" not in value and value.isprintable()


@pytest.mark.parametrize("page", BAD)
def test_bad_input_is_named_kept_and_not_stored(team: Team, page: str) -> None:
    need = start(team)
    base = f"/buyer/needs/{need}"
    submit(team.drafting, f"{base}/budget", population="145000", ceiling_1="450000", ceiling_2="450000")
    fields = fields_of(team.drafting.get(f"{base}/{page}"))
    before = team.need(need)
    for changes, sentence in BAD[page]:
        answer = team.drafting.post(f"{base}/{page}", data={**fields, **changes})
        assert sentence.lower() in errors(answer).lower(), changes
        html = answer.get_data(as_text=True)
        kept = [
            value
            for key, value in changes.items()
            if echoed(value) and not key.startswith(("least_", "together", "mode"))
        ]
        assert all(escape(value) in html for value in kept), changes
        after = team.need(need)
        assert (after.title, after.details, after.closes_at, after.revision) == (
            before.title,
            before.details,
            before.closes_at,
            before.revision,
        )


def test_an_unwise_closing_time_has_to_be_accepted(team: Team) -> None:
    need = start(team)
    with team.database.reading() as session:
        closes = good_closing(team.database.now(session), 30)
    path = f"/buyer/needs/{need}/dates"
    boxes = {"length": "own", **date_boxes("closes_at", closes, at="22:30")}
    refused = submit(team.drafting, path, **boxes)
    assert "all the same" in errors(refused)
    assert "outside office hours" in refused.get_data(as_text=True)
    assert team.drafting.post(path, data={**fields_of(refused), "accept": "night"}).status_code == 303
    assert team.need(need).details["dates"] == {"accepted": ["night"]}
    assert 'value="night" checked' in team.drafting.get(path).get_data(as_text=True)


@pytest.mark.parametrize(("weeks", "days"), [("1", 7), ("2", 14)])
def test_one_or_two_weeks_are_a_click(team: Team, weeks: str, days: int) -> None:
    need = start(team)
    assert submit(
        team.drafting, f"/buyer/needs/{need}/dates", length=weeks, accept=["friday", "clock"]
    ).status_code in (303, 422)
    closes = team.need(need).closes_at
    if closes is not None:  # a day on which the clocks change has to be accepted; every other one is stored at once
        with team.database.reading() as session:
            today = to_london(team.database.now(session)).date()
        assert to_london(closes).hour == 12
        assert days <= (to_london(closes).date() - today).days <= days + 5


def test_two_people_on_one_page_lose_nothing(team: Team) -> None:
    need = start(team)
    path = f"/buyer/needs/{need}/requirements"
    mine = fields_of(team.drafting.get(path))
    assert submit(team.approving, path, essential="Theirs").status_code == 303
    answer = team.drafting.post(path, data={**mine, "essential": "Mine"})
    assert "Somebody else saved the same page" in errors(answer)
    html = answer.get_data(as_text=True)
    assert "Mine" in html
    assert "Theirs" in html
    assert team.need(need).details["requirements"]["essential"] == ["Theirs"]
    assert team.drafting.post(path, data={**fields_of(answer)}).status_code == 303
    assert team.need(need).details["requirements"]["essential"] == ["Mine"]


def test_titles_and_texts_are_escaped(team: Team) -> None:
    need = start(team, title="<script>alert(1)</script>")
    for path in ("/buyer/needs", f"/buyer/needs/{need}", f"/buyer/needs/{need}/preview", f"/buyer/needs/{need}/what"):
        html = team.drafting.get(path).get_data(as_text=True)
        assert "<script>" not in html
        assert "&lt;script&gt;" in html


def test_a_draft_can_be_copied_and_deleted(team: Team) -> None:
    with unit_of_work(team.database) as work:
        need = make_draft(work, viewer_of(team.manager, team.organisation))
    copied = team.drafting.post(f"/buyer/needs/{need.id}/copy")
    new_id = copied.location.rsplit("/", 1)[-1]
    assert team.need(new_id).title.startswith("Copy of ")
    assert "cannot be undone" in team.drafting.get(f"/buyer/needs/{new_id}/delete").get_data(as_text=True)
    assert team.drafting.post(f"/buyer/needs/{new_id}/delete").status_code == 303
    assert team.drafting.get(f"/buyer/needs/{new_id}").status_code == 404


def test_documents_by_hand(team: Team) -> None:
    need = start(team)
    path = f"/buyer/needs/{need}/documents"

    def send(title: str, name: str, content: bytes) -> TestResponse:
        return team.drafting.post(path, data={"title": title, "file": (io.BytesIO(content), name)})

    assert "what is in it is" in errors(send("Plan", "plan.pdf", b"<html>"))
    assert "Choose a file" in errors(team.drafting.post(path, data={"title": "Plan"}))
    assert send("Plan", "plan.txt", b"one").status_code == 303
    assert send("Plan", "plan.txt", b"two").status_code == 303
    page = team.drafting.get(path).get_data(as_text=True)
    assert "Version 2" in page
    assert "Version 1" in page
    links = re.findall(rf'href="({path}/\w+)"', page)
    answer = team.drafting.get(links[0])
    assert answer.data == b"two"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    drop = re.search(rf'action="({path}/\w+/drop)"', page)
    assert drop
    assert team.drafting.post(drop[1]).status_code == 303
    assert "What bidders will see" not in team.drafting.get(path).get_data(as_text=True)


def test_the_ledger_takes_lines_and_says_which_is_half_filled(team: Team) -> None:
    page = team.drafting.get("/buyer/spend")
    data = {
        **fields_of(page),
        "provider_1": "CSU North",
        "function_1": "hr",
        "pounds_1": "1,200.50",
        "provider_2": "Half",
    }
    assert "Line 2 is only half filled in" in errors(team.drafting.post("/buyer/spend", data=data))
    assert team.drafting.post("/buyer/spend", data={**data, "provider_2": "", "complete": "yes"}).status_code == 303
    stored = team.drafting.get("/buyer/spend").get_data(as_text=True)
    assert "£1,200.50 a year" in stored
    assert 'value="CSU North"' in stored
    stale = team.approving.post("/buyer/spend", data={**data, "provider_2": ""})
    assert "Somebody else saved it" in errors(stale)
    more = team.drafting.post("/buyer/spend", data={**data, "then": "more"}).get_data(as_text=True)
    assert 'name="pounds_8"' in more
    assert 'value="Half"' in more
    assert "negative" in errors(team.drafting.post("/buyer/spend", data={**data, "provider_2": "", "pounds_1": "-1"}))


def test_the_simulator_scores_with_the_real_engine(team: Team) -> None:
    need = start(team)
    path = f"/buyer/needs/{need}/simulator"
    assert "then come back" in team.drafting.get(path).get_data(as_text=True)
    submit(team.drafting, f"/buyer/needs/{need}/budget", population="145000", ceiling_1="1000", ceiling_2="450000")
    submit(team.drafting, f"/buyer/needs/{need}/judging", cost="50", accountability="30", independence="20")
    page = team.drafting.get(path)
    assert page.status_code == 200
    ids = [spec.id for spec in policy.indicators()]
    bids: dict[str, str] = {"lot": "1"}
    for bid, price, level in (("A", "500", 4), ("B", "500", 4), ("C", "1000.01", 4), ("D", "0", 0)):
        bids |= {f"price_{bid}": price, **{f"{each}_{bid}": str(level) for each in ids}}
    html = re.sub(
        r"\s+",
        " ",
        re.sub(r"<[^>]+>", " ", unescape(team.drafting.get(path, query_string=bids).get_data(as_text=True))),
    )
    assert "75" in html
    assert "1=" in html
    assert "above the ceiling" in html
    assert "A = B" in html
    broken = team.drafting.get(path, query_string={**bids, "price_B": "lots"})
    assert "digits only" in errors(broken)
    assert 'value="lots"' in broken.get_data(as_text=True)
    assert team.drafting.get(path, query_string={"lot": "9", "price_A": "x"}).status_code == 422


def test_evaluators_and_auditors_read_but_do_not_write(team: Team, sign_in: Callable[[User], FlaskClient]) -> None:
    with unit_of_work(team.database) as work:
        people = [make_user(work, team.organisation, role) for role in (Role.EVALUATOR, Role.AUDITOR)]
        need = make_draft(work, viewer_of(team.manager, team.organisation))
    for person in people:
        browser = sign_in(person)
        for path in (
            "/buyer/needs",
            f"/buyer/needs/{need.id}",
            f"/buyer/needs/{need.id}/preview",
            "/buyer/spend",
            f"/buyer/needs/{need.id}/simulator",
        ):
            assert browser.get(path).status_code == 200, path
        for path in (
            "/buyer/needs/new",
            f"/buyer/needs/{need.id}/budget",
            f"/buyer/needs/{need.id}/publish",
            f"/buyer/needs/{need.id}/delete",
        ):
            assert browser.get(path).status_code == 403, path
        assert browser.post(f"/buyer/needs/{need.id}/copy").status_code == 403
        assert browser.post("/buyer/spend").status_code == 403


def test_other_buyers_and_bidders_see_nothing(
    team: Team, database: Database, sign_in: Callable[[User], FlaskClient], client: FlaskClient
) -> None:
    with unit_of_work(database) as work:
        _other, stranger, _boss = make_buyer(work)
        bidder = make_user(work, make_organisation(work, Kind.PRIVATE), Role.BIDDER)
        need = make_draft(work, viewer_of(team.manager, team.organisation))
    pages = [
        "",
        "/what",
        "/service/hr",
        "/requirements",
        "/budget",
        "/judging",
        "/dates",
        "/documents",
        "/bidders",
        "/preview",
        "/approval",
        "/delete",
        "/simulator",
    ]
    foreign, outside = sign_in(stranger), sign_in(bidder)
    for page in pages:
        path = f"/buyer/needs/{need.id}{page}"
        assert foreign.get(path).status_code == 404, path
        assert outside.get(path).status_code == 403, path
        assert client.get(path).status_code == 302, path
    assert foreign.post(f"/buyer/needs/{need.id}/copy").status_code == 404
    assert foreign.get(f"/needs/{need.id}").status_code == 404


def test_unknown_functions_and_needs_are_not_found(team: Team) -> None:
    need = start(team)
    for path in (
        f"/buyer/needs/{need}/service/estates",
        f"/buyer/needs/{need}/service/nothing",
        "/buyer/needs/000000000000",
        f"/buyer/needs/{need}/documents/000000000000",
    ):
        assert team.drafting.get(path).status_code == 404
