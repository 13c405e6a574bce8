"""Counting tries: shared by all web processes over the broker, never a reason to fail or to wait when it is down."""

import socket
import threading
import time
from pathlib import Path

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.web.limits import Limits
from tests.processes import service


def _settings(tmp_path: Path, broker: str) -> Settings:
    return Settings(data_dir=tmp_path, broker_url=broker, secret_key="for-tests-only-0123456789-abcdefghij")


def test_two_processes_count_together(tmp_path: Path, database: Database) -> None:
    with service(database) as running:
        running.start_broker()
        one, two = (Limits(_settings(tmp_path, running.broker_url)) for _ in range(2))
        answers = [each.hit("3/hour", "sign-in", "192.0.2.7") for each in (one, two, one, two)]
        assert answers == [True, True, True, False]
        assert one.hit("3/hour", "sign-in", "192.0.2.8")
        assert one.hit("3/hour", "reset", "192.0.2.7")


def test_without_a_broker_each_counts_for_itself_and_at_once(tmp_path: Path) -> None:
    counters = Limits(_settings(tmp_path, f"redis+socket://{tmp_path}/nothing.sock"))
    start = time.monotonic()
    assert [counters.hit("3/hour", "x") for _ in range(5)] == [True, True, True, False, False]
    assert time.monotonic() - start < 1


def test_broker_that_does_not_answer_costs_a_moment_once(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        held: list[socket.socket] = []
        thread = threading.Thread(target=lambda: held.append(silent.accept()[0]), daemon=True)
        thread.start()
        counters = Limits(_settings(tmp_path, f"redis://127.0.0.1:{silent.getsockname()[1]}/0"))
        start = time.monotonic()
        assert counters.hit("3/hour", "x")
        first = time.monotonic() - start
        start = time.monotonic()
        assert all(counters.hit("100/hour", "y") for _ in range(50))
        rest = time.monotonic() - start
        thread.join(5)
        for each in held:
            each.close()
    assert first < 2, "a silent broker held a request up"
    assert rest < 1, "a broker known to be down was asked again"
