"""New people from outside: a provider registers itself, somebody asks to join a commissioner. Rows are made at
confirmation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.identity import queries, wording
from marketplace.identity.actions import create_organisation, create_user
from marketplace.identity.links import make_link
from marketplace.identity.models import LinkPurpose, MailLink, Organisation, Standing, User
from marketplace.identity.roles import PROVIDERS, Kind, Role
from marketplace.identity.viewer import PUBLIC_VIEWER
from marketplace.journal.work import Work
from marketplace.kit.errors import Invalid, Refusal
from marketplace.notices.actions import send


@dataclass(frozen=True)
class Wanted:
    """The commissioner that somebody asks to join: one with an account, or one of the register that has none yet."""

    name: str
    kind: Kind
    organisation_id: str | None = None
    register_code: str | None = None


class NoLongerOpen(Refusal):
    """The organisation was switched off, or the address got an account, after the link was sent."""


def register(work: Work, *, email: str, name: str, organisation: dict[str, str], address: str) -> None:
    """Send the link that confirms a provider's registration, or tell the owner of the address that there is an account.

    `organisation`: the fields of create_organisation as text. Nothing in the answer tells which of the two it was.
    """
    kind = Kind(organisation["kind"])
    if kind not in PROVIDERS:
        raise Invalid("Choose a kind of provider.", "Commissioners ask to join instead.", field="kind")
    typed = {"email": email.strip().lower(), "name": name, "organisation": organisation}
    _send_link(work, LinkPurpose.REGISTER, typed, wording.confirm_registration, organisation["name"], address)


def ask_to_join(work: Work, *, email: str, name: str, wanted: Wanted, address: str) -> None:
    """Send the link that confirms a request to join. Raises Invalid unless the address is in an approved domain."""
    existing = queries.organisation(work.session, wanted.organisation_id) if wanted.organisation_id else None
    if not queries.domain_approved(email, existing):
        raise Invalid(
            f"Addresses that end in {email.rpartition('@')[2]} are not approved for {wanted.name}.",
            "People who buy for the NHS sign in with an address of an approved domain.",
            "Use your NHS address, or ask a colleague who manages the team to invite you.",
            field="email",
        )
    typed = {
        "email": email.strip().lower(),
        "name": name,
        "organisation_id": wanted.organisation_id,
        "register_code": wanted.register_code,
        "kind": wanted.kind.value,
        "organisation_name": wanted.name,
    }
    _send_link(work, LinkPurpose.JOIN, typed, wording.confirm_joining, wanted.name, address)


def _send_link(
    work: Work, purpose: LinkPurpose, typed: dict[str, Any], words: Any, organisation: str, address: str
) -> None:
    """The same work whether the address is known or not: one mail, one journal line, one commit."""
    now = work.now()
    known = queries.user_by_email(work.session, typed["email"])
    if known is not None:
        subject, text = wording.known_already(known.name, f"{address}/sign-in", f"{address}/reset")
        secret = False
    else:
        token, until = make_link(work, purpose, typed=typed)
        subject, text = words(typed["name"], organisation, f"{address}/link/{token}", until)
        secret = True
    stable = f"{purpose.value}:{typed['email']}:{_micro(now)}"[:120]
    send(work, stable_id=stable, to=typed["email"], subject=subject, text=text, kind=purpose.value, secret=secret)
    work.record(PUBLIC_VIEWER, f"user.asked_to_{purpose.value}", "user:unknown")


def _micro(now: datetime) -> int:
    return int(now.timestamp() * 1_000_000)


def confirm_registration(work: Work, link: MailLink, *, password_hash: str) -> User:
    """Make the provider and its first person, who accepted the terms. `link` is locked and marked used."""
    typed = link.typed
    _refuse_known(work, typed["email"])
    facts = dict(typed["organisation"])
    kind = Kind(facts.pop("kind"))
    organisation = create_organisation(work, PUBLIC_VIEWER, kind=kind, **facts)
    return create_user(
        work,
        PUBLIC_VIEWER,
        organisation_id=organisation.id,
        email=typed["email"],
        name=typed["name"],
        role=Role.BIDDER,
        password_hash=password_hash,
        terms_accepted=True,
    )


def confirm_joining(work: Work, link: MailLink, *, password_hash: str, address: str) -> tuple[User, Organisation]:
    """Make the person, waiting for approval (and the commissioner's account, waiting too, if it has none yet); tell
    who approves."""
    typed = link.typed
    _refuse_known(work, typed["email"])
    organisation = _organisation_to_join(work, typed)
    user = create_user(
        work,
        PUBLIC_VIEWER,
        organisation_id=organisation.id,
        email=typed["email"],
        name=typed["name"],
        role=Role.MANAGER,
        password_hash=password_hash,
        standing=Standing.WAITING,
        terms_accepted=True,
    )
    approvers = (
        queries.people(work.session, organisation.id, [Role.APPROVER])
        if organisation.standing is Standing.ACTIVE
        else []
    )
    page = f"{address}/team" if approvers else f"{address}/operator/organisations/{organisation.id}"
    for each in approvers or queries.operators(work.session):
        subject, text = wording.waiting_request(each.name, user.name, user.email, organisation.name, page)
        send(work, stable_id=f"waiting:{user.id}:{each.id}", to=each.email, subject=subject, text=text, kind="account")
    return user, organisation


def _organisation_to_join(work: Work, typed: dict[str, Any]) -> Organisation:
    code = typed["register_code"]
    found = work.session.get(Organisation, typed["organisation_id"]) if typed["organisation_id"] else None
    found = found or (queries.buyer_of(work.session, code) if code else None)
    if found is None:
        return create_organisation(
            work,
            PUBLIC_VIEWER,
            kind=Kind(typed["kind"]),
            name=typed["organisation_name"],
            register_code=code,
            standing=Standing.WAITING,
        )
    if found.standing is Standing.OFF:
        raise NoLongerOpen(
            f"The account of {found.name} is switched off.", "Nobody can join it now.", "Ask the operator of this site."
        )
    return found


def _refuse_known(work: Work, email: str) -> None:
    if queries.user_by_email(work.session, email) is not None:
        raise NoLongerOpen(
            "This e-mail address has an account already.",
            "It was made after this link was sent.",
            "Sign in, or ask for a new password.",
        )
