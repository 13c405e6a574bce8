"""Whether somebody can bid for a need, and the exact reason why not (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from marketplace.identity.models import Standing
from marketplace.identity.roles import KIND_NAMES, Kind
from marketplace.identity.viewer import Viewer
from marketplace.kit.clock import say_time
from marketplace.needs import rules as needs


class Bar(StrEnum):
    """What stands between a viewer and a bid."""

    CLOSED = "closed"
    SIGN_IN = "sign_in"
    OWN_NEED = "own_need"
    NOT_PROVIDER = "not_provider"
    WAITING = "waiting"
    OFF = "off"
    KIND = "kind"
    NOT_INVITED = "not_invited"


@dataclass(frozen=True)
class WhyNot:
    """Why a viewer cannot bid: one plain sentence for what, why and what to do next."""

    bar: Bar
    what: str
    why: str
    next_step: str


def why_not(
    viewer: Viewer,
    need: needs.Timed,
    now: datetime,
    *,
    buyer_id: str,
    bidders: Mapping[str, Any],
    standing: Standing | None,
) -> WhyNot | None:
    """Why the viewer cannot bid at `now`; None when it can. `standing` is that of the viewer's organisation (None: no
    organisation).

    `bidders` is what the need says of whom it asks (Need.details["bidders"]).
    """
    if not needs.accepts_bids(need, now):
        when = (
            f"Bidding closed on {say_time(need.closes_at)}."
            if need.closes_at and now >= need.closes_at
            else "Bidding is not open."
        )
        return WhyNot(
            Bar.CLOSED, "This need takes no more bids.", when, "Look at the list of needs for others that are open."
        )
    if not viewer.signed_in:
        return WhyNot(
            Bar.SIGN_IN,
            "Sign in to bid.",
            "Only a signed-in provider can bid.",
            "Sign in with your provider's account, or register your organisation: it takes about five minutes.",
        )
    if viewer.organisation_id == buyer_id:
        return WhyNot(
            Bar.OWN_NEED,
            "You cannot bid for your own need.",
            "Your organisation is the buyer.",
            "A service that you run can register as a provider of its own and bid on the same terms as all others.",
        )
    if not viewer.provides:
        return WhyNot(
            Bar.NOT_PROVIDER,
            "Your account cannot bid.",
            "It belongs to a commissioner or to the operator of this site, not to a provider.",
            "If your organisation also provides services, register it as a provider with another e-mail address.",
        )
    return _organisation_bar(viewer, bidders, standing)


def _organisation_bar(viewer: Viewer, bidders: Mapping[str, Any], standing: Standing | None) -> WhyNot | None:
    if standing is Standing.WAITING:
        return WhyNot(
            Bar.WAITING,
            "Your organisation cannot bid yet.",
            "It waits for approval by the operator of this site.",
            "You will get a mail when it is approved. Until then you can read the need and its documents.",
        )
    if standing is not Standing.ACTIVE:
        return WhyNot(
            Bar.OFF,
            "Your organisation cannot bid.",
            "It was switched off by the operator of this site.",
            "Ask the operator why, and how to return.",
        )
    if needs.may_bid(bidders, viewer.organisation_id or "", str(viewer.kind)):
        return None
    if bidders.get("mode") == "kinds":
        kinds = ", ".join(KIND_NAMES[Kind(kind)] for kind in bidders.get("kinds", ()))
        return WhyNot(
            Bar.KIND,
            "Your organisation cannot bid for this need.",
            f"The buyer asks only providers of these kinds: {kinds}.",
            "If your organisation's kind is wrong in your account, ask the operator to correct it.",
        )
    return WhyNot(
        Bar.NOT_INVITED,
        "Your organisation cannot bid for this need.",
        "The buyer asks only providers that it invited, and yours is not among them.",
        "If you think that you should be, ask the buyer before the deadline.",
    )
