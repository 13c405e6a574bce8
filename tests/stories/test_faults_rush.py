"""Two hundred bidders in the last seconds: none with a receipt is lost, none is taken late, everybody is answered."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import col, select

from marketplace.bids.models import Bid, BidVersion
from marketplace.evaluations.models import OpenedBid
from marketplace.identity.roles import Kind
from marketplace.journal.verify import verify
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.needs.models import Need
from marketplace.needs.states import Stage
from tests.bidders_online import Submitter, sign_in_all
from tests.factories import make_organisation
from tests.factories_bids import make_bidder, make_complete_bid, make_open_need
from tests.processes import Service, service, wait_until
from tests.workers.test_due_needs import stage

pytestmark = pytest.mark.processes
BIDDERS = 200
LATE = 10  # press after the deadline on purpose
LAST_SECONDS = 4.0


def make_crowd(database: Database, running: Service, count: int) -> tuple[str, list[Submitter]]:
    """An open need, and so many bidders with complete drafts who have not submitted yet."""
    with unit_of_work(database) as work:
        need_id = make_open_need(work, make_organisation(work, Kind.CCG)).id
        viewers = [make_bidder(work)[2] for _ in range(count)]
    bids = []
    for number, viewer in enumerate(viewers):
        bid_id, revision = make_complete_bid(database, viewer, need_id, yearly_pence=12_000_000 + number * 1_000)
        bids.append((viewer, bid_id, revision))
    return need_id, sign_in_all(database, running.folder, bids)


def close_in(database: Database, need_id: str, seconds: float) -> None:
    """Put the deadline so many seconds from now."""
    with unit_of_work(database) as work:
        need = work.session.get(Need, need_id)
        assert need is not None
        need.closes_at = need.next_due = work.now() + timedelta(seconds=seconds)


def test_a_rush_at_the_deadline(any_database: Database) -> None:
    bigger = not any_database.is_sqlite  # then as compose.yaml does it: a broker on TCP, two workers, two web processes
    with service(any_database, tcp=bigger) as running:
        running.start_broker()
        for _ in range(2 if bigger else 1):
            running.start("worker", wait=False)
        running.start("timetable")
        _, address = running.start_web(MARKETPLACE_WEB_THREADS="16", MARKETPLACE_WEB_PROCESSES="2" if bigger else "1")
        need_id, crowd = make_crowd(any_database, running, BIDDERS)
        close_in(any_database, need_id, LAST_SECONDS)
        began = time.monotonic()
        with ThreadPoolExecutor(64) as pool:
            rush = list(pool.map(lambda bidder: bidder.press(address, 60), crowd[LATE:]))
        time.sleep(max(0.0, began + LAST_SECONDS + 0.1 - time.monotonic()))
        late = [bidder.press(address, 60) for bidder in crowd[:LATE]]
        wait_until(lambda: stage(any_database, need_id) is Stage.SCORED, 90, say="the need was not scored")

        answered = dict(zip(crowd, [*late, *rush], strict=True))
        receipted = {bidder.bid_id for bidder, answer in answered.items() if answer.status == 303}
        assert {answer.status for answer in answered.values()} <= {303, 409, 422}, "everybody got a clear answer"
        assert not receipted & {bidder.bid_id for bidder in crowd[:LATE]}, "a bid was taken after the deadline"
        assert receipted, "the machine took none of them: it is too slow for this test"
        with any_database.reading() as session:
            opened = session.exec(select(OpenedBid.bid_id).where(col(OpenedBid.need_id) == need_id)).all()
            versions = session.exec(
                select(BidVersion.bid_id, BidVersion.submitted_at)
                .join(Bid, col(Bid.id) == BidVersion.bid_id)
                .where(col(Bid.need_id) == need_id)
            ).all()
            closes_at = session.exec(select(Need.closes_at).where(col(Need.id) == need_id)).one()
            assert verify(session).fault is None
        assert closes_at is not None
        assert set(opened) == receipted, "a receipt means opened, and nothing else is opened"
        assert len(opened) == len(receipted) == len(versions)
        assert all(submitted_at < closes_at for _, submitted_at in versions)


def test_a_double_click_and_a_repeated_request_make_one_bid(any_database: Database) -> None:
    with service(any_database) as running:
        _, address = running.start_web()
        _, (bidder,) = make_crowd(any_database, running, 1)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: bidder.press(address), range(8)))
        answers.append(bidder.press(address))
        assert {answer.status for answer in answers} == {303}
        assert len({answer.location for answer in answers}) == 1, "every answer leads to the same receipt"
        with any_database.reading() as session:
            assert len(session.exec(select(BidVersion.id).where(col(BidVersion.bid_id) == bidder.bid_id)).all()) == 1
