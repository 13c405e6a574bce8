"""What waits for somebody, by role."""

from datetime import datetime

from sqlmodel import Session

from marketplace.identity.roles import Role
from marketplace.identity.viewer import Viewer
from marketplace.kit.errors import NotAllowed
from marketplace.site import bidder_board, buyer_board, operator_board
from marketplace.site.board import Board

MAKERS = {
    Role.MANAGER: buyer_board.board,
    Role.APPROVER: buyer_board.board,
    Role.EVALUATOR: buyer_board.board,
    Role.AUDITOR: buyer_board.board,
    Role.BIDDER: bidder_board.board,
    Role.OPERATOR: operator_board.board,
}


def board(session: Session, viewer: Viewer, now: datetime) -> Board:
    """The dashboard of a signed-in person at `now`."""
    if viewer.role is None:  # the guard lets nobody in without one
        raise NotAllowed("a dashboard without a role")
    return MAKERS[viewer.role](session, viewer, now)
