"""Loading the register from its files: all of it or nothing, and nothing twice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from marketplace.identity.models import Organisation
from marketplace.identity.viewer import machine
from marketplace.journal.work import Work, unit_of_work
from marketplace.kit.database import Database
from marketplace.register.models import Body, BodyCouncil, Council, Neighbour, RegisterImport
from marketplace.register.rules import FAMILIES, FILES, BadRegister, FamilyRows, read_register
from marketplace.register.tables import Problem

Rows = dict[tuple[str, ...], dict[str, Any]]
EXAMPLE = Path(__file__).parent / "example"


@dataclass(frozen=True)
class Count:
    """What became of one table: its rows now (of the families imported), how many were added, changed and removed."""

    called: str
    rows: int
    added: int
    changed: int
    removed: int


@dataclass(frozen=True)
class Report:
    """What an import did. `files`: each file's number of rows; `absent`: the files of a family that was not given."""

    files: dict[str, int]
    absent: tuple[str, ...]
    counts: tuple[Count, ...]

    @property
    def changed(self) -> bool:
        """Whether anything in the register is different now."""
        return any(count.added or count.changed or count.removed for count in self.counts)


def import_register(database: Database, folder: Path) -> Report:
    """Load the register's CSV files of a folder in one transaction; see rules.py for their form.

    The same files again change nothing and write nothing. Rows that are no longer in the files are removed, unless an
    organisation signs in under that code. Raises BadRegister (every problem by file and line; nothing is loaded) and
    OSError when a file cannot be read.
    """
    contents = _read_files(folder)
    families = read_register(contents)
    with unit_of_work(database) as work:
        if not database.is_sqlite:  # one import at a time; on SQLite the transaction is alone anyhow
            work.session.connection().exec_driver_sql("LOCK TABLE register_import IN SHARE ROW EXCLUSIVE MODE")
        counts = _write(work, families)
        files = {name: rows for each in families for name, rows in each.lengths().items()}
        report = Report(files, tuple(name for name in FILES if name not in contents), counts)
        digests = {name: sha256(contents[name]).hexdigest() for name in files}
        if _remember_files(work, files, digests) or report.changed:
            work.record(machine("import-register"), "register.imported", "register", facts={
                "files": {name: {"rows": files[name], "sha256": digests[name]} for name in files},
                "counts": {c.called: {"added": c.added, "changed": c.changed, "removed": c.removed} for c in counts},
            })
    return report


