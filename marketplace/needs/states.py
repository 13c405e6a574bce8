"""The stages of a need."""

from enum import StrEnum

from marketplace.kit.states import Stages


class Stage(StrEnum):
    """What people decided about a need. What the clock decides (closing soon) is derived: see rules.phase()."""

    DRAFT = "draft"
    REVIEW = "review"
    OPEN = "open"
    CLOSED = "closed"
    OPENED = "opened"
    SCORED = "scored"


NEED_STAGES: Stages[Stage] = Stages(
    "need",
    {
        Stage.DRAFT: frozenset({Stage.REVIEW, Stage.OPEN}),
        Stage.REVIEW: frozenset({Stage.DRAFT, Stage.OPEN}),
        Stage.OPEN: frozenset({Stage.CLOSED}),
        Stage.CLOSED: frozenset({Stage.OPENED}),
        Stage.OPENED: frozenset({Stage.SCORED}),
        Stage.SCORED: frozenset(),
    },
)

PUBLISHED = frozenset({Stage.OPEN, Stage.CLOSED, Stage.OPENED, Stage.SCORED})
