"""Tables for spreadsheets: CSV in which no cell can run as a formula, and XLSX whose cells are text or numbers,
never formulas.
"""

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import BytesIO, StringIO

from xlsxwriter import Workbook

Cell = str | int | Decimal | None

_RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a cell that begins so for a formula
_MOST_CHARACTERS = 32_767  # of a cell in XLSX


def neutral(text: str) -> str:
    """Text that a spreadsheet shows and does not run: an apostrophe in front of what looks like a formula."""
    return "'" + text if text.startswith(_RISKY) or text.lstrip(" ").startswith(_RISKY) else text


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """The rows as CSV (RFC 4180 line ends), with a byte order mark so that Excel reads £ and é rightly. None is an
    empty cell.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow(["" if cell is None else neutral(cell) if isinstance(cell, str) else str(cell) for cell in row])
    return "\ufeff" + out.getvalue()


def xlsx_bytes(sheets: Iterable[tuple[str, Sequence[Sequence[Cell]]]]) -> bytes:
    """A workbook of named sheets; the first row of each is its heading. Text is written as text, numbers as numbers."""
    out = BytesIO()
    book = Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for name, rows in sheets:
        sheet = book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(r, c, cell[:_MOST_CHARACTERS], bold if r == 0 else None)
                elif cell is not None:
                    sheet.write_number(r, c, float(cell) if isinstance(cell, Decimal) else cell)
        for c, heading in enumerate(rows[0] if rows else ()):
            sheet.set_column(c, c, max(12, min(40, len(str(heading)) + 2)))
    book.close()
    return out.getvalue()
