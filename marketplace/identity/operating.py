"""What the operator of the site does with organisations and accounts. The operator sees no need before it is
published, and no bid."""

import re
from collections.abc import Mapping, Sequence

from sqlmodel import col, select

from marketplace.identity import sessions, team
from marketplace.identity.actions import refuse_wrong_role
from marketplace.identity.models import Organisation, Standing, User
from marketplace.identity.roles import Role
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.database import lock_row
from marketplace.kit.errors import Invalid, NotHere, Refusal

EDITABLE = ("name", "number", "address", "contact_name", "contact_email", "contact_phone", "size", "group_name")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)


class ChangedMeanwhile(Refusal):
    """Somebody else saved the same object after the page was opened."""


class OwnOrganisation(Refusal):
    """Operators cannot switch off the organisation that they act for."""


def _locked(work: Work, organisation_id: str) -> Organisation:
    organisation: Organisation | None = lock_row(work.session, Organisation, organisation_id)
    if organisation is None:
        raise NotHere(organisation_id)
    return organisation


def approve_organisation(work: Work, viewer: Viewer, *, organisation_id: str, address: str) -> Organisation:
    """Let a waiting organisation act. The person who asked first becomes its approver, who can let the others in."""
    organisation = _locked(work, organisation_id)
    if organisation.standing is not Standing.WAITING:
        raise team.NotWaiting(
            f"{organisation.name} does not wait for approval.",
            "A colleague was probably faster.",
            "Look at the list again.",
        )
    organisation.standing = Standing.ACTIVE
    organisation.revision += 1
    work.record(viewer, "organisation.approved", f"organisation:{organisation.id}")
    first = work.session.exec(
        select(User)
        .where(col(User.organisation_id) == organisation.id, col(User.standing) == Standing.WAITING)
        .order_by(col(User.created_at), col(User.id))
    ).first()
    if first is not None:
        team.let_in(work, viewer, first, organisation, team.key_role(organisation.kind), address)
    return organisation


def switch_off(work: Work, viewer: Viewer, *, organisation_id: str) -> Organisation:
    """Stop an organisation from acting; all its sign-ins end at once. Its needs and bids stay as they are."""
    organisation = _locked(work, organisation_id)
    if organisation.id == viewer.organisation_id:
        raise OwnOrganisation(
            "You cannot switch off your own organisation.",
            "Nobody could switch it on again.",
            "Switch off single people instead.",
        )
    if organisation.standing is not Standing.OFF:
        organisation.standing = Standing.OFF
        organisation.revision += 1
        sessions.end_all_of_organisation(work, organisation.id)
        work.record(viewer, "organisation.switched_off", f"organisation:{organisation.id}")
    return organisation


def switch_on(work: Work, viewer: Viewer, *, organisation_id: str) -> Organisation:
    """Let an organisation that was switched off act again."""
    organisation = _locked(work, organisation_id)
    if organisation.standing is Standing.OFF:
        organisation.standing = Standing.ACTIVE
        organisation.revision += 1
        work.record(viewer, "organisation.switched_on", f"organisation:{organisation.id}")
    return organisation


def edit_organisation(
    work: Work,
    viewer: Viewer,
    *,
    organisation_id: str,
    revision: int,
    values: Mapping[str, str],
    domains: Sequence[str],
) -> Organisation:
    """Change an organisation's facts and approved domains. `revision`: as the page showed it.

    Raises ChangedMeanwhile when somebody else saved since, Invalid for something that is not a domain.
    """
    organisation = _locked(work, organisation_id)
    if organisation.revision != revision:
        raise ChangedMeanwhile(
            "Somebody else changed this organisation while you had the page open.",
            "Your changes were not saved, and theirs were not touched.",
            "Compare what you typed with what is stored now, shown on this page, then save again.",
        )
    changed = [name for name in EDITABLE if values[name] != getattr(organisation, name)]
    for name in changed:
        setattr(organisation, name, values[name])
    approved = clean_domains(domains)
    if approved != organisation.domains:
        organisation.domains = approved
        changed.append("domains")
    if changed:
        organisation.revision += 1
        facts: dict[str, object] = {"changed": changed}
        if "domains" in changed:
            facts["domains"] = approved
        work.record(viewer, "organisation.edited", f"organisation:{organisation.id}", facts=facts)
    return organisation


def clean_domains(typed: Sequence[str]) -> list[str]:
    """Domains in lower case, sorted, each once; raises Invalid for what is not one ("@x.org.uk" is taken as
    "x.org.uk")."""
    domains = sorted({text.strip().lower().removeprefix("@").rstrip(".") for text in typed if text.strip()})
    for domain in domains:
        if not _DOMAIN.fullmatch(domain):
            raise Invalid(
                f"“{domain}” is not a domain.",
                "A domain looks like example.nhs.uk.",
                "Write one on each line.",
                field="domains",
            )
    return domains


def unlock(work: Work, viewer: Viewer, *, user_id: str) -> User:
    """Open the lock of an account."""
    user, _ = team.lock_member(work, viewer, user_id)
    if user.locked_until is not None or user.failures:
        user.failures, user.locked_until = 0, None
        work.record(viewer, "user.unlocked", f"user:{user.id}")
    return user


def move(work: Work, viewer: Viewer, *, user_id: str, organisation_id: str, role: Role) -> User:
    """Move a person to another organisation; their sign-ins end. Raises team.LastOne, Invalid for a role that does
    not fit there."""
    user, home = team.lock_member(work, viewer, user_id)
    target = work.session.get(Organisation, organisation_id)
    if target is None:
        raise Invalid(
            "Choose an organisation from the list.", "The one that was sent does not exist.", field="organisation"
        )
    refuse_wrong_role(target.kind, role)
    if target.id == home.id:
        raise Invalid(
            f"{user.name} works for {home.name} already.", "", "Choose another organisation.", field="organisation"
        )
    team.refuse_last(work, user, home)
    user.organisation_id, user.role = target.id, role
    sessions.end_all(work, user.id)
    facts = {"before": home.id, "after": target.id, "role": role.value}
    work.record(viewer, "user.moved", f"user:{user.id}", facts=facts)
    return user
