"""`marketplace check`: every score is worked out again, and every kind of tampering is named."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlmodel import select

from marketplace.checking import check, check_everything
from marketplace.evaluations.models import Evaluation
from marketplace.kit.database import Database
from marketplace.kit.errors import ConfigurationError
from marketplace.running.command import sweep
from marketplace.scoring.canonical import sha256_hex
from tests.factories_scored import make_scored
from tests.tampering import tamper


def test_nothing_is_wrong_with_a_need_that_went_the_whole_way(any_database: Database) -> None:
    empty = check_everything(any_database)
    assert empty.good
    make_scored(any_database)
    findings = check_everything(any_database)
    assert findings.faults == []
    assert findings.good
    assert (findings.needs, findings.receipts, findings.opened_bids, findings.evaluations) == (1, 2, 2, 1)
    assert findings.journal.lines > 10


def replace(column: str, key: str, before: str, after: str) -> str:
    """SQL that edits a number in a stored document."""
    return f"UPDATE evaluation SET {column} = REPLACE({column}, '\"{key}\":{before}', '\"{key}\":{after}')"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (replace("result", "rank", "1", "3"), "its result differs from its hash"),
        (replace("score_file", "price_pence", "", "1"), "scored again"),
        (replace("score_file", "term_years", "3", "4"), "published method"),
        ("UPDATE evaluation SET score_file = '{'", "not an evaluation"),
        ("UPDATE evaluation SET score_file = '[]'", "not an evaluation"),
        (replace("sheet", "level", "4", "3"), "levels shown for bid"),
        (replace("sheet", "total_pence", "", "1"), "cost shown for bid"),
        ("UPDATE evaluation SET hash = 'x'", "its hash is not the one"),
        ("UPDATE evaluation SET method_hash = 'x'", "another method than the one published"),
        ("DELETE FROM evaluation", "the journal names it, but it is gone"),
        ("DELETE FROM evaluation", "it is scored, but lot 1 has no evaluation"),
        ("UPDATE need SET method_hash = 'x'", "its method differs from the hash on its notice"),
        ("UPDATE need SET method_hash = 'x'", "is not the one that the journal published"),
        ("UPDATE bid_version SET digest = 'x'", "its digest is not the one in the journal"),
        ("UPDATE opened_bid SET digest = 'x'", "the opened bids are not those that the journal recorded"),
        ("UPDATE journal_line SET facts = '?' WHERE verb = 'evaluation.scored'", "its hash is not the one"),
    ],
)
def test_tampering_is_named(scored: Database, line: str, said: str) -> None:
    tamper(scored, line)
    findings = check_everything(scored)
    assert not findings.good
    assert any(said in fault for fault in findings.faults), findings.faults


@pytest.fixture(scope="module")
def scored_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with a scored need, made once."""
    path = tmp_path_factory.mktemp("scored") / "scored.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    make_scored(database)
    database.dispose()
    return path


@pytest.fixture
def scored(scored_file: Path, tmp_path: Path) -> Database:
    """A copy of it of one's own."""
    path = tmp_path / "marketplace.sqlite"
    path.write_bytes(scored_file.read_bytes())
    return Database(f"sqlite:///{path}")


def test_a_score_forged_with_its_hash_is_still_found(any_database: Database) -> None:
    make_scored(any_database)
    with any_database.reading() as session:
        result = session.exec(select(Evaluation)).one().result
    update = "UPDATE evaluation SET result = :result, hash = :hash"
    tamper(any_database, update, result=result + " ", hash=sha256_hex(result + " "))
    faults = check_everything(any_database).faults
    assert len(faults) == 2
    assert "its hash is not the one in the journal" in faults[0]
    assert "scored again from its inputs, the result is another one" in faults[1]


def test_the_command_says_what_it_checked_and_ends_with_1_when_something_is_wrong(
    scored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKETPLACE_DATA_DIR", str(tmp_path))
    good = CliRunner().invoke(check)
    assert good.exit_code == 0, good.output
    assert "evaluations                  1" in good.stdout
    assert "Nothing is wrong." in good.stdout
    assert good.stderr == ""
    tamper(scored, "DELETE FROM journal_line WHERE seq = 3", "UPDATE evaluation SET hash = 'x'")
    bad = CliRunner().invoke(check)
    assert bad.exit_code == 1
    assert "journal: line 3 is missing before line 4" in bad.stderr
    assert "lot 1, round 1: its result differs from its hash" in bad.stderr


def test_the_command_wants_a_database_of_its_version(
    scored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKETPLACE_DATA_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match="there is no database"):
        CliRunner().invoke(check, catch_exceptions=False)
    with pytest.raises(ConfigurationError, match="there is no database"):
        CliRunner().invoke(sweep, ["--data", str(tmp_path / "typo")], catch_exceptions=False)
    assert not list((tmp_path / "typo").glob("*.sqlite"))  # a wrong folder in a crontab makes no database
    assert not (tmp_path / "nowhere").exists()
    monkeypatch.setenv("MARKETPLACE_DATA_DIR", str(tmp_path))
    tamper(scored, "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(ConfigurationError, match="marketplace migrate"):
        CliRunner().invoke(check, catch_exceptions=False)
