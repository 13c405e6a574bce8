"""The unit of work: lines are chained, nobody changes them, nothing is half done."""

import threading

import pytest
import sqlalchemy as sa
from sqlmodel import select

from marketplace.identity.viewer import machine
from marketplace.journal.models import JournalHead, JournalLine
from marketplace.journal.work import GENESIS, line_hash, unit_of_work
from marketplace.kit.database import Database


def test_lines_are_chained_under_concurrent_writers(any_database: Database) -> None:
    def write(name: str) -> None:
        for number in range(10):
            with unit_of_work(any_database) as work:
                work.record(machine(name), "test.happened", f"thing:{number}", facts={"number": number})

    writers = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with any_database.reading() as session:
        lines = session.exec(select(JournalLine).order_by(JournalLine.seq)).all()  # type: ignore[arg-type]
        head = session.get(JournalHead, 1)
    assert [line.seq for line in lines] == list(range(1, 41))
    before = GENESIS
    for line in lines:
        assert line.previous == before
        assert line.hash == line_hash(line)
        before = line.hash
    assert head is not None
    assert (head.seq, head.hash) == (40, before)


@pytest.mark.parametrize("line", ["UPDATE journal_line SET verb = 'x'", "DELETE FROM journal_line"])
def test_lines_cannot_be_changed(any_database: Database, line: str) -> None:
    with unit_of_work(any_database) as work:
        work.record(machine("test"), "test.happened", "thing:1")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), any_database.engine.begin() as connection:
        connection.execute(sa.text(line))


def test_a_failed_act_leaves_nothing_and_nudges_nobody(any_database: Database) -> None:
    nudged: list[tuple[str, str]] = []

    def fail() -> None:
        with unit_of_work(any_database, lambda what, key: nudged.append((what, key))) as work:
            work.record(machine("test"), "test.happened", "thing:1")
            work.nudge("need", "x")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    with any_database.reading() as session:
        assert session.exec(select(JournalLine)).all() == []
    assert nudged == []
