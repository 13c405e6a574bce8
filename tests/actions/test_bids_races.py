"""Many hands at once, in threads on real databases: one press is one bid, and a receipt means opened."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import select

from marketplace.bids import access, actions, drafting
from marketplace.bids.actions import Receipt
from marketplace.bids.drafting import BiddingClosed
from marketplace.bids.models import Bid, BidVersion
from marketplace.identity.viewer import Viewer, machine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.needs.models import Need
from marketplace.needs.states import Stage
from tests.factories import make_organisation
from tests.factories_bids import make_bidder, make_complete_bid, make_open_need, submit


def test_a_double_click_starts_one_bid_and_submits_it_once(any_database: Database) -> None:
    with unit_of_work(any_database) as work:
        need = make_open_need(work, make_organisation(work))
        _o, _u, viewer = make_bidder(work)
    together = threading.Barrier(6)

    def start(_: int) -> str:
        together.wait()
        with unit_of_work(any_database) as work:
            return drafting.start(work, viewer, need_id=need.id).id

    def press(_: int) -> Receipt:
        together.wait()
        return submit(any_database, viewer, bid_id, key="c" * 32)

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(start, range(6)))) == 1
        bid_id, _revision = make_complete_bid(any_database, viewer, need.id)
        receipts = list(pool.map(press, range(6)))
    assert len({receipt.number for receipt in receipts}) == 1
    assert sum(not receipt.repeated for receipt in receipts) == 1
    with any_database.reading() as session:
        assert session.exec(select(sa.func.count()).select_from(Bid)).one() == 1
        assert session.exec(select(sa.func.count()).select_from(BidVersion)).one() == 1


def test_every_receipt_is_opened_and_none_is_late(any_database: Database) -> None:
    """Bidders press until the deadline and beyond while the closing waits for it: the two meet at the need's lock."""
    with unit_of_work(any_database) as work:
        need_id = make_open_need(work, make_organisation(work)).id
        bidders = [make_bidder(work)[2] for _ in range(6)]
    drafts = [make_complete_bid(any_database, viewer, need_id)[0] for viewer in bidders]
    with unit_of_work(any_database) as work:
        need = work.session.get(Need, need_id)
        assert need is not None
        need.closes_at = closes_at = work.now() + timedelta(seconds=1.2)

    def bid(viewer: Viewer, bid_id: str) -> list[Receipt]:
        got = []
        for press in range(500):
            try:
                got.append(submit(any_database, viewer, bid_id, key=f"{press:032x}"))
            except BiddingClosed:
                return got
        raise AssertionError("the deadline never came")

    def close() -> list[access.Opened]:
        while True:
            with unit_of_work(any_database) as work:
                need = work.session.get(Need, need_id, with_for_update=True, populate_existing=True)
                assert need is not None
                if work.now() >= closes_at:
                    actions.submit_at_closing(work, machine("closing"), need)
                    need.stage, need.closed_at = Stage.CLOSED, work.now()
                    return access.open_bids(work, need)
            time.sleep(0.01)

    with ThreadPoolExecutor(8) as pool:
        closing = pool.submit(close)
        pressing = [pool.submit(bid, viewer, bid_id) for viewer, bid_id in zip(bidders, drafts, strict=True)]
        receipts = {bid_id: job.result(60) for bid_id, job in zip(drafts, pressing, strict=True)}
        opened = {each.bid_id: each for each in closing.result(60)}
    assert all(receipt.at < closes_at for got in receipts.values() for receipt in got)
    for bid_id, got in receipts.items():
        assert got, "everybody was in time at least once"
        assert opened[bid_id].receipt == got[-1].number  # the last receipt is the one that is opened
        assert opened[bid_id].digest == got[-1].digest
        assert [receipt.version for receipt in got] == list(range(1, len(got) + 1))


def test_two_colleagues_save_the_same_page_at_once(any_database: Database) -> None:
    """One of the two is told; nothing is overwritten in silence."""
    with unit_of_work(any_database) as work:
        need_id = make_open_need(work, make_organisation(work)).id
        _o, _u, viewer = make_bidder(work)
    bid_id, revision = make_complete_bid(any_database, viewer, need_id)
    together = threading.Barrier(2)

    def save(name: str) -> str:
        together.wait()
        try:
            with unit_of_work(any_database) as work:
                drafting.save_organisation(
                    work, viewer, bid_id=bid_id, revision=revision, values={"contact_name": name}
                )
        except drafting.StaleDraft:
            return ""
        return name

    with ThreadPoolExecutor(2) as pool:
        (saved,) = filter(None, pool.map(save, ("Ada", "Grace")))
    with any_database.reading() as session:
        stored = access.own_draft(session, viewer, bid_id)
    assert stored.content["organisation"]["contact_name"] == saved
    assert stored.bid.revision == revision + 1
