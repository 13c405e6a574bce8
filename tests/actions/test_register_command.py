"""`marketplace import-register`: what it prints, and with which exit status it ends."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marketplace.register.command import import_register_command
from marketplace.register.importing import EXAMPLE
from tests.register_files import files, write_files


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Run the command with a data folder that does not exist yet."""
    monkeypatch.setenv("MARKETPLACE_DATA_DIR", str(tmp_path / "var"))
    return lambda *args: CliRunner().invoke(import_register_command, [str(arg) for arg in args])


def test_it_prepares_loads_and_says_what_changed(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    first: Result = run(EXAMPLE)
    assert first.exit_code == 0, first.output
    assert "ccgs.csv                    12" in first.stdout
    assert "Loaded." in first.stdout
    again: Result = run(EXAMPLE)
    assert again.exit_code == 0
    assert "Nothing changed" in again.stdout


def test_a_refusal_names_the_place_and_ends_with_1(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    contents = files()
    contents["icbs.csv"] = contents["icbs.csv"].replace(b"1701655", b"NaN")
    result: Result = run(write_files(tmp_path / "files", contents))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Nothing was loaded" in result.stderr
    assert "icbs.csv, line 2, column population_mid2020: “NaN” is refused: it is not a finite number" in result.stderr
    assert run(tmp_path / "nowhere").exit_code == 1


def test_a_database_of_another_version_ends_with_2(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert run(EXAMPLE).exit_code == 0
    with closing(sqlite3.connect(tmp_path / "var" / "marketplace.sqlite")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    result: Result = run(EXAMPLE)
    assert result.exit_code == 2
    assert "marketplace migrate" in result.stderr
