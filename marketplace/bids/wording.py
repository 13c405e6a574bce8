"""The words of this house's mails (pure)."""

from datetime import datetime

from marketplace.kit.clock import say_time, say_time_exact

SIGN_IN = "Sign in to the Commissioning Support Marketplace and open “Your bids” to read it."


def _where(address: str, path: str) -> str:
    """Where to read on; `address` is the site's, "" when the machine that writes does not know it."""
    return f"{address}{path}" if address else SIGN_IN


def receipt(
    *,
    organisation: str,
    title: str,
    bid_id: str,
    number: str,
    version: int,
    at: datetime,
    digest: str,
    method_hash: str,
    closes_at: datetime,
    by_machine: bool,
    address: str,
) -> tuple[str, str]:
    """Subject and text of the mail that a bid was received. It holds no price and no answer."""
    how = (
        "You had asked us to submit your last complete draft when bidding closed. We have done so."
        if by_machine
        else "We have received your bid. It is stored and sealed."
    )
    after = (
        "Bidding has closed. The bids are opened and scored next."
        if by_machine
        else f"You can replace or withdraw it until {say_time(closes_at)}. Then all bids are opened and scored.\n"
        "Nobody outside your organisation can read it before that, the buyer and the operator of this site included."
    )
    text = f"""{how}

Need:            {title}
Bidder:          {organisation}
Receipt number:  {number}
Version:         {version}
Received:        {say_time_exact(at)} (clock of the server)
Digest:          {digest}
Method:          {method_hash}

{after}

The digest is the SHA-256 of your sealed bid. The page of the receipt offers the sealed bid as a file, so that
anybody can compute it again.

{_where(address, f"/bids/{bid_id}/versions/{version}")}
"""
    return f"Receipt {number}: your bid for “{title}”", text


def withdrawn(
    *, organisation: str, title: str, bid_id: str, at: datetime, closes_at: datetime, address: str
) -> tuple[str, str]:
    """Subject and text of the mail that a bid was withdrawn."""
    text = f"""Your bid was withdrawn. It will not be opened.

Need:       {title}
Bidder:     {organisation}
Withdrawn:  {say_time_exact(at)} (clock of the server)

You can submit it again until {say_time(closes_at)}. All its versions stay readable for you, and for nobody else.

{_where(address, f"/bids/{bid_id}")}
"""
    return f"Your bid for “{title}” was withdrawn", text


def not_submitted(*, organisation: str, title: str, bid_id: str, why: str, address: str) -> tuple[str, str]:
    """Subject and text of the mail that the machine could not submit a draft at closing."""
    text = f"""You had asked us to submit your last complete draft when bidding closed. We could not.

Need:    {title}
Bidder:  {organisation}
Why:     {why}

Bidding has closed. A bid that you had submitted yourself before still takes part.

{_where(address, f"/bids/{bid_id}")}
"""
    return f"Your draft for “{title}” was not submitted", text
