"""Scoring a need: read everything once, compute outside any lock, store each lot in one short transaction.

What is stored is never computed again: a second delivery, a second worker or a worker that takes over from a dead one
skips the lots that are there, and the unique constraint of `Evaluation` refuses whatever slips through.
"""

import json
import time
from dataclasses import dataclass

import structlog
from sqlmodel import Session

from marketplace.evaluations import progress, queries
from marketplace.evaluations.facts import Known, collect
from marketplace.evaluations.models import Evaluation, ScoringProgress
from marketplace.evaluations.sheets import LotScores, Sealed, area_codes, read_offers, score_lot
from marketplace.evaluations.wording import mail_ready, outcome
from marketplace.identity.viewer import machine
from marketplace.journal.work import Nudge, Work, unit_of_work
from marketplace.kit.database import Database
from marketplace.needs import actions as needs
from marketplace.needs.models import Need
from marketplace.needs.states import Stage

log = structlog.get_logger(__name__)
SCORER = machine("scoring")
TICK_SECONDS = 0.5  # how often the count on the waiting page moves; each move is a transaction


@dataclass(frozen=True)
class Inputs:
    """Everything that the scoring of one round needs, read in one snapshot. `lots`: numbers of the lots not stored
    yet.
    """

    need: Need
    round: int
    bids: tuple[Sealed, ...]
    known: Known
    lots: tuple[int, ...]


def score_need(database: Database, need_id: str, *, nudge: Nudge | None = None, address: str = "") -> bool:
    """Score what waits to be scored of a need; False when there is nothing (not opened yet, or scored already)."""
    with database.reading() as session:
        inputs = load(session, need_id)
    if inputs is None:
        return False
    counter = _Counter(database, need_id, len(inputs.lots) * len(inputs.bids))
    for number in inputs.lots:
        scored = score_lot(inputs.need.method, number, inputs.bids, inputs.known, tick=counter.tick)
        with unit_of_work(database, nudge) as work:
            store(work, inputs, number, scored, address=address)
    return True


def load(session: Session, need_id: str) -> Inputs | None:
    """The inputs of the round that is wanted; None when nothing is to be scored."""
    need = session.get(Need, need_id)
    noted = session.get(ScoringProgress, need_id)
    wanted = noted.wanted_round if noted else 1
    if need is None or not _to_score(need, wanted):
        return None
    stored = {each.lot for each in queries.of_round(session, need, wanted)}
    lots = tuple(lot["number"] for lot in need.method["lots"] if lot["number"] not in stored)
    if not lots:
        return None
    bids = read_offers(queries.opened(session, need_id))
    known = collect(session, need, area_codes(bids), [bid.row.organisation_id for bid in bids])
    session.expunge_all()  # the rows go on as values: nothing is read later, from another moment
    return Inputs(need, wanted, bids, known, lots)


def _to_score(need: Need, wanted: int) -> bool:
    return need.stage is Stage.OPENED if wanted == 1 else need.stage is Stage.SCORED


def store(work: Work, inputs: Inputs, number: int, scored: LotScores, *, address: str = "") -> bool:
    """Store one lot; with the last one the need is scored and the buyer's people get a mail. False: it is there
    already.
    """
    need = needs.lock(work, inputs.need.id)
    noted = progress.row(work, need.id)
    if noted.wanted_round != inputs.round or not _to_score(need, inputs.round):
        return False
    stored = queries.of_round(work.session, need, inputs.round)
    if any(each.lot == number for each in stored):
        return False
    row = Evaluation(
        need_id=need.id,
        lot=number,
        method_version=need.method_version,
        round=inputs.round,
        method_hash=need.method_hash,
        engine=scored.engine,
        score_file=scored.score_file,
        result=scored.result,
        sheet=scored.sheet,
        hash=scored.hash,
        provisional=scored.provisional,
        scored_at=work.now(),
    )
    work.session.add(row)
    work.record(
        SCORER,
        "evaluation.scored",
        f"need:{need.id}",
        thread=need.id,
        facts={
            "lot": number,
            "round": inputs.round,
            "hash": scored.hash,
            "ranked": scored.ranked,
            "excluded": scored.excluded,
            "provisional": scored.provisional,
        },
    )
    work.session.flush()
    if len(stored) + 1 == len(need.method["lots"]):
        _finish(work, need, inputs, [*stored, row], address)
    return True


def _finish(work: Work, need: Need, inputs: Inputs, rows: list[Evaluation], address: str) -> None:
    if inputs.round == 1:
        needs.mark_scored(work, SCORER, need)
    need.next_due = None
    progress.reached(work, need.id, progress.DONE, len(inputs.bids), len(inputs.bids))
    mail_ready(work, need, inputs.round, outcome([json.loads(row.result) for row in rows], len(inputs.bids)), address)


class _Counter:
    """Moves the count of the waiting page, at most every half a second. A count that cannot be written is not worth
    a failure.
    """

    def __init__(self, database: Database, need_id: str, total: int) -> None:
        self.database, self.need_id, self.total = database, need_id, total
        self.done, self.told = 0, time.monotonic()

    def tick(self) -> None:
        """One more bid is judged."""
        self.done += 1
        if time.monotonic() - self.told < TICK_SECONDS:
            return
        self.told = time.monotonic()
        try:
            with unit_of_work(self.database) as work:
                progress.counted(work, self.need_id, self.done, self.total)
        except Exception as error:
            log.warning("progress_not_written", need=self.need_id, where=progress.where(error))
