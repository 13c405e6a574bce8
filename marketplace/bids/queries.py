"""Reading for the bidder's pages: own bids, the facts that the register knows, how far a bid is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from marketplace import policy
from marketplace.bids import draft, judging, offer
from marketplace.bids.models import Bid, BidIntention, BidVersion
from marketplace.bids.states import BidStage
from marketplace.identity.models import Organisation, Standing
from marketplace.identity.viewer import Viewer
from marketplace.needs.models import Need
from marketplace.needs.states import Stage
from marketplace.register import queries as register
from marketplace.scoring.facts import AreaFact, Facts

AREA_CODE = "la1_body_area_code"


@dataclass(frozen=True)
class OwnBid:
    """A line of the bidder's list. `receipt` and `submitted_at` are of the live version, else empty and None."""

    bid_id: str
    need_id: str
    title: str
    buyer: str
    stage: BidStage
    need_stage: Stage
    closes_at: datetime | None
    changed_at: datetime
    submit_at_closing: bool
    version: int | None
    receipt: str
    submitted_at: datetime | None


def mine(session: Session, viewer: Viewer) -> list[OwnBid]:
    """The bids of the viewer's organisation, those that close first on top, closed ones last; [] for others."""
    if not viewer.provides:
        return []
    rows = session.execute(
        sa.select(
            col(Bid.id),
            col(Need.id),
            col(Need.title),
            col(Need.buyer_name),
            col(Bid.stage),
            col(Need.stage),
            col(Need.closes_at),
            col(Bid.changed_at),
            col(Bid.submit_at_closing),
            col(BidVersion.version),
            sa.func.coalesce(col(BidVersion.receipt), ""),
            col(BidVersion.submitted_at),
        )
        .join(Need, col(Need.id) == col(Bid.need_id))
        .outerjoin(
            BidVersion, sa.and_(col(BidVersion.bid_id) == col(Bid.id), col(BidVersion.version) == col(Bid.live_version))
        )
        .where(col(Bid.organisation_id) == viewer.organisation_id)
        .order_by(sa.case((col(Need.stage) == Stage.OPEN, 0), else_=1), col(Need.closes_at), col(Bid.id))
    ).all()
    return [OwnBid(*row) for row in rows]


def own_bid_for(session: Session, viewer: Viewer, need_id: str) -> str | None:
    """The id of the viewer's bid for a need, None when there is none yet."""
    if not viewer.provides:
        return None
    return session.exec(
        select(Bid.id).where(col(Bid.need_id) == need_id, col(Bid.organisation_id) == viewer.organisation_id)
    ).first()


def own_intention(session: Session, viewer: Viewer, need_id: str) -> BidIntention | None:
    """What the viewer's organisation said of its intention, None when nothing."""
    if not viewer.provides or viewer.organisation_id is None:
        return None
    return session.get(BidIntention, (need_id, viewer.organisation_id))


def intentions(session: Session, viewer: Viewer, need: Need) -> list[tuple[str, bool, str]]:
    """(provider, intends, reason) for the need's own buyer, by name; [] for others and while bidding is open."""
    if (
        not viewer.buys
        or viewer.organisation_id != need.organisation_id
        or need.stage in (Stage.DRAFT, Stage.REVIEW, Stage.OPEN)
    ):
        return []
    rows = session.execute(
        sa.select(col(Organisation.name), col(BidIntention.intends), col(BidIntention.reason))
        .join(Organisation, col(Organisation.id) == col(BidIntention.organisation_id))
        .where(col(BidIntention.need_id) == need.id)
        .order_by(col(Organisation.name), col(Organisation.id))
    ).all()
    return [(name, intends, reason) for name, intends, reason in rows]


def standing(session: Session, viewer: Viewer) -> Standing | None:
    """The standing of the viewer's organisation, None without one."""
    if viewer.organisation_id is None:
        return None
    found = session.exec(select(Organisation).where(col(Organisation.id) == viewer.organisation_id)).first()
    return found.standing if found else None


@dataclass(frozen=True)
class LotCheck:
    """One offered lot on the check page. `judgement` and `estimate` are None until its prices are complete."""

    number: int
    functions: tuple[str, ...]
    ceiling_pence: int
    judgement: judging.Judgement | None
    estimate: judging.Estimate | None
    lines: tuple[judging.Working, ...] = ()

    @property
    def years(self) -> int:
        """Contract years, 0 while the prices are incomplete."""
        return max((part.year or 0 for part in self.judgement.cost.parts), default=0) if self.judgement else 0

    @property
    def amounts(self) -> list[judging.Amounts]:
        """The evaluated cost as a table."""
        return judging.amounts(self.judgement.cost, self.years) if self.judgement else []


def check_lots(session: Session, need: Need, content: Mapping[str, Any]) -> list[LotCheck]:
    """The lots that the draft offers, judged as far as their prices are complete, with the facts that the register
    knows today.
    """
    gaps = {gap.page.removesuffix("/costs") for gap in draft.missing(content, need.method)}
    document = draft.offer_so_far(content, need.method)
    document["lots"] = {key: lot for key, lot in document["lots"].items() if f"lots/{key}" not in gaps}
    found = offer.parse(document) if document["lots"] else None
    checks = []
    for lot in draft.lots_of(need.method):
        number, functions = lot["number"], tuple(lot["functions"])
        if not content["lots"].get(str(number), {}).get("offered"):
            continue
        judgement = (
            judging.judge(found, need.method, number, facts(session, need, found, functions))
            if found and number in found.lots
            else None
        )
        estimate = judging.estimate(judgement, need.method) if judgement else None
        workings = judging.workings(found.lots[number]) if found and judgement else ()
        checks.append(LotCheck(number, functions, lot["ceiling_pence"], judgement, estimate, workings))
    return checks


def facts(session: Session, need: Need, found: offer.Offer, functions: Sequence[str]) -> Facts:
    """What can be looked up for a bidder: the area of the body that it names. The buyer's ledger (IN1) is the buyer's
    own.
    """
    area = str(found.answers.get(AREA_CODE) or "")
    return Facts(
        tiers=frozenset(policy.function(code).tier for code in functions),
        area=_area(session, need, area) if area else None,
        support_spend_share=None,
    )


def _area(session: Session, need: Need, area: str) -> AreaFact:
    code = session.exec(select(Organisation.register_code).where(col(Organisation.id) == need.organisation_id)).first()
    share = register.area_share_e4(session, {code: None}, area) if code else None
    if share is None:
        return AreaFact(
            area,
            Fraction(0),
            Fraction(1),
            f"the register cannot tell how many of the buyer's patients live in the area {area}",
        )
    return AreaFact(area, Fraction(share, 10_000), Fraction(share, 10_000))
