"""Reading organisations and people."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, or_, select

from marketplace.identity.models import Organisation, Standing, User
from marketplace.identity.roles import BUYERS, Kind, Role
from marketplace.identity.viewer import Viewer
from marketplace.kit.errors import NotHere
from marketplace.policy.service import service_policy

PAGE = 50


def organisation(session: Session, organisation_id: str) -> Organisation:
    """The organisation. Raises NotHere."""
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotHere(organisation_id)
    return found


def person(session: Session, user_id: str) -> User:
    """The person, for the operator. Raises NotHere."""
    found = session.get(User, user_id)
    if found is None:
        raise NotHere(user_id)
    return found


def colleague(session: Session, viewer: Viewer, user_id: str) -> User:
    """The person, of the viewer's own organisation. Raises NotHere for anybody else's."""
    found = session.get(User, user_id)
    if found is None or found.organisation_id != viewer.organisation_id:
        raise NotHere(user_id)
    return found


def people(session: Session, organisation_id: str, roles: Iterable[Role]) -> list[User]:
    """The people of an organisation with one of the roles who can sign in now: those to whom mails go."""
    rows = session.exec(
        select(User)
        .where(
            col(User.organisation_id) == organisation_id,
            col(User.role).in_(list(roles)),
            col(User.standing) == Standing.ACTIVE,
            col(User.password_hash) != "",
        )
        .order_by(col(User.created_at), col(User.id))
    )
    return list(rows)


def operators(session: Session) -> list[User]:
    """The operators who can sign in now."""
    rows = session.exec(
        select(User)
        .where(col(User.role) == Role.OPERATOR, col(User.standing) == Standing.ACTIVE, col(User.password_hash) != "")
        .order_by(col(User.created_at), col(User.id))
    )
    return list(rows)


def team(session: Session, organisation_id: str) -> list[User]:
    """Everybody of an organisation: waiting first, then active, then switched off; by name."""
    order = sa.case({Standing.WAITING: 0, Standing.ACTIVE: 1}, value=col(User.standing), else_=2)
    chosen = select(User).where(col(User.organisation_id) == organisation_id)
    return list(session.exec(chosen.order_by(order, col(User.name), col(User.id))))


def user_by_email(session: Session, email: str) -> User | None:
    """Whose address it is, in whatever case it was typed."""
    return session.exec(select(User).where(col(User.email) == email.strip().lower())).first()


def buyer_of(session: Session, register_code: str) -> Organisation | None:
    """The account of a commissioner of the register, if it has one."""
    return session.exec(select(Organisation).where(col(Organisation.register_code) == register_code)).first()


def buyers(session: Session) -> list[Organisation]:
    """All commissioners with an account that is not switched off, by name."""
    chosen = select(Organisation).where(
        col(Organisation.kind).in_(list(BUYERS)), col(Organisation.standing) != Standing.OFF
    )
    return list(session.exec(chosen.order_by(col(Organisation.name))))


def domain_approved(email: str, organisation: Organisation | None) -> bool:
    """Whether the address is in a domain approved for all buyers, or for this organisation; domains below them count
    too."""
    domain = email.rpartition("@")[2].lower()
    approved = [*service_policy().domains_buyers, *(organisation.domains if organisation else ())]
    return any(domain == each or domain.endswith(f".{each}") for each in approved)


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, its number from 1, how many pages and rows there are in all."""

    rows: list[Any]
    number: int
    pages: int
    total: int


def _page(session: Session, chosen: Any, number: int) -> Page:
    total = session.exec(select(func.count()).select_from(chosen.order_by(None).subquery())).one()
    pages = max(1, -(-total // PAGE))
    number = min(max(1, number), pages)
    return Page(list(session.exec(chosen.limit(PAGE).offset((number - 1) * PAGE)).all()), number, pages, total)


def search_organisations(
    session: Session, text: str = "", *, standing: Standing | None = None, kind: Kind | None = None, page: int = 1
) -> Page:
    """Organisations whose name or number contains the text: rows (Organisation, number of people), waiting ones
    first."""
    count = (
        select(func.count())
        .where(col(User.organisation_id) == Organisation.id)
        .correlate(Organisation)
        .scalar_subquery()
    )
    chosen = select(Organisation, count.label("people"))
    if text.strip():
        mark = _containing(text)
        chosen = chosen.where(
            or_(
                col(Organisation.name).ilike(mark, escape="\\"),
                col(Organisation.number).ilike(mark, escape="\\"),
                col(Organisation.register_code) == text.strip().upper(),
            )
        )
    if standing is not None:
        chosen = chosen.where(col(Organisation.standing) == standing)
    if kind is not None:
        chosen = chosen.where(col(Organisation.kind) == kind)
    waiting = sa.case((col(Organisation.standing) == Standing.WAITING, 0), else_=1)
    return _page(session, chosen.order_by(waiting, col(Organisation.name), col(Organisation.id)), page)


def search_users(session: Session, text: str = "", *, page: int = 1) -> Page:
    """People whose name or address contains the text: rows (User, name of the organisation), waiting ones first."""
    chosen = select(User, Organisation.name).join(Organisation, col(Organisation.id) == col(User.organisation_id))
    if text.strip():
        mark = _containing(text)
        chosen = chosen.where(or_(col(User.name).ilike(mark, escape="\\"), col(User.email).ilike(mark, escape="\\")))
    waiting = sa.case((col(User.standing) == Standing.WAITING, 0), else_=1)
    return _page(session, chosen.order_by(waiting, col(User.name), col(User.id)), page)


def _containing(text: str) -> str:
    clean = text.strip()[:100].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{clean}%"


def waiting_counts(session: Session) -> tuple[int, int]:
    """How many organisations, and how many people, wait for approval."""

    def count(model: Any) -> int:
        return int(
            session.exec(select(func.count()).select_from(model).where(col(model.standing) == Standing.WAITING)).one()
        )

    return count(Organisation), count(User)
