"""Real workers close, open and score what is due, on both databases, whatever is delivered how often."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlmodel import col, select

from marketplace.evaluations.models import Evaluation, OpenedBid
from marketplace.identity.roles import Kind
from marketplace.journal.models import JournalLine
from marketplace.journal.verify import verify
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.needs.models import Need
from marketplace.needs.states import Stage
from marketplace.notices.models import Mail
from tests.factories import make_organisation
from tests.factories_bids import make_bidder, make_complete_bid, make_open_need, submit
from tests.processes import Service, service, wait_until
from workers.app import make

pytestmark = pytest.mark.processes


def due_need(database: Database, *, bidders: int = 3, seconds: float = 0.0) -> str:
    """An open need with submitted bids at different prices, whose deadline is `seconds` from now."""
    with unit_of_work(database) as work:
        need_id = make_open_need(work, make_organisation(work, Kind.CCG)).id
        viewers = [make_bidder(work)[2] for _ in range(bidders)]
    for number, viewer in enumerate(viewers):
        bid_id, _ = make_complete_bid(database, viewer, need_id, yearly_pence=12_000_000 + number * 500_000)
        submit(database, viewer, bid_id, key=f"key-{number}")
    with unit_of_work(database) as work:
        need = work.session.get(Need, need_id)
        assert need is not None
        need.closes_at = need.next_due = work.now() + timedelta(seconds=seconds)
    return need_id


def stage(database: Database, need_id: str) -> Stage:
    with database.reading() as session:
        return session.exec(select(Need.stage).where(col(Need.id) == need_id)).one()


def assert_done_once(database: Database, need_id: str, *, bids: int) -> None:
    """Closed, opened and scored exactly once, with every bid, and with an unbroken journal."""
    with database.reading() as session:
        assert session.exec(select(Need.stage).where(col(Need.id) == need_id)).one() is Stage.SCORED
        lots = session.exec(select(Evaluation.lot).where(col(Evaluation.need_id) == need_id)).all()
        assert sorted(lots) == [1, 2]
        opened = session.exec(select(OpenedBid.bid_id).where(col(OpenedBid.need_id) == need_id)).all()
        assert len(opened) == len(set(opened)) == bids
        lines = Counter(session.exec(select(JournalLine.verb).where(col(JournalLine.thread) == need_id)).all())
        assert {verb: lines[verb] for verb in ("need.closed", "need.opened", "need.scored")} == {
            "need.closed": 1,
            "need.opened": 1,
            "need.scored": 1,
        }
        mails = session.exec(select(Mail.stable_id)).all()
        assert len(mails) == len(set(mails))
        assert verify(session).fault is None


def test_the_worker_does_within_seconds_what_the_timetable_finds_due(any_database: Database) -> None:
    with service(any_database) as running:
        running.start_broker()
        running.start("worker")
        running.start("timetable")
        need_id = due_need(any_database, seconds=2)
        assert stage(any_database, need_id) is Stage.OPEN
        taken = wait_until(lambda: stage(any_database, need_id) is Stage.SCORED, say="the need was not scored")
        assert_done_once(any_database, need_id, bids=3)
        assert taken < 15, "seconds, not minutes"


def test_two_workers_and_every_task_delivered_twice_do_it_once(any_database: Database) -> None:
    need_ids = [due_need(any_database, bidders=2) for _ in range(3)]
    with service(any_database, tcp=True) as running:
        running.start_broker()
        celery = make(running.broker_url)
        for need_id in need_ids * 2:
            celery.send_task("workers.scoring.need", args=(need_id,), queue="scoring")
            celery.send_task("workers.scoring.need", args=(need_id,), queue="opening")
        running.start("worker", wait=False)
        running.start("worker")
        for need_id in need_ids:
            wait_until(
                lambda need_id=need_id: stage(any_database, need_id) is Stage.SCORED, say="the need was not scored"
            )
        wait_until(lambda: queues_are_empty(running), say="the repeated tasks were not worked off")
        for need_id in need_ids:
            assert_done_once(any_database, need_id, bids=2)


def queues_are_empty(running: Service) -> bool:
    import redis

    with redis.Redis(unix_socket_path=str(running.socket)) as line:
        return line.llen("scoring") + line.llen("opening") + line.hlen("unacked") == 0


def test_the_sweep_needs_neither_broker_nor_worker(any_database: Database) -> None:
    need_id = due_need(any_database, bidders=2)
    with service(any_database) as running:
        swept = running.command("sweep")
        assert swept.returncode == 0, swept.stderr
        assert swept.stdout.startswith("1 need")
        assert_done_once(any_database, need_id, bids=2)
        again = running.command("sweep")
        assert again.stdout.startswith("0 needs")
