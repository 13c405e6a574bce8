"""Reading the register's files: every bad row is named, nothing is rounded, nothing is guessed."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.register.cells import CellError, decimal
from marketplace.register.rules import FILES, BadRegister, read_register
from tests.register_files import EXAMPLE, files, real_folder

CCG_FILES = FILES[:3]


def refused(contents: dict[str, bytes]) -> list[str]:
    """The problems of files that must be refused, as people read them."""
    with pytest.raises(BadRegister) as caught:
        read_register(contents)
    return [str(problem) for problem in caught.value.problems]


def with_cell(name: str, line: int, column: str, value: str) -> dict[str, bytes]:
    """The example's files with one cell changed."""
    contents = files()
    lines = contents[name].decode().splitlines()
    header = lines[0].split(",")
    cells = lines[line - 1].split(",")
    assert len(cells) == len(header), "choose a line without quoted commas"
    cells[header.index(column)] = value
    lines[line - 1] = ",".join(cells)
    contents[name] = "\n".join(lines).encode()
    return contents


def test_the_packaged_extract_is_whole() -> None:
    groups, boards = read_register(files())
    assert groups.lengths() == {"ccgs.csv": 12, "ccg_la.csv": 12, "ccg_neighbours.csv": 14}
    assert boards.lengths() == {"icbs.csv": 9, "icb_la.csv": 43, "icb_neighbours.csv": 8}
    bexley = next(row for row in groups.bodies if row["code"] == "07N")
    assert bexley["name"] == "NHS Bexley CCG"
    assert (bexley["population"], bexley["practices"], bexley["lat"], bexley["lon"]) == (226283, 28, 514622, 1351)
    border = next(row for row in groups.neighbours if (row["a"], row["b"]) == ("00R", "02M"))
    assert border["shared_km"] == 20_700  # metres


def test_the_whole_register_is_taken() -> None:
    folder = real_folder()
    groups, boards = read_register({name: (folder / name).read_bytes() for name in FILES})
    assert list(groups.lengths().values()) == [211, 243, 538]
    assert list(boards.lengths().values()) == [42, 164, 100]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("population", "", "it is empty"),
        ("population", "0", "not between 1 and 100,000,000"),
        ("population", "-5", "not between"),
        ("population", "172 532", "not a number"),
        ("population", "172532.5", "whole number"),
        ("population", "NaN", "not a finite number"),
        ("population", "Infinity", "not a finite number"),
        ("population", "1e5", "exponent"),
        ("population", "１７２５３２", "only look like the digits"),  # full width
        ("population", "١٧٢٥٣٢", "only look like the digits"),  # Arabic-Indic
        ("population", "9" * 5000, "not a number"),
        ("lat", "53.81891", "nothing is rounded"),
        ("lat", "-3.0346", "not between 49 and 61"),
        ("code", "00r", "not an organisation code"),
        ("ons_code", "E3800001", "not a code of the Office"),
        ("name", "", "it is empty"),
        ("name", "NHS \u202eBlackpool", "invisible character U+202E"),
        ("name", "x" * 201, "at most 200"),
        ("opened", "2013-02-30", "no such day"),
        ("opened", "01/04/2013", "not a date"),
        ("closed", "2012-01-01", "closed before it opened on 2013-04-01"),
        ("main_la_code", "E10000017", "no people in its main council"),
    ],
)
def test_a_bad_cell_is_named(column: str, value: str, reason: str) -> None:
    (problem,) = refused(with_cell("ccgs.csv", 2, column, value))
    assert problem.startswith(f"ccgs.csv, line 2, column {column}:")
    assert reason in problem
    assert problem.endswith(".")
    assert len(problem) < 400


@pytest.mark.parametrize(
    ("name", "line", "column", "value", "reason"),
    [
        ("ccg_la.csv", 2, "share", "1.1", "not between 0 and 1"),
        ("ccg_la.csv", 2, "share", "0.9", "add to 0.9, not to about 1"),
        ("ccg_la.csv", 2, "ccg_code", "99X", "has no group of that code"),
        ("ccg_neighbours.csv", 2, "a", "02M", "nobody is its own neighbour"),
        ("ccg_neighbours.csv", 2, "b", "99X", "has no group of that code"),
        ("ccg_neighbours.csv", 2, "shared_km", "-1", "not between"),
        ("icbs.csv", 2, "rca_2024_25_gbp", "27,091,000", "the row has 9 cells and the header has 7"),
        ("icbs.csv", 2, "code", "07N", "ccgs.csv has the code already"),
        ("icb_la.csv", 2, "la_name", "Lancs", "calls E10000017 “Lancashire”"),
    ],
)
def test_files_must_fit_together(name: str, line: int, column: str, value: str, reason: str) -> None:
    problems = refused(with_cell(name, line, column, value))
    assert any(reason in problem and problem.startswith(f"{name}, line") for problem in problems), problems


