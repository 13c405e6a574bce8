"""Making organisations and people."""

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from marketplace.identity import queries, wording
from marketplace.identity.links import make_link
from marketplace.identity.models import LinkPurpose, Organisation, Standing, User
from marketplace.identity.roles import Kind, Role, roles_for
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.database import lock_row
from marketplace.kit.errors import Invalid, NotHere
from marketplace.notices.actions import send


def create_organisation(
    work: Work,
    viewer: Viewer,
    *,
    kind: Kind,
    name: str,
    standing: Standing = Standing.ACTIVE,
    register_code: str | None = None,
    number: str = "",
    address: str = "",
    contact_name: str = "",
    contact_email: str = "",
    contact_phone: str = "",
    size: str = "",
    group_name: str = "",
    domains: Sequence[str] = (),
) -> Organisation:
    """Make an organisation. Raises Invalid when the commissioner of the register has an account already."""
    organisation = Organisation(
        kind=kind,
        name=name,
        standing=standing,
        register_code=register_code,
        number=number,
        address=address,
        size=size,
        contact_name=contact_name,
        contact_email=contact_email,
        contact_phone=contact_phone,
        group_name=group_name,
        domains=list(domains),
        created_at=work.now(),
    )
    work.session.add(organisation)
    try:
        work.session.flush()
    except IntegrityError as error:
        raise Invalid(
            f"{name} has an account already.",
            "Each organisation of the register has one.",
            "Look for it in the list of organisations.",
        ) from error
    facts = {"kind": kind.value, "name": name, "standing": standing.value, "register_code": register_code}
    work.record(viewer, "organisation.created", f"organisation:{organisation.id}", facts=facts)
    return organisation


def create_user(
    work: Work,
    viewer: Viewer,
    *,
    organisation_id: str,
    email: str,
    name: str,
    role: Role,
    password_hash: str = "",
    standing: Standing = Standing.ACTIVE,
    terms_accepted: bool = False,
) -> User:
    """Make a person. Raises Invalid when the address has an account, or the role does not fit the kind of
    organisation."""
    organisation = queries.organisation(work.session, organisation_id)
    refuse_wrong_role(organisation.kind, role)
    now = work.now()
    user = User(
        organisation_id=organisation_id,
        email=email.strip().lower(),
        name=name,
        role=role,
        password_hash=password_hash,
        standing=standing,
        created_at=now,
        terms_accepted_at=now if terms_accepted else None,
    )
    if queries.user_by_email(work.session, user.email) is not None:
        raise address_taken()
    work.session.add(user)
    try:
        work.session.flush()
    except IntegrityError as error:  # the same address a moment ago, by another press
        raise address_taken() from error
    facts = {"organisation": organisation_id, "role": role.value, "standing": standing.value}
    work.record(viewer, "user.created", f"user:{user.id}", facts=facts)
    return user


def address_taken() -> Invalid:
    """The refusal of an address that has an account."""
    return Invalid(
        "This e-mail address has an account already.",
        "One address is one person in one organisation.",
        "If the person has changed organisation, ask the operator of this site to move the account.",
        field="email",
    )


def refuse_wrong_role(kind: Kind, role: Role) -> None:
    """Raise Invalid when people of an organisation of this kind cannot have the role."""
    if role not in roles_for(kind):
        raise Invalid(
            "Choose a role of this kind of organisation.", "Buyers and providers have different roles.", field="role"
        )


def invite(
    work: Work, viewer: Viewer, *, organisation_id: str, email: str, name: str, role: Role, address: str
) -> User:
    """Make a person without a password and send the invitation. `address`: of the site, for the link.

    Raises NotHere for another organisation (unless the viewer is an operator or the machine), Invalid for an address
    that has an
    account or is outside a buyer's approved domains.
    """
    organisation: Organisation | None = lock_row(work.session, Organisation, organisation_id)
    runs_site = viewer.role is Role.OPERATOR or bool(viewer.machine)
    if organisation is None or not (runs_site or viewer.organisation_id == organisation_id):
        raise NotHere(organisation_id)
    if viewer.buys and not queries.domain_approved(email, organisation):
        domain = email.rpartition("@")[2]
        raise Invalid(
            f"Addresses that end in {domain} are not approved for {organisation.name}.",
            "People who buy for the NHS sign in with an address of an approved domain.",
            "Use the colleague's NHS address, or ask the operator of this site to approve the domain.",
            field="email",
        )
    user = create_user(work, viewer, organisation_id=organisation_id, email=email, name=name, role=role)
    send_invitation(work, viewer, user, organisation, address=address)
    return user


def send_invitation(work: Work, viewer: Viewer, user: User, organisation: Organisation, *, address: str) -> str:
    """Mail a new invitation; earlier ones end. Returns the link."""
    secret, until = make_link(work, LinkPurpose.INVITATION, user_id=user.id)
    link = f"{address}/link/{secret}"
    subject, text = wording.invitation(
        user.name, organisation.name, viewer.name or "The operator of this site", link, until
    )
    stable = f"invitation:{user.id}:{int(until.timestamp() * 1000)}"
    send(work, stable_id=stable, to=user.email, subject=subject, text=text, kind="invitation", secret=True)
    work.record(viewer, "user.invited", f"user:{user.id}", facts={"role": user.role.value})
    return link
