"""The stages of a bid."""

from enum import StrEnum

from marketplace.kit.states import Stages


class BidStage(StrEnum):
    """A draft was never submitted; a submitted bid takes part; a withdrawn one does not, unless it is submitted
    again.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"


BID_STAGES: Stages[BidStage] = Stages(
    "bid",
    {
        BidStage.DRAFT: frozenset({BidStage.SUBMITTED}),
        BidStage.SUBMITTED: frozenset({BidStage.SUBMITTED, BidStage.WITHDRAWN}),
        BidStage.WITHDRAWN: frozenset({BidStage.SUBMITTED}),
    },
)
