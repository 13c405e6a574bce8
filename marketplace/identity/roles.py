"""Who may: the table of roles and rules (pure). Every route names one of these rules; a test walks all routes x all
roles.

Three different questions live in three places: who may (here), whether the state allows (each house's rules.py),
what is visible (each house's queries.py and access.py).
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of organisation. The kind of a provider never changes a score."""

    CCG = "ccg"
    ICB = "icb"
    PCT_CLUSTER = "pct_cluster"
    COUNCIL = "council"
    PRIVATE = "private"
    CCG_RUN = "ccg_run"
    OTHER = "other"
    OPERATOR = "operator"


BUYERS = frozenset({Kind.CCG, Kind.ICB})
PROVIDERS = frozenset({Kind.PCT_CLUSTER, Kind.COUNCIL, Kind.PRIVATE, Kind.CCG_RUN, Kind.OTHER})

KIND_NAMES = {
    Kind.CCG: "Clinical commissioning group",
    Kind.ICB: "Integrated care board",
    Kind.PCT_CLUSTER: "PCT cluster",
    Kind.COUNCIL: "Council",
    Kind.PRIVATE: "Private firm",
    Kind.CCG_RUN: "Service run by CCGs",
    Kind.OTHER: "Other provider",
    Kind.OPERATOR: "Operator of this site",
}


class Role(StrEnum):
    """What a person does here. One role a person."""

    MANAGER = "manager"
    APPROVER = "approver"
    EVALUATOR = "evaluator"
    AUDITOR = "auditor"
    BIDDER = "bidder"
    OPERATOR = "operator"


ROLE_NAMES = {
    Role.MANAGER: "Manager (drafts needs)",
    Role.APPROVER: "Approver (drafts and publishes needs)",
    Role.EVALUATOR: "Evaluator (reads evaluations)",
    Role.AUDITOR: "Auditor (reads everything of the organisation)",
    Role.BIDDER: "Bidder (drafts and submits bids)",
    Role.OPERATOR: "Operator (runs the site, sees no bid)",
}

BUYER_ROLES = frozenset({Role.MANAGER, Role.APPROVER, Role.EVALUATOR, Role.AUDITOR})


def roles_for(kind: Kind) -> frozenset[Role]:
    """The roles that people of an organisation of this kind can have."""
    if kind in BUYERS:
        return BUYER_ROLES
    return frozenset({Role.OPERATOR}) if kind is Kind.OPERATOR else frozenset({Role.BIDDER})


@dataclass(frozen=True)
class Rule:
    """One line of the table. `changes`: may guard a route that changes something (POST)."""

    name: str
    roles: frozenset[Role]
    anonymous: bool = False
    changes: bool = False

    def allows(self, role: Role | None) -> bool:
        """Whether somebody with this role (None: not signed in) may."""
        return self.anonymous if role is None else role in self.roles


EVERYBODY = frozenset(Role)


def _rule(name: str, *roles: Role, anonymous: bool = False, changes: bool = False) -> Rule:
    return Rule(name, frozenset(roles), anonymous, changes)


PUBLIC = Rule("public", EVERYBODY, anonymous=True)
PUBLIC_FORM = Rule("public form", EVERYBODY, anonymous=True, changes=True)
SIGNED_IN = Rule("signed in", EVERYBODY)
OWN_ACCOUNT = Rule("own account", EVERYBODY, changes=True)
READ_NEEDS = _rule("read own needs", *BUYER_ROLES)
DRAFT_NEED = _rule("draft a need", Role.MANAGER, Role.APPROVER, changes=True)
PUBLISH_NEED = _rule("publish a need", Role.APPROVER, changes=True)
READ_EVALUATION = _rule("read an evaluation", *BUYER_ROLES)
READ_HISTORY = _rule("read the history", Role.MANAGER, Role.APPROVER, Role.AUDITOR)
READ_OWN_BID = _rule("read own bid", Role.BIDDER)
WRITE_BID = _rule("write a bid", Role.BIDDER, changes=True)
MANAGE_TEAM = _rule("manage the team", Role.APPROVER, Role.BIDDER, Role.OPERATOR, changes=True)
RUN_SITE = _rule("run the site", Role.OPERATOR, changes=True)

RULES = (
    PUBLIC,
    PUBLIC_FORM,
    SIGNED_IN,
    OWN_ACCOUNT,
    READ_NEEDS,
    DRAFT_NEED,
    PUBLISH_NEED,
    READ_EVALUATION,
    READ_HISTORY,
    READ_OWN_BID,
    WRITE_BID,
    MANAGE_TEAM,
    RUN_SITE,
)
