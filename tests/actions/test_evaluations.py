"""Closing, opening and scoring on real databases: once, whatever is repeated; whole, whatever dies."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlmodel import col, select

from marketplace.checking import check_everything
from marketplace.evaluations import actions, progress, scores
from marketplace.evaluations.models import Evaluation, OpenedBid, ScoringProgress
from marketplace.identity.models import User
from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import Viewer
from marketplace.journal.models import JournalLine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.needs.method import Lot
from marketplace.needs.states import Stage
from marketplace.notices.models import Mail
from marketplace.scoring.canonical import sha256_hex
from marketplace.scoring.command import score
from tests.factories import make_organisation, make_user
from tests.factories_evaluations import Contest, failing, make_contest

TWO_LOTS = (Lot(1, ("hr",), 60_000_000), Lot(2, ("it", "finance"), 90_000_000))


def lines(contest: Contest, *verbs: str) -> list[JournalLine]:
    with contest.database.reading() as session:
        found = select(JournalLine).where(JournalLine.thread == contest.need_id, col(JournalLine.verb).in_(verbs))
        return list(session.exec(found.order_by(col(JournalLine.seq))))


def mails(contest: Contest, kind: str = "evaluation ready") -> list[Mail]:
    with contest.database.reading() as session:
        return list(session.exec(select(Mail).where(Mail.kind == kind)))


def noted(contest: Contest) -> ScoringProgress:
    with contest.database.reading() as session:
        return session.get_one(ScoringProgress, contest.need_id)


def result(contest: Contest, lot: int = 1, number: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(next(each for each in contest.evaluations(number) if each.lot == lot).result)
    return found


def by_name(contest: Contest, found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    names = {bid_id: name for name, bid_id in contest.bids.items()}
    return {names[bid["id"]]: bid for bid in found["bids"]}


def test_nothing_happens_before_the_deadline(any_database: Database) -> None:
    contest = make_contest(any_database)
    contest.bid("Alpha")
    assert actions.work_on(any_database, contest.need_id)
    assert actions.run_due(any_database).finished == []
    assert contest.need().stage is Stage.OPEN
    assert lines(contest, "need.closed", "opening.recorded") == []


def test_at_the_deadline_itself_bidding_is_over(any_database: Database) -> None:
    contest = make_contest(any_database)
    any_database._clock = lambda: contest.closes_at
    assert actions.run_due(any_database).finished == [contest.need_id]
    assert contest.need().stage is Stage.SCORED


def test_a_due_need_is_closed_opened_and_scored(any_database: Database) -> None:
    contest = make_contest(any_database)
    contest.bid("Alpha", yearly_pence=10_000_000)
    contest.bid("Beta", yearly_pence=12_000_000)
    contest.pass_deadline()
    report = actions.run_due(any_database)
    assert (report.finished, report.failed) == ([contest.need_id], [])
    need = contest.need()
    assert (need.stage, need.next_due) == (Stage.SCORED, None)
    assert None not in (need.closed_at, need.opened_at, need.scored_at)
    (stored,) = contest.evaluations()
    assert stored.hash == sha256_hex(stored.result)
    assert (stored.method_hash, stored.round, stored.provisional) == (need.method_hash, 1, False)
    found = result(contest)
    assert found["winner"] == contest.bids["Alpha"]
    # 3 years of 10,000,000 + 1,000,000 mobilisation + 3 years of 500,000: see tests/factories_bids.py
    assert by_name(contest, found)["Alpha"]["price_pence"] == 3 * 10_000_000 + 1_000_000 + 3 * 500_000
    (opening,) = lines(contest, "opening.recorded")
    with any_database.reading() as session:
        opened = session.exec(select(OpenedBid)).all()
    assert json.loads(opening.facts)["digests"] == {each.receipt: each.digest for each in opened}
    assert {each.organisation_name for each in opened} == {"Alpha", "Beta"}
    assert {mail.to for mail in mails(contest)} == {person.email for person in contest.people.values()}
    assert check_everything(any_database).faults == []


def test_the_journal_and_the_mails_tell_no_price_and_no_name(any_database: Database) -> None:
    contest = make_contest(any_database)
    contest.bid("Canary Wharf Support", yearly_pence=10_987_654)
    contest.pass_deadline()
    actions.run_due(any_database)
    assert contest.need().stage is Stage.SCORED
    with any_database.reading() as session:
        told = [line.facts for line in session.exec(select(JournalLine))]
        told += [mail.text + mail.subject for mail in mails(contest)]
    assert told
    assert not [text for text in told if "10987654" in text or "109,876" in text or "Canary" in text]


def test_a_need_without_bids_is_scored_honestly(any_database: Database) -> None:
    contest = make_contest(any_database)
    contest.pass_deadline()
    actions.run_due(any_database)
    found = result(contest)
    assert (found["bids"], found["winner"], found["decision_needed"]) == ([], None, False)
    assert "No bid was received." in mails(contest)[0].text
    assert check_everything(any_database).faults == []


def test_delivered_twice_is_done_once(any_database: Database) -> None:
    contest = make_contest(any_database, lots=TWO_LOTS)
    contest.bid("Alpha")
    contest.pass_deadline()
    actions.work_on(any_database, contest.need_id)
    first = [(each.id, each.hash, each.scored_at) for each in contest.evaluations()]
    with any_database.reading() as session:
        before = session.exec(select(sa.func.count()).select_from(JournalLine)).one()
    for _ in range(2):
        assert actions.work_on(any_database, contest.need_id)
        actions.run_due(any_database)
    assert [(each.id, each.hash, each.scored_at) for each in contest.evaluations()] == first
    assert len(first) == 2
    with any_database.reading() as session:
        assert session.exec(select(sa.func.count()).select_from(JournalLine)).one() == before
    assert len(mails(contest)) == len(contest.people)


def test_several_workers_at_the_same_time_write_one_result(any_database: Database) -> None:
    contest = make_contest(any_database, lots=TWO_LOTS)
    for name in ("Alpha", "Beta", "Gamma"):
        contest.bid(name)
    contest.pass_deadline()
    together = threading.Barrier(4)

    def worker(_: int) -> bool:
        together.wait()
        return actions.work_on(any_database, contest.need_id)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(worker, range(4))) == [True] * 4
    with any_database.reading() as session:
        assert session.exec(select(sa.func.count()).select_from(Evaluation)).one() == 2
        assert session.exec(select(sa.func.count()).select_from(OpenedBid)).one() == 3
    verbs = ("need.closed", "opening.recorded", "need.opened", "evaluation.scored", "need.scored")
    assert sorted(line.verb for line in lines(contest, *verbs)) == sorted([*verbs, "evaluation.scored"])
    assert noted(contest).attempts == 0
    assert check_everything(any_database).faults == []


@pytest.mark.parametrize("broken", ["close_need", "open_need", "score_need"])
def test_what_dies_between_two_steps_is_taken_up_again(
    any_database: Database, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    contest = make_contest(any_database)
    contest.bid("Alpha")
    contest.pass_deadline()
    with failing(monkeypatch, f"marketplace.evaluations.actions.{broken}", times=1):
        report = actions.run_due(any_database)
        assert report.failed == [contest.need_id]
        need, found = contest.need(), noted(contest)
        now = contest.closes_at + timedelta(seconds=1)
        assert need.next_due == now + timedelta(seconds=progress.FIRST_WAIT_SECONDS)
        assert found.attempts == 1
        assert found.problem.startswith("RuntimeError")
        assert "123" not in found.problem
        assert actions.run_due(any_database).finished == []  # put off: not tried in a busy loop
        any_database._clock = lambda: now + timedelta(seconds=progress.FIRST_WAIT_SECONDS)
        assert actions.run_due(any_database).finished == [contest.need_id]
    assert contest.need().stage is Stage.SCORED
    assert (noted(contest).attempts, noted(contest).problem) == (0, "")
    assert len(contest.evaluations()) == 1


def test_lots_that_are_stored_are_not_scored_again(any_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    contest = make_contest(any_database, lots=TWO_LOTS)
    contest.bid("Alpha")
    contest.pass_deadline()
    real = scores.score_lot

    def dies_at_lot_2(method: Any, number: int, *rest: Any, **more: Any) -> Any:
        if number == 2:
            raise MemoryError
        return real(method, number, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(scores, "score_lot", dies_at_lot_2)
        assert not actions.work_on(any_database, contest.need_id)
    assert contest.need().stage is Stage.OPENED
    assert contest.evaluations() == []  # half a round is not shown
    (first,) = contest.evaluations(1)
    asked: list[int] = []

    def counted(method: Any, number: int, *rest: Any, **more: Any) -> Any:
        asked.append(number)
        return real(method, number, *rest, **more)

    monkeypatch.setattr(scores, "score_lot", counted)
    assert actions.work_on(any_database, contest.need_id)
    assert asked == [2]
    assert contest.evaluations()[0].id == first.id
    assert len(contest.evaluations()) == 2


def test_one_failing_need_does_not_stop_the_others(any_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = make_contest(any_database), make_contest(any_database)
    for contest in (bad, good):
        contest.bid("Alpha")
    good.closes_at = bad.closes_at = max(bad.closes_at, good.closes_at)
    with unit_of_work(any_database) as work:  # an operator switches these on
        operator = make_user(work, make_organisation(work, Kind.OPERATOR), Role.OPERATOR)
    bad.pass_deadline()
    real = actions.open_need

    def open_need(work: Any, viewer: Any, need_id: str) -> bool:
        if need_id == bad.need_id:
            raise RuntimeError("broken disk")
        return real(work, viewer, need_id)

    monkeypatch.setattr(actions, "open_need", open_need)
    moment = bad.closes_at + timedelta(seconds=1)
    for attempt in range(1, progress.MOST_ATTEMPTS + 1):
        any_database._clock = lambda at=moment: at  # type: ignore[misc]
        report = actions.run_due(any_database)
        assert report.failed == [bad.need_id], attempt
        if attempt == 1:
            assert report.finished == [good.need_id]
        moment += timedelta(minutes=15)
    assert good.need().stage is Stage.SCORED
    assert bad.need().next_due is None
    assert noted(bad).failed_at is not None
    assert [mail.to for mail in mails(bad, "need stuck")] == [operator.email]
    assert actions.run_due(any_database).failed == []  # given up: an operator must look
    monkeypatch.setattr(actions, "open_need", real)
    with unit_of_work(any_database) as work:
        actions.try_again(work, operator_viewer(operator), need_id=bad.need_id)
    assert actions.run_due(any_database).finished == [bad.need_id]
    assert bad.need().stage is Stage.SCORED
    with pytest.raises(actions.NotFailed), unit_of_work(any_database) as work:
        actions.try_again(work, operator_viewer(operator), need_id=bad.need_id)


def operator_viewer(user: User) -> Viewer:
    return Viewer(user_id=user.id, role=Role.OPERATOR, organisation_id=user.organisation_id, kind=Kind.OPERATOR)


def test_an_envelope_that_cannot_be_read_stops_nobody(any_database: Database) -> None:
    contest = make_contest(any_database)
    contest.bid("Alpha")
    contest.bid("Beta")
    with any_database.engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE bid_envelope SET content = 'torn'"
                " WHERE version_id IN (SELECT id FROM bid_version WHERE bid_id = :bid)"
            ),
            {"bid": contest.bids["Beta"]},
        )
    contest.pass_deadline()
    actions.run_due(any_database)
    assert contest.need().stage is Stage.SCORED
    assert set(by_name(contest, result(contest))) == {"Alpha"}
    (stored,) = contest.evaluations()
    (lost,) = json.loads(stored.sheet)["unreadable"]
    assert lost["organisation"] == "Beta"
    assert lost["problem"]
    assert json.loads(lines(contest, "opening.recorded")[0].facts)["unreadable"] == [lost["receipt"]]


def test_equal_bids_share_the_rank_and_need_a_decision(any_database: Database) -> None:
    contest = make_contest(any_database)
    for name in ("Alpha", "Beta"):
        contest.bid(name)
    contest.bid("Gamma", yearly_pence=15_000_000)
    contest.pass_deadline()
    actions.run_due(any_database)
    found = result(contest)
    assert found["decision_needed"]
    assert found["winner"] is None
    ranks = {name: (bid["rank"], bid["joint"]) for name, bid in by_name(contest, found).items()}
    assert ranks == {"Alpha": (1, True), "Beta": (1, True), "Gamma": (3, False)}
    assert "a decision by people is needed" in mails(contest)[0].text


def test_excluded_bids_keep_their_reasons(any_database: Database) -> None:
    contest = make_contest(any_database)
    contest.bid("Alpha")
    contest.bid("Too dear", yearly_pence=30_000_000)
    contest.bid("Keeps the data", answers={"in4_data_owner": "provider"})
    contest.pass_deadline()
    actions.run_due(any_database)
    found = by_name(contest, result(contest))
    assert {name for name, bid in found.items() if bid["status"] == "excluded"} == {"Too dear", "Keeps the data"}
    assert "above the ceiling" in found["Too dear"]["reasons"][0]
    assert "IN4" in found["Keeps the data"]["reasons"][0]


def test_a_missing_fact_holds_the_bid_until_it_is_known(any_database: Database) -> None:
    contest = make_contest(any_database, ledger=False)
    contest.bid("Alpha")
    contest.pass_deadline()
    actions.run_due(any_database)
    first = result(contest)
    assert first["provisional"]
    low, high = (float(end) for end in first["bids"][0]["bounds"])
    assert low < high
    # 12,000,000 a year with Alpha, 28,000,000 with others: 30 %, which is level 3
    contest.fill_ledger(("Others", "estates", 28_000_000), ("Alpha", "hr", 99_000_000))
    for _ in range(2):  # a double click asks for one more round, not for two
        with unit_of_work(any_database) as work:
            assert actions.ask_again(work, contest.viewer(), need_id=contest.need_id, after_round=1) == 2
    assert result(contest) == first  # the last whole round is shown until the next is
    assert actions.run_due(any_database).finished == [contest.need_id]
    second = result(contest)
    assert not second["provisional"]
    assert low <= float(second["bids"][0]["total"]) <= high
    (stored,) = contest.evaluations()
    sheet = json.loads(stored.sheet)["bids"][contest.bids["Alpha"]]
    assert sheet["looked_up"]["spend"] == {"group_pence": 0, "bid_pence": 12_000_000, "all_pence": 28_000_000}
    assert next(row["level"] for row in sheet["rows"] if row["id"] == "IN1") == 3
    assert result(contest, number=1) == first  # every earlier round stays
    assert len(mails(contest)) == 2 * len(contest.people)
    with pytest.raises(actions.NothingToScoreAgain), unit_of_work(any_database) as work:
        actions.ask_again(work, contest.viewer(), need_id=contest.need_id, after_round=2)
    assert check_everything(any_database).faults == []


def test_the_score_command_gives_the_stored_result(any_database: Database, tmp_path: Any) -> None:
    contest = make_contest(any_database, lots=TWO_LOTS)
    contest.bid("Alpha")
    contest.bid("Beta", yearly_pence=14_000_000, offered=(1,))
    contest.pass_deadline()
    actions.run_due(any_database)
    for stored in contest.evaluations():
        file = tmp_path / f"lot{stored.lot}.json"
        file.write_text(stored.score_file, encoding="utf-8")
        told = CliRunner().invoke(score, [str(file), "--robustness"])
        assert told.exit_code == 0, told.stderr
        assert told.stdout.strip() == stored.result
    sheet = json.loads(contest.evaluations()[1].sheet)
    assert [each["organisation"] for each in sheet["not_offered"]] == ["Beta"]


def test_the_same_bids_give_the_same_result_on_both_databases(database: Database, postgres_url: str) -> None:
    other = Database(postgres_url)
    told = []
    for each in (database, other):
        contest = make_contest(each)
        contest.bid("Alpha")
        contest.bid("Beta", yearly_pence=14_000_000)
        contest.pass_deadline()
        actions.run_due(each)
        document = json.loads(contest.evaluations()[0].score_file)
        names = {bid_id: name for name, bid_id in contest.bids.items()}
        text = json.dumps(document, sort_keys=True)
        for bid_id, name in names.items():
            text = text.replace(bid_id, name)
        told.append(sorted(json.dumps(bid, sort_keys=True) for bid in json.loads(text)["bids"]))
    other.dispose()
    assert told[0] == told[1]
