"""Reading evaluations for the buyer's people. Who may see a need at all is decided by needs.queries.own_need."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from marketplace.evaluations.models import Evaluation, OpenedBid, ScoringProgress
from marketplace.evaluations.progress import MOST_ATTEMPTS
from marketplace.identity.viewer import Viewer
from marketplace.kit.errors import NotHere
from marketplace.needs import queries as needs
from marketplace.needs.models import Need
from marketplace.needs.states import Stage


def newest_round(session: Session, need: Need) -> int:
    """The last round of scoring of which every lot is stored; 0 before the first."""
    lots = len(need.method.get("lots", ())) or 1
    found = session.exec(
        select(Evaluation.round)
        .where(Evaluation.need_id == need.id, Evaluation.method_version == need.method_version)
        .group_by(col(Evaluation.round))
        .having(sa.func.count() >= lots)
        .order_by(col(Evaluation.round).desc())
    ).first()
    return found or 0


def of_round(session: Session, need: Need, number: int) -> list[Evaluation]:
    """The evaluations of one round, by lot."""
    return list(
        session.exec(
            select(Evaluation)
            .where(
                Evaluation.need_id == need.id,
                Evaluation.method_version == need.method_version,
                Evaluation.round == number,
            )
            .order_by(col(Evaluation.lot))
        )
    )


def evaluation(session: Session, need: Need, lot: int, number: int | None = None) -> Evaluation:
    """The evaluation of a lot in a round (None: the last whole one). Raises NotHere when there is none."""
    if need.stage is not Stage.SCORED:
        raise NotHere(f"evaluation of {need.id}")
    last = newest_round(session, need)
    wanted = last if number is None else number
    found = (
        next((each for each in of_round(session, need, wanted) if each.lot == lot), None)
        if 0 < wanted <= last
        else None
    )
    if found is None:
        raise NotHere(f"evaluation of {need.id}, lot {lot}, round {wanted}")
    return found


def own_evaluation(
    session: Session, viewer: Viewer, need_id: str, lot: int, number: int | None = None
) -> tuple[Need, Evaluation]:
    """The need and the evaluation of one of its lots, for the buyer's people. Raises NotHere."""
    need = needs.own_need(session, viewer, need_id)
    return need, evaluation(session, need, lot, number)


def opened(session: Session, need_id: str) -> list[OpenedBid]:
    """The bids of a need as opened, by receipt."""
    return list(session.exec(select(OpenedBid).where(OpenedBid.need_id == need_id).order_by(col(OpenedBid.receipt))))


def progress_of(session: Session, need_id: str) -> ScoringProgress | None:
    """How far the worker is; None before it began."""
    return session.get(ScoringProgress, need_id)


@dataclass(frozen=True)
class Job:
    """A need that the machine works on, for the operator: nothing of what is bid, not even how many."""

    need_id: str
    title: str
    stage: Stage
    next_due: datetime | None
    step: str
    attempts: int
    problem: str
    changed_at: datetime | None

    @property
    def stuck(self) -> bool:
        """Whether the machine gave up and waits for the operator."""
        return self.attempts >= MOST_ATTEMPTS and self.next_due is None


def jobs(session: Session, now: datetime, limit: int = 200) -> list[Job]:
    """Everything due, being worked on, put off or given up, the longest waiting first; published needs only."""
    columns = (
        col(Need.id),
        col(Need.title),
        col(Need.stage),
        col(Need.next_due),
        col(ScoringProgress.step),
        col(ScoringProgress.attempts),
        col(ScoringProgress.problem),
        col(ScoringProgress.changed_at),
    )
    rows = session.execute(
        sa.select(*columns)
        .outerjoin(ScoringProgress, col(ScoringProgress.need_id) == col(Need.id))
        .where(
            sa.or_(
                col(Need.next_due) <= now,
                col(ScoringProgress.attempts) > 0,
                col(Need.stage).in_((Stage.CLOSED, Stage.OPENED)),
            )
        )
        .order_by(col(Need.next_due).asc().nulls_first(), col(Need.id))
        .limit(limit)
    )
    return [
        Job(i, t, s, d, step or "closing", attempts or 0, problem or "", changed)
        for i, t, s, d, step, attempts, problem, changed in rows
    ]


def to_come(session: Session, now: datetime, limit: int = 20) -> list[tuple[str, str, datetime]]:
    """The next closings: need, title, when."""
    rows = session.exec(
        select(col(Need.id), col(Need.title), col(Need.next_due))
        .where(col(Need.next_due) > now, Need.stage == Stage.OPEN)
        .order_by(col(Need.next_due))
        .limit(limit)
    )
    return [(need_id, title, at) for need_id, title, at in rows if at is not None]


def last_finished(session: Session, limit: int = 20) -> list[tuple[str, str, datetime]]:
    """The needs scored last: need, title, when."""
    rows = session.exec(
        select(col(Need.id), col(Need.title), col(Need.scored_at))
        .where(Need.stage == Stage.SCORED)
        .order_by(col(Need.scored_at).desc())
        .limit(limit)
    )
    return [(need_id, title, at) for need_id, title, at in rows if at is not None]
