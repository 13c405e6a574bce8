"""Signing in: counted before the password is looked at, so that no number of tries at once gets more guesses than the
limit."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from marketplace.identity import sessions, wording
from marketplace.identity.models import Organisation, Standing, User
from marketplace.identity.viewer import PUBLIC_VIEWER, Viewer
from marketplace.journal.work import Work
from marketplace.kit.database import lock_row
from marketplace.kit.errors import Refusal
from marketplace.notices.actions import send
from marketplace.policy.service import service_policy


class MayNotSignIn(Refusal):
    """The password is right, but the person or the organisation may not act now."""

    status = 403


@dataclass(frozen=True)
class Try:
    """A counted try: whose account it is (None: nobody's, or locked), its kept hash, and whether this try locked it."""

    user_id: str | None = None
    kept: str = ""
    locks: bool = False
    until: datetime | None = None


def count_try(work: Work, *, email: str) -> Try:
    """Count one try to sign in, in one UPDATE that also locks. The same work is done for an address that nobody has.

    An account that is locked takes no try: the password is not even looked at.
    """
    policy = service_policy()
    now = work.now()
    ended = sa.and_(col(User.locked_until).is_not(None), col(User.locked_until) <= now)
    failures = sa.case((ended, 1), else_=col(User.failures) + 1)
    until = now + timedelta(minutes=policy.sign_in_lock_minutes)
    row = work.session.execute(
        sa.update(User)
        .where(
            col(User.email) == email.strip().lower(),
            sa.or_(col(User.locked_until).is_(None), col(User.locked_until) <= now),
        )
        .values(failures=failures, locked_until=sa.case((failures >= policy.sign_in_failures, until), else_=None))
        .returning(col(User.id), col(User.password_hash), col(User.locked_until))
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:
        work.record(PUBLIC_VIEWER, "user.sign_in_tried", "user:unknown")
        return Try()
    work.record(PUBLIC_VIEWER, "user.sign_in_tried", f"user:{row[0]}")
    return Try(user_id=row[0], kept=row[1], locks=row[2] is not None, until=row[2])


def failed(work: Work, tried: Try, *, address: str) -> None:
    """The password was wrong. If that locked the account, its owner is told by mail."""
    if not tried.locks or tried.user_id is None or tried.until is None:
        return
    user = work.session.get(User, tried.user_id)
    if user is None:
        return
    work.record(PUBLIC_VIEWER, "user.locked", f"user:{user.id}", facts={"until": tried.until})
    subject, text = wording.locked(user.name, tried.until, f"{address}/reset")
    send(
        work,
        stable_id=f"locked:{user.id}:{int(tried.until.timestamp())}",
        to=user.email,
        subject=subject,
        text=text,
        kind="account",
    )


def succeed(work: Work, tried: Try, *, new_hash: str = "", device: str = "") -> str:
    """The password was right: the count starts anew. Returns the secret of a new sign-in. `new_hash`: keep this one
    instead.

    Raises MayNotSignIn when the account or the organisation waits or is switched off.
    """
    user: User | None = lock_row(work.session, User, tried.user_id or "")
    if user is None or user.password_hash != tried.kept:  # deleted, or another password since the try was counted
        raise MayNotSignIn("You could not be signed in.", "Your account changed at this very moment.", "Try again.")
    organisation = work.session.exec(select(Organisation).where(col(Organisation.id) == user.organisation_id)).one()
    refuse_unless_active(user, organisation)
    user.failures, user.locked_until = 0, None
    user.password_hash = new_hash or user.password_hash
    who = viewer_of(user, organisation)
    work.record(who, "user.signed_in", f"user:{user.id}")
    return sessions.open_sign_in(work, user, device=device)


def refuse_unless_active(user: User, organisation: Organisation) -> None:
    """Raise MayNotSignIn with the exact reason when the account or the organisation may not act."""
    if user.standing is Standing.WAITING:
        raise MayNotSignIn(
            "Your account waits for approval.",
            f"Somebody at {organisation.name}, or the operator of this site, has to say yes first.",
            "You get a mail as soon as they have. Until then there is nothing for you to do.",
        )
    if user.standing is Standing.OFF:
        raise MayNotSignIn(
            "Your account is switched off.",
            f"Somebody who manages the accounts of {organisation.name} switched it off.",
            "Ask them to switch it on again if you still need it.",
        )
    if organisation.standing is Standing.WAITING:
        raise MayNotSignIn(
            f"{organisation.name} waits for approval.",
            "The operator of this site looks at every new organisation before it can act.",
            "You get a mail as soon as that is done.",
        )
    if organisation.standing is Standing.OFF:
        raise MayNotSignIn(
            f"The account of {organisation.name} is switched off.",
            "The operator of this site switched it off for everybody in it.",
            "Write to the operator if you think that this is a mistake. The help page says how.",
        )


def sign_out(work: Work, viewer: Viewer, *, secret: str) -> None:
    """End this sign-in."""
    sessions.end_one(work, secret)
    if viewer.signed_in:
        work.record(viewer, "user.signed_out", f"user:{viewer.user_id}")


def sign_out_everywhere(work: Work, viewer: Viewer) -> int:
    """End all sign-ins of the viewer. Returns how many there were."""
    count = sessions.end_all(work, viewer.user_id or "")
    work.record(viewer, "user.signed_out_everywhere", f"user:{viewer.user_id}", facts={"sign_ins": count})
    return count


def viewer_of(user: User, organisation: Organisation) -> Viewer:
    """The viewer that this person is when signed in."""
    return Viewer(
        user_id=user.id,
        name=user.name,
        email=user.email,
        role=user.role,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        kind=organisation.kind,
    )
