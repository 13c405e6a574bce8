"""The buyer's pages about an evaluation, the history, the downloads, and the operator's jobs page."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from marketplace.bids import access, drafting
from marketplace.evaluations import actions
from marketplace.identity.models import User
from marketplace.identity.roles import Kind, Role
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.uploads import Upload
from marketplace.needs.method import Lot
from marketplace.scoring.score_file import evaluate, parse
from tests.factories import make_organisation, make_user
from tests.factories_bids import make_bidder, submit
from tests.factories_evaluations import Contest, make_contest

SignIn = Callable[[User], FlaskClient]
TWO_LOTS = (Lot(1, ("hr",), 60_000_000), Lot(2, ("it", "finance"), 90_000_000))


def text_of(answer: Any) -> str:
    """What a reader reads: tags away, spaces single."""
    body = re.sub(r"<(script|style|desc|title)\b.*?</\1>", " ", answer.get_data(as_text=True), flags=re.S)
    body = re.sub(r'<span class="nhsuk-table__heading".*?</span>', " ", body)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&#39;", "'").replace("&amp;", "&").split())


def address(contest: Contest, rest: str = "") -> str:
    return f"/buyer/needs/{contest.need_id}/evaluation{rest}"


@pytest.fixture
def scored(database: Database) -> Iterator[Contest]:
    """A scored need with a winner, a second and an excluded bid."""
    contest = make_contest(database, title="HR for three years")
    contest.bid("Alpha Council", yearly_pence=10_000_000)
    contest.bid("=Beta <b>& Sons</b>", yearly_pence=12_000_000)
    contest.bid("Too Dear", yearly_pence=30_000_000)
    contest.pass_deadline()
    actions.run_due(database)
    yield contest
    database._clock = None


def test_the_buyer_reads_why_a_provider_declined_only_after_closing(database: Database, sign_in: SignIn) -> None:
    contest = make_contest(database)
    contest.bid("Alpha Council")
    with unit_of_work(database) as work:
        _, _, decliner = make_bidder(work, Kind.PRIVATE, name="Faraway Ltd")
        drafting.say_intention(work, decliner, need_id=contest.need_id, intends=False, reason="Too far <away>")
    browser = sign_in(contest.people[Role.APPROVER])
    assert "Faraway" not in text_of(browser.get(address(contest)))
    contest.pass_deadline()
    actions.run_due(database)
    shown = text_of(sign_in(contest.people[Role.APPROVER]).get(address(contest)))
    database._clock = None
    assert "Providers that declined" in shown
    assert "Faraway Ltd Too far &lt;away&gt;" in shown


def test_before_closing_the_page_says_when_and_tells_no_number(database: Database, sign_in: SignIn) -> None:
    contest = make_contest(database)
    for name in ("Alpha", "Beta", "Gamma"):
        contest.bid(name)
    browser = sign_in(contest.people[Role.APPROVER])
    answer = browser.get(address(contest))
    said = text_of(answer)
    assert answer.status_code == 200
    assert "The evaluation will be here after bidding closes" in said
    assert not re.search(r"\b(3|three) bids\b|Alpha|Beta|Gamma", said)
    assert "Refresh" not in answer.headers


def test_while_the_worker_is_at_it_the_page_goes_on_by_itself(database: Database, sign_in: SignIn) -> None:
    contest = make_contest(database)
    contest.bid("Alpha")
    contest.pass_deadline()
    with unit_of_work(database) as work:
        actions.close_need(work, contest.viewer(), contest.need_id)
    browser = sign_in(contest.people[Role.EVALUATOR])
    answer = browser.get(address(contest))
    assert answer.headers["Refresh"] == "2"
    assert "goes on by itself" in text_of(answer)
    assert "of 1 bids" not in text_of(answer)  # closed, not opened: still nobody's business
    assert "Refresh" not in browser.get(address(contest) + "?stay=1").headers
    with unit_of_work(database) as work:
        actions.open_need(work, contest.viewer(), contest.need_id)
    assert "0 of 1 bids scored" in text_of(browser.get(address(contest)))
    actions.run_due(database)
    answer = browser.get(address(contest))
    assert "Refresh" not in answer.headers
    assert "Alpha is first" in text_of(answer)


def test_it_is_said_honestly_when_no_worker_answers(database: Database, sign_in: SignIn) -> None:
    contest = make_contest(database)
    database._clock = lambda: contest.closes_at + timedelta(minutes=5)
    said = text_of(sign_in(contest.people[Role.APPROVER]).get(address(contest)))
    assert "The service is not answering at the moment" in said
    assert "The bids are safe" in said


def test_a_failure_is_told_without_its_insides(
    database: Database, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    contest = make_contest(database)
    contest.bid("Alpha")
    contest.pass_deadline()

    def broken(*_: Any) -> bool:
        raise RuntimeError("price 12000000")

    monkeypatch.setattr(actions, "open_need", broken)
    actions.run_due(database)
    said = text_of(sign_in(contest.people[Role.APPROVER]).get(address(contest)))
    assert "the service will try again" in said
    assert "RuntimeError" not in said
    assert "12000000" not in said


def test_the_ranking_is_shown_and_escaped(scored: Contest, sign_in: SignIn) -> None:
    answer = sign_in(scored.people[Role.AUDITOR]).get(address(scored))
    said, source = text_of(answer), answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Alpha Council is first with 58.865 points" in said
    assert "<b>& Sons</b>" not in source
    assert "£325,000.00" in said  # 3 x 100,000 + 10,000 + 3 x 5,000: tests/factories_bids.py
    assert "Excluded bids" in said
    assert "above the ceiling" in said
    assert scored.evaluations()[0].hash in said
    assert scored.need().method_hash in said
    assert "app-triangle" in source
    heads = re.search(r"The ranking in figures</caption>\s*<thead.*?</thead>", source, re.S)
    assert heads is not None
    assert re.findall(r"<th[^>]*>\s*(.*?)\s*</th>", heads[0]) == [  # few and short, so that the total is not cut
        "Bidder", "Rank", "Evaluated cost", "Points: cost", "Points: local accountability", "Points: independence",
        "Total",
    ]  # fmt: skip
    assert not re.search(r"\b[0-9a-z]{12}\b is (first|excluded)", said)  # names, not ids
    assert all(bid_id not in said for bid_id in scored.bids.values())


def test_a_bid_is_explained_so_that_it_can_be_added_up_by_hand(scored: Contest, sign_in: SignIn) -> None:
    browser = sign_in(scored.people[Role.EVALUATOR])
    said = text_of(browser.get(address(scored, f"/bids/{scored.bids['Alpha Council']}")))
    # Cost: 100 x (600,000 - 325,000) / 600,000
    assert "100 × (£600,000 − £325,000) ÷ £600,000 = 45.833333…, rounded 45.83" in said
    # Accountability: levels 4,2,2,2,2,2,2,2 with weights 2,2,0.5,1,1,1,1,0.25
    assert "537.5 ÷ 8.75 = 61.428571…, rounded 61.43 ; times its weight of 30% adds 18.429" in said
    assert "Without evidence a declared answer counts as level 2 at most" in said
    assert "58.8650" in said
    assert "Evaluated cost £325,000.00" in said
    excluded = text_of(browser.get(address(scored, f"/bids/{scored.bids['Too Dear']}")))
    assert "This bid is excluded" in excluded
    assert "No points for cost" in excluded


def test_the_downloaded_score_file_gives_the_same_result(scored: Contest, sign_in: SignIn) -> None:
    browser = sign_in(scored.people[Role.APPROVER])
    file = browser.get(address(scored, "/download/score-file"))
    assert file.headers["Content-Disposition"].startswith("attachment;")
    again = evaluate(parse(json.loads(file.data)), robustness=True)
    assert again == json.loads(browser.get(address(scored, "/download/result")).data)
    assert again["hash"] in text_of(browser.get(address(scored)))


def test_spreadsheets_hold_text_and_numbers_and_no_formula(scored: Contest, sign_in: SignIn) -> None:
    browser = sign_in(scored.people[Role.APPROVER])
    answer = browser.get(address(scored, "/download/csv"))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Rank"] for row in rows] == ["1", "2", ""]
    assert rows[1]["Bidder"] == "'=Beta <b>& Sons</b>"
    assert rows[0]["Evaluated cost (pounds)"] == "325000"
    assert rows[0]["Total points"] == "58.865"
    assert rows[2]["Status"] == "Excluded"
    book = load_workbook(io.BytesIO(browser.get(address(scored, "/download/xlsx")).data))
    sheet = book["Ranking"]
    assert sheet.cell(3, 2).value == "=Beta <b>& Sons</b>"
    assert sheet.cell(3, 2).data_type == "s"
    assert sheet.cell(2, 3).value == 325000
    assert any(row[0].value == "Hash of the method" for row in book["Method and hashes"].rows)


@pytest.mark.parametrize(
    "rest",
    ["?lot=9", "?lot=0", "?lot=x", "?round=2", "?round=0", "?lot=%F0%9D%9F%99", "/download/exe", "/bids/0123456789ab"],
)
def test_what_is_not_there_is_404(scored: Contest, sign_in: SignIn, rest: str) -> None:
    assert sign_in(scored.people[Role.APPROVER]).get(address(scored, rest)).status_code == 404


def test_nobody_else_sees_an_evaluation(
    scored: Contest, database: Database, sign_in: SignIn, client: FlaskClient
) -> None:
    other = make_contest(database)
    pages = [
        address(scored),
        address(scored, "/download/csv"),
        address(scored, f"/bids/{scored.bids['Alpha Council']}"),
    ]
    pages.append(f"/buyer/needs/{scored.need_id}/history")
    with unit_of_work(database) as work:
        operator = make_user(work, make_organisation(work, Kind.OPERATOR), Role.OPERATOR)
    for page in pages:
        assert sign_in(other.people[Role.APPROVER]).get(page).status_code == 404
        assert sign_in(scored.users["Alpha Council"]).get(page).status_code == 403
        assert sign_in(operator).get(page).status_code == 403
        assert client.get(page).status_code == 302


def test_several_lots_are_ranked_on_their_own(database: Database, sign_in: SignIn) -> None:
    contest = make_contest(database, lots=TWO_LOTS)
    contest.bid("Alpha")
    contest.bid("Beta", yearly_pence=11_000_000, offered=(2,))
    contest.pass_deadline()
    actions.run_due(database)
    browser = sign_in(contest.people[Role.APPROVER])
    first, second = (text_of(browser.get(address(contest, f"?lot={lot}"))) for lot in (1, 2))
    assert "Alpha is first" in first
    assert "Did not bid for this lot: Beta" in first
    assert "Beta is first" in second


def test_a_tie_asks_for_a_decision(database: Database, sign_in: SignIn) -> None:
    contest = make_contest(database)
    contest.bid("Alpha")
    contest.bid("Beta")
    contest.pass_deadline()
    actions.run_due(database)
    said = text_of(sign_in(contest.people[Role.APPROVER]).get(address(contest)))
    assert "A decision by people is needed" in said
    assert "1= Alpha" in said
    assert "1= Beta" in said


def test_without_bids_the_page_says_so(database: Database, sign_in: SignIn) -> None:
    contest = make_contest(database)
    contest.pass_deadline()
    actions.run_due(database)
    answer = sign_in(contest.people[Role.MANAGER]).get(address(contest))
    assert "No bid was received for this need." in text_of(answer)


def test_a_held_bid_can_be_scored_again_by_an_approver_only(database: Database, sign_in: SignIn) -> None:
    contest = make_contest(database, ledger=False)
    contest.bid("Alpha")
    contest.pass_deadline()
    actions.run_due(database)
    approver, manager = (sign_in(contest.people[role]) for role in (Role.APPROVER, Role.MANAGER))
    said = text_of(approver.get(address(contest)))
    assert "This result is provisional" in said
    assert "fill in the ledger" in said
    assert "Score again with what is known now" in said
    assert "Score again with what is known now" not in text_of(manager.get(address(contest)))
    assert manager.post(address(contest, "/again"), data={"after_round": "1"}).status_code == 403
    assert approver.post(address(contest, "/again"), data={"after_round": "x"}).status_code == 303
    contest.fill_ledger(("Others", "estates", 28_000_000))
    assert approver.post(address(contest, "/again"), data={"after_round": "1"}).status_code == 303
    waiting = approver.get(address(contest))
    assert "Round 2 of scoring was asked for" in text_of(waiting)
    assert "Refresh" in waiting.headers
    actions.run_due(database)
    assert "This result is provisional" not in text_of(approver.get(address(contest)))
    assert "This is an earlier round of scoring" in text_of(approver.get(address(contest, "?round=1")))
    assert approver.post(address(contest, "/again"), data={"after_round": "2"}).status_code == 409


def test_the_history_hides_bids_until_the_opening(database: Database, sign_in: SignIn) -> None:
    contest = make_contest(database)
    contest.bid("Alpha")
    contest.bid("Beta", send=False)
    page = f"/buyer/needs/{contest.need_id}/history"
    browser = sign_in(contest.people[Role.AUDITOR])
    before = text_of(browser.get(page))
    assert "published it" in before
    assert not re.search(r"Alpha|Beta|\bbid,|receipt", before)
    assert "Who What Line" not in before  # gaps between the journal's numbers would tell how much is going on
    contest.pass_deadline()
    actions.run_due(database)
    after = text_of(sign_in(contest.people[Role.AUDITOR]).get(page))  # the clock went on: the first sign-in has ended
    assert "Alpha submitted a bid, receipt R-" in after
    assert "Who What Line" in after
    assert "The service recorded the opening: 1 bid was opened" in after
    assert "Beta" not in after  # a draft that was never submitted is nobody's business
    assert sign_in(contest.people[Role.EVALUATOR]).get(page).status_code == 403


def test_the_operator_sees_jobs_and_starts_one_again(
    database: Database, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    contest = make_contest(database, title="Stuck need")
    contest.bid("Alpha")
    contest.bid("Beta")
    with unit_of_work(database) as work:
        operator = make_user(work, make_organisation(work, Kind.OPERATOR), Role.OPERATOR)
    contest.pass_deadline()
    real = actions.open_need
    monkeypatch.setattr(actions, "open_need", lambda *_: 1 / 0)
    actions.run_due(database)
    browser = sign_in(operator)
    said = text_of(browser.get("/operator/jobs"))
    assert "Stuck need" in said
    assert "1 of 8" in said
    assert "ZeroDivisionError" in said
    assert not re.search(r"2 bids|Alpha|Beta", said)
    monkeypatch.setattr(actions, "open_need", real)
    assert browser.post(f"/operator/jobs/{contest.need_id}/retry").status_code == 303
    assert actions.run_due(database).finished == [contest.need_id]
    said = text_of(browser.get("/operator/jobs"))
    assert "Nothing is due and nothing has failed." in said
    assert browser.post(f"/operator/jobs/{contest.need_id}/retry").status_code == 409
    assert browser.post("/operator/jobs/0123456789ab/retry").status_code == 404


def test_evidence_is_reached_after_opening_only_and_as_a_download(database: Database, sign_in: SignIn) -> None:
    contest = make_contest(database)
    bid_id = contest.bid("Alpha", send=False)
    viewer = contest.bidders["Alpha"]
    with unit_of_work(database) as work:
        revision = access.own_draft(work.session, viewer, bid_id).bid.revision
        upload = Upload("letter.txt", "text/plain", b"a vote for you")
        saved = drafting.attach_document(work, viewer, bid_id=bid_id, revision=revision, indicator="LA2", upload=upload)
        document = saved.content["evidence"]["LA2"]["id"]
    submit(database, viewer, bid_id, key="e" * 32)
    page = address(contest, f"/bids/{bid_id}/evidence/{document}")
    assert sign_in(contest.people[Role.EVALUATOR]).get(page).status_code == 404
    contest.pass_deadline()
    actions.run_due(database)
    browser = sign_in(contest.people[Role.EVALUATOR])
    answer = browser.get(page)
    assert answer.data == b"a vote for you"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "letter.txt (download)" in text_of(browser.get(address(contest, f"/bids/{bid_id}")))
