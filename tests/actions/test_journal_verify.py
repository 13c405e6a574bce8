"""The verifier names the first line that is not as it was written, whatever was done to the journal."""

import pytest
from sqlmodel import select

from marketplace.identity.viewer import machine
from marketplace.journal import queries
from marketplace.journal.models import JournalLine
from marketplace.journal.verify import verify
from marketplace.journal.work import GENESIS, line_hash, unit_of_work
from marketplace.kit.database import Database
from tests.tampering import tamper

SWAP = ("UPDATE journal_line SET seq = -4 WHERE seq = 4", "UPDATE journal_line SET seq = 4 WHERE seq = 5",
        "UPDATE journal_line SET seq = 5 WHERE seq = -4")


def write(database: Database, count: int, verb: str = "test.happened", thread: str | None = None) -> None:
    """So many acts, two lines each transaction."""
    for number in range(0, count, 2):
        with unit_of_work(database) as work:
            for each in range(number, min(number + 2, count)):
                facts = {"number": each, "name": "Zoë"}
                work.record(machine("test"), verb, f"thing:{each}", thread=thread, facts=facts)


def test_an_empty_and_a_whole_journal(any_database: Database) -> None:
    with any_database.reading() as session:
        assert verify(session).whole
        assert verify(session).last_hash == GENESIS
    write(any_database, 11)
    for batch in (1, 2, 5, 11, 1000):
        with any_database.reading() as session:
            verdict = verify(session, batch=batch)
        assert verdict.whole
        assert verdict.lines == 11
        assert queries.length(session) == 11


@pytest.mark.parametrize(
    ("lines", "seq", "said"),
    [
        (["UPDATE journal_line SET facts = '{}' WHERE seq = 4"], 4, "line 4 (test.happened, thing:3) was changed"),
        (["UPDATE journal_line SET actor = 'user:x' WHERE seq = 1"], 1, "line 1 (test.happened, thing:0) was changed"),
        (["UPDATE journal_line SET organisation = 'x' WHERE seq = 10"], 10, "was changed"),
        (["UPDATE journal_line SET thread = 'x' WHERE seq = 10"], 10, "was changed"),
        (["UPDATE journal_line SET verb = 'x' WHERE seq = 3"], 3, "was changed"),
        (["UPDATE journal_line SET hash = 'x' WHERE seq = 3"], 3, "was changed"),
        (["UPDATE journal_line SET at = '2020-01-01 00:00:00+00' WHERE seq = 3"], 3, "was changed"),
        (["DELETE FROM journal_line WHERE seq = 4"], 5, "line 4 is missing before line 5"),
        (["DELETE FROM journal_line WHERE seq BETWEEN 4 AND 6"], 7, "lines 4 to 6 are missing before line 7"),
        (["DELETE FROM journal_line WHERE seq <= 2"], 3, "lines 1 to 2 are missing before line 3"),
        (list(SWAP), 4, "line 4 does not follow the line before it"),
        (["DELETE FROM journal_line WHERE seq >= 9"], None, "line 10 as the last, and the last line found is 8"),
        (["DELETE FROM journal_line"], None, "the last line found is 0"),
        (["UPDATE journal_head SET seq = 9"], None, "the head's hash is not that of line 9"),
        (["UPDATE journal_head SET hash = 'x'"], None, "the head's hash is not that of line 10"),
        (["DELETE FROM journal_head"], None, "names line 0 as the last, and there is a line 10"),
        (
            ["UPDATE journal_head SET seq = 9, hash = (SELECT hash FROM journal_line WHERE seq = 9)"],
            None, "lines were added past the head: it names line 9 as the last, and there is a line 10",
        ),
        (["UPDATE journal_line SET seq = 0 WHERE seq = 10"], 0, "line 0 should not be there"),
    ],
)
@pytest.mark.parametrize("batch", [3, 1000])
def test_tampering_is_named(database: Database, lines: list[str], seq: int | None, said: str, batch: int) -> None:
    write(database, 10)
    tamper(database, *(line.replace("+00'", "'") for line in lines))
    with database.reading() as session:
        verdict = verify(session, batch=batch)
    assert not verdict.whole
    assert verdict.seq == seq
    assert said in (verdict.fault or "")


@pytest.mark.parametrize(
    "line", ["UPDATE journal_line SET facts = '{}' WHERE seq = 4", "DELETE FROM journal_line WHERE seq = 10"]
)
def test_tampering_is_named_on_both_databases(any_database: Database, line: str) -> None:
    write(any_database, 10)
    tamper(any_database, line)
    with any_database.reading() as session:
        assert not verify(session).whole


def test_a_line_with_a_hash_made_anew_is_found_by_the_next(database: Database) -> None:
    write(database, 10)
    with database.reading() as session:
        line = session.exec(select(JournalLine).where(JournalLine.seq == 4)).one()
        line.facts = '{"name":"somebody else"}'
        forged = line_hash(line)
        session.expunge_all()
    update = "UPDATE journal_line SET facts = :facts, hash = :hash WHERE seq = 4"
    tamper(database, update, facts='{"name":"somebody else"}', hash=forged)
    with database.reading() as session:
        verdict = verify(session)
    assert verdict.seq == 5
    assert "does not follow" in (verdict.fault or "")


def test_a_long_journal_is_walked_in_batches(database: Database) -> None:
    with unit_of_work(database) as work:
        for number in range(2_500):
            work.record(machine("test"), "test.happened", f"thing:{number}")
    with database.reading() as session:
        verdict = verify(session)
        assert len(session.identity_map) == 0
    assert (verdict.whole, verdict.lines) == (True, 2_500)


def test_history_pages_and_what_it_leaves_out(any_database: Database) -> None:
    write(any_database, 7, "need.saved", "n1")
    write(any_database, 3, "bid.submitted", "n1")
    write(any_database, 1, "bidding.note", "n1")
    write(any_database, 2, "need.saved", "n2")
    with any_database.reading() as session:
        whole = queries.history(session, "n1", size=5)
        assert (whole.total, whole.pages, whole.page, len(whole.lines)) == (11, 3, 1, 5)
        assert whole.lines[0].seq == 11
        last = queries.history(session, "n1", size=5, page=99, newest_first=False)
        assert [line.seq for line in last.lines] == [11]
        buyers = queries.history(session, "n1", without=["bid."])
        assert (buyers.total, buyers.pages) == (8, 1)
        assert not any(line.verb.startswith("bid.") for line in buyers.lines)
        assert queries.history(session, "n1", only=["bid."]).total == 3
        nobody = queries.history(session, "n3")
        assert (nobody.total, nobody.pages, nobody.page, nobody.lines) == (0, 1, 1, [])
        assert [line.seq for line in queries.of_subject(session, "thing:0")] == [12, 11, 8, 1]
