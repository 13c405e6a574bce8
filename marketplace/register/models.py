"""The register's tables, as published. They are facts about places; people's accounts are in identity."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class Body(SQLModel, table=True):
    """A commissioner: a CCG of 2013 or an integrated care board of 2022. `code` is the ODS code.

    `population` is registered patients April-June 2013 for a CCG, residents in mid-2020 for a board.
    `allowance_pence` is the running-cost allowance a year where one was published (boards, 2024/25); else None.
    """

    __tablename__ = "register_body"

    code: str = Field(primary_key=True, max_length=12)
    kind: str = Field(max_length=3, description="ccg or icb")
    ons_code: str = Field(default="", max_length=12)
    name: str = Field(max_length=200, index=True)
    population: int
    practices: int | None = Field(default=None)
    region: str = Field(default="", max_length=60)
    area_team: str = Field(default="", max_length=80)
    latitude_e4: int = Field(description="degrees north times 10,000")
    longitude_e4: int = Field(description="degrees east times 10,000")
    allowance_pence: int | None = Field(default=None, sa_type=sa.BigInteger)
    main_council: str = Field(default="", max_length=12)
    opened: date | None = Field(default=None)
    closed: date | None = Field(default=None)


class Council(SQLModel, table=True):
    """An upper-tier council: its area is that of its Health and Wellbeing Board. `code` is the ONS code."""

    __tablename__ = "register_council"

    code: str = Field(primary_key=True, max_length=12)
    name: str = Field(max_length=120)


class BodyCouncil(SQLModel, table=True):
    """How a commissioner's people spread over councils. Shares are in ten-thousandths.

    `share_e4` of the body's people live in the council; `council_share_e4` of the council's people belong to the body.
    """

    __tablename__ = "register_body_council"

    body_code: str = Field(foreign_key="register_body.code", primary_key=True, max_length=12)
    council_code: str = Field(foreign_key="register_council.code", primary_key=True, max_length=12)
    share_e4: int
    council_share_e4: int


class Neighbour(SQLModel, table=True):
    """Two commissioners of the same kind whose boundaries touch, stored in both directions.

    `shared_metres` is the border's length, off simplified lines: good for ranking, not for measuring.
    """

    __tablename__ = "register_neighbour"

    a: str = Field(foreign_key="register_body.code", primary_key=True, max_length=12)
    b: str = Field(foreign_key="register_body.code", primary_key=True, max_length=12, index=True)
    shared_metres: int


class RegisterImport(SQLModel, table=True):
    """Which file was imported last, and its digest: an import of the same files changes nothing."""

    __tablename__ = "register_import"

    file: str = Field(primary_key=True, max_length=60)
    sha256: str = Field(max_length=64)
    rows: int
