"""The main job from both sides, in a browser without scripts, on the real service: post, bid, close, check the ranking.

Each chapter is a fixture that happens once; the tests read what came of it, in any order.
"""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, expect

from marketplace.identity.viewer import Viewer
from marketplace.journal.work import unit_of_work
from marketplace.needs.models import Need
from tests.factories_needs import make_draft
from tests.processes import wait_until
from tests.stories.bidder_story import LANCASHIRE, LEAVING, NEWCOMER, TRUSTING, Bids, bid
from tests.stories.buyer_story import BUYER, CEILING, REGISTER, TITLE, Posted, move_in, post_a_need
from tests.stories.conftest import Check, Shot
from tests.stories.people import House, Person, open_house
from tests.workers.test_due_needs import stage

pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.fixture(scope="module")
def house(sqlite_template: Path, browser: Browser, axe: Check, shot: Shot) -> Iterator[House]:
    """The running service with the register."""
    with open_house(sqlite_template, browser, axe, shot) as house:
        loaded = house.running.command("import-register", str(REGISTER))
        assert loaded.returncode == 0, loaded.stderr
        yield house


@pytest.fixture(scope="module")
def manager(house: House) -> Viewer:
    """The people have moved in; the buyer's manager."""
    return move_in(house.database)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that people upload and download."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def posted(house: House, manager: Viewer, folder: Path) -> Posted:
    """First chapter: the need is published."""
    return post_a_need(house, folder)


@pytest.fixture(scope="module")
def bids(house: House, posted: Posted, folder: Path) -> Bids:
    """Second chapter: three providers have bid, and bidding is still open."""
    return bid(house, posted.need_id, folder)


@pytest.fixture(scope="module")
def buyer(house: House, posted: Posted, bids: Bids) -> Person:
    """Third chapter: the deadline passes while the buyer looks; the buyer in front of the ranking."""
    assert house.worker.process is not None
    house.worker.process.send_signal(signal.SIGSTOP)  # busy with something else, so that there is something to wait for
    with unit_of_work(house.database) as work:  # the only shortcut of the story: fourteen days in one second
        need = work.session.get_one(Need, posted.need_id)
        need.closes_at = need.next_due = work.now() + timedelta(seconds=1)
    approver, address = house.person("approver@fylde.example"), f"/buyer/needs/{posted.need_id}/evaluation"
    wait_until(
        lambda: "on its way" in approver.go(f"{address}?stay=1").words, say="the page did not say that it closed"
    )
    approver.at("The evaluation is on its way").follow("Let it go on by itself again")
    house.worker.process.send_signal(signal.SIGCONT)
    heading = approver.page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Evaluation", timeout=90_000)  # nobody presses anything, and no script runs
    assert stage(house.database, posted.need_id).value == "scored"
    return approver.at("Evaluation")


# The buyer posts a need --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def draft_id(house: House, manager: Viewer) -> str:
    """A draft to make mistakes in."""
    with unit_of_work(house.database) as work:
        return make_draft(work, manager, title="A draft with mistakes").id


MISTAKES = {
    "what": ({"term_years": "three", "title": "Payroll again"}, "must be a whole number"),
    "budget": ({"ceiling_1": "1,000,000.505"}, "at most two decimals"),
    "dates": ({"length": "own", "closes_at": "31 2 2031 12:00"}, "must be a real date: February 2031 has 28 days"),
}


@pytest.mark.parametrize("page", MISTAKES)
def test_a_mistake_is_said_and_what_was_typed_is_kept(house: House, draft_id: str, page: str) -> None:
    typed, complaint = MISTAKES[page]
    person = house.person("manager@fylde.example").go(f"/buyer/needs/{draft_id}/{page}")
    person.fill(**typed).press("Save and continue").is_told(complaint)
    house.look(person.page, f"mistake on {page}")
    for name, text in typed.items():
        if name == "closes_at":
            parts = ("day", "month", "year", "time")
            assert " ".join(person.typed(f"{name}-{part}") for part in parts) == text
        elif name != "length":
            assert person.typed(name) == text
    if page == "dates":
        assert person.page.locator('[name="length"][value="own"]').is_checked()
    assert person.go(f"/buyer/needs/{draft_id}/{page}").page.content().count(complaint) == 0, "nothing was saved"


def test_the_preview_shows_bidders_everything_and_the_simulator_ranks(posted: Posted) -> None:
    for words in (TITLE, "£1,500,000", "95 employees", "Works with ESR", "Staff list", "Local accountability"):
        assert words in posted.preview
    heading, *rows = posted.simulated
    assert heading[:2] == ["Bid", "Rank"]
    assert len(rows) == 4
    assert any("£200,000" in row for row in rows), "the price that was typed is the price that was scored"
    points = [Decimal(row[-1]) for row in rows if row[1] != "excluded"]
    assert points == sorted(points, reverse=True)


