"""Organisations, their people, sign-ins, and links sent by mail."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from marketplace.identity.roles import Kind, Role
from marketplace.kit.ids import new_id
from marketplace.kit.tables import UtcTime, words


class Standing(StrEnum):
    """Whether an organisation, or a person, may act: waiting for approval, active, or switched off."""

    WAITING = "waiting"
    ACTIVE = "active"
    OFF = "off"


class Organisation(SQLModel, table=True):
    """A buyer, a provider or the operator.

    `register_code` ties a buyer to the published register (ODS code), once. `number` is a company or charity number.
    `group_name` names the group of companies that the provider belongs to (for IN1 and IN6). `facts` holds answers
    that a
    provider reuses in its next bid ({answer key: value}); `domains` are e-mail domains approved for new colleagues.
    """

    __tablename__ = "organisation"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    kind: Kind = Field(sa_type=words(Kind))
    standing: Standing = Field(default=Standing.ACTIVE, sa_type=words(Standing))
    name: str = Field(max_length=200)
    register_code: str | None = Field(default=None, max_length=12, unique=True)
    number: str = Field(default="", max_length=40)
    address: str = Field(default="", max_length=500)
    contact_name: str = Field(default="", max_length=120)
    contact_email: str = Field(default="", max_length=254)
    contact_phone: str = Field(default="", max_length=40)
    size: str = Field(default="", max_length=20)
    group_name: str = Field(default="", max_length=200)
    domains: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    revision: int = Field(default=1)
    created_at: datetime = Field(sa_type=UtcTime)


class User(SQLModel, table=True):
    """A person. `email` is stored in lower case and is unique. `password_hash` is argon2id; empty until the
    invitation is taken up.

    `failures` counts wrong passwords since the last right one; `locked_until` is set by the same UPDATE that counts.
    """

    __tablename__ = "user_account"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    organisation_id: str = Field(foreign_key="organisation.id", max_length=12, index=True)
    email: str = Field(max_length=254, unique=True)
    name: str = Field(max_length=120)
    role: Role = Field(sa_type=words(Role))
    standing: Standing = Field(default=Standing.ACTIVE, sa_type=words(Standing))
    terms_accepted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    password_hash: str = Field(default="", max_length=200)
    failures: int = Field(default=0)
    locked_until: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)
    last_seen_at: datetime | None = Field(default=None, sa_type=UtcTime)


class SignIn(SQLModel, table=True):
    """A server-side session. `key` is the SHA-256 of the secret in the cookie. Idle and absolute limits are in policy.

    `device` is a short name of the browser, so that people recognise their own sign-ins.
    """

    __tablename__ = "sign_in"

    key: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="user_account.id", max_length=12, index=True)
    created_at: datetime = Field(sa_type=UtcTime)
    seen_at: datetime = Field(sa_type=UtcTime, index=True)
    device: str = Field(default="", max_length=60)


class LinkPurpose(StrEnum):
    """What a link in a mail is for: taking up an invitation, a new password, a new provider, a colleague who asks to
    join."""

    INVITATION = "invitation"
    RESET = "reset"
    REGISTER = "register"
    JOIN = "join"


class MailLink(SQLModel, table=True):
    """A one-time link. `key` is the SHA-256 of its secret; `used_at` is set by the act that it allowed.

    Invitations and resets belong to a person (`user_id`). Registering and joining make rows only when the address is
    confirmed:
    until then what was typed waits in `typed`, so that nobody can occupy an address or a name that is not theirs.
    """

    __tablename__ = "mail_link"

    key: str = Field(primary_key=True, max_length=64)
    purpose: LinkPurpose = Field(sa_type=words(LinkPurpose))
    user_id: str | None = Field(default=None, foreign_key="user_account.id", max_length=12, index=True)
    typed: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    created_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcTime)
