"""Importing the register on real databases: all or nothing, nothing twice, nothing that is in use is lost."""

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import col, select

from marketplace.identity.roles import Kind
from marketplace.journal.models import JournalLine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.register import queries
from marketplace.register.importing import EXAMPLE, Count, import_register
from marketplace.register.models import Body, Council
from marketplace.register.rules import BadRegister
from tests.factories import make_organisation
from tests.register_files import files, real_folder, write_files

GROUPS = ("ccgs.csv", "ccg_la.csv", "ccg_neighbours.csv")


def test_the_whole_register_and_the_same_again(any_database: Database) -> None:
    folder = real_folder()
    first = import_register(any_database, folder)
    assert first.counts == (
        Count("councils", 157, 157, 0, 0), Count("commissioners", 253, 253, 0, 0),
        Count("shares", 407, 407, 0, 0), Count("neighbours", 1276, 1276, 0, 0),
    )
    again = import_register(any_database, folder)
    assert not again.changed
    with any_database.reading() as session:
        assert queries.counts(session) == {"ccg": 211, "icb": 42}
        lines = session.exec(select(JournalLine).where(col(JournalLine.verb) == "register.imported")).all()
    assert len(lines) == 1
    assert '"rows":211' in lines[0].facts


def test_changed_files_update_rows_and_remove_vanished_ones(any_database: Database, tmp_path: Path) -> None:
    import_register(any_database, EXAMPLE)
    contents = files()
    contents["ccgs.csv"] = contents["ccgs.csv"].replace(b"NHS Bexley CCG,226283", b"NHS Bexley CCG,226284")
    for name in GROUPS:  # Shropshire leaves, with its council and its borders
        contents[name] = b"\n".join(row for row in contents[name].splitlines() if b"05N" not in row) + b"\n"
    report = import_register(any_database, write_files(tmp_path, contents))
    councils, commissioners, shares, neighbours = report.counts
    assert (commissioners.changed, commissioners.removed) == (1, 1)
    assert (shares.removed, neighbours.added) == (1, 0)
    assert neighbours.removed == 4
    with any_database.reading() as session:
        assert session.get(Body, "05N") is None
        bexley = session.get(Body, "07N")
        assert bexley is not None
        assert bexley.population == 226284
        assert councils.removed == 0
        assert session.get(Council, "E06000051") is not None  # the council stays: a board's people live there too


def test_a_bad_row_leaves_everything_as_it_was(any_database: Database, tmp_path: Path) -> None:
    import_register(any_database, EXAMPLE)
    contents = files()
    contents["ccgs.csv"] = contents["ccgs.csv"].replace(b"226283", b"1").replace(b"172532", b"many")
    with pytest.raises(BadRegister, match=r"ccgs\.csv, line 2, column population: “many” is refused"):
        import_register(any_database, write_files(tmp_path, contents))
    with any_database.reading() as session:
        bexley = session.get(Body, "07N")
        assert bexley is not None
        assert bexley.population == 226283
        assert len(session.exec(select(JournalLine)).all()) == 1


def test_a_body_with_an_account_cannot_vanish(any_database: Database, tmp_path: Path) -> None:
    import_register(any_database, EXAMPLE)
    with unit_of_work(any_database) as work:
        make_organisation(work, Kind.CCG, register_code="05N")
    contents = files()
    for name in GROUPS:
        contents[name] = b"\n".join(row for row in contents[name].splitlines() if b"05N" not in row) + b"\n"
    with pytest.raises(BadRegister, match="NHS Shropshire CCG has an account here"):
        import_register(any_database, write_files(tmp_path, contents))
    with any_database.reading() as session:
        assert session.get(Body, "05N") is not None
        assert len(queries.neighbours(session, "05F")) == 3


