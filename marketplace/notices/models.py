"""Mails waiting to be sent, and sent."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from marketplace.kit.ids import new_id
from marketplace.kit.tables import UtcTime


class Mail(SQLModel, table=True):
    """One mail to one person. `stable_id` (such as "receipt:R-7KQ2-...") makes a repeated act write it once."""

    __tablename__ = "mail"
    __table_args__ = (
        sa.Index(
            "ix_mail_waiting",
            "next_attempt_at",
            sqlite_where=sa.text("sent_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    stable_id: str = Field(max_length=120, unique=True)
    to: str = Field(max_length=254)
    subject: str = Field(max_length=250)
    text: str = Field(sa_type=sa.Text)
    kind: str = Field(max_length=40)
    secret: bool = Field(
        default=False,
        description="holds a one-time link or tells of a sealed bid: hidden from the operator, shown in the demo",
    )
    created_at: datetime = Field(sa_type=UtcTime, index=True)
    next_attempt_at: datetime = Field(sa_type=UtcTime)
    attempts: int = Field(default=0)
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)
    problem: str = Field(default="", max_length=500)
