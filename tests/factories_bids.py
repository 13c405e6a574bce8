"""Bids for tests, made by the actions that bidders use; needs to bid for, made without the pages of a draft."""

from datetime import datetime, timedelta
from typing import Any

from marketplace.bids import actions, drafting
from marketplace.bids.draft import asked_indicators, lots_of
from marketplace.bids.models import Bid
from marketplace.identity.models import Organisation, User
from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work, unit_of_work
from marketplace.kit.database import Database
from marketplace.needs import method
from marketplace.needs.method import Lot
from marketplace.needs.models import Need, NeedFunction, NeedLot
from marketplace.needs.states import Stage
from tests.factories import make_organisation, make_user, viewer_of

LOTS = (Lot(1, ("hr",), 60_000_000), Lot(2, ("it", "finance"), 90_000_000))
ANSWERS: dict[str, Any] = {
    "la1_answerable_to": "own_ccg_or_hwb_body",
    "la1_body_name": "Borough Council",
    "la2_this_ccg_seat": "voting",
    "la2_veto": False,
    "la3_local_fte_share": "0.65",
    "la4_public_meetings_per_year": 4,
    "la4_papers_days_before": 5,
    "la5_kpi_publication": "published_annually",
    "la6_open_book": "quarterly_to_ccg",
    "la7_foi": "statutory",
    "la7_scrutiny_duty": "on_request",
    "la7_complaints_days": 20,
    "la8_practice_liaison": True,
    "la8_practice_meetings_per_year": 4,
    "in2_customer_notice_months": 6,
    "in2_break_penalty_months_of_fee": 0,
    "in2_provider_notice_months": 6,
    "in3_exit_plan": "at_start",
    "in3_step_in": True,
    "in4_data_owner": "ccg_all",
    "in5_decision_rights": "joint_panel",
    "in6_clinical_services": "none",
    "in7_partner_role": "none",
    "in8_surplus": "reinvested",
}


def make_open_need(
    work: Work,
    buyer: Organisation,
    *,
    closes_at: datetime | None = None,
    lots: tuple[Lot, ...] = LOTS,
    title: str = "Back office",
    bidders: dict[str, Any] | None = None,
    **judging: Any,
) -> Need:
    """An open need that closes in two weeks, or at `closes_at` (past times make one whose deadline has passed)."""
    now = work.now()
    rules = method.build(
        title=title,
        population=145_000,
        term_years=3,
        lots=lots,
        judging={**method.default_judging(), **judging},
    )
    need = Need(
        organisation_id=buyer.id,
        title=title,
        stage=Stage.OPEN,
        details={"bidders": bidders} if bidders else {},
        term_years=3,
        closes_at=closes_at or now + timedelta(days=14),
        buyer_name=buyer.name,
        population=145_000,
        method=rules,
        method_hash=method.method_hash(rules),
        created_by="test",
        created_at=now,
        changed_at=now,
        published_at=now,
        published_by="test",
        total_ceiling_pence=sum(lot.ceiling_pence or 0 for lot in lots),
        next_due=closes_at or now + timedelta(days=14),
    )
    work.session.add(need)
    work.session.flush()
    for lot in lots:
        work.session.add(
            NeedLot(need_id=need.id, number=lot.number, ceiling_pence=lot.ceiling_pence, floor_pence=lot.floor_pence)
        )
        for code in lot.functions:
            work.session.add(NeedFunction(need_id=need.id, function=code, lot=lot.number))
    work.session.flush()
    return need


def make_bidder(work: Work, kind: Kind = Kind.PRIVATE, **facts: Any) -> tuple[Organisation, User, Viewer]:
    """A provider with one bidder."""
    organisation = make_organisation(work, kind, **facts)
    user = make_user(work, organisation, Role.BIDDER)
    return organisation, user, viewer_of(user, organisation)


def prices(need: Need, number: int, yearly_pence: int, **changes: Any) -> dict[str, Any]:
    """What the page of a lot stores: every function at `yearly_pence` a year, no index, VAT wholly recoverable."""
    lot = next(lot for lot in lots_of(need.method) if lot["number"] == number)
    line = {
        "index": "0",
        "vat_rate": "0.2",
        "vat_recoverable_share": "1",
        "vat_confirmed_by": "Pat Ledger, finance director",
        **changes,
    }
    return {"offered": True, "lines": {code: {"prices_pence": [yearly_pence] * 3, **line} for code in lot["functions"]}}


COSTS = {
    "mobilisation_pence": 1_000_000,
    "tupe_redundancy_pension_pence": 0,
    "transition_double_running_pence": 0,
    "exit_pence": 0,
    "client_side_pence_per_year": 500_000,
}


def fill_draft(
    work: Work,
    viewer: Viewer,
    need: Need,
    bid: Bid,
    *,
    yearly_pence: int = 12_000_000,
    offered: tuple[int, ...] = (1, 2),
) -> int:
    """Complete the draft page by page; returns its revision."""
    revision = bid.revision
    for lot in lots_of(need.method):
        number = lot["number"]
        values = {**prices(need, number, yearly_pence), **COSTS} if number in offered else {"offered": False}
        revision = drafting.save_lot(
            work, viewer, bid_id=bid.id, revision=revision, number=number, values=values
        ).bid.revision
    revision = drafting.save_answers(
        work,
        viewer,
        bid_id=bid.id,
        revision=revision,
        indicators=asked_indicators(need.method),
        answers=ANSWERS,
    ).bid.revision
    return drafting.save_organisation(
        work, viewer, bid_id=bid.id, revision=revision, values={"ceases": "no"}
    ).bid.revision


def make_complete_bid(database: Database, viewer: Viewer, need_id: str, **choices: Any) -> tuple[str, int]:
    """A complete draft: (bid id, revision). Each step commits, as for a person."""
    with unit_of_work(database) as work:
        bid = drafting.start(work, viewer, need_id=need_id)
        need = work.session.get(Need, need_id)
        assert need is not None
        return bid.id, fill_draft(work, viewer, need, bid, **choices)


def submit(
    database: Database, viewer: Viewer, bid_id: str, *, key: str, revision: int | None = None
) -> actions.Receipt:
    """Submit as the page does: prepare outside the lock, then act. `revision` None: the draft's own."""
    with database.reading() as session:
        prepared = actions.prepare(session, viewer, bid_id, key=key)
        if isinstance(prepared, actions.Receipt):
            return prepared
    with unit_of_work(database) as work:
        return actions.submit(
            work, viewer, prepared, key=key, revision=prepared.revision if revision is None else revision
        )
