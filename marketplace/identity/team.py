"""Who works for an organisation: approved, declined, switched off and on, given another role. By its own people or an
operator."""

from sqlmodel import col, select

from marketplace.identity import sessions, wording
from marketplace.identity.actions import refuse_wrong_role, send_invitation
from marketplace.identity.links import end_links
from marketplace.identity.models import Organisation, Standing, User
from marketplace.identity.roles import BUYERS, Kind, Role
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.database import lock_row
from marketplace.kit.errors import NotHere, Refusal
from marketplace.notices.actions import send


class LastOne(Refusal):
    """Without this person nobody could act for the organisation."""


class NotWaiting(Refusal):
    """The person does not wait for approval (any more)."""


def key_role(kind: Kind) -> Role:
    """The role without which an organisation of this kind could not act."""
    return Role.APPROVER if kind in BUYERS else Role.OPERATOR if kind is Kind.OPERATOR else Role.BIDDER


def lock_member(work: Work, viewer: Viewer, user_id: str) -> tuple[User, Organisation]:
    """Lock the person's organisation, then the person, so that two of these acts on one team happen one after the
    other.

    Raises NotHere for a person of another organisation, unless the viewer is an operator.
    """
    home = work.session.exec(select(User.organisation_id).where(col(User.id) == user_id)).first()
    if home is None or (viewer.role is not Role.OPERATOR and home != viewer.organisation_id):
        raise NotHere(user_id)
    organisation: Organisation | None = lock_row(work.session, Organisation, home)
    user: User | None = lock_row(work.session, User, user_id)
    if organisation is None or user is None or user.organisation_id != home:  # moved in between
        raise NotHere(user_id)
    return user, organisation


def refuse_last(work: Work, user: User, organisation: Organisation) -> None:
    """Raise LastOne when this person is the last who can act for the organisation in the role that it cannot be
    without."""
    role = key_role(organisation.kind)
    if user.role is not role or user.standing is not Standing.ACTIVE or not user.password_hash:
        return
    others = work.session.exec(
        select(User.id).where(
            col(User.organisation_id) == organisation.id,
            col(User.role) == role,
            col(User.standing) == Standing.ACTIVE,
            col(User.password_hash) != "",
            col(User.id) != user.id,
        )
    ).first()
    if others is None:
        raise LastOne(
            f"{user.name} is the last active {role.value} of {organisation.name}.",
            f"Without one, nobody could act for {organisation.name} or manage its team.",
            f"Invite another {role.value} first, and wait until they have signed in.",
        )


def deactivate(work: Work, viewer: Viewer, *, user_id: str) -> User:
    """Switch a person off; all their sign-ins and links end at once. Raises LastOne."""
    user, organisation = lock_member(work, viewer, user_id)
    if user.standing is Standing.OFF:
        return user
    refuse_last(work, user, organisation)
    user.standing = Standing.OFF
    sessions.end_all(work, user.id)
    end_links(work, user.id)
    work.record(viewer, "user.deactivated", f"user:{user.id}")
    return user


def reactivate(work: Work, viewer: Viewer, *, user_id: str) -> User:
    """Switch a person on again, with the same password and role."""
    user, _ = lock_member(work, viewer, user_id)
    if user.standing is Standing.OFF:
        user.standing = Standing.ACTIVE
        user.failures, user.locked_until = 0, None
        work.record(viewer, "user.reactivated", f"user:{user.id}")
    return user


def change_role(work: Work, viewer: Viewer, *, user_id: str, role: Role) -> User:
    """Give a person another role; it counts from their next page. Raises LastOne, Invalid."""
    user, organisation = lock_member(work, viewer, user_id)
    refuse_wrong_role(organisation.kind, role)
    if user.role is role:
        return user
    refuse_last(work, user, organisation)
    before, user.role = user.role, role
    work.record(viewer, "user.role_changed", f"user:{user.id}", facts={"before": before.value, "after": role.value})
    return user


def invite_again(work: Work, viewer: Viewer, *, user_id: str, address: str) -> User:
    """Send the invitation once more; the earlier one ends. Raises NotWaiting when the person has joined."""
    user, organisation = lock_member(work, viewer, user_id)
    if user.password_hash or user.standing is not Standing.ACTIVE:
        raise NotWaiting(
            f"{user.name} does not need an invitation.",
            "The account is in use, or switched off.",
            "Look at the list again.",
        )
    send_invitation(work, viewer, user, organisation, address=address)
    return user


def approve(work: Work, viewer: Viewer, *, user_id: str, role: Role, address: str) -> User:
    """Let a person who asked to join in, with a role. Raises NotWaiting, Invalid."""
    user, organisation = lock_member(work, viewer, user_id)
    refuse_wrong_role(organisation.kind, role)
    _refuse_unless_waiting(user)
    if organisation.standing is not Standing.ACTIVE:
        raise NotWaiting(
            f"{organisation.name} itself waits for approval.",
            "Its people can act only after that.",
            "Approve the organisation.",
        )
    let_in(work, viewer, user, organisation, role, address)
    return user


def let_in(work: Work, viewer: Viewer, user: User, organisation: Organisation, role: Role, address: str) -> None:
    """Make a waiting person active, and tell them."""
    user.standing, user.role = Standing.ACTIVE, role
    user.failures, user.locked_until = 0, None
    subject, text = wording.approved(user.name, organisation.name, f"{address}/sign-in")
    send(work, stable_id=f"approved:{user.id}", to=user.email, subject=subject, text=text, kind="account")
    work.record(viewer, "user.approved", f"user:{user.id}", facts={"role": role.value})


def decline(work: Work, viewer: Viewer, *, user_id: str) -> str:
    """Decline a request to join: the person is told, and the address is free again. Returns the name. Raises
    NotWaiting."""
    user, organisation = lock_member(work, viewer, user_id)
    _refuse_unless_waiting(user)
    subject, text = wording.declined(user.name, organisation.name)
    send(work, stable_id=f"declined:{user.id}", to=user.email, subject=subject, text=text, kind="account")
    work.record(viewer, "user.declined", f"user:{user.id}")
    work.session.delete(user)
    return user.name


def _refuse_unless_waiting(user: User) -> None:
    if user.standing is not Standing.WAITING:
        raise NotWaiting(
            f"{user.name} does not wait for approval.", "A colleague was probably faster.", "Look at the list again."
        )
