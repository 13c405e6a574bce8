"""The mails of this house, and what is said where a reader must decide or wait (pure but for the outbox)."""

from collections.abc import Mapping, Sequence

from marketplace.evaluations.models import ScoringProgress
from marketplace.identity import queries as identity
from marketplace.identity.roles import BUYER_ROLES
from marketplace.journal.work import Work
from marketplace.needs.models import Need
from marketplace.notices.actions import send

READY = """{name},

The bids for "{title}" have been opened and scored.

{outcome}

What happens next: sign in and read the evaluation of the need.{where}
Each bid is explained so that it can be checked by hand.
Nothing has been awarded: the ranking informs your decision, it does not make it.

Need {need_id}, round {round} of scoring. The method's hash is {method_hash}.
"""

STUCK = """{name},

The need "{title}" ({need_id}) could not be taken further after {attempts} attempts. The last problem was:

{problem}

The bids are safe. What happens next: find the cause, then sign in, open "Jobs" and press "Try again".
"""


def mail_ready(work: Work, need: Need, number: int, outcome: str, address: str = "") -> None:
    """Tell the buyer's people that the evaluation is ready. `address` is the site's, "" when it is not known."""
    where = f"\n\n{address}/buyer/needs/{need.id}/evaluation\n" if address else ""
    for person in identity.people(work.session, need.organisation_id, BUYER_ROLES):
        send(
            work,
            stable_id=f"evaluation:{need.id}:{need.method_version}:{number}:{person.id}",
            to=person.email,
            subject=f"The evaluation is ready: {need.title}",
            kind="evaluation ready",
            text=READY.format(
                name=person.name,
                title=need.title,
                outcome=outcome,
                where=where,
                need_id=need.id,
                round=number,
                method_hash=need.method_hash,
            ),
        )


def mail_operators(work: Work, need: Need, noted: ScoringProgress) -> None:
    """Tell the operators that a need is stuck. `problem` holds no content of a bid (see progress.where)."""
    for person in identity.operators(work.session):
        send(
            work,
            stable_id=f"stuck:{need.id}:{work.now():%Y%m%d%H%M%S}:{person.id}",
            to=person.email,
            subject=f"A need is stuck: {need.title}",
            kind="need stuck",
            text=STUCK.format(
                name=person.name, title=need.title, need_id=need.id, attempts=noted.attempts, problem=noted.problem
            ),
        )


def outcome(results: Sequence[Mapping[str, object]], bids: int) -> str:
    """One line for the mail, without names or prices: mails are read by more eyes than the page."""
    if bids == 0:
        return "No bid was received."
    lines = [f"{bids} bid was received." if bids == 1 else f"{bids} bids were received."]
    if any(result["decision_needed"] for result in results):
        lines.append("Bids share the first place: a decision by people is needed.")
    if any(result["provisional"] for result in results):
        lines.append("The result is provisional: a fact that only you can give is missing.")
    return "\n".join(lines)
