"""A need that went the whole way by the real actions: published, bid for, closed, opened and scored."""

from datetime import timedelta

from marketplace.evaluations.actions import work_on
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.register.importing import EXAMPLE, import_register
from tests.factories_bids import make_bidder, make_complete_bid, submit
from tests.factories_needs import make_buyer, make_published


def make_scored(database: Database, *, prices: tuple[int, ...] = (12_000_000, 11_500_000)) -> str:
    """The id of a scored need of NHS Bexley CCG with one bid for each yearly price a function, in pence."""
    import_register(database, EXAMPLE)
    with unit_of_work(database) as work:
        organisation, _manager, approver = make_buyer(work, register_code="07N", name="NHS Bexley CCG")
        need = make_published(work, organisation, approver)
        viewers = [make_bidder(work)[2] for _ in prices]
    for number, (viewer, pence) in enumerate(zip(viewers, prices, strict=True)):
        bid_id, _revision = make_complete_bid(database, viewer, need.id, yearly_pence=pence, offered=(1,))
        submit(database, viewer, bid_id, key=f"{number:032x}")
    assert need.closes_at is not None
    later = need.closes_at + timedelta(minutes=1)
    afterwards = Database(database.url, clock=lambda: later)
    try:
        assert work_on(afterwards, need.id)
    finally:
        afterwards.dispose()
    return need.id
