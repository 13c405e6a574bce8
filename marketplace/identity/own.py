"""What people do with their own account: passwords and name."""

from sqlmodel import col, select

from marketplace.identity import queries, sessions, wording
from marketplace.identity.links import end_links, make_link
from marketplace.identity.models import LinkPurpose, Organisation, Standing, User
from marketplace.identity.signing_in import refuse_unless_active, viewer_of
from marketplace.identity.viewer import PUBLIC_VIEWER, Viewer
from marketplace.journal.work import Work
from marketplace.kit.database import lock_row
from marketplace.kit.errors import Invalid, NotHere
from marketplace.notices.actions import send


def ask_for_reset(work: Work, *, email: str, address: str) -> None:
    """Send a link for a new password to the owner of the address, if there is one who may sign in. The answer never
    tells."""
    user = queries.user_by_email(work.session, email)
    if user is None or user.standing is not Standing.ACTIVE:
        work.record(PUBLIC_VIEWER, "user.asked_to_reset", "user:unknown")
        return
    work.record(PUBLIC_VIEWER, "user.asked_to_reset", f"user:{user.id}")
    purpose = (
        LinkPurpose.RESET if user.password_hash else LinkPurpose.INVITATION
    )  # not yet joined: the invitation again
    secret, until = make_link(work, purpose, user_id=user.id)
    subject, text = wording.reset(user.name, f"{address}/link/{secret}", until)
    stable = f"reset:{user.id}:{int(until.timestamp() * 1000)}"
    send(work, stable_id=stable, to=user.email, subject=subject, text=text, kind="reset", secret=True)


def set_password_by_link(work: Work, *, user_id: str, password_hash: str, first: bool, address: str) -> User:
    """Set the password of the owner of a used link: all sign-ins and links end, the lock opens. `first`: the terms
    were accepted.

    Raises signing_in.MayNotSignIn when the account or the organisation may not act.
    """
    user: User | None = lock_row(work.session, User, user_id)
    if user is None:
        raise NotHere(user_id)
    organisation = work.session.exec(select(Organisation).where(col(Organisation.id) == user.organisation_id)).one()
    refuse_unless_active(user, organisation)
    _set(work, user, password_hash)
    end_links(work, user.id)
    who = viewer_of(user, organisation)
    if first:
        user.terms_accepted_at = work.now()
        work.record(who, "user.joined", f"user:{user.id}", facts={"role": user.role.value})
    else:
        work.record(who, "user.password_reset", f"user:{user.id}")
        _tell(work, user, address)
    return user


def change_password(
    work: Work, viewer: Viewer, *, old_hash: str, new_hash: str, keep: str | None, address: str
) -> None:
    """Change the viewer's password; all sign-ins but `keep` (a key) end. `old_hash`: the one that the typed password
    matched.

    Raises Invalid when the password was changed elsewhere in the meantime.
    """
    user: User | None = lock_row(work.session, User, viewer.user_id or "")
    if user is None:
        raise NotHere("user")
    if user.password_hash != old_hash:
        raise Invalid(
            "Your password was changed elsewhere a moment ago.",
            "",
            "Type the new one as your current password.",
            field="current",
        )
    _set(work, user, new_hash, keep=keep)
    end_links(work, user.id)
    work.record(viewer, "user.password_changed", f"user:{user.id}")
    _tell(work, user, address)


def _set(work: Work, user: User, password_hash: str, *, keep: str | None = None) -> None:
    user.password_hash = password_hash
    user.failures, user.locked_until = 0, None
    sessions.end_all(work, user.id, but=keep)


def _tell(work: Work, user: User, address: str) -> None:
    subject, text = wording.password_changed(user.name, f"{address}/reset")
    stable = f"password:{user.id}:{int(work.now().timestamp() * 1000)}"
    send(work, stable_id=stable, to=user.email, subject=subject, text=text, kind="account")


def rename(work: Work, viewer: Viewer, *, name: str) -> None:
    """Change the viewer's own name."""
    user: User | None = lock_row(work.session, User, viewer.user_id or "")
    if user is None:
        raise NotHere("user")
    user.name = name
    work.record(viewer, "user.renamed", f"user:{user.id}")
