"""Rows for tests, made by the shortest honest way. Houses add theirs in tests/factories_<house>.py."""

from functools import cache
from itertools import count

from argon2 import PasswordHasher

from marketplace.identity.models import Organisation, User
from marketplace.identity.roles import Kind, Role
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work

PASSWORD = "correct horse battery staple"
_numbers = count(1)


@cache
def _hash() -> str:
    """A cheap argon2id hash: the tests are not about its cost."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def make_organisation(work: Work, kind: Kind = Kind.CCG, **facts: object) -> Organisation:
    """An active organisation with a name of its own."""
    number = next(_numbers)
    organisation = Organisation(
        kind=kind,
        name=facts.pop("name", f"{kind.value.replace('_', ' ').title()} {number}"),
        created_at=work.now(),
        **facts,
    )
    work.session.add(organisation)
    work.session.flush()
    return organisation


def make_user(work: Work, organisation: Organisation, role: Role, **facts: object) -> User:
    """An active person who signs in with PASSWORD."""
    number = next(_numbers)
    user = User(
        organisation_id=organisation.id,
        email=facts.pop("email", f"{role.value}{number}@example.org"),
        name=facts.pop("name", f"{role.value.title()} {number}"),
        role=role,
        password_hash=_hash(),
        created_at=work.now(),
        **facts,
    )
    work.session.add(user)
    work.session.flush()
    return user


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
