"""Closing, opening and scoring a need with 200 bids, against loading, computing and storing the same with Core.

The floor does the same pure work (reading the offer, judging it, evaluating the lot) and nothing else: no lock, no
journal, no opening record, no sheet, no mail. Robustness is left out of both, and measured by itself in
bench_robustness.py.

Run: python -m tests.benchmarks.bench_scoring
"""

import functools
import json
import random
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from marketplace import policy
from marketplace.bids.envelope import seal
from marketplace.bids.judging import judge, score_file_bid
from marketplace.bids.models import Bid, BidEnvelope, BidVersion
from marketplace.bids.offer import parse
from marketplace.bids.states import BidStage
from marketplace.evaluations import actions, scores
from marketplace.evaluations.models import Evaluation
from marketplace.identity.roles import Kind, Role
from marketplace.journal.work import unit_of_work
from marketplace.kit.clock import utc_now
from marketplace.kit.database import Database
from marketplace.kit.ids import receipt_number
from marketplace.migrations import migrate
from marketplace.needs.method import Lot, lot_method
from marketplace.needs.models import Need
from marketplace.needs.states import Stage
from marketplace.scoring import score_file
from marketplace.scoring.canonical import canonical_json, sha256_hex
from marketplace.scoring.facts import Facts
from tests.benchmarks.timing import interleaved
from tests.benchmarks.timing import row as show
from tests.factories import make_organisation, make_user
from tests.factories_bids import ANSWERS, COSTS, make_open_need
from tests.servers import postgres

BIDS = 200
ROUNDS = 5


def offer(chance: random.Random) -> dict[str, Any]:
    """The document of one complete offer for a lot of one function."""
    line = {
        "prices_pence": [chance.randrange(9_000_000, 16_000_000) for _ in range(3)],
        "index": "0.025",
        "vat_rate": "0.2",
        "vat_recoverable_share": "0.8",
        "vat_confirmed_by": "Pat Ledger",
    }
    levels = [choice.value for choice in policy.indicator("IN5").fields[0].choices]
    return {
        "form": 1,
        "lots": {"1": {"lines": {"hr": line}, **COSTS}},
        "answers": {**ANSWERS, "in5_decision_rights": chance.choice(levels)},
        "evidence": {"LA2": {"kind": "link", "url": "https://example.org/terms"}},
        "organisation": {"ceases_months": None, "contact_name": "", "contact_email": "", "contact_phone": ""},
    }


def fill(database: Database, needs: int) -> list[str]:
    """So many needs whose deadline has passed, each with 200 submitted bids."""
    chance = random.Random(5)
    keys = []
    with unit_of_work(database) as work:
        buyer = make_organisation(work)
        make_user(work, buyer, Role.APPROVER)
        bidders = [make_organisation(work, Kind.PRIVATE) for _ in range(BIDS)]
        for _ in range(needs):
            need = make_open_need(
                work, buyer, closes_at=work.now() - timedelta(hours=1), lots=(Lot(1, ("hr",), 90_000_000),)
            )
            keys.append(need.id)
            bids, versions, envelopes = [], [], []
            for bidder in bidders:
                sealed = seal(offer(chance), need_id=need.id, organisation_id=bidder.id, method_hash=need.method_hash)
                bid = Bid(
                    need_id=need.id,
                    organisation_id=bidder.id,
                    stage=BidStage.SUBMITTED,
                    live_version=1,
                    created_by="bench",
                    created_at=work.now(),
                    changed_at=work.now(),
                )
                version = BidVersion(
                    bid_id=bid.id,
                    version=1,
                    receipt=receipt_number(),
                    key="k",
                    revision=1,
                    digest=sealed.digest,
                    method_hash=need.method_hash,
                    submitted_by="bench",
                    submitted_at=work.now(),
                )
                bids.append(bid.model_dump())
                versions.append(version.model_dump())
                envelopes.append({"version_id": version.id, "content": sealed.content})
            connection = work.session.connection()
            for table, rows in ((Bid, bids), (BidVersion, versions), (BidEnvelope, envelopes)):
                connection.execute(sa.insert(table), rows)
    return keys


def floor(database: Database, need_id: str) -> None:
    """Load, compute, store: the least that gives the same result."""
    query = (
        sa.select(Bid.id, BidEnvelope.content)  # type: ignore[call-overload]
        .join(BidVersion, BidVersion.bid_id == Bid.id)
        .join(BidEnvelope, BidEnvelope.version_id == BidVersion.id)
        .where(Bid.need_id == need_id)
    )
    facts = Facts(tiers=frozenset({"back_office"}))
    with database.engine.connect() as connection:
        method = connection.execute(sa.select(Need.method).where(sa.column("id") == need_id)).scalar_one()  # type: ignore[call-overload]
        bids = []
        for bid_id, content in connection.execute(query):
            judged = judge(parse(json.loads(content)["offer"]), method, 1, facts)
            bids.append(score_file_bid(judged, bid_id))
    document = {**lot_method(method, 1), "bids": bids}
    result = canonical_json(score_file.evaluate(score_file.parse(document)))
    row = Evaluation(
        need_id=need_id,
        lot=99,
        method_version=1,
        method_hash="",
        engine="",
        score_file=canonical_json(document),
        result=result,
        sheet="",
        hash=sha256_hex(result),
        provisional=True,
        scored_at=utc_now(),
    )
    with database.engine.execution_options(marketplace_write=True).begin() as connection:
        connection.execute(sa.insert(Evaluation), row.model_dump())


def _next(database: Database, keys: list[str], way: Callable[[Database, str], object]) -> Callable[[], None]:
    left = iter(keys)

    def go() -> None:
        way(database, next(left))

    return go


def measure(url: str, name: str) -> None:
    """Print the ratio on one database."""
    migrate(url)
    database = Database(url)
    keys = fill(database, 2 * (ROUNDS + 1))
    mine, bare = keys[: ROUNDS + 1], keys[ROUNDS + 1 :]
    times = interleaved(ROUNDS, ours=_next(database, mine, actions.work_on), floor=_next(database, bare, floor))
    with database.reading() as session:
        for key in mine:
            if session.get_one(Need, key).stage is not Stage.SCORED:
                raise RuntimeError(f"need {key} was not scored")
    show(f"close, open, score {BIDS} bids / load, compute, store ({name})", times["ours"], times["floor"], "at most 5x")
    database.dispose()


def main() -> None:
    """Print the ratios on SQLite and PostgreSQL."""
    scores.score_lot = functools.partial(scores.score_lot, robustness=False)  # type: ignore[assignment]
    with tempfile.TemporaryDirectory(prefix="mkt-bench-") as folder:
        measure(f"sqlite:///{Path(folder) / 'marketplace.sqlite'}", "SQLite")
    with postgres() as address:
        measure(address % "postgres", "PostgreSQL")


if __name__ == "__main__":
    main()
