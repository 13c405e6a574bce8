"""What the mails about needs say (pure): (subject, text)."""

from marketplace.kit.clock import say_time
from marketplace.needs.models import Need

_FOOT = "\n\nCommissioning Support Marketplace\n"


def approval_asked(need: Need, by: str, note: str, address: str) -> tuple[str, str]:
    """To the approvers: a need waits for them."""
    said = f"\n\n{by} writes:\n{note}" if note else ""
    return (
        f"For your approval: {need.title}",
        f"{by} asks you to approve and publish the need “{need.title}”.{said}\n\nRead it, then publish it or send "
        f"it back:\n"
        f"{address}/buyer/needs/{need.id}{_FOOT}",
    )


def sent_back(need: Need, by: str, reason: str, address: str) -> tuple[str, str]:
    """To the drafter: what has to change."""
    return (
        f"Sent back to you: {need.title}",
        f"{by} sent the need “{need.title}” back to you before publication.\n\nThe reason:\n{reason}\n\nChange it "
        f"and ask again:\n"
        f"{address}/buyer/needs/{need.id}{_FOOT}",
    )


def published(need: Need, by: str, address: str) -> tuple[str, str]:
    """To the buyer's team: it is out."""
    closes = say_time(need.closes_at) if need.closes_at else ""
    return (
        f"Published: {need.title}",
        f"{by} published the need “{need.title}”.\n\nBidding closes on {closes}. Until then nobody sees how many "
        f"bids there are or who "
        f"bids. Afterwards the bids are opened and scored by themselves, within about a minute.\n\nThe public notice:\n"
        f"{address}/needs/{need.id}\n\nThe method of judging is frozen. Its SHA-256 is\n{need.method_hash}{_FOOT}",
    )


def invited(need: Need, address: str) -> tuple[str, str]:
    """To the bidders of a provider that the need invites."""
    closes = say_time(need.closes_at) if need.closes_at else ""
    return (
        f"You are invited to bid: {need.title}",
        f"{need.buyer_name} invites your organisation to bid for “{need.title}”.\n\nBidding closes on "
        f"{closes}.\n\nRead the need and "
        f"how bids are judged:\n{address}/needs/{need.id}{_FOOT}",
    )
