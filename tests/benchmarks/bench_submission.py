"""Submitting a bid with 64 writers at once, against a raw durable insert of the same size with an audit row."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from marketplace.bids import actions
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.migrations import migrate
from tests.benchmarks.timing import row
from tests.factories import make_organisation
from tests.factories_bids import fill_draft, make_bidder, make_open_need
from tests.servers import postgres

WRITERS, ROUNDS = 64, 6
PAYLOAD = "x" * 4_000  # about the size of an envelope


def crowd(act: Callable[[int], None]) -> list[float]:
    """All writers at once, each once; milliseconds that each waited for its answer. An error is raised here."""
    gate, times, errors = threading.Barrier(WRITERS), [0.0] * WRITERS, []

    def one(number: int) -> None:
        gate.wait()
        began = time.perf_counter()
        try:
            act(number)
        except Exception as error:  # shown below; a benchmark with errors means nothing
            errors.append(error)
        times[number] = 1000 * (time.perf_counter() - began)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return times


def _prepare(database: Database) -> list[tuple[Viewer, str]]:
    with unit_of_work(database) as work:
        need = make_open_need(work, make_organisation(work), closes_at=work.now() + timedelta(days=3))
    bidders = []
    for _ in range(WRITERS):
        with unit_of_work(database) as work:
            _, _, viewer = make_bidder(work)
        from marketplace.bids import drafting

        with unit_of_work(database) as work:
            bid = drafting.start(work, viewer, need_id=need.id)
            fill_draft(work, viewer, need, bid)
            bidders.append((viewer, bid.id))
    return bidders


def _submitter(database: Database, bidders: list[tuple[Viewer, str]]) -> Callable[[int], None]:
    def submit(number: int) -> None:
        viewer, bid_id = bidders[number]
        key = uuid4().hex
        with database.reading() as session:
            prepared = actions.prepare(session, viewer, bid_id, key=key)
        if isinstance(prepared, actions.Receipt):
            raise RuntimeError("the key was used before")
        with unit_of_work(database) as work:
            actions.submit(work, viewer, prepared, key=key, revision=prepared.revision)

    return submit


def _raw(database: Database) -> Callable[[int], None]:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE raw_bid (id varchar(32) PRIMARY KEY, content text)")
        connection.exec_driver_sql("CREATE TABLE raw_audit (id varchar(32) PRIMARY KEY, line text)")
        connection.commit()
    bid, audit = (
        sa.text("INSERT INTO raw_bid VALUES (:id, :text)"),
        sa.text("INSERT INTO raw_audit VALUES (:id, :text)"),
    )

    def insert(_: int) -> None:
        with database.writing() as session:
            connection = session.connection()
            connection.execute(bid, {"id": uuid4().hex, "text": PAYLOAD})
            connection.execute(audit, {"id": uuid4().hex, "text": PAYLOAD[:300]})
            session.commit()

    return insert


def measure(name: str, url: str) -> None:
    """Rounds of all writers, ours and raw in turn."""
    migrate(url)
    database = Database(url, pool_size=WRITERS)
    submit, raw = _submitter(database, _prepare(database)), _raw(database)
    ours, floor = [], []
    for number in range(ROUNDS + 1):
        mine, base = crowd(submit), crowd(raw)
        if number:  # the first round fills the pool of connections
            ours += mine
            floor += base
    database.dispose()
    row(f"submit a bid, {WRITERS} at once, {name}, p99 / raw insert", ours, floor, "at most 2x, no error", percent=99)
    row(f"submit a bid, {WRITERS} at once, {name}, median / raw insert", ours, floor, "-")


@contextmanager
def _addresses() -> Iterator[list[tuple[str, str]]]:
    with tempfile.TemporaryDirectory(prefix="mkt-bench-") as folder, postgres() as address:
        yield [("SQLite", f"sqlite:///{Path(folder) / 'bench.sqlite'}"), ("PostgreSQL", address % "postgres")]


def main() -> None:
    """Print the ratios on both databases."""
    with _addresses() as addresses:
        for name, url in addresses:
            measure(name, url)


if __name__ == "__main__":
    main()
