"""Sign-ins kept on the server: a row for each, found by the SHA-256 of the secret in the browser's cookie."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

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


@lru_cache(maxsize=8)
def _statement(database: Database) -> sa.Select[Any]:
    """The one query of every page of somebody signed in: built once, in Core, since it is the most frequent of all."""
    sign_in, user, organisation = (sa.inspect(model).local_table for model in (SignIn, User, Organisation))
    return (
        sa.select(
            sign_in.c.key, sign_in.c.created_at, sign_in.c.seen_at, database.clock_column(),
            user.c.id, user.c.name, user.c.email, user.c.role,
            organisation.c.id, organisation.c.name, organisation.c.kind,
        )
        .select_from(sign_in.join(user, user.c.id == sign_in.c.user_id).join(organisation))
        .where(
            sign_in.c.key == sa.bindparam("wanted"),
            user.c.standing == Standing.ACTIVE,
            organisation.c.standing == Standing.ACTIVE,
        )
    )


def find(database: Database, session: Session, secret: str) -> Found | None:
    """Whose sign-in the secret is. One query. None when there is none, it ran out, or the person or organisation may
    not act."""
    row = session.connection().execute(_statement(database), {"wanted": key_of(secret)}).first()
    if row is None:
        return None
    key, created, seen, clock, *who = row
    now = database.read_clock(clock)
    if not alive(created, seen, now):
        return None
    fields = ("user_id", "name", "email", "role", "organisation_id", "organisation_name", "kind")
    viewer = Viewer(**dict(zip(fields, who, strict=True)))
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
