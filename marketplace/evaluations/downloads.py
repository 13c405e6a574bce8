"""The files that an evaluation is downloaded as (pure)."""

from dataclasses import dataclass

from marketplace.evaluations.explained import Page
from marketplace.evaluations.exports import facts_table, ranking_table
from marketplace.evaluations.models import Evaluation
from marketplace.kit.spreadsheets import csv_text, xlsx_bytes

JSON = "application/json"
KINDS = {
    "score-file": ("score-file.json", "Score file: everything that the ranking was worked out from (JSON)"),
    "result": ("result.json", "Result: the ranking with all its figures (JSON)"),
    "csv": ("ranking.csv", "Ranking for any spreadsheet (CSV)"),
    "xlsx": ("ranking.xlsx", "Ranking for Excel (XLSX)"),
}


@dataclass(frozen=True)
class File:
    """A file to download."""

    name: str
    media_type: str
    content: bytes


def make(kind: str, stored: Evaluation, page: Page) -> File | None:
    """The file of that kind; None for an unknown one. The JSON files are the stored texts to the byte."""
    if kind not in KINDS:
        return None
    name = KINDS[kind][0]
    if kind == "score-file":
        return File(name, JSON, stored.score_file.encode())
    if kind == "result":
        return File(name, JSON, stored.result.encode())
    table = ranking_table(page)
    if kind == "csv":
        return File(name, "text/csv; charset=utf-8", csv_text(table).encode())
    hashes = [
        ("Hash of the result", stored.hash),
        ("Hash of the method", stored.method_hash),
        ("Engine", stored.engine),
    ]
    sheets = [("Ranking", table), ("Method and hashes", facts_table(page, hashes=hashes))]
    return File(name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_bytes(sheets))
