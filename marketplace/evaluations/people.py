"""How the history names who did something: the buyer's own people by name, bidders by their organisation only.

The history shows lines about bids only when the bids are opened (history.visible_verbs).
"""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from marketplace.bids.models import Bid
from marketplace.identity.models import Organisation, User
from marketplace.identity.viewer import Viewer
from marketplace.journal.models import JournalLine

SERVICE = "The service"


def names_of(session: Session, viewer: Viewer, lines: Sequence[JournalLine]) -> dict[int, str]:
    """The name shown for each line, by its number."""
    ids = {line.actor.removeprefix("user:") for line in lines if line.actor.startswith("user:")}
    people = {each.id: each for each in session.exec(select(User).where(col(User.id).in_(ids)))} if ids else {}
    owners = {each.organisation_id for each in people.values()}
    firms = dict(session.exec(select(Organisation.id, Organisation.name).where(col(Organisation.id).in_(owners))).all())
    bidders = _bidders(session, [line for line in lines if not line.actor.startswith("user:")])

    def name(line: JournalLine) -> str:
        if not line.actor.startswith("user:"):
            return f"{bidders[line.subject]}, by the service" if line.subject in bidders else SERVICE
        person = people.get(line.actor.removeprefix("user:"))
        if person is None:
            return "Somebody whose account is gone"
        own = person.organisation_id == viewer.organisation_id
        return person.name if own else firms.get(person.organisation_id, "Another organisation")

    return {line.seq: name(line) for line in lines}


def _bidders(session: Session, lines: Sequence[JournalLine]) -> dict[str, str]:
    """Whose bids the service acted for (a submission at closing): the line's subject "bid:ID" to the bidder's name."""
    ids = {line.subject.removeprefix("bid:") for line in lines if line.subject.startswith("bid:")}
    if not ids:
        return {}
    named = select(Bid.id, Organisation.name).join(Organisation, col(Organisation.id) == col(Bid.organisation_id))
    return {f"bid:{bid_id}": name for bid_id, name in session.exec(named.where(col(Bid.id).in_(ids)))}
