"""How the history names who did something: the buyer's own people by name, bidders by their organisation only."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

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

    def name(line: JournalLine) -> str:
        if not line.actor.startswith("user:"):
            return SERVICE
        person = people.get(line.actor.removeprefix("user:"))
        if person is None:
            return "Somebody whose account is gone"
        own = person.organisation_id == viewer.organisation_id
        return person.name if own else firms.get(person.organisation_id, "Another organisation")

    return {line.seq: name(line) for line in lines}