def test_the_public_finds_the_need_and_can_check_its_method(house: House, posted: Posted) -> None:
    anybody = house.visitor().go("/").follow("See open needs").at("Needs")
    anybody.fill(q="payroll fylde", function="hr").press("Search").follow(TITLE).at(TITLE, "notice").says(BUYER)
    anybody.says("£1,500,000").says("Fixed since publication")
    shown = anybody.page.locator(".app-hash").inner_text().strip()
    link = anybody.main.get_by_role("link", name="Download the method of judging").get_attribute("href")
    assert link
    assert sha256(anybody.download(link)).hexdigest() == shown
    nothing = anybody.go("/needs").fill(q="zeppelin").press("Search")
    nothing.says("Nothing found")


# Providers bid -----------------------------------------------------------------------------------------------------


def test_every_receipt_is_proved_by_its_digest(house: House, bids: Bids) -> None:
    bidder = house.people[NEWCOMER]
    assert len(set(bids.receipts)) == 3
    for number, receipt in enumerate(bids.receipts[:2], 1):
        bidder.go(f"{bids.at[NEWCOMER]}/versions/{number}").says(receipt)
        digest = bidder.page.locator("dd", has_text=re.compile(r"^\s*[0-9a-f]{64}\s*$")).first.inner_text().strip()
        sealed = bidder.download(f"{bids.at[NEWCOMER]}/versions/{number}/envelope.json")
        assert sha256(sealed).hexdigest() == digest
    mails = house.visitor().go("/demo/outbox")
    for receipt in bids.receipts:
        mails.says(receipt)


def test_the_estimate_is_worked_out_from_what_was_typed(bids: Bids) -> None:
    """Two functions, 2 % a year, half of 20 % VAT stays; once 17,500.50; 4,000 a year of the buyer's own work."""
    years = sum(Decimal("1.02") ** year for year in range(3)) * Decimal("1.1")
    cost = (Decimal("120000") + Decimal("80000.50")) * years + Decimal("17500.50") + 3 * 4000
    assert f"evaluated cost of £{cost.quantize(Decimal('0.01'), ROUND_HALF_UP):,}" in bids.estimate


def test_before_closing_the_buyer_sees_neither_number_nor_names(bids: Bids) -> None:
    assert bids.buyer_after == bids.buyer_before, "three bids have changed what the buyer sees"
    for text in bids.buyer_after.values():
        assert not [name for name in (NEWCOMER, TRUSTING, LEAVING, *bids.receipts) if name in text]


# The buyer checks the ranking --------------------------------------------------------------------------------------


def ranking(buyer: Person, need_id: str) -> list[list[str]]:
    """The rows of the ranking on the page."""
    return buyer.go(f"/buyer/needs/{need_id}/evaluation").table("The ranking in figures")[1:]


def test_the_ranking_has_those_who_took_part(house: House, posted: Posted, buyer: Person) -> None:
    rows = ranking(buyer, posted.need_id)
    assert sorted(row[0] for row in rows) == sorted([NEWCOMER, TRUSTING]), "who withdrew is not opened"
    assert [row[1] for row in rows] == ["1", "2"]
    assert LEAVING not in buyer.page.content()
    expect(buyer.page.locator("svg").first).to_be_visible()
    house.people[TRUSTING].go("/bids").says("Submitted")
    house.visitor().go("/demo/outbox").says(f"The evaluation is ready: {TITLE}")


@pytest.mark.parametrize("place", [0, 1])
def test_a_bid_can_be_checked_by_hand(posted: Posted, buyer: Person, place: int) -> None:
    """Every sum on the page, worked out again from the numbers on the page."""
    name = ranking(buyer, posted.need_id)[place][0]
    buyer.follow(name).at(name, "a bid explained")
    years = buyer.table("rounded so that the parts add up")
    cost = sum(pounds(row[3]) for row in years[1:-1])
    assert cost == pounds(years[-1][3])
    scores = [rounded(100 * (CEILING - 100 * cost) / Decimal(CEILING))]
    for number in (0, 1):
        *lines, total = buyer.table("Points of each level times the weight", number)[1:]
        assert all(Decimal(row[3]) * Decimal(row[4]) == Decimal(row[5]) for row in lines)
        assert sum(Decimal(row[5]) for row in lines) == Decimal(total[5])
        assert sum(Decimal(row[4]) for row in lines) == Decimal(total[4])
        scores.append(rounded(Decimal(total[5]) / Decimal(total[4])))
    *criteria, whole = buyer.table("Points of each criterion times its weight")[1:]
    assert [Decimal(row[1]) for row in criteria] == scores
    adds = [score * Decimal(row[2].rstrip("%")) / 100 for score, row in zip(scores, criteria, strict=True)]
    assert [Decimal(row[3]) for row in criteria] == adds
    assert Decimal(whole[3]) == sum(adds)
    assert Decimal(ranking(buyer, posted.need_id)[place][-1]) == sum(adds)


