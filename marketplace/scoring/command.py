"""`marketplace score`: recompute a ranking from a file, without the marketplace. Only here is input and output."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

import click

from marketplace.scoring import reading
from marketplace.scoring.canonical import canonical_json
from marketplace.scoring.facts import AreaRegister
from marketplace.scoring.reading import ScoreFileError
from marketplace.scoring.score_file import evaluate, parse
from marketplace.scoring.tender_file import score_tenders

# The register's files that say which council areas a group's people live in, with the column of the group's code.
_AREA_FILES = (("ccg_la.csv", "ccg_code"), ("icb_la.csv", "icb_code"))


@click.command()
@click.argument("file", type=click.Path(allow_dash=True, path_type=Path))
@click.option("--answers", is_flag=True, help="FILE is a tender file: needs and bids with answers and price lines.")
@click.option(
    "--register",
    "register_folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="With --answers: check bodies' areas (LA1) against the CSV files of the register in DIR (ccg_la.csv).",
)
@click.option("--robustness", is_flag=True, help="Also say how far the weights would have had to differ.")
@click.option("--pretty", is_flag=True, help="Indent the output for reading; without it the output is canonical JSON.")
def score(file: Path, answers: bool, register_folder: Path | None, robustness: bool, pretty: bool) -> None:
    """Score the bids of FILE and print the result.

    FILE is a score file (one need with levels and prices), or "-" for standard input. The result is one line of
    canonical JSON: keys sorted, decimals as text. With --answers FILE is a tender file and one line is printed for each
    of its tenders, in the order of the file, with the level of every answer.

    Nothing is read but FILE (and the register), and nothing is written: no database, no network, no clock. A file that
    cannot be scored is refused with the path of the key on standard error and exit code 2.

    \b
    Examples:
      marketplace score tender.json --pretty
      marketplace score --answers tenders.json --register FOLDER
      cat tender.json | marketplace score -
    """
    if register_folder is not None and not answers:
        raise click.UsageError("--register is used with --answers only: a score file has its levels already.")
    try:
        if answers:
            register = None if register_folder is None else read_register(register_folder)
            results = score_tenders(_document(file, decimals=True), register, robustness=robustness)
        else:
            results = [evaluate(parse(_document(file, decimals=False)), robustness=robustness)]
    except ScoreFileError as error:
        _refuse(f"{_called(file)}: {error}")
    for result in results:
        _print(result, pretty=pretty)


def read_register(folder: Path) -> AreaRegister:
    """The areas of every group from the register's CSV files.

    Raises ScoreFileError with file, line and reason for a file that is missing or a row that is wrong.
    """
    shares: dict[str, dict[str, Fraction]] = {}
    for name, column in _AREA_FILES:
        path = folder / name
        if not path.is_file():
            if name == _AREA_FILES[0][0]:
                raise ScoreFileError(str(path), "there is no such file in the register")
            continue
        for where, row in _rows(path, (column, "la_code", "share")):
            areas = shares.setdefault(row[column], {})
            if row["la_code"] in areas:
                raise ScoreFileError(where, f"{row[column]} and {row['la_code']} occur twice")
            areas[row["la_code"]] = reading.exact(row["share"], f"{where}: share", most=1)
    return AreaRegister(shares)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterable[tuple[str, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise ScoreFileError(f"{path.name} line 1", f"the column {missing[0]} is missing")
            for row in reader:
                where = f"{path.name} line {reader.line_num}"
                for column in columns:
                    reading.text(row[column], f"{where}: {column}", longest=100)
                yield where, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScoreFileError(path.name, f"it cannot be read: {error}") from None


def _document(file: Path, *, decimals: bool) -> Any:
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        _refuse(f"{_called(file)} cannot be read: {error.strerror or error}")
    except UnicodeDecodeError:
        raise ScoreFileError("", "this is not text in UTF-8") from None
    return reading.read_json(text, decimals=decimals)


def _called(file: Path) -> str:
    return "standard input" if str(file) == "-" else str(file)


def _print(result: dict[str, Any], *, pretty: bool) -> None:
    text = canonical_json(result)
    if pretty:
        text = json.dumps(json.loads(text), sort_keys=True, indent=2, ensure_ascii=False)
    click.echo(text.encode("utf-8"))  # as bytes, so that the terminal's encoding changes nothing


def _refuse(message: str) -> NoReturn:
    click.echo(f"Error: {message}", err=True)
    raise SystemExit(2)
