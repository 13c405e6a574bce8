"""What the six files of the register must hold, and how they must fit together (pure)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from marketplace.register.cells import day, decimal, matching, may_be_empty, plain, words
from marketplace.register.tables import Problem, Row, Shape, Table, first_on, read_table

SHARE_WHOLE = 10_000  # shares are kept in ten-thousandths
SHARE_SLACK = 50  # what rounding and slivers that were left out may take from, or add to, a whole: half a per cent
LAST_DAY_OF_GROUPS = date(2022, 6, 30)  # Health and Care Act 2022: boards took over from the groups on 1 July 2022

_body_code = matching(r"[0-9A-Z]{3,6}", "an organisation code such as 07N (capital letters and digits)")
_ons_code = matching(r"[EWSNJK][0-9]{8}", "a code of the Office for National Statistics such as E09000004")
_people = decimal(0, 1, 100_000_000, "226283")
_north = decimal(4, 49_0000, 61_0000, "51.4622")
_east = decimal(4, -9_0000, 2_0000, "0.1351")
_share = decimal(4, 0, SHARE_WHOLE, "0.1413")
_km = decimal(3, 0, 1_000_000, "20.7")  # at most 1,000 km; kept in metres

CCGS = Shape("ccgs.csv", {
    "code": _body_code, "ons_code": may_be_empty(_ons_code, ""), "name": words(200), "population": _people,
    "practices": may_be_empty(decimal(0, 0, 10_000, "28")), "region": words(60), "area_team": words(80),
    "lat": _north, "lon": _east, "main_la_code": _ons_code, "opened": may_be_empty(day), "closed": may_be_empty(day),
}, ("code",))
CCG_LA = Shape("ccg_la.csv", {
    "ccg_code": _body_code, "la_code": _ons_code, "la_name": words(120), "share": _share, "la_share": _share,
}, ("ccg_code", "la_code"))
CCG_NEIGHBOURS = Shape("ccg_neighbours.csv", {"a": _body_code, "b": _body_code, "shared_km": _km}, ("a", "b"))
ICBS = Shape("icbs.csv", {
    "code": _body_code, "ons_code": may_be_empty(_ons_code, ""), "name": words(200), "population_mid2020": _people,
    "rca_2024_25_gbp": may_be_empty(decimal(2, 1, 10**13, "27091000")), "lat": _north, "lon": _east,
}, ("code",))
ICB_LA = Shape("icb_la.csv", {
    "icb_code": _body_code, "la_code": _ons_code, "la_name": words(120), "share": _share, "la_share": _share,
}, ("icb_code", "la_code"))
ICB_NEIGHBOURS = Shape("icb_neighbours.csv", {"a": _body_code, "b": _body_code, "approx_shared_km": _km}, ("a", "b"))


@dataclass(frozen=True)
class Family:
    """The three files of one kind of commissioner. `called` is the word for one of them."""

    kind: str
    called: str
    bodies: Shape
    councils: Shape
    neighbours: Shape

    @property
    def shapes(self) -> tuple[Shape, Shape, Shape]:
        """The three files, bodies first."""
        return self.bodies, self.councils, self.neighbours


FAMILIES = (Family("ccg", "group", CCGS, CCG_LA, CCG_NEIGHBOURS), Family("icb", "board", ICBS, ICB_LA, ICB_NEIGHBOURS))
FILES = tuple(shape.file for family in FAMILIES for shape in family.shapes)


class BadRegister(ValueError):
    """The files cannot be taken. `problems` names every reason, by file and line."""

    SHOWN = 20

    def __init__(self, problems: list[Problem]) -> None:
        order = {name: place for place, name in enumerate(FILES)}
        self.problems = sorted(problems, key=lambda problem: (order.get(problem.file, -1), problem.line or 0))
        lines = [str(problem) for problem in self.problems[: self.SHOWN]]
        more = len(self.problems) - self.SHOWN
        if more > 0:
            lines.append(f"... and {more} more of the kind.")
        super().__init__("\n".join(lines))


@dataclass(frozen=True)
class FamilyRows:
    """The checked rows of one family."""

    family: Family
    bodies: list[Row]
    councils: list[Row]
    neighbours: list[Row]

    def lengths(self) -> dict[str, int]:
        """How many rows each file has."""
        tables = (self.bodies, self.councils, self.neighbours)
        return {shape.file: len(rows) for shape, rows in zip(self.family.shapes, tables, strict=True)}


def read_register(contents: Mapping[str, bytes]) -> list[FamilyRows]:
    """The families found among the files (name to content). Raises BadRegister with every problem found.

    A family may be missing as a whole (a register of groups alone), never in part; one must be there.
    """
    problems = missing_files(contents)
    shapes = [shape for family in FAMILIES for shape in family.shapes if shape.file in contents]
    tables = {shape.file: read_table(shape, contents[shape.file]) for shape in shapes}
    present = [family for family in FAMILIES if family.bodies.file in tables]
    _check_codes_apart(present, tables)
    for family in present:
        parts = [tables[shape.file] for shape in family.shapes if shape.file in tables]
        if len(parts) == 3 and not any(table.problems for table in parts):  # else one slip is reported ten times over
            _check_family(family, *parts)
    if not problems and not any(table.problems for table in tables.values()):
        _check_council_names([tables[family.councils.file] for family in present])
    problems += [problem for table in tables.values() for problem in table.problems]
    if problems:
        raise BadRegister(problems)
    return [FamilyRows(f, *(tables[shape.file].rows for shape in f.shapes)) for f in present]


def missing_files(contents: Mapping[str, bytes]) -> list[Problem]:
    """One problem for each file that ought to be there."""
    if not any(name in contents for name in FILES):
        step = f"Give a folder with {', '.join(shape.file for shape in FAMILIES[0].shapes)}"
        return [Problem("the folder", None, "", "", "it holds none of the register's files", step)]
    return [
        Problem(shape.file, None, "", "", "the file is missing", f"Put it beside the {family.called}s' other files")
        for family in FAMILIES
        if any(each.file in contents for each in family.shapes)
        for shape in family.shapes
        if shape.file not in contents
    ]


def _check_family(family: Family, bodies: Table, councils: Table, neighbours: Table) -> None:
    codes = {row["code"] for row in bodies.rows}
    first_on(bodies, lambda row: row["ons_code"] or None, "ons_code", "Check the codes of the two rows")
    body_column = family.councils.key[0]
    unknown = f"{family.bodies.file} has no {family.called} of that code"
    for table, column in ((councils, body_column), (neighbours, "a"), (neighbours, "b")):
        for row in table.rows:
            if row[column] not in codes:
                table.complain(row.line, unknown, "Correct one of the two files", column, row[column])
    _check_shares(bodies, councils, body_column)
    _check_pairs(neighbours)
    if family.bodies is CCGS:
        _check_groups(bodies, councils)


def _check_shares(bodies: Table, councils: Table, body_column: str) -> None:
    """A body's shares add to about 1; a council's shares add to at most about 1 (an extract may leave bodies out)."""
    of_body: dict[str, int] = defaultdict(int)
    of_council: dict[str, int] = defaultdict(int)
    last: dict[str, int] = {}
    for row in councils.rows:
        of_body[row[body_column]] += row["share"]
        of_council[row["la_code"]] += row["la_share"]
        last[row[body_column]] = last[row["la_code"]] = row.line
    for code, total in of_body.items():
        if abs(total - SHARE_WHOLE) > SHARE_SLACK:
            reason = f"the shares of {code} add to {plain(total, 4)}, not to about 1"
            councils.complain(last[code], reason, "Check its rows: one may be missing, doubled or misread", "share")
    for code, total in of_council.items():
        if total > SHARE_WHOLE + SHARE_SLACK:
            reason = f"the shares of the council {code} add to {plain(total, 4)}, more than 1"
            councils.complain(last[code], reason, "Check its rows", "la_share")
    for row in bodies.rows:
        if row["code"] not in of_body:
            reason = f"{councils.shape.file} does not say in which councils its people live"
            bodies.complain(row.line, reason, "Add its rows there", "code", row["code"])


def _check_pairs(neighbours: Table) -> None:
    for row in neighbours.rows:
        if row["a"] == row["b"]:
            neighbours.complain(row.line, "nobody is its own neighbour", "Remove the row", "b", row["b"])
    seen: dict[tuple[str, str], int] = {}
    for row in neighbours.rows:
        pair = (row["a"], row["b"])
        other = seen.get((row["b"], row["a"]))
        if other is not None and row["a"] != row["b"]:
            reason = f"line {other} gives the same pair the other way round"
            neighbours.complain(row.line, reason, "Keep one of the two rows", "a, b", " ".join(pair))
        seen[pair] = row.line


def _check_groups(bodies: Table, councils: Table) -> None:
    lives_in = {(row["ccg_code"], row["la_code"]) for row in councils.rows}
    for row in bodies.rows:
        if (row["code"], row["main_la_code"]) not in lives_in:
            reason = f"{councils.shape.file} gives {row['code']} no people in its main council"
            bodies.complain(row.line, reason, "Correct one of the two files", "main_la_code", row["main_la_code"])
        if row["opened"] and row["closed"] and row["closed"] < row["opened"]:
            reason = f"it closed before it opened on {row['opened'].isoformat()}"
            bodies.complain(row.line, reason, "Check both dates", "closed", row["closed"].isoformat())


def _check_codes_apart(present: list[Family], tables: Mapping[str, Table]) -> None:
    seen: dict[str, str] = {}
    for family in present:
        table = tables[family.bodies.file]
        for row in table.rows:
            if row["code"] in seen:
                reason = f"{seen[row['code']]} has the code already"
                table.complain(row.line, reason, "Give each body a code of its own", "code", row["code"])
            seen.setdefault(row["code"], family.bodies.file)


def _check_council_names(tables: list[Table]) -> None:
    names: dict[str, tuple[str, str]] = {}
    for table in tables:
        for row in table.rows:
            known, where = names.setdefault(row["la_code"], (row["la_name"], f"{table.shape.file}, line {row.line}"))
            if known != row["la_name"]:
                reason = f"{where} calls {row['la_code']} “{known}”"
                table.complain(row.line, reason, "Use one name for one code", "la_name", row["la_name"])
