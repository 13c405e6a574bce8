"""Sign-ins kept on the server: a row for each, found by the SHA-256 of the secret in the browser's cookie."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from sqlmodel import Session, col, delete, select

from marketplace.identity.models import Organisation, SignIn, Standing, User
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.database import Database
from marketplace.kit.ids import new_token
from marketplace.policy.service import service_policy


def key_of(secret: str) -> str:
    """What is stored of a secret."""
    return sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Found:
    """A living sign-in: who it is, and whether its `seen_at` is due to be written again."""

    viewer: Viewer
    key: str
    due: bool


def find(database: Database, session: Session, secret: str) -> Found | None:
    """Whose sign-in the secret is. One query. None when there is none, it ran out, or the person or organisation may
    not act."""
    row = session.execute(
        sa.select(
            col(SignIn.key),
            col(SignIn.created_at),
            col(SignIn.seen_at),
            col(User.id),
            col(User.name),
            col(User.email),
            col(User.role),
            col(Organisation.id),
            col(Organisation.name),
            col(Organisation.kind),
            database.clock_column(),
        )
        .select_from(SignIn)
        .join(User, col(User.id) == col(SignIn.user_id))
        .join(Organisation, col(Organisation.id) == col(User.organisation_id))
        .where(
            col(SignIn.key) == key_of(secret),
            col(User.standing) == Standing.ACTIVE,
            col(Organisation.standing) == Standing.ACTIVE,
        )
    ).first()
    if row is None:
        return None
    key, created, seen, user_id, name, email, role, organisation_id, organisation_name, kind, clock = row
    now = database.read_clock(clock)
    if not alive(created, seen, now):
        return None
    viewer = Viewer(
        user_id=user_id,
        name=name,
        email=email,
        role=role,
        organisation_id=organisation_id,
        organisation_name=organisation_name,
        kind=kind,
    )
    return Found(viewer, key, due=now - seen >= timedelta(seconds=service_policy().sign_in_seen_every_seconds))


def alive(created: datetime, seen: datetime, now: datetime) -> bool:
    """Whether a sign-in still counts: seen within the idle limit, made within the absolute one."""
    policy = service_policy()
    idle, absolute = timedelta(minutes=policy.sign_in_idle_minutes), timedelta(hours=policy.sign_in_absolute_hours)
    return now - seen < idle and now - created < absolute


def open_sign_in(work: Work, user: User, *, device: str = "") -> str:
    """Make a sign-in with a new secret, and return the secret for the cookie. Sweeps the person's dead sign-ins."""
    now = work.now()
    end_dead(work, user.id, now)
    secret = new_token()
    work.session.add(SignIn(key=key_of(secret), user_id=user.id, created_at=now, seen_at=now, device=device[:60]))
    user.last_seen_at = now
    return secret


def end_dead(work: Work, user_id: str, now: datetime) -> None:
    """Delete the person's sign-ins that ran out."""
    policy = service_policy()
    idle, absolute = timedelta(minutes=policy.sign_in_idle_minutes), timedelta(hours=policy.sign_in_absolute_hours)
    work.session.exec(
        delete(SignIn).where(
            col(SignIn.user_id) == user_id,
            sa.or_(col(SignIn.seen_at) <= now - idle, col(SignIn.created_at) <= now - absolute),
        )
    )


def end_one(work: Work, secret: str) -> None:
    """End the sign-in with this secret, if there is one."""
    work.session.exec(delete(SignIn).where(col(SignIn.key) == key_of(secret)))


def end_all(work: Work, user_id: str, *, but: str | None = None) -> int:
    """End all sign-ins of a person, except the one whose key is `but`. Returns how many."""
    chosen = delete(SignIn).where(col(SignIn.user_id) == user_id)
    if but is not None:
        chosen = chosen.where(col(SignIn.key) != but)
    return work.session.exec(chosen).rowcount


def end_all_of_organisation(work: Work, organisation_id: str) -> None:
    """End the sign-ins of everybody in an organisation."""
    people = select(User.id).where(col(User.organisation_id) == organisation_id)
    work.session.exec(delete(SignIn).where(col(SignIn.user_id).in_(people)))


def touch(work: Work, found: Found) -> None:
    """Write that the person was seen now. Not an act: no journal line."""
    now = work.now()
    work.session.exec(sa.update(SignIn).where(col(SignIn.key) == found.key).values(seen_at=now))
    work.session.exec(sa.update(User).where(col(User.id) == found.viewer.user_id).values(last_seen_at=now))


def living(session: Session, user_id: str, now: datetime) -> list[SignIn]:
    """The person's living sign-ins, the last seen first."""
    rows = session.exec(select(SignIn).where(col(SignIn.user_id) == user_id).order_by(col(SignIn.seen_at).desc())).all()
    return [row for row in rows if alive(row.created_at, row.seen_at, now)]