def _read_files(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        step = "Give the folder that holds ccgs.csv and the files beside it"
        raise BadRegister([Problem(str(folder), None, "", "", "there is no such folder", step)])
    return {name: (folder / name).read_bytes() for name in FILES if (folder / name).is_file()}


def _write(work: Work, families: list[FamilyRows]) -> tuple[Count, ...]:
    """Bring the tables to what the files say: parents are saved before their children and removed after them."""
    kinds = [each.family.kind for each in families]
    bodies, councils, shares, neighbours = _wanted(families)
    _refuse_clashes(work, kinds, bodies)
    ours = select(col(Body.code)).where(col(Body.kind).in_(kinds))
    others = select(col(BodyCouncil.council_code)).where(col(BodyCouncil.body_code).not_in(ours))
    change_of = {
        "councils": _Change(work, Council, councils, col(Council.code).not_in(others)),
        "commissioners": _Change(work, Body, bodies, col(Body.kind).in_(kinds)),
        "shares": _Change(work, BodyCouncil, shares, col(BodyCouncil.body_code).in_(ours)),
        "neighbours": _Change(work, Neighbour, neighbours, col(Neighbour.a).in_(ours)),
    }
    _refuse_lost_customers(work, change_of["commissioners"].gone)
    for change in change_of.values():
        change.save()
    for change in reversed(change_of.values()):
        change.remove()
    return tuple(change.count(name) for name, change in change_of.items())


class _Change:
    """The difference between the rows of a table (those that `where` selects) and the rows wanted, by primary key."""

    def __init__(self, work: Work, model: type[SQLModel], wanted: Rows, where: Any) -> None:
        self.session = work.session
        self.table: sa.Table = model.__table__  # type: ignore[attr-defined]
        self.key = [column.name for column in self.table.primary_key]
        self.wanted = wanted
        stored = [dict(row) for row in self.session.connection().execute(sa.select(self.table)).mappings()]
        before = {self._key_of(row): row for row in stored}
        within = self.session.connection().execute(sa.select(*self.table.primary_key).where(where))
        self.gone = [key for key in map(tuple, within) if key not in wanted]
        self.added = [row for key, row in wanted.items() if key not in before]
        self.changed = [row for key, row in wanted.items() if key in before and before[key] != row]

    def _key_of(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(row[name] for name in self.key)

    def _by_key(self) -> Any:
        return sa.and_(*(self.table.c[name] == sa.bindparam(f"key_{name}") for name in self.key))

    def _bound(self, column: str) -> str:
        return f"key_{column}" if column in self.key else column

    def save(self) -> None:
        """Insert what is new and update what differs."""
        connection = self.session.connection()
        if self.added:
            connection.execute(sa.insert(self.table), self.added)
        if self.changed:
            rows = [{self._bound(name): value for name, value in row.items()} for row in self.changed]
            connection.execute(sa.update(self.table).where(self._by_key()), rows)

    def remove(self) -> None:
        """Delete what the files no longer hold."""
        if self.gone:
            rows = [{f"key_{name}": part for name, part in zip(self.key, key, strict=True)} for key in self.gone]
            self.session.connection().execute(sa.delete(self.table).where(self._by_key()), rows)

    def count(self, called: str) -> Count:
        """What became of the table."""
        return Count(called, len(self.wanted), len(self.added), len(self.changed), len(self.gone))


def _wanted(families: list[FamilyRows]) -> tuple[Rows, Rows, Rows, Rows]:
    """The rows of bodies, councils, shares and neighbours that the files ask for, by primary key."""
    bodies: Rows = {}
    councils: Rows = {}
    shares: Rows = {}
    neighbours: Rows = {}
    for each in families:
        body_column, length = each.family.councils.key[0], list(each.family.neighbours.columns)[2]
        main: dict[str, tuple[int, str]] = {}
        for row in each.councils:
            body, council = row[body_column], row["la_code"]
            councils[council,] = {"code": council, "name": row["la_name"]}
            parts = {"share_e4": row["share"], "council_share_e4": row["la_share"]}
            shares[body, council] = {"body_code": body, "council_code": council, **parts}
            main[body] = max(main.get(body, (-1, "")), (row["share"], council))
        for row in each.bodies:
            bodies[row["code"],] = _body(each.family.kind, row.values, main[row["code"]][1])
        for row in each.neighbours:
            for a, b in ((row["a"], row["b"]), (row["b"], row["a"])):
                neighbours[a, b] = {"a": a, "b": b, "shared_metres": row[length]}
    return bodies, councils, shares, neighbours


def _body(kind: str, cells: Mapping[str, Any], main_council: str) -> dict[str, Any]:
    """A row of the table of bodies; the files of boards name their columns differently and have fewer of them."""
    return {
        "code": cells["code"], "kind": kind, "ons_code": cells["ons_code"], "name": cells["name"],
        "population": cells["population"] if kind == "ccg" else cells["population_mid2020"],
        "practices": cells.get("practices"), "region": cells.get("region", ""), "area_team": cells.get("area_team", ""),
        "latitude_e4": cells["lat"], "longitude_e4": cells["lon"], "allowance_pence": cells.get("rca_2024_25_gbp"),
        "main_council": cells.get("main_la_code", main_council),
        "opened": cells.get("opened"), "closed": cells.get("closed"),
    }


def _refuse_clashes(work: Work, kinds: list[str], bodies: Rows) -> None:
    """A code of these files must not belong to a body of the other kind that was imported before."""
    statement = select(Body).where(col(Body.kind).not_in(kinds), col(Body.code).in_([code for (code,) in bodies]))
    files = {family.kind: family.bodies.file for family in FAMILIES}
    step = "Give each body a code of its own"
    found = [
        Problem(files[kinds[0]], None, "code", body.code, f"{body.name} has the code already", step)
        for body in work.session.exec(statement)
    ]
    if found:
        raise BadRegister(found)


def _refuse_lost_customers(work: Work, gone: Iterable[tuple[str, ...]]) -> None:
    """A body with an account here must stay in the register: its needs take population and allowance from it."""
    codes = [code for (code,) in gone]
    statement = select(Body).join(Organisation, col(Organisation.register_code) == col(Body.code))
    files = {family.kind: family.bodies.file for family in FAMILIES}
    found = [
        Problem(
            files[body.kind], None, "code", body.code, f"the row is gone, but {body.name} has an account here",
            "Put the row back; if the body was closed, give it a closing date",
        )
        for body in work.session.exec(statement.where(col(Body.code).in_(codes)))
    ]
    if found:
        raise BadRegister(found)


def _remember_files(work: Work, files: Mapping[str, int], digests: Mapping[str, str]) -> bool:
    """Keep what was imported last; whether that differs from what was known."""
    changed = False
    for name, rows in files.items():
        known = work.session.get(RegisterImport, name)
        if known is None:
            known = RegisterImport(file=name, sha256="", rows=0)
            work.session.add(known)
        if (known.sha256, known.rows) != (digests[name], rows):
            known.sha256, known.rows, changed = digests[name], rows, True
    return changed
