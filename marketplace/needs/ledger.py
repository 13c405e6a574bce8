"""The buyer's ledger: what it spends on support a year. Indicator IN1 and the budget page read it."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col

from marketplace.identity.models import Organisation
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.database import lock_row
from marketplace.kit.errors import Invalid, NotHere, Refusal
from marketplace.needs.models import SupportSpend
from marketplace.needs.queries import providers, spend_lines
from marketplace.scoring.canonical import digest

MOST_LINES = 200


@dataclass(frozen=True)
class Line:
    """One line to store: the provider's name, the function's code, pence a year."""

    provider_name: str
    function: str
    annual_pence: int


def ledger_mark(lines: Sequence[SupportSpend], complete: bool) -> str:
    """A short mark of what is stored, to notice a save over somebody else's."""
    return digest([[row.provider_name, row.function, row.annual_pence] for row in lines] + [complete])[:16]


class StaleLedger(Refusal):
    """Somebody else saved the list since it was opened."""


def save(work: Work, viewer: Viewer, *, lines: Sequence[Line], complete: bool, seen: str | None = None) -> None:
    """Replace the ledger of the viewer's organisation. `complete`: these lines are all of its support spend.

    `seen` is the mark of the list as it was opened; None does not ask. A line whose name is that of a provider on
    this site is tied to it. The journal notes how many lines, not the amounts.
    """
    organisation: Organisation | None = lock_row(work.session, Organisation, viewer.organisation_id or "")
    if organisation is None:
        raise NotHere("organisation")
    stored = spend_lines(work.session, organisation.id)
    if seen is not None and seen != ledger_mark(stored, bool(organisation.facts.get("spend_complete"))):
        raise StaleLedger(
            "Your list was not saved yet.",
            "Somebody else saved it after you opened it.",
            "Save again to put your list in its place, or open the page anew to see theirs.",
        )
    if len(lines) > MOST_LINES:
        raise Invalid(f"The ledger takes at most {MOST_LINES} lines.")
    if complete and not any(line.annual_pence for line in lines):
        raise Invalid("Add what you spend before you tick that the list is complete", field="complete")
    known = {provider.name.casefold(): provider.id for provider in providers(work.session)}
    now = work.now()
    work.session.connection().execute(
        sa.delete(SupportSpend).where(col(SupportSpend.organisation_id) == organisation.id)
    )
    for line in lines:
        work.session.add(
            SupportSpend(
                organisation_id=organisation.id,
                provider_id=known.get(line.provider_name.casefold()),
                provider_name=line.provider_name,
                function=line.function,
                annual_pence=line.annual_pence,
                changed_at=now,
            )
        )
    facts = {key: value for key, value in organisation.facts.items() if key != "spend_complete"}
    organisation.facts = {**facts, "spend_complete": True} if complete else facts
    work.session.add(organisation)
    work.record(
        viewer, "ledger.saved", f"organisation:{organisation.id}", facts={"lines": len(lines), "complete": complete}
    )


def total_pence(lines: Sequence[SupportSpend]) -> int:
    """Pence a year over all lines."""
    return sum(line.annual_pence for line in lines)


__all__ = ["Line", "ledger_mark", "save", "spend_lines", "total_pence"]