def test_a_row_twice_and_a_pair_both_ways_round() -> None:
    contents = files()
    contents["ccgs.csv"] += contents["ccgs.csv"].splitlines()[1] + b"\n"
    repeated = "line 14, column code: “00R” is refused: line 2 has the same already"
    assert any(repeated in each for each in refused(contents))
    contents = files()
    contents["ccg_neighbours.csv"] += b"02M,00R,20.7\n"
    assert any("line 16" in each and "the other way round" in each for each in refused(contents))


def test_a_body_without_councils_is_refused() -> None:
    contents = files()
    rows = contents["ccg_la.csv"].splitlines()
    contents["ccg_la.csv"] = b"\n".join(row for row in rows if not row.startswith(b"07N"))
    assert any("does not say in which councils" in each for each in refused(contents))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\n \n", "it is empty"),
        (b"a,b,shared_km\n", "a header but no rows"),
        (b"a,b\n00R,02M\n", "the column is missing: shared_km"),
        (b"a,b,b,shared_km\n00R,02M,02M,1\n", "stands there twice"),
        (b"a,b,shared_km\n00R,02M,1\xff\n", "not UTF-8"),
        ("a,b,shared_km\n00R,02M,1\n".encode("utf-16"), "not UTF-8"),
        (b"a,b,shared_km\n00R,02M,1\0\n", "NUL"),
        (b'a,b,shared_km\n00R,"02M,1\n', "not well-formed CSV"),
        (b"a,b,shared_km\n00R,02M\n", "the row has 2 cells and the header has 3"),
    ],
)
def test_a_bad_file_is_named(content: bytes, reason: str) -> None:
    problems = refused({**files(), "ccg_neighbours.csv": content})
    assert len(problems) == 1
    assert problems[0].startswith("ccg_neighbours.csv")
    assert reason in problems[0]


def test_missing_files_are_all_named() -> None:
    contents = files()
    del contents["ccg_la.csv"], contents["icb_neighbours.csv"]
    problems = refused(contents)
    assert [each.split(":")[0] for each in problems] == ["ccg_la.csv", "icb_neighbours.csv"]
    assert "none of the register's files" in refused({})[0]


def test_a_family_may_be_left_out() -> None:
    (groups,) = read_register({name: content for name, content in files().items() if name in CCG_FILES})
    assert groups.family.kind == "ccg"


def test_bom_line_endings_blank_lines_and_more_columns_are_accepted() -> None:
    plain = read_register(files())
    odd = {name: b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n") + b"\r\n\r\n" for name, content in files().items()}
    assert [each.lengths() for each in read_register(odd)] == [each.lengths() for each in plain]
    wider = {name: b"\n".join(row + b",more" for row in content.splitlines()) for name, content in files().items()}
    assert [each.lengths() for each in read_register(wider)] == [each.lengths() for each in plain]


def test_every_bad_row_is_reported_up_to_twenty() -> None:
    contents = files()
    lines = contents["icb_la.csv"].decode().splitlines()
    contents["icb_la.csv"] = "\n".join([lines[0], *(line[: line.rindex(",")] + ",many" for line in lines[1:])]).encode()
    with pytest.raises(BadRegister) as caught:
        read_register(contents)
    assert len(caught.value.problems) == 43
    said = str(caught.value).splitlines()
    assert len(said) == 21
    assert said[0].startswith("icb_la.csv, line 2, column la_share: “many” is refused")
    assert said[-1] == "... and 23 more of the kind."


@given(st.integers(-999_999, 999_999))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_decimals_are_exact(units: int) -> None:
    parse = decimal(4, -1_000_000, 1_000_000, "1")
    sign, whole, rest = "-" if units < 0 else "", *divmod(abs(units), 10_000)
    assert parse(f"{sign}{whole}.{rest:04d}") == units
    assert parse(f" {sign}{whole}.{rest:04d}000 ") == units


@given(st.text(max_size=30))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_cell_is_a_number_or_refused(text: str) -> None:
    try:
        value = decimal(2, 0, 10_000, "1.5")(text)
    except CellError:
        return
    assert 0 <= value <= 10_000
    assert set(text.strip()) <= set("0123456789.-")


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_arbitrary_bytes_are_refused_politely(content: bytes) -> None:
    assert refused({**files(), "ccgs.csv": content})


def test_the_example_is_packaged_beside_the_code() -> None:
    assert sorted(path.name for path in EXAMPLE.iterdir()) == sorted(FILES)
    assert Path(EXAMPLE).parent.name == "register"
