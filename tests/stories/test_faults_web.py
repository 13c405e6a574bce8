"""A web process killed before or after the commit of a bid: nothing half done; a second press sorts it out."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import Session, col, select

from marketplace.bids.models import BidVersion
from marketplace.journal.models import JournalHead, JournalLine
from marketplace.journal.verify import verify
from marketplace.kit.database import Database, lock_row
from marketplace.notices.models import Mail
from tests.processes import service, wait_until
from tests.stories.test_faults_rush import make_crowd

pytestmark = pytest.mark.processes


def versions(database: Database, bid_id: str) -> list[str]:
    """The receipts of a bid."""
    with database.reading() as session:
        return list(session.exec(select(BidVersion.receipt).where(col(BidVersion.bid_id) == bid_id)).all())


def submitted_lines(database: Database) -> int:
    with database.reading() as session:
        assert verify(session).fault is None
        return len(session.exec(select(JournalLine.seq).where(col(JournalLine.verb) == "bid.submitted")).all())


def receipt_mails(database: Database, receipt: str) -> int:
    with database.reading() as session:
        return len(session.exec(select(Mail.id).where(col(Mail.stable_id).contains(receipt))).all())


def hold(database: Database) -> Session:
    """Keep every commit of an act waiting, until the session is closed."""
    session = Session(database._writing)
    lock_row(session, JournalHead, 1)  # type: ignore[arg-type]
    return session


def test_killed_before_the_commit_there_is_no_bid_and_the_next_press_makes_one(any_database: Database) -> None:
    with service(any_database) as running:
        web, address = running.start_web()
        _, (bidder,) = make_crowd(any_database, running, 1)
        held = hold(any_database)
        try:
            with ThreadPoolExecutor(1) as pool:
                pressed = pool.submit(bidder.press, address)
                with pytest.raises(TimeoutError):
                    pressed.result(1.5)  # it waits for its commit
                running.kill(web)
                assert pressed.result(10).status is None, "no answer, so no promise"
        finally:
            held.close()
        assert versions(any_database, bidder.bid_id) == []
        assert submitted_lines(any_database) == 0
        _, address = running.start_web()
        assert bidder.press(address).status == 303
        assert len(versions(any_database, bidder.bid_id)) == 1
        assert submitted_lines(any_database) == 1


def test_killed_after_the_commit_the_next_press_leads_to_the_same_receipt(any_database: Database) -> None:
    """A broker that hangs holds the answer for a moment between commit and reply: there the process is killed."""
    with service(any_database) as running:
        broker = running.start_broker()
        web, address = running.start_web()
        need_id, (first, bidder) = make_crowd(any_database, running, 2)
        assert need_id
        assert first.press(address).status == 303  # so that the line to the broker stands
        assert broker.process is not None
        broker.process.send_signal(signal.SIGSTOP)
        with ThreadPoolExecutor(1) as pool:
            pressed = pool.submit(bidder.press, address)
            wait_until(lambda: versions(any_database, bidder.bid_id) != [], say="the bid was not stored")
            running.kill(web)
            pressed.result(10)  # an answer or none: the bid is stored either way
        (receipt,) = versions(any_database, bidder.bid_id)
        broker.process.send_signal(signal.SIGCONT)
        _, address = running.start_web()
        again = bidder.press(address)
        assert again.status == 303
        assert versions(any_database, bidder.bid_id) == [receipt]
        assert submitted_lines(any_database) == 2
        assert receipt_mails(any_database, receipt) == 1
