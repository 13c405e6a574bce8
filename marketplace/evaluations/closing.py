"""Closing a need: the end of bidding, decided by the database's clock under the lock that every submission takes
too.
"""

from marketplace.bids.actions import submit_at_closing
from marketplace.evaluations import progress
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.needs import actions as needs
from marketplace.needs.states import Stage


def close_need(work: Work, viewer: Viewer, need_id: str, *, address: str = "") -> bool:
    """Close the need if its time has come; False (and nothing done) before the deadline or when it is closed already.

    A bid holds the need's lock while it is taken, so every receipted bid is committed before this goes on, and none
    comes after it. Drafts whose bidders asked for it are submitted first, with the same lock. Raises NotHere for an
    unknown need.
    """
    need = needs.lock(work, need_id)
    if need.stage is not Stage.OPEN or need.closes_at is None or work.now() < need.closes_at:
        return False
    submit_at_closing(work, viewer, need, address=address)
    needs.mark_closed(work, viewer, need)
    progress.reached(work, need_id, progress.OPENING)
    return True