def pounds(text: str) -> Decimal:
    """ "£1,234.50" as pounds."""
    return Decimal(text.removeprefix("£").replace(",", ""))


def rounded(value: Decimal) -> Decimal:
    """Two decimals, half up."""
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_facts_come_from_the_register_and_the_ledger(posted: Posted, buyer: Person) -> None:
    ranking(buyer, posted.need_id)
    buyer.follow(NEWCOMER).says(f"100.0% of your patients live in the area {LANCASHIRE}")
    buyer.says("£300,000 that stays with everybody").says("exit plan.txt (download)").says(
        "https://wyre.example/figures"
    )
    path = buyer.main.get_by_role("link", name="exit plan.txt").get_attribute("href")
    assert path
    assert buyer.download(path).startswith(b"The exit plan")


def test_anybody_can_work_the_ranking_out_again(posted: Posted, buyer: Person, folder: Path) -> None:
    rows = ranking(buyer, posted.need_id)
    shown = buyer.words
    file = folder / "score-file.json"
    file.write_bytes(buyer.download(f"/buyer/needs/{posted.need_id}/evaluation/download/score-file"))
    again = json.loads(score(file))
    assert again["hash"] in shown
    totals = [(str(each["rank"]), Decimal(each["total"])) for each in again["bids"] if each["status"] == "ranked"]
    assert totals == [(row[1], Decimal(row[-1])) for row in rows]
    whole = score(file, "--robustness").strip()
    assert whole == buyer.download(f"/buyer/needs/{posted.need_id}/evaluation/download/result").strip()
    assert sha256(whole).hexdigest() in shown


def score(file: Path, *options: str) -> bytes:
    """What `marketplace score` prints."""
    command = [sys.executable, "-m", "marketplace.cli", "score", str(file), *options]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


def test_the_ranking_opens_in_a_spreadsheet(posted: Posted, buyer: Person) -> None:
    rows = ranking(buyer, posted.need_id)
    where = f"/buyer/needs/{posted.need_id}/evaluation/download"
    text = buyer.download(f"{where}/csv").decode("utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in text[1:]] == [row[0] for row in rows]
    sheet = load_workbook(BytesIO(buyer.download(f"{where}/xlsx")))["Ranking"]
    heading, *cells = sheet.iter_rows(values_only=True)
    for found, row in zip((dict(zip(heading, each, strict=True)) for each in cells), rows, strict=True):
        assert found["Bidder"] == row[0]
        assert Decimal(str(found["Total points"])) == Decimal(row[-1])
        assert Decimal(str(found["Evaluated cost (pounds)"])) == pounds(row[2])


def test_the_auditor_reads_the_whole_history(house: House, posted: Posted, bids: Bids, buyer: Person) -> None:
    auditor = house.person("auditor@fylde.example").go(f"/buyer/needs/{posted.need_id}/history").at("History")
    table = auditor.table("What happened")
    assert [f"{TRUSTING}, by the service"] == [row[1] for row in table if "submitted at closing" in row[2]]
    who = {row[1] for row in table[1:]}
    assert any(NEWCOMER in each for each in who)
    assert any(LEAVING in each for each in who), "also who withdrew"
    assert auditor.status(f"/buyer/needs/{posted.need_id}/evaluation") == 200
    checked = house.running.command("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_everybody_else_is_kept_out(house: House, posted: Posted, bids: Bids, buyer: Person) -> None:
    need = f"/buyer/needs/{posted.need_id}"
    evaluator, stranger = house.person("evaluator@fylde.example"), house.person("manager@preston.example")
    assert evaluator.status(f"{need}/evaluation") == 200
    assert evaluator.status("/buyer/needs/new") == 403
    assert "Start a new need" not in evaluator.go("/buyer/needs").words
    paths = [need, f"{need}/evaluation", f"{need}/evaluation/download/csv", f"{need}/history", bids.at[NEWCOMER]]
    paths.append(f"{need}/evaluation{bids.at[NEWCOMER]}")
    for path in paths:
        assert stranger.status(path) in (403, 404) if path == bids.at[NEWCOMER] else stranger.status(path) == 404
    assert house.people[TRUSTING].status(bids.at[NEWCOMER]) == 404
    house.look(stranger.go(f"{need}/evaluation").page, "not found")
    house.look(evaluator.go("/buyer/needs/new").page, "forbidden")