def test_groups_alone_leave_the_boards_alone(any_database: Database, tmp_path: Path) -> None:
    import_register(any_database, EXAMPLE)
    report = import_register(any_database, write_files(tmp_path, {name: files()[name] for name in GROUPS}))
    assert not report.changed
    assert report.absent == ("icbs.csv", "icb_la.csv", "icb_neighbours.csv")
    with any_database.reading() as session:
        assert queries.counts(session) == {"ccg": 12, "icb": 9}


def test_a_group_may_not_take_the_code_of_a_board(any_database: Database, tmp_path: Path) -> None:
    import_register(any_database, EXAMPLE)
    contents = {name: files()[name].replace(b"05N", b"QE1") for name in GROUPS}
    with pytest.raises(BadRegister, match="Lancashire and South Cumbria ICB has the code already"):
        import_register(any_database, write_files(tmp_path, contents))


def test_look_ups(any_database: Database) -> None:
    import_register(any_database, EXAMPLE)
    with any_database.reading() as session:
        assert [(each.body.code, each.shared_metres) for each in queries.neighbours(session, "02M")] == [
            ("01K", 47_000), ("00R", 20_700), ("01E", 10_300),
        ]
        assert [(each.name, each.share_e4) for each in queries.councils_of(session, "QGH")] == [
            ("Worcestershire", 7554), ("Herefordshire, County of", 2446),
        ]
        assert [each.code for each in queries.search_bodies(session, "bex")] == ["07N"]
        assert [each.code for each in queries.search_bodies(session, "07n", "ccg")] == ["07N"]
        assert queries.search_bodies(session, "100%_") == []
        assert queries.search_bodies(session, "Bexley", "icb") == []
        assert queries.count_bodies(session, "", "icb") == 9


@pytest.mark.parametrize(
    ("people", "council", "share"),
    [
        ({"07N": None}, "E09000004", 10_000),
        ({"07N": None}, "E06000009", 0),
        ({"00R": None, "02M": None}, "E06000009", 172532 * 10_000 // (172532 + 150639)),  # 5338.7 is said as 5338
        ({"00R": 155_000, "02M": 25_000}, "E06000009", 8611),
        ({"00R": 19, "02M": 1}, "E06000009", 9500),
        ({"00R": 18_999, "02M": 1_001}, "E06000009", 9499),  # 94.995 % is not 95 %
        ({"07N": None, "99X": None}, "E09000004", None),
        ({"07N": None}, "E99999999", None),
        ({"07N": 0}, "E09000004", None),
        ({}, "E09000004", None),
    ],
)
def test_area_share(database: Database, people: dict[str, int | None], council: str, share: int | None) -> None:
    import_register(database, EXAMPLE)
    with database.reading() as session:
        assert queries.area_share_e4(session, people, council) == share


@pytest.mark.parametrize(
    ("code", "on", "pence", "doubt"),
    [
        ("07N", date(2013, 9, 1), 226283 * 2500, "up to 25 pounds"),
        ("07N", date(2015, 3, 31), 226283 * 2473, "24.78"),
        ("07N", date(2012, 2, 20), 226283 * 2500, "no rate is known for 20 February 2012"),
        ("07N", date(2026, 11, 22), 226283 * 2207, "22 November 2026: this is the last one before"),
        ("QE1", date(2026, 11, 22), 2_709_100_000, "2024/25"),
        ("QGH", date(2024, 6, 1), 791685 * 1607, "computed"),
        ("QGH", date(2026, 11, 22), 791685 * 1876, "another basis"),
        ("QGH", date(2013, 6, 1), 791685 * 1607, "no rate is known for 1 June 2013"),
    ],
)
def test_allowance(database: Database, code: str, on: date, pence: int, doubt: str) -> None:
    import_register(database, EXAMPLE)
    with database.reading() as session:
        found = queries.allowance(session, code, on)
        assert found is not None
        assert found[0] == pence
        assert doubt in (found[1].doubt or "")
        assert found[1].source
        assert queries.allowance(session, "99X", on) is None
