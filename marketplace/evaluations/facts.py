"""What is looked up rather than asked: the area of the body a provider answers to (LA1), the share of support spend
(IN1).

Everything looked up is read once, before the scoring, and copied into the evaluation's sheet: a later change of the
register or the ledger does not rewrite a result, and anybody can check it by hand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlmodel import Session, col, select

from marketplace.identity.models import Organisation
from marketplace.needs import queries as needs
from marketplace.needs.models import Need
from marketplace.register import queries as register


@dataclass(frozen=True)
class Spend:
    """One line of the buyer's ledger: pence a year to a provider for one function."""

    provider_id: str | None
    provider_name: str
    function: str
    annual_pence: int


@dataclass(frozen=True)
class Known:
    """What the marketplace knew at the moment of scoring.

    `area_e4`: for each area code that a bidder named, the share of the buyer's patients inside it in ten-thousandths
    (None: the register cannot tell). `ledger`: None while the buyer has not said that its lines are all its support
    spend. `groups`: for each bidder's organisation, the ids and the lower-case names that belong to its group.
    """

    area_e4: Mapping[str, int | None]
    ledger: tuple[Spend, ...] | None
    groups: Mapping[str, frozenset[str]]


def collect(session: Session, need: Need, area_codes: Iterable[str], organisation_ids: Iterable[str]) -> Known:
    """Look everything up for the bids of a need."""
    buyer = session.get(Organisation, need.organisation_id)
    people: dict[str, int | None] = {buyer.register_code: None} if buyer and buyer.register_code else {}
    ledger = None
    if needs.spend_is_complete(session, need.organisation_id):
        ledger = tuple(
            Spend(line.provider_id, line.provider_name, line.function, line.annual_pence)
            for line in needs.spend_lines(session, need.organisation_id)
        )
    return Known(
        area_e4={code: register.area_share_e4(session, people, code) for code in sorted(set(area_codes))},
        ledger=ledger,
        groups=_groups(session, list(organisation_ids)),
    )


def _groups(session: Session, ids: list[str]) -> dict[str, frozenset[str]]:
    bidders = session.exec(select(Organisation).where(col(Organisation.id).in_(ids))).all()
    names = {each.group_name for each in bidders if each.group_name.strip()}
    siblings = session.exec(select(Organisation).where(col(Organisation.group_name).in_(names))).all() if names else []
    return {each.id: group_of(each, siblings) for each in bidders}


def group_of(bidder: Organisation, siblings: Iterable[Organisation]) -> frozenset[str]:
    """The ids and lower-case names by which a ledger may mean this bidder or a company of its group."""
    own = [
        bidder,
        *(each for each in siblings if bidder.group_name.strip() and _same(each.group_name, bidder.group_name)),
    ]
    words = {each.id for each in own} | {_plain(each.name) for each in own} | {_plain(bidder.group_name)}
    return frozenset(words - {""})


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(name.lower().split())


@dataclass(frozen=True)
class AfterAward:
    """IN1 in figures, all pence a year: what stays with the group, what this bid adds, what stays with all
    providers.
    """

    group_pence: int
    bid_pence: int
    all_pence: int

    @property
    def share(self) -> Fraction:
        """Of all support spend after the award, the part that goes to the provider's group."""
        return Fraction(self.group_pence + self.bid_pence, self.all_pence + self.bid_pence)

    def document(self) -> dict[str, Any]:
        """For the sheet."""
        return {"group_pence": self.group_pence, "bid_pence": self.bid_pence, "all_pence": self.all_pence}


def after_award(
    known: Known, organisation_id: str, functions: Iterable[str], bid_pence_a_year: int
) -> AfterAward | None:
    """What the buyer would spend a year if this bid won: its ledger without the functions bought now, and this bid's
    price.

    None when the ledger is not known to be whole, or there is no spend at all to take a share of.
    """
    if known.ledger is None:
        return None
    bought, group = set(functions), known.groups.get(organisation_id, frozenset({organisation_id}))
    stays = [line for line in known.ledger if line.function not in bought]
    found = AfterAward(
        group_pence=sum(
            line.annual_pence for line in stays if line.provider_id in group or _plain(line.provider_name) in group
        ),
        bid_pence=bid_pence_a_year,
        all_pence=sum(line.annual_pence for line in stays),
    )
    return found if found.all_pence + found.bid_pence > 0 else None
