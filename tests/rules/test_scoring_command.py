"""`marketplace score` as people run it: output, exit codes, and bad files without a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marketplace.scoring.canonical import canonical_json
from marketplace.scoring.command import score
from marketplace.scoring.score_file import evaluate, parse
from tests.rules.test_scoring_refusals import GOOD

TENDERS = Path(__file__).parent.parent / "cases" / "tenders.json"
AREAS = (
    "ccg_code,la_code,la_name,share\n07N,E09000004,Bexley,1.0\n99X,E09000004,Bexley,0.25\n99X,E09000005,Brent,0.75\n"
)


def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(score, [str(argument) for argument in arguments], input=stdin)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "score.json"
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    return path


def test_the_output_is_one_line_of_canonical_json(file: Path) -> None:
    result = run(file)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == canonical_json(evaluate(parse(GOOD))) + "\n"
    robust = run("--robustness", file)
    assert robust.stdout == canonical_json(evaluate(parse(GOOD), robustness=True)) + "\n"
    pretty = run("--pretty", file)
    assert json.loads(pretty.stdout) == json.loads(result.stdout)
    assert pretty.stdout.count("\n") > 20


def test_standard_input(file: Path) -> None:
    assert run("-", stdin=file.read_text()).stdout == run(file).stdout


def test_a_byte_order_mark_and_other_letters_do_no_harm() -> None:
    text = json.dumps(GOOD | {"tender": "Büro £ 東"}, ensure_ascii=False)
    result = run("-", stdin=b"\xef\xbb\xbf" + text.encode())
    assert '"tender":"Büro £ 東"' in result.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"[1]", "an object was expected"),
        (b"[" * 200_000, "nested too deeply"),
        (json.dumps(GOOD | {"extra": 1}).encode(), "extra: this key is not known here"),
        (json.dumps(GOOD).replace('"LA2": 3', '"LA2": 3.5').encode(), "bids[1].levels.LA2: "),
        (json.dumps(GOOD).replace('"LA2": 3', '"LA2": 3, "LA2": 4').encode(), "LA2: this key occurs twice"),
        (json.dumps(GOOD).replace("72000000", "NaN").encode(), "bids[1].price_pence: "),
        (json.dumps(GOOD | {"term_years": "\ud800"}).encode(), "term_years: "),
    ],
)
def test_a_bad_file_is_refused_with_code_2_and_one_message(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    result = run(path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: {path}: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        result = run(path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "cannot be read" in result.stderr


def test_answers_print_one_line_for_each_tender(tmp_path: Path) -> None:
    two = json.loads(TENDERS.read_text())
    two["tenders"].append(two["tenders"][0] | {"id": "S2"})
    path = tmp_path / "two.json"
    path.write_text(json.dumps(two))
    result = run("--answers", path)
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["tender"] for line in lines] == ["S1", "S2"]
    assert [canonical_json(line) for line in lines] == result.stdout.splitlines()
    assert {row["id"]: row["levels"]["LA1"] for row in lines[0]["bids"]}["council"] == 4


def test_the_register_is_read_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "ccg_la.csv").write_text(AREAS)
    result = run("--answers", TENDERS, "--register", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert {row["id"]: row["levels"]["LA1"] for row in json.loads(result.stdout)["bids"]}["council"] == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "ccg_la.csv: there is no such file"),
        ("ccg_code,la_code\n07N,E09000004\n", "ccg_la.csv line 1: the column share is missing"),
        (AREAS + "07N,E09000009,Ealing,1.5\n", "ccg_la.csv line 5: share: 1.5 is not between 0 and 1"),
        (AREAS + "07N,E09000009,Ealing,half\n", "ccg_la.csv line 5: share: "),
        (AREAS + "07N,E09000004,Bexley,0.5\n", "ccg_la.csv line 5: 07N and E09000004 occur twice"),
        (AREAS + "07N,,Bexley,0.5\n", "ccg_la.csv line 5: la_code: "),
        (AREAS + "07N\n", "ccg_la.csv line 5: la_code: "),
    ],
)
def test_a_bad_register_is_refused_with_file_line_and_reason(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "ccg_la.csv").write_text(content)
    result = run("--answers", TENDERS, "--register", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


def test_a_register_without_answers_is_refused(file: Path, tmp_path: Path) -> None:
    result = run(file, "--register", tmp_path)
    assert result.exit_code == 2
    assert "--register is used with --answers" in result.stderr


def test_the_installed_command_needs_no_database_and_no_terminal_encoding(file: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-c", "from marketplace.cli import main; main()", "score", str(file)],
        capture_output=True,
        env=environment,
        cwd=Path(__file__).parents[2],
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["winner"] == "council"
    help_text = run("--help").stdout
    for word in ("--answers", "--register", "--robustness", "canonical JSON", "exit code 2"):
        assert word in " ".join(help_text.split())
