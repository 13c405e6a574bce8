"""Submission at 64 connections against a raw durable insert with an audit row, interleaved: python -m
tests.benchmarks.bench_submission

The floor is what nobody can do without: in one durable transaction, a row for the bid's version, one for its
envelope, and one chained
row in an audit table whose head is locked. The product adds the need's lock, the clock, the checks, the receipt's
mail and the journal.
Prints medians, 99th percentiles and their ratio; asserts nothing but that every request was answered.
"""

import argparse
import hashlib
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from marketplace.bids import actions
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.migrations import migrate
from tests.factories import make_organisation
from tests.factories_bids import make_bidder, make_complete_bid, make_open_need, submit
from tests.servers import postgres

CONNECTIONS = 64
ROUNDS = 6
FLOOR = (
    "CREATE TABLE floor_version (id VARCHAR(40) PRIMARY KEY, digest VARCHAR(64))",
    "CREATE TABLE floor_envelope (id VARCHAR(40) PRIMARY KEY, content TEXT)",
    "CREATE TABLE floor_audit (seq INTEGER PRIMARY KEY, hash VARCHAR(64))",
    "CREATE TABLE floor_head (id INTEGER PRIMARY KEY, seq INTEGER, hash VARCHAR(64))",
    "INSERT INTO floor_head VALUES (1, 0, '')",
)


class Floor:
    """The raw insert, with the same queue in front of SQLite that the product has."""

    def __init__(self, database: Database, content: str) -> None:
        self.database, self.content = database, content
        self.engine = database.engine.execution_options(marketplace_write=True)
        self.turn = threading.Lock()
        with self.engine.begin() as connection:
            for line in FLOOR:
                connection.exec_driver_sql(line)

    def __call__(self) -> None:
        if self.database.is_sqlite:
            with self.turn:
                self.write()
        else:
            self.write()

    def write(self) -> None:
        name, digest = uuid4().hex, hashlib.sha256(self.content.encode()).hexdigest()
        lock = "" if self.database.is_sqlite else " FOR UPDATE"
        with self.engine.begin() as connection:
            connection.execute(
                sa.text("INSERT INTO floor_version VALUES (:id, :digest)"), {"id": name, "digest": digest}
            )
            connection.execute(
                sa.text("INSERT INTO floor_envelope VALUES (:id, :content)"), {"id": name, "content": self.content}
            )
            seq, before = connection.execute(sa.text("SELECT seq, hash FROM floor_head WHERE id = 1" + lock)).one()
            after = hashlib.sha256((before + name).encode()).hexdigest()
            connection.execute(sa.text("INSERT INTO floor_audit VALUES (:seq, :hash)"), {"seq": seq + 1, "hash": after})
            connection.execute(
                sa.text("UPDATE floor_head SET seq = :seq, hash = :hash WHERE id = 1"), {"seq": seq + 1, "hash": after}
            )


def burst(calls: list[Callable[[], object]]) -> list[float]:
    """All calls at once, each on its own thread; milliseconds of each."""
    together = threading.Barrier(len(calls))

    def timed(call: Callable[[], object]) -> float:
        together.wait()
        began = time.perf_counter()
        call()
        return (time.perf_counter() - began) * 1000

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(timed, calls))


def measure(url: str, rounds: int) -> None:
    """One database: bursts of the floor and of the product in turn."""
    migrate(url)
    database = Database(url, pool_size=CONNECTIONS)
    with unit_of_work(database) as work:
        need_id = make_open_need(work, make_organisation(work)).id
        bidders = [make_bidder(work)[2] for _ in range(CONNECTIONS)]
    drafts = [make_complete_bid(database, viewer, need_id)[0] for viewer in bidders]
    with database.reading() as session:
        prepared = actions.prepare(session, bidders[0], drafts[0])
    assert isinstance(prepared, actions.Prepared)
    floor = Floor(database, prepared.sealed.content)
    raw: list[float] = []
    ours: list[float] = []

    def press(viewer: Viewer, bid_id: str) -> Callable[[], object]:
        return lambda: submit(database, viewer, bid_id, key=uuid4().hex)

    for turn in range(rounds + 1):
        one = burst([floor] * CONNECTIONS)
        other = burst([press(viewer, bid_id) for viewer, bid_id in zip(bidders, drafts, strict=True)])
        if turn:  # the first burst opens the connections
            raw += one
            ours += other
    name = "SQLite" if database.is_sqlite else "PostgreSQL"
    for label, times in (("raw insert with audit row", raw), ("submission", ours)):
        middle, worst = statistics.median(times), _p99(times)
        print(f"{name:10}  {label:26} p50 {middle:8.1f} ms   p99 {worst:8.1f} ms   {len(times)} calls, 0 errors")
    middle, worst = statistics.median(ours) / statistics.median(raw), _p99(ours) / _p99(raw)
    print(f"{name:10}  {'ratio':26} p50 {middle:8.2f}      p99 {worst:8.2f}      (aim: p99 at most 2)")
    database.dispose()


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def main() -> None:
    """SQLite, then PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        measure(f"sqlite:///{Path(folder) / 'bench.sqlite'}", rounds)
    with postgres() as address:
        engine = sa.create_engine(address % "postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE bench")
        engine.dispose()
        measure(address % "bench", rounds)


if __name__ == "__main__":
    main()
