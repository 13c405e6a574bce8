"""One register file: bytes of a CSV file to checked rows, or every reason why not (pure)."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplace.register.cells import CellError, Parse, shown

LARGEST_FILE = 20_000_000  # bytes; the whole of England is below 100,000


@dataclass(frozen=True)
class Problem:
    """Why a file is refused. `line` counts from 1 with the header; None where it is about the whole file."""

    file: str
    line: int | None
    column: str
    value: str
    reason: str
    next_step: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        if self.column:
            place += f", column {self.column}"
        value = f" “{shown(self.value)}” is refused:" if self.value else ""
        return f"{place}:{value} {self.reason}. {self.next_step}."


@dataclass(frozen=True)
class Row:
    """One row: its line in the file and its parsed values by column."""

    line: int
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


@dataclass(frozen=True)
class Shape:
    """What a file must hold: how each column is parsed, and which columns name a row. Other columns are ignored."""

    file: str
    columns: Mapping[str, Parse]
    key: tuple[str, ...]


@dataclass
class Table:
    """A file as read: its good rows and its problems."""

    shape: Shape
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, line: int | None, reason: str, next_step: str, column: str = "", value: str = "") -> None:
        """Add a problem of this file."""
        self.problems.append(Problem(self.shape.file, line, column, value, reason, next_step))


def read_table(shape: Shape, content: bytes) -> Table:
    """The rows of a CSV file in UTF-8, with all its problems. A byte order mark and either line ending are accepted."""
    table = Table(shape)
    text = _text(table, content)
    if text is None:
        return table
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not _check_header(table, header):
            return table
        for cells in reader:
            if cells and any(cell.strip() for cell in cells):
                _read_row(table, header, reader.line_num, cells)
    except csv.Error as error:
        table.complain(reader.line_num, f"it is not well-formed CSV ({error})", "Save the sheet again as CSV in UTF-8")
        return table
    if not table.rows and not table.problems:
        table.complain(None, "it has a header but no rows", "Export it again: an empty register is never meant")
    _refuse_repeats(table)
    return table


def _text(table: Table, content: bytes) -> str | None:
    if len(content) > LARGEST_FILE:
        reason = f"it has {len(content):,} bytes, more than {LARGEST_FILE:,}"
        table.complain(None, reason, "Check that it is the right file")
        return None
    if not content.strip():
        table.complain(None, "it is empty", "Export it again")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        table.complain(line, "it is not UTF-8", "Save it as “CSV UTF-8”")
        return None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        table.complain(line, "it holds a NUL character", "Save it again as CSV in UTF-8")
        return None
    return text


def _check_header(table: Table, header: Sequence[str]) -> bool:
    missing = [name for name in table.shape.columns if name not in header]
    if missing:
        some = "the column is" if len(missing) == 1 else "columns are"
        table.complain(
            1, f"{some} missing: {', '.join(missing)}",
            f"The first line must name {', '.join(table.shape.columns)}; other columns may follow and are ignored",
        )
    for name in table.shape.columns:
        if header.count(name) > 1:
            table.complain(1, "the column stands there twice", "Keep one of them", column=name)
    return not table.problems


def _read_row(table: Table, header: Sequence[str], line: int, cells: Sequence[str]) -> None:
    if len(cells) != len(header):
        table.complain(
            line, f"the row has {len(cells)} cells and the header has {len(header)}",
            "Put text with a comma in it between quotation marks, and leave no cell out",
        )
        return
    raw = dict(zip(header, cells, strict=True))
    values: dict[str, Any] = {}
    for column, parse in table.shape.columns.items():
        try:
            values[column] = parse(raw[column])
        except CellError as error:
            table.complain(line, error.reason, error.next_step, column, raw[column])
    if len(values) == len(table.shape.columns):
        table.rows.append(Row(line, values))


def _refuse_repeats(table: Table) -> None:
    key = table.shape.key
    first_on(table, lambda row: tuple(row[column] for column in key), ", ".join(key), "Keep one of the two rows")


def first_on(table: Table, key: Callable[[Row], Any], column: str, next_step: str) -> None:
    """Complain about every row whose key (None: no key) an earlier row has already."""
    seen: dict[Any, int] = {}
    for row in table.rows:
        value = key(row)
        if value is None:
            continue
        if value in seen:
            spelt = " ".join(value) if isinstance(value, tuple) else str(value)
            table.complain(row.line, f"line {seen[value]} has the same already", next_step, column, spelt)
        else:
            seen[value] = row.line
