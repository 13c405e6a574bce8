"""Opening the bids of a closed need: who, when, what, in one record that cannot be repeated."""

from dataclasses import asdict

import sqlalchemy as sa

from marketplace.bids.access import open_bids
from marketplace.evaluations import progress
from marketplace.evaluations.models import OpenedBid
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.ids import new_id
from marketplace.needs import actions as needs
from marketplace.needs.states import Stage


def open_need(work: Work, viewer: Viewer, need_id: str) -> bool:
    """Open every live bid of a closed need, all or none; False (and nothing done) in any other stage.

    An envelope that cannot be read is recorded with its problem and waits for a person. The journal gets the receipt
    and digest of each bid, so that anybody with a receipt can show that it was among those opened; it gets no price.
    """
    need = needs.lock(work, need_id)
    if need.stage is not Stage.CLOSED:
        return False
    opened = open_bids(work, need)
    now = work.now()
    rows = [{"id": new_id(), "need_id": need_id, "opened_at": now, **asdict(bid)} for bid in opened]
    if rows:
        work.session.connection().execute(sa.insert(OpenedBid), rows)
    work.record(
        viewer,
        "opening.recorded",
        f"need:{need_id}",
        thread=need_id,
        facts={
            "bids": len(opened),
            "digests": {bid.receipt: bid.digest for bid in opened},
            "unreadable": [bid.receipt for bid in opened if bid.problem],
        },
    )
    needs.mark_opened(work, viewer, need)
    progress.reached(work, need_id, progress.SCORING, 0, len(opened))
    return True
